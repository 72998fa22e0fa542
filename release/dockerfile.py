"""Holds the Dockerfile against the record of the image: it may say that and nothing else. Runs no Docker.

`python -m release.dockerfile`. The words that a Dockerfile of this image needs are few; every other one is refused.
"""

from __future__ import annotations

import json
import re
import sys

from release import image
from release.refusal import Refusal

FILE = image.ROOT / "Dockerfile"


def expected() -> list[tuple[str, str]]:
    """Every instruction that makes the image, in order."""
    settings = image.settings("${VERSION}", "${REVISION}")
    return [
        ("FROM", "scratch"),
        ("ARG", "TARGETARCH"),
        ("ARG", "VERSION"),
        ("ARG", "REVISION"),
        ("ADD", image.layer_name("${TARGETARCH}") + " /"),
        *(("ENV", _pair(*variable.split("=", 1))) for variable in settings.environment),
        *(("LABEL", _pair(name, text)) for name, text in settings.labels.items()),
        ("USER", settings.user),
        ("WORKDIR", settings.folder),
        ("VOLUME", json.dumps(settings.volumes)),
        ("ENTRYPOINT", json.dumps(settings.entrypoint)),
    ]


def instructions(text: str) -> list[tuple[str, str]]:
    """The instructions of a Dockerfile. Refuses what is hard to read: continued lines, here-documents, directives."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"#\s*(syntax|escape|check)\s*=", line, re.IGNORECASE):
            raise Refusal(f"Dockerfile:{number}: a directive changes how the rest is read")
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if line.endswith("\\") or "<<" in rest or not word.isupper():
            raise Refusal(f"Dockerfile:{number}: expected one instruction on one line, found {line!r}")
        found.append((word, rest.strip()))
    return found


def check(text: str) -> None:
    """Raises Refusal at the first difference."""
    found, wanted = instructions(text), expected()
    for position, one in enumerate(wanted):
        has = found[position] if position < len(found) else ("nothing", "")
        if has != one:
            raise Refusal(f"Dockerfile: expected {' '.join(one)!r}, found {' '.join(has)!r}")
    if len(found) > len(wanted):
        raise Refusal(f"Dockerfile: {' '.join(found[len(wanted)])!r} is no part of the image's record")


def _pair(name: str, text: str) -> str:
    return f"{name}={json.dumps(text, ensure_ascii=False)}"


def main() -> int:
    try:
        check(FILE.read_text("utf-8"))
    except Refusal as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print("Dockerfile: says what release/image.py says")
    return 0


if __name__ == "__main__":
    sys.exit(main())

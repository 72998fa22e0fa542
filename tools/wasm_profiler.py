"""Says what the bytes of a WebAssembly module are for, and what changed since another one: `nox -s wasm -- --profile`.

`python -m tools.wasm_profiler FILE` reads any module that kept its names, or a profile that was written before. The
baseline is bench/wasm_profile.json; `--accept` makes this profile it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tools import cache, wasm_module, wasm_object, wasm_parts
from tools.binary import Malformed
from tools.wasm_cursor import MAGIC
from tools.wasm_profile import Parts, profile
from tools.wasm_profile_record import BadProfile, as_json, parse, read, record, text
from tools.wasm_profile_table import ROWS, show

if TYPE_CHECKING:
    from tools.wasm_profile_record import Record

BASELINE = Path(__file__).resolve().parents[1] / "bench" / "wasm_profile.json"
NOBODY = Parts(lambda *_: None, {})


def profiled(product: bytes, named: bytes, folder: Path) -> Record:
    """The profile of a product, by the same module with its names and by what the build left in a folder.

    Raises BadProfile if the second is not the first, or the build left nothing.
    """
    module = wasm_module.read(named)
    code, data = (module.sections.get(name, 0) for name in ("code", "data"))
    ours = wasm_module.read(product).sections
    if (ours.get("code", 0), ours.get("data", 0)) != (code, data):
        raise BadProfile("the module with names is not the product: its code or its data is of another size")
    try:
        parts = wasm_parts.read(folder / wasm_parts.NAME)
        linked = wasm_object.read((folder / wasm_parts.WITH_RELOCATIONS).read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise BadProfile(f"{folder}: {error}; build once more") from error
    found = record(profile(named, module, parts, linked), hashlib.sha256(product).hexdigest())
    # What only tools read is of another size in the product: it keeps less of it.
    return found._replace(names_bytes=sum(size for name, size in ours.items() if name.startswith("custom:")))


def told(found: Record, gzip_bytes: int | None, against: Path | None = None, rows: int = ROWS) -> None:
    """The screenful, with what changed since the baseline or another profile. BadProfile."""
    old = read(against) if against is not None else read(BASELINE) if BASELINE.is_file() else None
    show(Console(), found, old, gzip_bytes, rows)


def _read(path: Path) -> Record:
    """A profile, or what can be told of a module by itself. BadProfile, Malformed, OSError."""
    data = path.read_bytes()
    if not data.startswith(MAGIC):
        return parse(data, str(path))
    return record(profile(data, wasm_module.read(data), NOBODY), hashlib.sha256(data).hexdigest())


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.wasm_profiler", description=__doc__)
    parser.add_argument("file", type=Path, help="a module with names, or a profile")
    parser.add_argument("--against", type=Path, metavar="PROFILE", help="instead of the baseline")
    parser.add_argument("--json", action="store_true", help="as data")
    parser.add_argument("--rows", type=int, default=ROWS, help="so many lines of each table")
    parser.add_argument("--accept", action="store_true", help="make it the baseline")
    asked = parser.parse_args(words)
    try:
        found = _read(asked.file)
        if asked.json:
            print(json.dumps(as_json(found)))
        else:
            told(found, None, asked.against, asked.rows)
    except (BadProfile, Malformed, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if asked.accept:
        cache.write(BASELINE, text(found))
        print(BASELINE, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

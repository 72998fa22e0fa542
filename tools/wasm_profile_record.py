"""A profile as JSON, and two of them as what changed. Measures and prints nothing.

Frozen Python is one line a file: its hundreds of small tables would hide the rest.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

    from tools.wasm_profile import Profile

SCHEMA = 1
SUFFIX = ".profile.json"
"""What a product's profile is called, beside it."""
_KEYS = {"schema", "sha256", "bytes", "names_bytes", "components", "compressed_alone", "lines"}


class BadProfile(ValueError):
    """A file that is no profile; says what is wrong with it."""


class Line(NamedTuple):
    """Bytes with a name: a function, a file of Python, a table. `retained_bytes` is 0 for a file."""

    component: str
    name: str
    size_bytes: int
    retained_bytes: int
    needed_by: str


class Record(NamedTuple):
    """A profile, by component and line."""

    sha256: str
    size_bytes: int
    names_bytes: int
    components: dict[str, int]
    compressed_alone: dict[str, int]
    lines: dict[str, Line]


class Change(NamedTuple):
    """A line that became larger or smaller, came or went: 0 for what was or is not there."""

    component: str
    name: str
    old_bytes: int
    new_bytes: int

    @property
    def growth_bytes(self) -> int:
        return self.new_bytes - self.old_bytes


def record(found: Profile, sha256: str) -> Record:
    """`sha256` is of the product, which has no names."""
    lines = [
        Line(one.owner.component, one.name, one.size_bytes, one.retained_bytes, one.needed_by)
        for one in found.items
        if not one.owner.file
    ]
    lines += [Line(owner[0], owner[1], size, 0, "") for owner, size in found.by_file().items()]
    lines.sort(key=lambda line: (-line.size_bytes, line.component, line.name))
    return Record(
        sha256,
        found.size_bytes,
        found.kept_bytes,
        found.by_component(),
        found.packed_bytes,
        {f"{line.component}: {line.name}": line for line in lines},
    )


def as_json(found: Record) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "sha256": found.sha256,
        "bytes": found.size_bytes,
        "names_bytes": found.names_bytes,
        "components": found.components,
        "compressed_alone": found.compressed_alone,
        "lines": [list(line) for line in found.lines.values()],
    }


def text(found: Record) -> str:
    """The file's text: a line of JSON for each line, so that a diff of two files can be read."""
    whole = as_json(found)
    lines = whole.pop("lines")
    head = json.dumps(whole, indent=1)[:-2]
    return head + ',\n "lines": [\n' + ",\n".join(f"  {json.dumps(line)}" for line in lines) + "\n ]\n}\n"


def read(path: Path) -> Record:
    """Raises BadProfile for what is not there, or is no profile."""
    try:
        return parse(path.read_bytes(), str(path))
    except OSError as error:
        raise BadProfile(f"{path}: {error.strerror}") from error


def parse(data: bytes, where: str) -> Record:
    """The record of a file's bytes. BadProfile."""
    try:
        value = json.loads(data)
    except ValueError as error:
        raise BadProfile(f"{where}: is not JSON: {error}") from error
    if not isinstance(value, dict) or set(value) != _KEYS or value["schema"] != SCHEMA:
        raise BadProfile(f"{where}: is no profile of schema {SCHEMA}")
    try:
        lines = [
            Line(str(c), str(n), int(size), int(kept), str(by)) for c, n, size, kept, by in value["lines"]
        ]
        found = Record(
            str(value["sha256"]),
            int(value["bytes"]),
            int(value["names_bytes"]),
            {str(name): int(size) for name, size in value["components"].items()},
            {str(name): int(size) for name, size in value["compressed_alone"].items()},
            {f"{line.component}: {line.name}": line for line in lines},
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise BadProfile(f"{where}: {error}") from error
    if sum(line.size_bytes for line in found.lines.values()) != found.size_bytes:
        raise BadProfile(f"{where}: its lines do not add up to {found.size_bytes} bytes")
    return found


def changes(old: Record, new: Record) -> list[Change]:
    """Every line that is not as it was, what grew or shrank most first."""
    found = []
    for key in {**old.lines, **new.lines}:
        was, now = old.lines.get(key), new.lines.get(key)
        line = now or was
        assert line is not None  # noqa: S101 - the key is of one of them
        change = Change(
            *(line.component, line.name),
            *(was.size_bytes if was else 0, now.size_bytes if now else 0),
        )
        if change.growth_bytes:
            found.append(change)
    return sorted(found, key=lambda one: (-abs(one.growth_bytes), one.component, one.name))

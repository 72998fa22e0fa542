"""Turns a file and a unified diff into the patched file, strictly. Reads and writes only below the folder it is given.

Strict: each hunk must fit by its context, at its line or moved as a whole (`patch` calls that an offset); no fuzz.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_HUNK = re.compile(rb"@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")


class PatchError(ValueError):
    """A diff that cannot be read or does not fit."""


class Hunk(NamedTuple):
    """The lines it expects, with their ends, the lines it leaves, and where the first is, from 1."""

    start: int
    before: list[bytes]
    after: list[bytes]


class FilePatch(NamedTuple):
    """What one diff does to one file; `old` or `new` is "" where the file is made or taken away."""

    old: str
    new: str
    hunks: list[Hunk]


def parse(text: bytes) -> list[FilePatch]:
    """The files of a diff in the -p1 form that Debian keeps. Raises PatchError."""
    lines = text.splitlines(keepends=True)
    found: list[FilePatch] = []
    index = 0
    while index < len(lines):
        line = lines[index]
        if line.startswith(b"GIT binary patch"):
            raise PatchError("a binary patch; expected text")
        is_header = (
            line.startswith(b"--- ")
            and lines[index + 1 : index + 2][:1]
            and lines[index + 1].startswith(b"+++ ")
        )
        if is_header:
            found.append(FilePatch(_name(line), _name(lines[index + 1]), []))
            index += 2
        elif found and _HUNK.match(line):
            hunk, index = _hunk(lines, index)
            found[-1].hunks.append(hunk)
        else:
            index += 1
    return found


def _name(line: bytes) -> str:
    """The path after its first folder, "" for /dev/null."""
    name = line[4:].split(b"\t")[0].rstrip(b"\r\n").decode()
    if name == "/dev/null":
        return ""
    path = name.partition("/")[2]
    if not path or path.startswith("/") or ".." in path.split("/") or "\\" in path:
        raise PatchError(f"{name!r} is not a path below the source")
    return path


def _hunk(lines: list[bytes], index: int) -> tuple[Hunk, int]:
    header = _HUNK.match(lines[index])
    assert header is not None  # noqa: S101 - the caller looked
    left, right = (int(header[group] or b"1") for group in (2, 4))
    hunk = Hunk(int(header[1]), [], [])
    index += 1
    while left or right:
        if index >= len(lines):
            raise PatchError(f"a hunk ends early: {left} and {right} lines are missing")
        mark, rest = lines[index][:1], lines[index][1:]
        if mark in b"\r\n":  # an empty line of context whose space an editor took away
            mark, rest = b" ", lines[index]
        if mark not in b" -+":
            raise PatchError(f"{lines[index]!r} is not a line of a hunk")
        if mark in b" -":
            hunk.before.append(rest)
            left -= 1
        if mark in b" +":
            hunk.after.append(rest)
            right -= 1
        index += 1
        if index < len(lines) and lines[index].startswith(b"\\"):
            for side, marks in ((hunk.before, b" -"), (hunk.after, b" +")):
                if mark in marks:
                    side[-1] = side[-1].rstrip(b"\r\n")
            index += 1
    return hunk, index


def patched(content: bytes, hunks: list[Hunk], name: str) -> bytes:
    """The content after all hunks. Raises PatchError if one does not fit, or fits at two places equally near."""
    lines = content.splitlines(keepends=True)
    offset = 0
    for number, hunk in enumerate(hunks, 1):
        # a hunk that expects nothing belongs after the line it names
        wanted = hunk.start - 1 + offset if hunk.before else hunk.start + offset
        places = [
            place
            for place in range(len(lines) - len(hunk.before) + 1)
            if lines[place : place + len(hunk.before)] == hunk.before
        ]
        places.sort(key=lambda place: abs(place - wanted))
        if not places:
            raise PatchError(f"{name}: hunk {number} (line {hunk.start}) does not fit")
        if len(places) > 1 and abs(places[0] - wanted) == abs(places[1] - wanted):
            raise PatchError(f"{name}: hunk {number} (line {hunk.start}) fits at two places")
        place = places[0]
        lines[place : place + len(hunk.before)] = hunk.after
        offset += place - wanted + len(hunk.after) - len(hunk.before)
    return b"".join(lines)


def apply(text: bytes, folder: Path, *, is_partial: bool) -> list[str]:
    """Apply a diff to the files it names and say which. All or none of them.

    `is_partial`: files that are not in the folder are passed over (a source of which only a part was unpacked);
    otherwise they are errors. Raises PatchError.
    """
    results: list[tuple[str, bytes | None]] = []
    for one in parse(text):
        results.extend(_apply_file(one, folder, is_partial=is_partial))
    for name, content in results:
        path = folder / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return [name for name, _ in results]


def _apply_file(one: FilePatch, folder: Path, *, is_partial: bool) -> Iterator[tuple[str, bytes | None]]:
    name = one.old or one.new
    path = folder / name
    if not one.old:
        if path.exists():
            raise PatchError(f"{name}: exists already")
        if path.parent.is_dir() or not is_partial:
            yield name, patched(b"", one.hunks, name)
        return
    if not path.is_file():
        if not is_partial:
            raise PatchError(f"{name}: no such file")
        return
    content = patched(path.read_bytes(), one.hunks, name)
    yield name, content if one.new else None

"""Records into lines of a session file and back, read from either end in blocks. Changes no file."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.errors import FileChanged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clawft.core.interfaces import Files

    Record = dict[str, object]
    OnUnreadable = Callable[[int, int], None]

BLOCK_BYTES = 16384
FORWARD_BLOCK_BYTES = 65536


def line_of(record: Record) -> bytes:
    """A record as one line with its newline. ValueError for what JSON cannot hold (NaN)."""
    text = json_text(record)
    try:
        return text.encode() + b"\n"
    except UnicodeError:
        # Half a surrogate pair, as broken software sends: JSON can say it, UTF-8 cannot.
        return "".join([_speakable(character) for character in text]).encode() + b"\n"


def _speakable(character: str) -> str:
    return "\\u%04x" % ord(character) if 0xD800 <= ord(character) <= 0xDFFF else character  # noqa: PLR2004 - RFC 3629


def record_of(line: bytes) -> Record | None:
    """The record on a line, None if it is unreadable: not UTF-8, not JSON, not an object, or with NUL bytes."""
    if b"\0" in line:
        return None
    try:
        value = json_value(line.decode())
    except (ValueError, RuntimeError):  # RuntimeError: nested deeper than the runtime can go
        return None
    return value if isinstance(value, dict) else None


def is_metadata(record: Record) -> bool:
    """If a record says something of the session and is no message of it."""
    return record.get("_type") == "metadata"


class FileView:
    """A file as it was at one size: whatever is read is checked to be all there. Remembers the last block."""

    def __init__(self, files: Files, path: str, size_bytes: int) -> None:
        self.path = path
        self.size_bytes = size_bytes
        self._files = files
        self._block = b""
        self._block_start = 0

    def bytes_at(self, start_bytes: int, size_bytes: int) -> bytes:
        """Exactly these bytes. FileChanged if the file is shorter by now."""
        skip = start_bytes - self._block_start
        if skip < 0 or skip + size_bytes > len(self._block):
            block = self._files.read_range(self.path, start_bytes, size_bytes)
            if len(block) != size_bytes:
                raise FileChanged(self.path, start_bytes + len(block))
            self._block = block
            self._block_start = start_bytes
            skip = 0
        return self._block[skip : skip + size_bytes]

    def first_line(self) -> bytes:
        """The first line with its newline; the whole file if there is no newline in it."""
        length = min(BLOCK_BYTES, self.size_bytes)
        while True:
            head = self.bytes_at(0, length)
            end = head.find(b"\n")
            if end >= 0:
                return head[: end + 1]
            if length == self.size_bytes:
                return head
            length = min(length * 2, self.size_bytes)

    def unfinished_line(self) -> bytes:
        """What stands after the last newline, b"" if the file ends with one."""
        length = min(BLOCK_BYTES, self.size_bytes)
        while True:
            tail = self.bytes_at(self.size_bytes - length, length)
            end = tail.rfind(b"\n")
            if end >= 0 or length == self.size_bytes:
                return tail[end + 1 :]
            length = min(length * 2, self.size_bytes)


def read_back(
    view: FileView, start_bytes: int, end_bytes: int, wanted: int, on_unreadable: OnUnreadable
) -> tuple[list[tuple[int, Record]], int]:
    """The last `wanted` records of the lines in a part of a file, oldest first, each with the offset of its line.

    Also the offset up to which lines have been looked at. Metadata counts as a record. `on_unreadable` is
    called with line number 0 (unknown from this end) and the offset.
    """
    found: list[tuple[int, Record]] = []
    position = looked_at = end_bytes
    rest = b""
    block_bytes = BLOCK_BYTES
    while position > start_bytes and len(found) < wanted:
        size_bytes = min(block_bytes, position - start_bytes)
        position -= size_bytes
        block_bytes *= 2
        rest = view.bytes_at(position, size_bytes) + rest
        # The first line in sight may have begun before: it waits for the block before.
        whole_from = 0 if position == start_bytes else rest.find(b"\n") + 1
        if whole_from == 0 and position > start_bytes:
            continue
        lines = rest[whole_from:].split(b"\n")
        looked_at = position + len(rest)
        newline_bytes = 1 if lines[-1] == b"" and lines.pop() == b"" else 0
        while lines and len(found) < wanted:
            line = lines.pop()
            looked_at -= len(line) + newline_bytes
            newline_bytes = 1  # only the very last line of a file can be without
            record = record_of(line)
            if record is not None:
                found.append((looked_at, record))
            elif line.strip():
                on_unreadable(0, looked_at)
        rest = rest[:whole_from]
    found.reverse()
    return found, looked_at


def read_forward(view: FileView, on_unreadable: OnUnreadable) -> Iterator[tuple[int, bytes, Record]]:
    """Every readable line with its number (from 1), its bytes without newline, and its record."""
    number = 0
    position = 0
    line_start = 0
    rest = b""
    block_bytes = FORWARD_BLOCK_BYTES
    while position < view.size_bytes:
        size_bytes = min(block_bytes, view.size_bytes - position)
        lines = (rest + view.bytes_at(position, size_bytes)).split(b"\n")
        block_bytes = FORWARD_BLOCK_BYTES if len(lines) > 1 else block_bytes * 2
        position += size_bytes
        rest = lines.pop()
        if position == view.size_bytes and rest:
            lines.append(rest)
        for line in lines:
            number += 1
            record = record_of(line)
            if record is not None:
                yield number, line, record
            elif line.strip():
                on_unreadable(number, line_start)
            line_start += len(line) + 1

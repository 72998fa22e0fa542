"""Reads the numbers, names and lists that WebAssembly is written in, and refuses whatever is not exactly that.

By the core specification, chapter 5.2. Which sections there are is said elsewhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tools.binary import Image

MAGIC = b"\0asm"
MODULE, COMPONENT = b"\x01\0\0\0", b"\x0d\0\x01\0"
_MORE, _SIGN, _BITS = 0x80, 0x40, 7
_T = TypeVar("_T")


class Cursor:
    """A place in a part of a file that moves on. Malformed for whatever would go beyond the part's end."""

    def __init__(self, image: Image, at: int, end: int) -> None:
        self.image = image
        self.at = at
        self.end = end

    @property
    def is_at_end(self) -> bool:
        return self.at >= self.end

    def take(self, size: int, what: str) -> bytes:
        if self.at + size > self.end:
            raise self.image.malformed(
                f"{what} is at {self.at}, {size} bytes long, and ends after {self.end}"
            )
        found = self.image.bytes_at(self.at, size, what)
        self.at += size
        return found

    def byte(self, what: str) -> int:
        return self.take(1, what)[0]

    def number(self, what: str, bits: int = 32) -> int:
        """An unsigned number of at most so many bits, in LEB128: in as many bytes as that needs, or fewer."""
        value = 0
        for shift in range(0, bits, _BITS):
            byte = self.byte(what)
            value |= (byte & ~_MORE) << shift
            if not byte & _MORE:
                if value >> bits:
                    break
                return value
        raise self.image.malformed(f"{what} before {self.at} is no number of {bits} bits")

    def signed(self, what: str, bits: int) -> int:
        """The same for a signed number."""
        value = 0
        for shift in range(0, bits, _BITS):
            byte = self.byte(what)
            value |= (byte & ~_MORE) << shift
            if not byte & _MORE:
                if byte & _SIGN:
                    value -= 1 << (shift + _BITS)
                if not -(1 << (bits - 1)) <= value < 1 << (bits - 1):
                    break
                return value
        raise self.image.malformed(f"{what} before {self.at} is no signed number of {bits} bits")

    def index(self, what: str, count: int) -> int:
        """One of so many, counted from 0."""
        found = self.number(what)
        if found >= count:
            raise self.image.malformed(f"{what} before {self.at} is number {found} of {count}")
        return found

    def count(self, what: str) -> int:
        """How many entries follow, each of a byte at least: what cannot fit is refused before it is read."""
        found = self.number(f"the number of {what}")
        if found > self.end - self.at:
            raise self.image.malformed(f"{found} {what} at {self.at} do not fit before {self.end}")
        return found

    def entries(self, what: str, read: Callable[[], _T]) -> list[_T]:
        """So many as the list says, each read in the same way."""
        return [read() for _ in range(self.count(what))]

    def text(self, what: str) -> str:
        found = self.take(self.number(what), what)
        try:
            return found.decode()
        except UnicodeDecodeError as error:
            raise self.image.malformed(f"{what} before {self.at} is not UTF-8") from error

    def part(self, what: str) -> Cursor:
        """What follows with its size in front; goes on behind it."""
        size = self.number(f"the size of {what}")
        start = self.at
        if start + size > self.end:
            raise self.image.malformed(f"{what} is at {start}, {size} bytes long, and ends after {self.end}")
        self.at = start + size
        return Cursor(self.image, start, self.at)

    def finish(self, what: str) -> None:
        """That nothing is left."""
        if self.at != self.end:
            raise self.image.malformed(f"{what} has {self.end - self.at} bytes that nothing is known of")


def start(image: Image, at: int, end: int) -> tuple[bytes, Cursor]:
    """The version of the module or component that lies there, MODULE or COMPONENT, and its sections."""
    cursor = Cursor(image, at, end)
    if cursor.take(4, "its header") != MAGIC:
        raise image.malformed("it does not begin as one")
    version = cursor.take(4, "its header")
    if version not in (MODULE, COMPONENT):
        raise image.malformed(f"neither a module nor a component: version {version.hex()}")
    return version, cursor


def sections(cursor: Cursor, names: tuple[str, ...]) -> Iterator[tuple[str, int, Cursor]]:
    """Name, bytes in the file with the section's own header, and what it holds. `custom:` is followed by its name."""
    while not cursor.is_at_end:
        began = cursor.at
        number = cursor.byte("a section")
        if number >= len(names):
            raise cursor.image.malformed(f"section {number} at {began}, which nothing is known of")
        name = names[number]
        body = cursor.part(f"section {name}")
        if name == "custom":
            name = f"custom:{body.text('the name of a section')}"
        yield name, cursor.at - began, body

"""What every format of executable comes to: sections, symbols and imports; and reading bytes that may not be there.

The formats are read in binary_elf.py, binary_pe.py, binary_macho.py and binary_wasm.py; nothing here knows any.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import struct
    from collections.abc import Iterable

HEADERS = "(headers and padding)"
"""What a file holds beside its sections."""


class Malformed(ValueError):
    """A file that is not what it says, or is cut off; says where."""


class Section(NamedTuple):
    """A part of a file. `memory_bytes` is 0 for what is not loaded, `file_bytes` for what is only zeros."""

    name: str
    file_bytes: int
    memory_bytes: int


class Symbol(NamedTuple):
    """A name, the section it lies in, and what it takes there. Not of zeros, which take nothing in the file."""

    name: str
    section: str
    size_bytes: int


class Import(NamedTuple):
    """What somebody else must provide. `library` is empty where the format does not say whose it is."""

    library: str
    name: str


class Binary(NamedTuple):
    """An executable. `libraries` are those that it names, whether or not it imports from them."""

    format: str
    machine: str
    sections: tuple[Section, ...]
    symbols: tuple[Symbol, ...]
    imports: tuple[Import, ...]
    libraries: tuple[str, ...]
    exports: tuple[str, ...] = ()


class Image:
    """The bytes of a file. Whatever lies outside of it raises Malformed."""

    def __init__(self, data: bytes, kind: str) -> None:
        self._data = data
        self.kind = kind

    def __len__(self) -> int:
        return len(self._data)

    def malformed(self, said: str) -> Malformed:
        return Malformed(f"a damaged or cut {self.kind} file: {said}")

    def bytes_at(self, offset: int, size: int, what: str) -> bytes:
        if offset < 0 or size < 0 or offset + size > len(self._data):
            raise self.malformed(
                f"{what} is at {offset}, {size} bytes long, and the file ends at {len(self._data)}"
            )
        return self._data[offset : offset + size]

    def unpack(self, layout: struct.Struct, offset: int, what: str) -> tuple[Any, ...]:
        return layout.unpack(self.bytes_at(offset, layout.size, what))

    def table(self, layout: struct.Struct, offset: int, count: int, what: str) -> list[tuple[Any, ...]]:
        """So many entries, one after the other."""
        return list(layout.iter_unpack(self.bytes_at(offset, layout.size * count, what)))

    def text(self, offset: int, what: str) -> str:
        """Up to the next zero."""
        self.bytes_at(offset, 1, what)
        end = self._data.find(b"\0", offset)
        if end < 0:
            raise self.malformed(f"{what} at {offset} has no end")
        return self._data[offset:end].decode("utf-8", "replace")

    def check_sections(self, sections: Iterable[Section]) -> None:
        """That they fit into the file together: what is counted twice would make a sum that nothing has."""
        total = sum(section.file_bytes for section in sections)
        if total > len(self._data):
            raise self.malformed(f"its sections hold {total} bytes, the file has {len(self._data)}")


class Placed(NamedTuple):
    """A symbol of a format that does not store sizes."""

    name: str
    section: int
    address: int


class Range(NamedTuple):
    """Where a section lies, by the addresses that symbols are given in."""

    name: str
    start: int
    end: int


def sized(found: Iterable[Placed], ranges: dict[int, Range]) -> list[Symbol]:
    """Each symbol up to the next one of its section, by the number of the section.

    Of two names for the same place the first one of the alphabet has it.
    """
    places: dict[tuple[int, int], str] = {}
    for one in sorted(found):
        if one.section in ranges and ranges[one.section].start <= one.address < ranges[one.section].end:
            places.setdefault((one.section, one.address), one.name)
    ordered = sorted(places)
    symbols = []
    for number, (section, address) in enumerate(ordered):
        name, _, end = ranges[section]
        following = ordered[number + 1] if number + 1 < len(ordered) else (section, end)
        next_address = following[1] if following[0] == section else end
        symbols.append(Symbol(places[section, address], name, next_address - address))
    return symbols

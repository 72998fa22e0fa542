"""Turns the bytes of a Windows executable into its sections, symbols and imports. Runs and judges nothing.

By Microsoft's "PE Format", for PE32+ images.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, NamedTuple

from tools.binary import Binary, Image, Import, Placed, Range, Section, sized

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"MZ"
_START = struct.Struct("<I")
_FILE_HEADER = struct.Struct("<4s2H3I2H")
_OPTIONAL_MAGIC = struct.Struct("<H")
_COUNT = struct.Struct("<I")
_DIRECTORY = struct.Struct("<2I")
_SECTION = struct.Struct("<8s4I12xI")
_SYMBOL = struct.Struct("<8sIhH2B")
_IMPORT = struct.Struct("<5I")
_LOOKUP = struct.Struct("<Q")
_PE32_PLUS = 0x20B
_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64"}
_START_AT, _DIRECTORY_COUNT_AT, _DIRECTORIES_AT = 0x3C, 108, 112
_IMPORTS = 1
_BY_NUMBER = 1 << 63
_HINT_BYTES = 2
# Storage classes of symbols that name code or data: external and static.
_NAMES = (2, 3)
# Characteristics of a section: it holds only zeros.
_ZEROS = 0x80


class _Part(NamedTuple):
    section: Section
    address: int
    memory_bytes: int
    offset: int
    file_bytes: int


def read(data: bytes) -> Binary:
    """Raises Malformed for anything but a whole PE32+ image."""
    image = Image(data, "PE")
    if image.bytes_at(0, 2, "its header") != MAGIC:
        raise image.malformed("not a Windows executable")
    (at,) = image.unpack(_START, _START_AT, "its header")
    signature, machine, count, _, symbols_at, symbol_count, optional_bytes, _ = image.unpack(
        _FILE_HEADER, at, "its header"
    )
    if signature != b"PE\0\0":
        raise image.malformed("not a Windows executable of this century")
    optional_at = at + _FILE_HEADER.size
    (magic,) = image.unpack(_OPTIONAL_MAGIC, optional_at, "its optional header")
    if magic != _PE32_PLUS:
        raise image.malformed(f"not a 64-bit one: its optional header has magic {magic:#x}")
    texts_at = symbols_at + symbol_count * _SYMBOL.size if symbols_at else 0
    entries = image.table(_SECTION, optional_at + optional_bytes, count, "its section table")
    parts = [_part(image, entry, texts_at) for entry in entries]
    sections = [part.section for part in parts]
    image.check_sections(sections)
    (directories,) = image.unpack(_COUNT, optional_at + _DIRECTORY_COUNT_AT, "its optional header")
    imports: list[Import] = []
    libraries: list[str] = []
    if directories > _IMPORTS:
        place = optional_at + _DIRECTORIES_AT + _IMPORTS * _DIRECTORY.size
        (address, _) = image.unpack(_DIRECTORY, place, "its import directory")
        for library, names in _imports(image, parts, address):
            libraries.append(library)
            imports += [Import(library, name) for name in names]
    symbols = _symbols(image, symbols_at, symbol_count, texts_at) if symbols_at else []
    # Zeros behind what the file holds are no bytes of it.
    ranges = {
        number: Range(part.section.name, 0, min(part.memory_bytes, part.file_bytes))
        for number, part in enumerate(parts, 1)
    }
    return Binary(
        "PE",
        _MACHINES.get(machine, f"machine {machine:#x}"),
        tuple(sections),
        tuple(sized(symbols, ranges)),
        tuple(imports),
        tuple(libraries),
    )


def _part(image: Image, entry: tuple[Any, ...], texts_at: int) -> _Part:
    raw_name, memory_bytes, address, file_bytes, offset, flags = entry
    name = raw_name.rstrip(b"\0").decode("utf-8", "replace")
    if name.startswith("/") and name[1:].isdecimal() and texts_at:
        name = image.text(texts_at + int(name[1:]), "the name of a section")
    if flags & _ZEROS:
        file_bytes = 0
    image.bytes_at(offset if file_bytes else 0, file_bytes, f"section {name}")
    # An object's sections have no size in memory; a small one in a file is filled up to what files are aligned to.
    return _Part(Section(name, file_bytes, memory_bytes), address, memory_bytes, offset, file_bytes)


def _offset(image: Image, parts: list[_Part], address: int, what: str) -> int:
    for part in parts:
        if part.address <= address < part.address + part.file_bytes:
            return part.offset + address - part.address
    raise image.malformed(f"no section holds {what} at {address:#x}")


def _imports(image: Image, parts: list[_Part], address: int) -> Iterator[tuple[str, list[str]]]:
    """Each library with the names that are wanted of it; `#3` is its third."""
    at = _offset(image, parts, address, "its imports") if address else -1
    while at >= 0:
        lookups, _, _, name, firsts = image.unpack(_IMPORT, at, "its imports")
        if not name:
            return
        library = image.text(_offset(image, parts, name, "the name of a library"), "the name of a library")
        yield library, list(_names(image, parts, lookups or firsts))
        at += _IMPORT.size


def _names(image: Image, parts: list[_Part], address: int) -> Iterator[str]:
    at = _offset(image, parts, address, "names of imports")
    while True:
        (value,) = image.unpack(_LOOKUP, at, "names of imports")
        if not value:
            return
        if value & _BY_NUMBER:
            yield f"#{value & 0xFFFF}"
        else:
            place = _offset(image, parts, value, "the name of an import")
            yield image.text(place + _HINT_BYTES, "the name of an import")
        at += _LOOKUP.size


def _symbols(image: Image, at: int, count: int, texts_at: int) -> list[Placed]:
    entries = image.table(_SYMBOL, at, count, "its symbol table")
    found = []
    skipped = 0
    for raw_name, value, section, _, storage, more in entries:
        if skipped:  # what follows says more about the symbol before
            skipped -= 1
            continue
        skipped = more
        if storage not in _NAMES or section <= 0 or (storage == _NAMES[1] and more):
            continue
        zeros, place = _DIRECTORY.unpack(raw_name)
        name = (
            image.text(texts_at + place, "the name of a symbol")
            if zeros == 0
            else raw_name.rstrip(b"\0").decode("utf-8", "replace")
        )
        found.append(Placed(name, section, value))
    return found

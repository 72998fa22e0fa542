"""Turns the bytes of an ELF file into its sections, symbols and imports. Runs and judges nothing.

By the System V ABI's chapter on object files, for 64-bit little-endian ones.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from tools.binary import Binary, Image, Import, Section, Symbol

MAGIC = b"\x7fELF"
_HEADER = struct.Struct("<16x2HI3QI6H")
_SECTION = struct.Struct("<2I4Q2I2Q")
_SYMBOL = struct.Struct("<I2BH2Q")
_DYNAMIC = struct.Struct("<2Q")
_MACHINES = {62: "x86_64", 183: "aarch64"}
_SYMTAB, _NOBITS, _DYNAMIC_TABLE, _DYNSYM = 2, 8, 6, 11
_ALLOCATED = 2
_NEEDED = 1
_SECTION_SYMBOL, _FILE_SYMBOL = 3, 4
_FIRST_RESERVED = 0xFF00


class _Header(NamedTuple):
    name: int
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    info: int
    alignment: int
    entry_size: int


def read(data: bytes) -> Binary:
    """Raises Malformed for anything but a whole 64-bit little-endian ELF file."""
    image = Image(data, "ELF")
    if image.bytes_at(0, 7, "its header") != MAGIC + b"\x02\x01\x01":
        raise image.malformed("not a 64-bit little-endian one")
    fields = image.unpack(_HEADER, 0, "its header")
    machine, table_at, entry_size, count, names_at = fields[1], fields[5], fields[10], fields[11], fields[12]
    if count and entry_size != _SECTION.size:
        raise image.malformed(f"entries of its section table have {entry_size} bytes, not {_SECTION.size}")
    headers = [_Header(*entry) for entry in image.table(_SECTION, table_at, count, "its section table")]
    if headers and names_at >= count:
        raise image.malformed(f"names of sections are in section {names_at} of {count}")
    names = [_name(image, headers[names_at], header.name) for header in headers]
    sections = [_section(image, name, header) for name, header in zip(names, headers, strict=True)][1:]
    image.check_sections(sections)
    libraries, imports, symbols = [], [], []
    for header in headers:
        if header.kind == _DYNAMIC_TABLE:
            libraries += _libraries(image, headers, header)
        elif header.kind == _DYNSYM:
            # The first entry is always empty; a place of 0 says that it is defined elsewhere.
            entries = _symbol_entries(image, header)[1:]
            texts = _linked(image, headers, header)
            imports += [Import("", _name(image, texts, entry[0])) for entry in entries if entry[3] == 0]
        elif header.kind == _SYMTAB:
            symbols += _symbols(image, headers, header, sections)
    return Binary(
        "ELF",
        _MACHINES.get(machine, f"machine {machine}"),
        tuple(sections),
        tuple(symbols),
        tuple(imports),
        tuple(libraries),
    )


def _section(image: Image, name: str, header: _Header) -> Section:
    is_in_file = header.kind not in (0, _NOBITS)
    if is_in_file:
        image.bytes_at(header.offset, header.size, f"section {name}")
    size = header.size if header.flags & _ALLOCATED else 0
    return Section(name, header.size if is_in_file else 0, size)


def _name(image: Image, texts: _Header, at: int) -> str:
    if at >= texts.size:
        raise image.malformed(f"a name is at {at} of {texts.size} bytes of names")
    return image.text(texts.offset + at, "a name")


def _linked(image: Image, headers: list[_Header], header: _Header) -> _Header:
    if header.link >= len(headers):
        raise image.malformed(f"its names are in section {header.link} of {len(headers)}")
    return headers[header.link]


def _symbol_entries(image: Image, header: _Header) -> list[tuple[int, ...]]:
    return image.table(_SYMBOL, header.offset, header.size // _SYMBOL.size, "its symbol table")


def _symbols(image: Image, headers: list[_Header], header: _Header, sections: list[Section]) -> list[Symbol]:
    texts = _linked(image, headers, header)
    # Several names may stand for the same bytes, which count once: for the largest, then the first of the alphabet.
    found: dict[tuple[int, int], tuple[int, str]] = {}
    for name, info, _, place, address, size in _symbol_entries(image, header):
        if not size or info & 15 in (_SECTION_SYMBOL, _FILE_SYMBOL) or not 0 < place < _FIRST_RESERVED:
            continue
        if place >= len(headers):
            raise image.malformed(f"a symbol is in section {place} of {len(headers)}")
        if sections[place - 1].file_bytes:
            one = (-size, _name(image, texts, name))
            found[place, address] = min(one, found.get((place, address), one))
    return [
        Symbol(name, sections[place - 1].name, -negative) for (place, _), (negative, name) in found.items()
    ]


def _libraries(image: Image, headers: list[_Header], header: _Header) -> list[str]:
    texts = _linked(image, headers, header)
    entries = image.table(_DYNAMIC, header.offset, header.size // _DYNAMIC.size, "its dynamic section")
    return [_name(image, texts, value) for tag, value in entries if tag == _NEEDED]

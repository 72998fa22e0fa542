"""Turns an executable that kept its symbols, and the objects it was linked from, into bytes by component. ELF only.

A symbol belongs to the component whose object defines it; what no object of ours defines is the C library's. Text
without a symbol (literals that the linker merged) and everything between symbols is counted as such, so that the sum is
what the file holds.
"""

from __future__ import annotations

import struct
from collections import Counter
from typing import NamedTuple

LIBRARY = "C library"
UNNAMED = "literals and padding"
TABLES = "headers and unwind tables"

_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_SHT_SYMTAB, _SHT_NOBITS = 2, 8
_ALLOCATED = 2
_FILE, _SECTION_SYMBOL = 4, 3
_FIRST_RESERVED = 0xFF00


class Symbol(NamedTuple):
    """A name with a size; `file` is the source it is local to, empty for a global one."""

    file: str
    name: str
    section: int
    address: int
    size: int


class Section(NamedTuple):
    """A part of a file; `size` is what it takes in the file."""

    name: str
    is_allocated: bool
    size: int


def read(data: bytes) -> tuple[list[Section], list[Symbol]]:
    """The sections and the defined symbols of an ELF file or object. ValueError if it is none."""
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError("not a 64-bit little-endian ELF file")
    (at,) = struct.unpack_from("<Q", data, 40)
    size, count, names = struct.unpack_from("<HHH", data, 58)
    headers = [_SECTION.unpack_from(data, at + n * size) for n in range(count)]
    sections = [
        Section(
            _text(data, headers[names][4] + header[0]),
            bool(header[2] & _ALLOCATED),
            0 if header[1] == _SHT_NOBITS else header[5],
        )
        for header in headers
    ]
    symbols: list[Symbol] = []
    for header in headers:
        if header[1] == _SHT_SYMTAB:
            texts = headers[header[6]][4]
            symbols += _symbols(data[header[4] : header[4] + header[5]], data, texts, header[7])
    return sections, symbols


def _symbols(table: bytes, data: bytes, texts: int, first_global: int) -> list[Symbol]:
    found = []
    file = ""
    for number, (name, info, _, section, address, size) in enumerate(_SYMBOL.iter_unpack(table)):
        if info & 15 == _FILE:
            file = _text(data, texts + name)
        elif size and 0 < section < _FIRST_RESERVED and info & 15 != _SECTION_SYMBOL:
            is_local = number < first_global
            found.append(Symbol(file if is_local else "", _text(data, texts + name), section, address, size))
    return found


def component_sizes(executable: bytes, objects: list[tuple[str, bytes]]) -> dict[str, int]:
    """Bytes by component, largest first, of what is loaded. `objects`: each with its component's name."""
    owners: dict[tuple[object, ...], Counter[str]] = {}
    for component, data in objects:
        for symbol in read(data)[1]:
            for key in set(_keys(symbol)):
                owners.setdefault(key, Counter())[component] += 1
    sections, symbols = read(executable)
    sizes: Counter[str] = Counter()
    in_section: Counter[int] = Counter()
    seen: dict[int, int] = {}
    for symbol in sorted(symbols, key=lambda one: (one.address, -one.size)):
        section = sections[symbol.section]
        end = symbol.address + symbol.size
        start = max(symbol.address, seen.get(symbol.section, 0))  # two names for the same bytes count once
        if not section.is_allocated or not section.size or start >= end:
            continue
        seen[symbol.section] = end
        known = next((owners[key] for key in _keys(symbol) if key in owners), None)
        sizes[known.most_common(1)[0][0] if known else LIBRARY] += end - start
        in_section[symbol.section] += end - start
    for number, section in enumerate(sections):
        if section.is_allocated and section.size:
            rest = section.size - in_section[number]
            sizes[TABLES if section.name.startswith((".eh_frame", ".gcc_except")) else UNNAMED] += rest
    return dict(sizes.most_common())


def _keys(symbol: Symbol) -> list[tuple[object, ...]]:
    """What a symbol may be known by, surest first: a global one that no other file sees becomes local in the end."""
    return [
        (symbol.file, symbol.name, symbol.size),
        (symbol.file, symbol.name),
        ("", symbol.name, symbol.size),
        ("", symbol.name),
    ]


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("utf-8", "replace")

"""Turns a WebAssembly object, or a module that was linked with its relocations, into its symbols and who needs whom.

By the tool conventions' Linking.md, version 2.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Literal, NamedTuple

from tools import wasm_module
from tools.binary import Image
from tools.wasm_cursor import Cursor

if TYPE_CHECKING:
    from tools.wasm_module import Module

_VERSION = 2
_SYMBOL_TABLE = 8
_FUNCTION, _DATA, _GLOBAL, _SECTION, _TAG, _TABLE = range(6)
_LOCAL, _UNDEFINED, _HAS_NAME = 0x02, 0x10, 0x40
# Types of relocations, by what they point to and whether a number is added. Of types, nothing is told.
_TO_TYPES = (6,)
_WITH_ADDEND = frozenset((3, 4, 5, 8, 9, 11, 14, 15, 16, 17, 21, 22, 23, 25))
_LAST_RELOCATION = 26

Kind = Literal["function", "data"]


class Symbol(NamedTuple):
    """A function, by its number, or data, by that of its segment; `offset` and `size_bytes` only of data.

    An undefined one is somebody else's; a local one is seen by no other object.
    """

    kind: Kind
    name: str
    is_local: bool
    is_defined: bool
    number: int
    offset: int
    size_bytes: int


class Object(NamedTuple):
    """All symbols of an object, and the pairs of those where the first cannot do without the second."""

    module: Module
    symbols: tuple[Symbol, ...]
    needs: frozenset[tuple[int, int]]


def read(data: bytes) -> Object:
    """Raises Malformed for anything but a whole object."""
    image = Image(data, "WebAssembly")
    module = wasm_module.read(data)
    parts = {name: Cursor(image, at, end) for name, at, end in module.customs}
    if "linking" not in parts:
        raise image.malformed("it keeps nothing that a linker would need")
    symbols = _symbol_table(parts["linking"], module)
    known = {number: one for number, one in enumerate(symbols) if one is not None}
    place = {number: new for new, number in enumerate(known)}
    needs: set[tuple[int, int]] = set()
    owners = {"code": _functions(known, module, image), "data": _data(known, module)}
    for section, ranges in owners.items():
        part = parts.get(f"reloc.{section.upper()}")
        if part is not None:
            needs |= _relocations(part, len(symbols), ranges, module.starts[section], set(known))
    return Object(module, tuple(known.values()), frozenset((place[a], place[b]) for a, b in needs))


def _symbol_table(part: Cursor, module: Module) -> list[Symbol | None]:
    """None for what is neither function nor data."""
    if part.number("the version") != _VERSION:
        raise part.image.malformed("its linking section is of another version")
    found: list[Symbol | None] = []
    while not part.is_at_end:
        kind = part.byte("a table")
        body = part.part("a table")
        if kind == _SYMBOL_TABLE:
            found += body.entries("symbols", lambda body=body: _symbol(body, module))  # type: ignore[misc]
            body.finish("the table of symbols")
    return found


def _symbol(body: Cursor, module: Module) -> Symbol | None:
    kind = body.byte("a symbol")
    flags = body.number("flags")
    is_defined, is_local = not flags & _UNDEFINED, bool(flags & _LOCAL)
    if kind == _DATA:
        name = body.text("a symbol")
        index = offset = size = 0
        if is_defined:
            index = body.index("a segment", len(module.segments))
            offset, size = body.number("an offset"), body.number("a size")
            if offset + size > module.segments[index].size_bytes:
                raise body.image.malformed(f"{name} does not fit into its segment")
        return Symbol("data", name, is_local, is_defined, index, offset, size)
    if kind == _SECTION:
        body.number("a section")
        return None
    if kind > _TABLE:
        raise body.image.malformed(f"a symbol of kind {kind} before {body.at}")
    index = body.number("a symbol")
    name = body.text("a symbol") if is_defined or flags & _HAS_NAME else ""
    if kind != _FUNCTION:
        return None
    imported = module.imported
    if not is_defined and not name and index < len(imported):
        name = imported[index].name
    return Symbol("function", name, is_local, is_defined, index, 0, 0)


class _Range(NamedTuple):
    start: int
    end: int
    symbol: int


def _functions(symbols: dict[int, Symbol], module: Module, image: Image) -> list[_Range]:
    """Where each function's symbol lies in the file."""
    bodies = {one.number: one for one in module.functions}
    found: dict[int, _Range] = {}
    for number, one in symbols.items():
        if one.kind == "function" and one.is_defined:
            if one.number not in bodies:
                raise image.malformed(f"{one.name} is function {one.number}, which there is not")
            body = bodies[one.number]
            found.setdefault(body.at, _Range(body.at, body.at + body.size_bytes, number))
    return sorted(found.values())


def _data(symbols: dict[int, Symbol], module: Module) -> list[_Range]:
    ranges = []
    for number, one in symbols.items():
        if one.kind == "data" and one.is_defined and one.size_bytes:
            at = module.segments[one.number].at + one.offset
            ranges.append(_Range(at, at + one.size_bytes, number))
    return sorted(ranges)


def _relocations(
    part: Cursor, count: int, ranges: list[_Range], start: int, known: set[int]
) -> set[tuple[int, int]]:
    """From the symbol that lies where something is to be put, to the symbol that is put there."""
    part.number("a section")
    starts = [one.start for one in ranges]
    found = set()
    for _ in range(part.count("relocations")):
        kind = part.byte("a relocation")
        if kind > _LAST_RELOCATION:
            raise part.image.malformed(f"a relocation of kind {kind} before {part.at}")
        at = start + part.number("a place")
        target = part.number("a symbol")
        if kind in _WITH_ADDEND:
            part.signed("what is added", 64)
        if kind in _TO_TYPES:
            continue
        if target >= count:
            raise part.image.malformed(f"symbol {target} of {count}")
        place = bisect_right(starts, at) - 1
        if target in known and place >= 0 and at < ranges[place].end and ranges[place].symbol != target:
            found.add((ranges[place].symbol, target))
    part.finish("relocations")
    return found

"""Turns a WebAssembly module that kept its names into what each byte of it is for, and what would go with what.

`linked` is the same module before it was optimised, with its relocations: it knows where each piece of data lies, and
what points to what. Without it data is told by segment only, and a function in a table is needed by nobody in
particular. Names and relocations are in no product; what they take is told apart.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from tools.dominators import immediate_dominators, retained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tools.wasm_module import Module
    from tools.wasm_object import Object

ROOT = "(the module)"
TYPES = "types, imports, exports and headers"
LITERALS = "literals and padding"
FUNCTION, DATA, OTHER = "function", "data", "other"
_LEVEL = 9


class Owner(NamedTuple):
    """What a symbol belongs to: a component, and within it a source file, empty for none."""

    component: str
    file: str = ""


_LIBRARY = Owner("C library")


class Item(NamedTuple):
    """Bytes with a name. `retained_bytes`: what would go if this were gone, with itself."""

    kind: str
    name: str
    owner: Owner
    size_bytes: int
    retained_bytes: int
    needed_by: str
    """The last one that every way to it passes."""


class Profile(NamedTuple):
    """All bytes of a module. `size_bytes` is their sum, without the `kept_bytes` of names."""

    size_bytes: int
    kept_bytes: int
    items: tuple[Item, ...]
    packed_bytes: dict[str, int]
    """By component, each deflated alone: what it is of a compressed download, more or less."""

    def by_component(self) -> dict[str, int]:
        return _summed((one.owner.component, one.size_bytes) for one in self.items)

    def by_file(self) -> dict[tuple[str, str], int]:
        """By component and file, largest first; of items that have a file."""
        return _summed((one.owner, one.size_bytes) for one in self.items if one.owner.file)


class Piece(NamedTuple):
    """Some bytes of the file and whose they are."""

    kind: str
    name: str
    owner: Owner
    data: bytes


class Parts(NamedTuple):
    """What is known of symbols by those who built the module: whose they are, and what lies within one of them.

    `owner` is asked with a symbol's kind, name, size and the names of what it needs: several may have one name.
    `inside` names pieces of a data symbol with their sizes, in order; they are items of their own.
    """

    owner: Callable[[str, str, int, frozenset[str]], Owner | None]
    inside: dict[str, list[tuple[str, Owner, int]]]


def profile(data: bytes, module: Module, parts: Parts, linked: Object | None = None) -> Profile:
    """What every byte of the module is for."""
    symbols = _Symbols(linked, parts)
    pieces = [*_functions(data, module, symbols), *_segments(data, module, symbols)]
    kept = sum(size for name, size in module.sections.items() if name.startswith("custom:"))
    total = len(data) - kept
    rest = total - sum(len(one.data) for one in pieces)
    graph = _Graph(module, pieces, linked)
    return Profile(
        total,
        kept,
        tuple(graph.items(rest)),
        {name: _packed(pieces, name) for name in _summed((one.owner.component, 1) for one in pieces)},
    )


def unique_names(module: Module) -> dict[int, str]:
    """A name for each function by its number; a name that is there twice has the number behind it the second time.

    As wasm-opt does it: so names can be compared before and after.
    """
    return _unique({one.number: one.name or "function" for one in module.functions})


def _unique(names: dict[int, str]) -> dict[int, str]:
    used: set[str] = set()
    found = {}
    for number, name in names.items():
        found[number] = f"{name}_{number}" if name in used else name
        used.add(found[number])
    return found


def _summed(sizes: Iterable[tuple[object, int]]) -> dict:  # type: ignore[type-arg]
    counted: Counter[object] = Counter()
    for key, size in sizes:
        counted[key] += size
    return dict(sorted(counted.items(), key=lambda one: (-one[1], str(one[0]))))


def _packed(pieces: list[Piece], component: str) -> int:
    return len(
        zlib.compress(b"".join(one.data for one in pieces if one.owner.component == component), _LEVEL)
    )


class _Place(NamedTuple):
    """Where a piece of data lies in the memory of the module when it starts."""

    start: int
    end: int
    name: str
    owner: Owner


class _Symbols:
    """The linked module's symbols: whose each is, and where its data lies. Empty without one."""

    def __init__(self, linked: Object | None, parts: Parts) -> None:
        self._parts = parts
        self.names = symbol_names(linked) if linked is not None else []
        self.owners = _owners(linked, parts) if linked is not None else []
        self.places = self._places(linked) if linked is not None else []
        self._by_name: dict[tuple[str, str], Owner] = {
            (one.kind, name): owner
            for one, name, owner in zip(
                linked.symbols if linked else (), self.names, self.owners, strict=True
            )
        }

    def owner(self, kind: str, name: str) -> Owner | None:
        return self._by_name.get((kind, name)) or self._parts.owner(kind, name, 0, frozenset())

    def _places(self, linked: Object) -> list[_Place]:
        """Every piece of data with a name, in order; of two names for the same bytes the first one has it."""
        found = []
        for one, symbol, owner in zip(linked.symbols, self.names, self.owners, strict=True):
            is_here = one.kind == DATA and one.is_defined and one.size_bytes
            address = linked.module.segments[one.number].address if is_here else None
            if address is None:
                continue
            start = address + one.offset
            end = start + one.size_bytes
            for name, inner, size in self._parts.inside.get(one.name, []):
                found.append(_Place(start, min(start + size, end), name, inner))
                start += size
            if start < end:
                found.append(_Place(start, end, symbol, owner))
        return sorted(found)


def symbol_names(linked: Object) -> list[str]:
    """The unique name of each symbol, by its number: a function's as wasm-opt knows it."""
    functions = unique_names(linked.module)
    data = _unique({number: one.name for number, one in enumerate(linked.symbols) if one.kind == DATA})
    return [
        data[number]
        if one.kind == DATA
        else functions.get(one.number, one.name)
        if one.is_defined
        else one.name
        for number, one in enumerate(linked.symbols)
    ]


def _owners(linked: Object, parts: Parts) -> list[Owner]:
    """Whose each symbol is. A literal has no name of its own: it is whose code or data points to it."""
    needs: list[set[str]] = [set() for _ in linked.symbols]
    for one, other in linked.needs:
        needs[one].add(linked.symbols[other].name)
    found = [
        Owner(LITERALS)
        if is_literal(one.name)
        else parts.owner(one.kind, one.name, one.size_bytes, frozenset(needed)) or _LIBRARY
        for one, needed in zip(linked.symbols, needs, strict=True)
    ]
    users: dict[int, set[Owner]] = {}
    for one, other in linked.needs:
        if is_literal(linked.symbols[other].name):
            users.setdefault(other, set()).add(found[one])
    for number, whose in users.items():
        components = {owner.component for owner in whose}
        shared = Owner(components.pop()) if len(components) == 1 else Owner(LITERALS)
        found[number] = whose.pop() if len(whose) == 1 else shared
    return found


def is_literal(name: str) -> bool:
    """Whether the compiler made this name up."""
    return name.startswith(".L")


def _functions(data: bytes, module: Module, symbols: _Symbols) -> Iterator[Piece]:
    for one, name in zip(module.functions, unique_names(module).values(), strict=True):
        owner = symbols.owner(FUNCTION, name) or _LIBRARY
        yield Piece(FUNCTION, name, owner, data[one.at : one.at + one.size_bytes])


def _segments(data: bytes, module: Module, symbols: _Symbols) -> Iterator[Piece]:
    """Each segment cut where symbols begin and end."""
    places = symbols.places
    starts = [one.start for one in places]
    for number, segment in enumerate(module.segments):
        held = data[segment.at : segment.at + segment.size_bytes]
        if segment.address is None or not places:
            name = segment.name or f"segment {number}"
            yield Piece(DATA, name, symbols.owner(DATA, name) or Owner(LITERALS), held)
            continue
        at = begin = segment.address
        unnamed = b""
        for one in places[max(0, bisect_right(starts, at) - 1) :]:
            if one.start >= begin + len(held):
                break
            start, stop = max(one.start, at), min(one.end, begin + len(held))
            if start < stop:
                unnamed += held[at - begin : start - begin]
                yield Piece(DATA, one.name, one.owner, held[start - begin : stop - begin])
                at = stop
        yield Piece(DATA, LITERALS, Owner(LITERALS), unnamed + held[at - begin :])


class _Graph:
    """Who needs whom: the module itself, its functions and its data."""

    def __init__(self, module: Module, pieces: list[Piece], linked: Object | None) -> None:
        self.nodes: dict[tuple[str, str], int] = {(OTHER, ROOT): 0}
        self.sizes = [0]
        self.successors: list[set[int]] = [set()]
        self.owners: dict[int, Owner] = {}
        for piece in pieces:
            node = self.node(piece.kind, piece.name)
            self.sizes[node] += len(piece.data)
            self.owners[node] = piece.owner
        names = unique_names(module)
        imported = [f"{one.module}.{one.name}" for one in module.imported]
        of = {number: self.node(FUNCTION, name) for number, name in enumerate(imported)}
        of |= {number: self.node(FUNCTION, name) for number, name in names.items()}
        for one in module.functions:
            self.successors[of[one.number]] |= {of[target] for target in one.refers_to.calls}
            self.successors[of[one.number]] |= {of[target] for target in one.refers_to.functions}
        self.successors[0] |= {of[one.number] for one in module.exports if one.kind == FUNCTION}
        if module.start is not None:
            self.successors[0].add(of[module.start])
        if linked is not None:
            self._link(linked)
        # What only a table or nobody is known to need comes last: it is the module's own.
        self._attach({of[entry] for entry in module.entries} if linked is None else set())
        self._attach(self._unreached() & {of[entry] for entry in module.entries})
        self._attach(self._unreached())

    def node(self, kind: str, name: str) -> int:
        """The number of a node, which may be new and without size."""
        found = self.nodes.setdefault((kind, name), len(self.sizes))
        if found == len(self.sizes):
            self.sizes.append(0)
            self.successors.append(set())
        return found

    def items(self, rest: int) -> Iterator[Item]:
        """All nodes that take bytes."""
        dominators = immediate_dominators([sorted(found) for found in self.successors])
        totals = retained(dominators, self.sizes)
        names = {number: name for (_, name), number in self.nodes.items()}
        for (kind, name), number in self.nodes.items():
            owner = self.owners.get(number)
            if owner is not None and self.sizes[number]:
                needed_by = names[dominators[number] or 0]
                yield Item(kind, name, owner, self.sizes[number], totals[number], needed_by)
        yield Item(OTHER, TYPES, Owner(TYPES), rest, rest, ROOT)

    def _link(self, linked: Object) -> None:
        names = symbol_names(linked)
        numbers = [self.node(one.kind, name) for one, name in zip(linked.symbols, names, strict=True)]
        for one, other in linked.needs:
            self.successors[numbers[one]].add(numbers[other])

    def _attach(self, nodes: set[int]) -> None:
        self.successors[0] |= nodes - {0}

    def _unreached(self) -> set[int]:
        seen, left = {0}, [0]
        while left:
            for target in self.successors[left.pop()] - seen:
                seen.add(target)
                left.append(target)
        return set(range(len(self.sizes))) - seen

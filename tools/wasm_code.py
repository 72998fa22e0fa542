"""Reads the instructions of WebAssembly far enough to say what they refer to. Executes and validates nothing.

By the core specification 3.0, chapter 5.4, with the exceptions of before it. Instructions of the garbage collection
proposal are refused: no C compiler makes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.wasm_cursor import Cursor

END = 0x0B
_ELSE, _DELEGATE = 0x05, 0x18
# What is behind one: nothing, a type of a block, an index or two, a place in memory, a constant, ...
_PLAIN = (0x00, 0x01, _ELSE, 0x0A, END, 0x0F, 0x19, 0x1A, 0x1B, *range(0x45, 0xC5), 0xD1, 0xD3, 0xD4)
_BLOCKS = (0x02, 0x03, 0x04, 0x06)
_TRY_TABLE = 0x1F
_CALLS = (0x10, 0x12)
_CALLS_BY_TABLE = (0x11, 0x13)
_INDICES = (0x07, 0x08, 0x09, 0x0C, 0x0D, _DELEGATE, *range(0x20, 0x27), 0x3F, 0x40)
_BY_REFERENCE = (0x14, 0x15, 0xD5, 0xD6)
_MEMORY = range(0x28, 0x3F)
_BRANCHES, _SELECT = 0x0E, 0x1C
CONSTANTS = {0x41: 32, 0x42: 64}
_FLOATS = {0x43: 4, 0x44: 8}
_NULL, _FUNCTION = 0xD0, 0xD2
_MORE, _VECTORS, _ATOMICS = 0xFC, 0xFD, 0xFE
# Of 0xFC: so many indices follow.
_MORE_INDICES = {
    **dict.fromkeys(range(8), 0),
    8: 2,
    9: 1,
    10: 2,
    11: 1,
    12: 2,
    13: 1,
    14: 2,
    15: 1,
    16: 1,
    17: 1,
}
_VECTOR_BYTES = {12: 16, 13: 16, **dict.fromkeys(range(21, 35), 1), **dict.fromkeys(range(84, 92), 1)}
_VECTOR_MEMORY = (*range(12), *range(84, 94))
_LAST_VECTOR = 0x113
_ATOMIC_FENCE, _LAST_ATOMIC = 0x03, 0x4E
_OTHER_MEMORY = 0x40
_MOST_ALIGNMENT = 0x80
_NO_TYPE = 0x40
_VALUE_TYPES = frozenset((0x7F, 0x7E, 0x7D, 0x7C, 0x7B, *range(0x68, 0x75)))
_WITH_HEAP_TYPE = (0x63, 0x64)
_CATCHES = {0: 2, 1: 2, 2: 1, 3: 1}


class References(NamedTuple):
    """What a function or a constant expression refers to, in order. `by_table`: the types that it calls by a table."""

    calls: tuple[int, ...]
    functions: tuple[int, ...]
    by_table: tuple[int, ...]
    constants: tuple[int, ...]


def references(code: Cursor, function_count: int) -> References:
    """Of instructions up to the end that belongs to the beginning, which must be the cursor's. Malformed."""
    found = _Found(code, function_count)
    depth = 1
    while depth:
        instruction = code.byte("an instruction")
        if instruction in _BLOCKS or instruction == _TRY_TABLE:
            depth += 1
        elif instruction in (END, _DELEGATE):
            depth -= 1
        found.read(instruction)
    return References(
        tuple(found.calls), tuple(found.functions), tuple(found.by_table), tuple(found.constants)
    )


def value_type(code: Cursor) -> None:
    """Goes on behind one. Malformed if it is none."""
    kind = code.byte("a type")
    if kind in _WITH_HEAP_TYPE:
        code.signed("a type", 33)
    elif kind not in _VALUE_TYPES:
        raise code.image.malformed(f"{kind:#x} before {code.at} is no type of a value")


class _Found:
    """What has been found as yet, and how each instruction is read."""

    def __init__(self, code: Cursor, function_count: int) -> None:
        self.code = code
        self.function_count = function_count
        self.calls: list[int] = []
        self.functions: list[int] = []
        self.by_table: list[int] = []
        self.constants: list[int] = []

    def read(self, instruction: int) -> None:
        """What stands behind an instruction."""
        read = _READERS.get(instruction)
        if read is None:
            raise self.code.image.malformed(
                f"instruction {instruction:#x} before {self.code.at}, which nothing is known of"
            )
        read(self, instruction)

    def nothing(self, _instruction: int) -> None:
        pass

    def block(self, _instruction: int) -> None:
        kind = self.code.signed("the type of a block", 33)
        if kind < 0 and kind + 0x80 in _WITH_HEAP_TYPE:
            self.code.signed("a type", 33)
        elif kind < 0 and kind + 0x80 != _NO_TYPE and kind + 0x80 not in _VALUE_TYPES:
            raise self.code.image.malformed(f"{kind} before {self.code.at} is no type of a block")

    def try_table(self, instruction: int) -> None:
        self.block(instruction)
        for _ in range(self.code.count("handlers")):
            kind = self.code.byte("a handler")
            if kind not in _CATCHES:
                raise self.code.image.malformed(f"a handler of kind {kind} before {self.code.at}")
            self.indices(_CATCHES[kind])

    def call(self, _instruction: int) -> None:
        self.calls.append(self.code.index("a called function", self.function_count))

    def call_by_table(self, _instruction: int) -> None:
        self.by_table.append(self.code.number("a type"))
        self.code.number("a table")

    def index(self, _instruction: int) -> None:
        self.code.number("an index")

    def indices(self, count: int) -> None:
        for _ in range(count):
            self.code.number("an index")

    def memory(self, _instruction: int) -> None:
        alignment = self.code.number("an alignment")
        if alignment >= _MOST_ALIGNMENT:
            raise self.code.image.malformed(f"an alignment of {alignment} before {self.code.at}")
        if alignment & _OTHER_MEMORY:
            self.code.number("a memory")
        self.constants.append(self.code.number("an offset", 64))

    def branches(self, _instruction: int) -> None:
        self.indices(self.code.count("branches") + 1)

    def select(self, _instruction: int) -> None:
        for _ in range(self.code.count("types")):
            value_type(self.code)

    def constant(self, instruction: int) -> None:
        self.constants.append(self.code.signed("a constant", CONSTANTS[instruction]))

    def float(self, instruction: int) -> None:
        self.code.take(_FLOATS[instruction], "a constant")

    def null(self, _instruction: int) -> None:
        self.code.signed("a type", 33)

    def function(self, _instruction: int) -> None:
        self.functions.append(self.code.index("a function", self.function_count))

    def more(self, _instruction: int) -> None:
        number = self.code.number("an instruction")
        if number not in _MORE_INDICES:
            raise self.code.image.malformed(f"instruction 0xfc {number} before {self.code.at}")
        self.indices(_MORE_INDICES[number])

    def vector(self, instruction: int) -> None:
        number = self.code.number("an instruction")
        if number > _LAST_VECTOR:
            raise self.code.image.malformed(f"instruction 0xfd {number} before {self.code.at}")
        if number in _VECTOR_MEMORY:
            self.memory(instruction)
        self.code.take(_VECTOR_BYTES.get(number, 0), "a vector")

    def atomic(self, instruction: int) -> None:
        number = self.code.number("an instruction")
        if number > _LAST_ATOMIC:
            raise self.code.image.malformed(f"instruction 0xfe {number} before {self.code.at}")
        if number == _ATOMIC_FENCE:
            self.code.byte("a fence")
        else:
            self.memory(instruction)


_READERS: dict[int, Callable[[_Found, int], None]] = {
    **dict.fromkeys(_PLAIN, _Found.nothing),
    **dict.fromkeys(_BLOCKS, _Found.block),
    **dict.fromkeys(_CALLS, _Found.call),
    **dict.fromkeys(_CALLS_BY_TABLE, _Found.call_by_table),
    **dict.fromkeys((*_INDICES, *_BY_REFERENCE), _Found.index),
    **dict.fromkeys(_MEMORY, _Found.memory),
    **dict.fromkeys(CONSTANTS, _Found.constant),
    **dict.fromkeys(_FLOATS, _Found.float),
    _TRY_TABLE: _Found.try_table,
    _BRANCHES: _Found.branches,
    _SELECT: _Found.select,
    _NULL: _Found.null,
    _FUNCTION: _Found.function,
    _MORE: _Found.more,
    _VECTORS: _Found.vector,
    _ATOMICS: _Found.atomic,
}

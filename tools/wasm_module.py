"""Turns the bytes of a WebAssembly module into its functions, what they call, its data and its names. Judges nothing.

By the core specification 3.0, chapter 5. Every byte of the file is accounted for: sections of a known kind must be
whole, in their order and at most once each.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tools.binary import Image
from tools.wasm_code import CONSTANTS, References, references, value_type
from tools.wasm_cursor import MODULE, Cursor, sections, start

if TYPE_CHECKING:
    from collections.abc import Callable

SECTIONS = (
    *("custom", "type", "import", "function", "table", "memory", "global", "export", "start", "element"),
    *("code", "data", "data count", "tag"),
)
_ORDER = (
    *("type", "import", "function", "table", "memory", "tag", "global", "export", "start", "element"),
    *("data count", "code", "data"),
)
NAMES = "custom:name"
KINDS = ("function", "table", "memory", "global", "tag")
_FUNCTION_TYPE = 0x60
# Kinds of names that are read, by number; of others only that they are whole.
_NAME_OF_MODULE = 0
_NAMES_OF = {1: "function", 9: "data"}
_PASSIVE, _OTHER_MEMORY = 1, 2


class Import(NamedTuple):
    """What the host must provide. `size_bytes` is what saying so takes."""

    module: str
    name: str
    kind: str
    size_bytes: int


class Export(NamedTuple):
    """What the host may use, by its kind and number."""

    name: str
    kind: str
    number: int


class Function(NamedTuple):
    """One that the module holds. `size_bytes` is with the number that says so; `name` is empty where none was kept."""

    number: int
    name: str
    at: int
    size_bytes: int
    refers_to: References


class Segment(NamedTuple):
    """A piece of data. `address` is None where it is copied by an instruction; `at` is where its bytes lie in the file.

    `size_bytes` is without what stands before the bytes.
    """

    name: str
    address: int | None
    at: int
    size_bytes: int


class Module(NamedTuple):
    """A module. `sections`: bytes in the file by name. `entries`: the functions that its tables hold at the start.

    `name` is empty where none was kept. `starts`: where what a section holds begins. `customs`: name, place and end of
    each section that only tools read.
    """

    name: str
    sections: dict[str, int]
    starts: dict[str, int]
    imports: tuple[Import, ...]
    exports: tuple[Export, ...]
    functions: tuple[Function, ...]
    entries: tuple[int, ...]
    start: int | None
    segments: tuple[Segment, ...]
    customs: tuple[tuple[str, int, int], ...]

    @property
    def imported(self) -> tuple[Import, ...]:
        """The imported functions, which are numbered before its own."""
        return tuple(one for one in self.imports if one.kind == "function")

    @property
    def has_names(self) -> bool:
        return any(one.name for one in self.functions)


def read(data: bytes, at: int = 0, end: int | None = None) -> Module:
    """The module that lies there. Raises Malformed for anything but a whole one."""
    image = Image(data, "WebAssembly")
    version, cursor = start(image, at, len(image) if end is None else end)
    if version != MODULE:
        raise image.malformed("a component where a module is expected")
    reader = _Reader(image)
    for name, size_bytes, body in sections(cursor, SECTIONS):
        reader.section(name, size_bytes, body)
    return reader.module()


def is_component(data: bytes) -> bool:
    """Whether this begins as a component. Malformed if it begins neither as one nor as a module."""
    return start(Image(data, "WebAssembly"), 0, len(data))[0] != MODULE


class _Reader:
    """What has been read as yet, section by section."""

    def __init__(self, image: Image) -> None:
        self.image = image
        self.sections: dict[str, int] = {}
        self.starts: dict[str, int] = {}
        self.customs: list[tuple[str, int, int]] = []
        self.last = -1
        self.type_count = 0
        self.imports: list[Import] = []
        self.counts = dict.fromkeys(KINDS, 0)
        self.imported_functions = 0
        self.exports: list[Export] = []
        self.entries: list[int] = []
        self.start: int | None = None
        self.bodies: list[Function] = []
        self.data_count: int | None = None
        self.segments: list[Segment] = []
        self.names: dict[str, dict[int, str]] = {}
        self.name = ""

    def section(self, name: str, size_bytes: int, body: Cursor) -> None:
        self.sections[name] = self.sections.get(name, 0) + size_bytes
        if name.startswith("custom:"):
            self.customs.append((name.partition(":")[2], body.at, body.end))
            if name == NAMES:
                self.name_section(body)
            return
        place = _ORDER.index(name)
        if place <= self.last:
            raise self.image.malformed(f"section {name} at {body.at} comes late, or twice")
        self.last = place
        self.starts[name] = body.at
        if name in KINDS:
            self.own(name, body)
        else:
            _READERS[name](self, body)
        body.finish(f"section {name}")

    def module(self) -> Module:
        if len(self.bodies) != self.counts["function"] - self.imported_functions:
            raise self.image.malformed(
                f"{self.counts['function'] - self.imported_functions} functions have {len(self.bodies)} bodies"
            )
        if self.data_count not in (None, len(self.segments)):
            raise self.image.malformed(f"{self.data_count} segments of data are {len(self.segments)}")
        functions, data = self.names.get("function", {}), self.names.get("data", {})
        return Module(
            self.name,
            self.sections,
            self.starts,
            tuple(self.imports),
            tuple(self.exports),
            tuple(one._replace(name=functions.get(one.number, "")) for one in self.bodies),
            tuple(self.entries),
            self.start,
            tuple(one._replace(name=data.get(number, "")) for number, one in enumerate(self.segments)),
            tuple(self.customs),
        )

    def types(self, body: Cursor) -> None:
        for _ in range(body.count("types")):
            kind = body.byte("a type")
            if kind != _FUNCTION_TYPE:
                raise self.image.malformed(f"a type of kind {kind:#x} before {body.at}: no function's")
            for what in ("parameters", "results"):
                body.entries(what, lambda: value_type(body))
            self.type_count += 1

    def import_section(self, body: Cursor) -> None:
        for _ in range(body.count("imports")):
            began = body.at
            module, name = body.text("an import"), body.text("an import")
            number = body.byte("the kind of an import")
            if number >= len(KINDS):
                raise self.image.malformed(f"an import of kind {number}: {module}.{name}")
            kind = KINDS[number]
            self.described(body, kind)
            self.imports.append(Import(module, name, kind, body.at - began))
        self.imported_functions = self.counts["function"]

    def described(self, body: Cursor, kind: str) -> None:
        """What type one more thing of this kind has."""
        if kind == "function":
            body.index("a type", self.type_count)
        elif kind == "tag":
            body.byte("a tag")
            body.index("a type", self.type_count)
        elif kind == "global":
            value_type(body)
            body.byte("whether it changes")
        else:
            if kind == "table":
                value_type(body)
            limits(body)
        self.counts[kind] += 1

    def own(self, kind: str, body: Cursor) -> None:
        """What the module itself has of a kind."""
        for _ in range(body.count(f"{kind}s")):
            self.described(body, kind)
            if kind == "global":
                self.expression(body)

    def expression(self, body: Cursor) -> References:
        """A constant one: what it refers to counts as in use from the start."""
        found = references(body, self.counts["function"])
        self.entries += found.functions
        return found

    def export_section(self, body: Cursor) -> None:
        for _ in range(body.count("exports")):
            name = body.text("an export")
            number = body.byte("the kind of an export")
            if number >= len(KINDS):
                raise self.image.malformed(f"an export of kind {number}: {name}")
            kind = KINDS[number]
            self.exports.append(Export(name, kind, body.index(f"the export {name}", self.counts[kind])))

    def start_section(self, body: Cursor) -> None:
        self.start = body.index("the start", self.counts["function"])

    def element_section(self, body: Cursor) -> None:
        for _ in range(body.count("elements")):
            kind = body.number("elements")
            if kind > 7:  # noqa: PLR2004 - three bits: not active, with a table, expressions
                raise self.image.malformed(f"elements of kind {kind} before {body.at}")
            is_active, has_more, has_expressions = not kind & 1, bool(kind & 2), bool(kind & 4)
            if is_active and has_more:
                body.index("a table", self.counts["table"])
            if is_active:
                self.expression(body)
            if kind & 3 and has_expressions:
                value_type(body)
            elif kind & 3:
                body.byte("the kind of elements")
            for _ in range(body.count("functions")):
                if has_expressions:
                    self.expression(body)
                else:
                    self.entries.append(body.index("a function", self.counts["function"]))

    def data_count_section(self, body: Cursor) -> None:
        self.data_count = body.number("the number of segments")

    def code_section(self, body: Cursor) -> None:
        for number in range(self.imported_functions, self.imported_functions + body.count("functions")):
            began = body.at
            code = body.part("a function")
            for _ in range(code.count("groups of locals")):
                code.number("the number of locals")
                value_type(code)
            found = references(code, self.counts["function"])
            code.finish("a function")
            self.bodies.append(Function(number, "", began, body.at - began, found))

    def data_section(self, body: Cursor) -> None:
        for _ in range(body.count("segments")):
            kind = body.number("a segment")
            if kind > _OTHER_MEMORY:
                raise self.image.malformed(f"a segment of kind {kind} before {body.at}")
            if kind == _OTHER_MEMORY:
                body.index("a memory", self.counts["memory"])
            address = None
            if kind != _PASSIVE:
                instruction = self.image.bytes_at(body.at, 1, "an address")[0]
                constants = self.expression(body).constants
                if instruction in CONSTANTS and len(constants) == 1:  # not one that a loader adds to
                    address = constants[0] & 0xFFFFFFFF
            held = body.part("a segment")
            self.segments.append(Segment("", address, held.at, held.end - held.at))

    def name_section(self, body: Cursor) -> None:
        while not body.is_at_end:
            kind = body.byte("names")
            part = body.part("names")
            if kind == _NAME_OF_MODULE:
                self.name = part.text("the module's name")
            if kind not in _NAMES_OF:
                continue
            names = self.names.setdefault(_NAMES_OF[kind], {})
            for _ in range(part.count("names")):
                number = part.number("a name")
                names[number] = part.text("a name")
            part.finish("names")


def limits(body: Cursor) -> None:
    """How large a memory or a table may be."""
    flags = body.byte("a size")
    if flags > 7:  # noqa: PLR2004 - three bits: with a maximum, shared, of 64 bits
        raise body.image.malformed(f"a size with flags {flags:#x} before {body.at}")
    for _ in range(2 if flags & 1 else 1):
        body.number("a size", 64 if flags & 4 else 32)


_READERS: dict[str, Callable[[_Reader, Cursor], None]] = {
    "type": _Reader.types,
    "import": _Reader.import_section,
    "export": _Reader.export_section,
    "start": _Reader.start_section,
    "element": _Reader.element_section,
    "data count": _Reader.data_count_section,
    "code": _Reader.code_section,
    "data": _Reader.data_section,
}

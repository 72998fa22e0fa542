"""Turns the bytes of a WebAssembly module or component into its sections, functions and imports. Judges nothing.

By the WebAssembly core specification 2.0, chapter 5, and the component model's Binary.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.binary import Binary, Image, Import, Section, Symbol

if TYPE_CHECKING:
    from collections.abc import Iterator

MAGIC = b"\0asm"
_MODULE, _COMPONENT = b"\x01\0\0\0", b"\x0d\0\x01\0"
_MODULE_SECTIONS = (
    *(
        "custom",
        "type",
        "import",
        "function",
        "table",
        "memory",
        "global",
        "export",
        "start",
        "element",
        "code",
    ),
    *("data", "data count", "tag"),
)
_COMPONENT_SECTIONS = (
    *(
        "custom",
        "core module",
        "core instance",
        "core type",
        "component",
        "instance",
        "alias",
        "type",
        "canon",
    ),
    *("start", "import", "export", "value"),
)
_KINDS = ("function", "table", "memory", "global", "tag")
_COMPONENT_KINDS = ("core module", "function", "value", "type", "component", "instance")
_CORE_MODULE, _TYPE = 0, 3
_NAME_SECTION = "custom:name"
_FUNCTION_NAMES = 1
_LEB_BITS = 35


class _Cursor:
    """A place in a file that moves on. Malformed beyond the end."""

    def __init__(self, image: Image, at: int, end: int) -> None:
        self.image = image
        self.at = at
        self.end = end

    def bytes(self, size: int, what: str) -> bytes:
        if self.at + size > self.end:
            raise self.image.malformed(
                f"{what} is at {self.at}, {size} bytes long, and ends after {self.end}"
            )
        found = self.image.bytes_at(self.at, size, what)
        self.at += size
        return found

    def byte(self, what: str) -> int:
        return self.bytes(1, what)[0]

    def number(self, what: str) -> int:
        """An unsigned number of at most 32 bits, in LEB128."""
        value = 0
        for shift in range(0, _LEB_BITS, 7):
            byte = self.byte(what)
            value |= (byte & 0x7F) << shift
            if not byte & 0x80:
                if value >> 32:
                    break
                return value
        raise self.image.malformed(f"{what} before {self.at} is no number of 32 bits")

    def text(self, what: str) -> str:
        return self.bytes(self.number(what), what).decode("utf-8", "replace")

    def part(self, size: int, what: str) -> _Cursor:
        """What the next bytes hold; goes on behind them."""
        start = self.at
        self.bytes(size, what)
        return _Cursor(self.image, start, start + size)


def read(data: bytes) -> Binary:
    """Raises Malformed for anything but a whole module or component."""
    image = Image(data, "WebAssembly")
    if image.bytes_at(0, 4, "its header") != MAGIC:
        raise image.malformed("it does not begin as one")
    version = image.bytes_at(4, 4, "its header")
    if version not in (_MODULE, _COMPONENT):
        raise image.malformed(f"neither a module nor a component: version {version.hex()}")
    is_module = version == _MODULE
    found = list(_sections(image, _MODULE_SECTIONS if is_module else _COMPONENT_SECTIONS))
    # Sections of one name are one: a component may have many, and each row needs a name of its own.
    sizes: dict[str, int] = {}
    for name, size, _ in found:
        sizes[name] = sizes.get(name, 0) + size
    sections = tuple(Section(name, size, 0) for name, size in sizes.items())
    bodies = {name: body for name, _, body in found}
    read_imports = _module_imports if is_module else _component_imports
    imports = [each for name, _, body in found if name == "import" for each in read_imports(body)]
    return Binary(
        "WebAssembly",
        "wasm32" if is_module else "wasm32 component",
        sections,
        tuple(_functions(bodies, imports)) if is_module else (),
        tuple(Import(library, name) for library, name, _ in imports),
        tuple(dict.fromkeys(library for library, _, _ in imports if library)),
        tuple(_exports(bodies["export"])) if is_module and "export" in bodies else (),
    )


def _sections(image: Image, names: tuple[str, ...]) -> Iterator[tuple[str, int, _Cursor]]:
    """Name, bytes in the file with the section's own header, and what it holds."""
    cursor = _Cursor(image, 8, len(image))
    while cursor.at < cursor.end:
        start = cursor.at
        number = cursor.byte("a section")
        if number >= len(names):
            raise image.malformed(f"section {number} at {start}, which nothing is known of")
        name = names[number]
        body = cursor.part(cursor.number("the size of a section"), f"section {name}")
        if name == "custom":
            name = f"custom:{body.text('the name of a section')}"
        yield name, cursor.at - start, body


def _module_imports(body: _Cursor) -> Iterator[tuple[str, str, str]]:
    """Module, name and kind of each."""
    for _ in range(body.number("the number of imports")):
        module, name = body.text("an import"), body.text("an import")
        kind = body.byte("the kind of an import")
        if kind >= len(_KINDS):
            raise body.image.malformed(f"an import of kind {kind}: {module}.{name}")
        if kind == 0:
            body.number("a type")
        elif kind in (1, 2):
            _skip_limits(body, has_type=kind == 1)
        else:
            body.bytes(1, "a type")
            body.number("a type")
        yield module, name, _KINDS[kind]


def _skip_limits(body: _Cursor, *, has_type: bool) -> None:
    if has_type:
        body.byte("a type")
    flags = body.byte("a size")
    for _ in range(2 if flags & 1 else 1):
        body.number("a size")


def _component_imports(body: _Cursor) -> Iterator[tuple[str, str, str]]:
    """Interface, name and kind; the interface is all before the slash and what version stands behind it."""
    for _ in range(body.number("the number of imports")):
        body.byte("the kind of a name")
        name = body.text("an import")
        kind = body.byte("the kind of an import")
        if kind >= len(_COMPONENT_KINDS):
            raise body.image.malformed(f"an import of kind {kind}: {name}")
        is_any_type = kind == _TYPE and body.byte("a bound") == 1
        if kind == _CORE_MODULE:
            body.byte("a type")
        if not is_any_type:
            body.number("a type")
        yield name.partition("/")[0] if "/" in name else "", name, _COMPONENT_KINDS[kind]


def _exports(body: _Cursor) -> Iterator[str]:
    for _ in range(body.number("the number of exports")):
        name = body.text("an export")
        body.byte("the kind of an export")
        body.number("an export")
        yield name


def _functions(bodies: dict[str, _Cursor], imports: list[tuple[str, str, str]]) -> Iterator[Symbol]:
    """Each function by its name, where the file kept names."""
    if "code" not in bodies or _NAME_SECTION not in bodies:
        return
    names = _function_names(bodies[_NAME_SECTION])
    code = bodies["code"]
    first = sum(kind == "function" for _, _, kind in imports)
    for number in range(first, first + code.number("the number of functions")):
        start = code.at
        code.part(code.number("the size of a function"), "a function")
        if number in names:
            yield Symbol(names[number], "code", code.at - start)


def _function_names(body: _Cursor) -> dict[int, str]:
    while body.at < body.end:
        kind = body.byte("names")
        part = body.part(body.number("the size of names"), "names")
        if kind == _FUNCTION_NAMES:
            count = part.number("the number of names")
            return {part.number("a name"): part.text("a name") for _ in range(count)}
    return {}

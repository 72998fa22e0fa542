"""Turns the bytes of a WebAssembly component into what it imports and the core modules in it. Reads no types.

By the component model's Binary.md. What a core module is there for is told by its own shape, since a component that
was stripped has no names: the core has a memory, an adapter speaks to it in the words of an older WASI, and two small
ones tie them together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from tools import wasm_module
from tools.binary import Image
from tools.wasm_cursor import COMPONENT, Cursor, sections, start

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.wasm_module import Module

SECTIONS = (
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
KINDS = ("core module", "function", "value", "type", "component", "instance")
_CORE_MODULE, _TYPE = 0, 3
_DEEPEST = 8
"""So many components inside each other are read; tools make two."""
_TIED_BY = "$imports"

Role = Literal["core", "adapter", "ties"]


class Import(NamedTuple):
    """`interface`: all before the slash and the version behind it; empty if the name has none."""

    interface: str
    name: str
    kind: str


class CoreModule(NamedTuple):
    """A module inside a component, where it lies, and what it is there for."""

    role: Role
    at: int
    size_bytes: int
    module: Module


class Component(NamedTuple):
    """A component. `sections`: bytes in the file by name, each with those inside it."""

    sections: dict[str, int]
    imports: tuple[Import, ...]
    core_modules: tuple[CoreModule, ...]

    def role_bytes(self, role: Role) -> int:
        """What the modules of a role take."""
        return sum(one.size_bytes for one in self.core_modules if one.role == role)


def read(data: bytes) -> Component:
    """Raises Malformed for anything but a whole component, or if a module in it is none."""
    image = Image(data, "WebAssembly")
    found = list(_sections(image, 0, len(image)))
    sizes: dict[str, int] = {}
    for name, size, _ in found:
        sizes[name] = sizes.get(name, 0) + size
    imports = [one for name, _, body in found if name == "import" for one in _imports(body)]
    return Component(sizes, tuple(imports), tuple(_core_modules(data, image, 0, len(image), _DEEPEST)))


def _sections(image: Image, at: int, end: int) -> Iterator[tuple[str, int, Cursor]]:
    version, cursor = start(image, at, end)
    if version != COMPONENT:
        raise image.malformed("a module where a component is expected")
    yield from sections(cursor, SECTIONS)


def _core_modules(data: bytes, image: Image, at: int, end: int, deepest: int) -> Iterator[CoreModule]:
    for name, _, body in _sections(image, at, end):
        if name == "core module":
            module = wasm_module.read(data, body.at, body.end)
            yield CoreModule(_role(module), body.at, body.end - body.at, module)
        elif name == "component":
            if not deepest:
                raise image.malformed(f"more than {_DEEPEST} components inside each other at {body.at}")
            yield from _core_modules(data, image, body.at, body.end, deepest - 1)


def _role(module: Module) -> Role:
    if any(one.name == _TIED_BY for part in (module.imports, module.exports) for one in part):
        return "ties"
    return "core" if "memory" in module.sections else "adapter"


def _imports(body: Cursor) -> Iterator[Import]:
    for _ in range(body.count("imports")):
        body.byte("the kind of a name")
        name = body.text("an import")
        kind = body.byte("the kind of an import")
        if kind >= len(KINDS):
            raise body.image.malformed(f"an import of kind {kind}: {name}")
        is_any_type = kind == _TYPE and body.byte("a bound") == 1
        if kind == _CORE_MODULE:
            body.byte("a type")
        if not is_any_type:
            body.number("a type")
        yield Import(name.partition("/")[0] if "/" in name else "", name, KINDS[kind])

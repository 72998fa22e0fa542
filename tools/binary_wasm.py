"""Turns the bytes of a WebAssembly module or component into its sections, functions and imports. Judges nothing.

What is read, and how, is in wasm_module.py and wasm_component.py; this is what they have in common with executables.
"""

from __future__ import annotations

from tools import wasm_component, wasm_module
from tools.binary import Binary, Import, Section, Symbol
from tools.wasm_cursor import MAGIC

__all__ = ["MAGIC", "read"]


def read(data: bytes) -> Binary:
    """Raises Malformed for anything but a whole module or component."""
    return _component(data) if wasm_module.is_component(data) else _module(data)


def _module(data: bytes) -> Binary:
    found = wasm_module.read(data)
    return Binary(
        "WebAssembly",
        "wasm32",
        _section_list(found.sections),
        tuple(Symbol(one.name, "code", one.size_bytes) for one in found.functions if one.name),
        tuple(Import(one.module, one.name) for one in found.imports),
        tuple(dict.fromkeys(one.module for one in found.imports if one.module)),
        tuple(one.name for one in found.exports),
    )


def _component(data: bytes) -> Binary:
    found = wasm_component.read(data)
    return Binary(
        "WebAssembly",
        "wasm32 component",
        _section_list(found.sections),
        (),
        tuple(Import(one.interface, one.name) for one in found.imports),
        tuple(dict.fromkeys(one.interface for one in found.imports if one.interface)),
    )


def _section_list(sizes: dict[str, int]) -> tuple[Section, ...]:
    return tuple(Section(name, size, 0) for name, size in sizes.items())

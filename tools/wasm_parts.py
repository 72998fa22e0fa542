"""Turns what a build knows into whose each symbol of its module is: the object that defines it, the frozen file in it.

Frozen Python is in one object: its tables are told apart by where they stand in the C that was made of it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools import cache, wasm_object
from tools.wasm_profile import DATA, Owner, Parts, is_literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tools.wasm_object import Symbol

NAME, WITH_RELOCATIONS = "weft-parts.json", "weft-with-relocations.wasm"
LAID_OUT, PACKED, TABLES = "frozen Python, laid out", "frozen Python, packed", "tables of names"
PACKED_BYTES = "mp_packed_bytes"
_DEFINED = re.compile(r"(?m)^(?:static )?const (?:\w+ )+\*?(?:const )?(\w+)(?:\[[^\]]*\])? = ")
_MODULE = "frozen_module_"
_TABLES = ("mp_qstr_", "mp_frozen_", "mp_packed_")


class Python(NamedTuple):
    """What is frozen: the C of it, the names of all files in their order, and the bytes of those that are packed."""

    content: Path
    files: list[str]
    packed: dict[str, int]


def write(path: Path, objects: list[tuple[str, Path]], python: Python) -> None:
    """Where `read` finds what it needs, for as long as the cache keeps it. `objects`: each with its component."""
    found = {
        "objects": [(component, str(path)) for component, path in objects],
        "frozen": str(python.content),
        "laid_out": [name for name in python.files if name not in python.packed],
        "packed": python.packed,
    }
    cache.write(path, json.dumps(found, indent=1) + "\n")


def read(path: Path) -> Parts:
    """What a build wrote down. OSError or ValueError if it is not there any more."""
    found = json.loads(path.read_bytes())
    objects = [(component, Path(name).read_bytes()) for component, name in found["objects"]]
    return parts(objects, Path(found["frozen"]).read_text("utf-8"), found["laid_out"], found["packed"])


def parts(
    objects: Iterable[tuple[str, bytes]], frozen: str, laid_out: list[str], packed: dict[str, int]
) -> Parts:
    """`objects`: each with its component; `frozen`: the C; `laid_out`: the files in it, in its order.

    `packed`: the bytes of all other files, in the order of the C as well.
    """
    owners: dict[tuple[object, ...], Owner] = {}
    for component, data in objects:
        for symbol, needs in _symbols(data):
            for key in _keys(symbol.kind, symbol.name, symbol.size_bytes, needs):
                owners.setdefault(key, Owner(component))
    frozen_owners = {name: Owner(LAID_OUT, file) for name, file in frozen_files(frozen, laid_out).items()}

    def owner(kind: str, name: str, size: int, needs: frozenset[str]) -> Owner | None:
        if kind == DATA and name.startswith(_TABLES):
            return Owner(TABLES)
        if kind == DATA and name in frozen_owners:
            return frozen_owners[name]
        return next((owners[key] for key in _keys(kind, name, size, needs) if key in owners), None)

    return Parts(owner, {PACKED_BYTES: [(name, Owner(PACKED, name), size) for name, size in packed.items()]})


def _symbols(data: bytes) -> Iterator[tuple[Symbol, frozenset[str]]]:
    """What an object defines, each with the names of what it needs."""
    found = wasm_object.read(data)
    needs: list[set[str]] = [set() for _ in found.symbols]
    for one, other in found.needs:
        needs[one].add(found.symbols[other].name)
    for symbol, needed in zip(found.symbols, needs, strict=True):
        if symbol.is_defined and not is_literal(symbol.name):
            yield symbol, frozenset(needed)


def _keys(kind: str, name: str, size: int, needs: frozenset[str]) -> tuple[tuple[object, ...], ...]:
    """What a symbol may be known by, surest first: several objects may have one of the same name."""
    return (kind, name, size, needs), (kind, name, size), (kind, name)


def frozen_files(frozen: str, files: list[str]) -> dict[str, str]:
    """The file of each constant in the C of frozen modules. A module's record is the last of what it needs.

    ValueError if there are more or fewer modules than files.
    """
    names = _DEFINED.findall(frozen)
    modules = [name for name in names if name.startswith(_MODULE)]
    if len(modules) != len(files):
        raise ValueError(f"{len(modules)} modules are frozen, {len(files)} files were given")
    found: dict[str, str] = {}
    waiting: list[str] = []
    left = iter(files)
    for name in names:
        if name.startswith(_TABLES):
            continue
        waiting.append(name)
        if name.startswith(_MODULE):
            file = next(left)
            found.update(dict.fromkeys(waiting, file))
            waiting.clear()
    return found

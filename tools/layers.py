"""Judges every import of ours by the table of who may import whom; follows no import at run time.

`python -m tools.layers`. Imports inside functions, under `if TYPE_CHECKING` and by name through importlib count too.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]

_STACK = ("clawft.app", "clawft.agent", "clawft.pipeline", "clawft.core")
_SECURED = ("clawft.security", "clawft.core")

PORTABLE_TESTS = "tests.portable.test_"

# Each layer and what it may import beside itself. A file belongs to the longest name that is a prefix of its module.
# Nothing may import what no row names: the command line and the runtimes meet in the two main files alone.
MAY_IMPORT: dict[str, tuple[str, ...]] = {
    "clawft": (),
    "clawft._features": (),
    "clawft._version": (),
    "clawft.__main__": ("clawft",),
    "clawft.host": _STACK,
    "clawft.embedded": _STACK,
    "clawft.embedded.main": ("clawft",),
    "clawft.cli": _STACK,
    "clawft.app": (
        *(
            "clawft.agent",
            "clawft.pipeline",
            "clawft.providers",
            "clawft.tools",
            "clawft.channels",
            "clawft.services",
        ),
        *("clawft.app_memory", *_SECURED),
    ),
    "clawft.app_memory": ("clawft.pipeline", "clawft.providers", "clawft.core"),
    "clawft.agent": ("clawft.pipeline", *_SECURED),
    "clawft.pipeline": ("clawft.core",),
    "clawft.providers": ("clawft.core",),
    "clawft.channels": _SECURED,
    "clawft.services": _SECURED,
    "clawft.tools": _SECURED,
    "clawft.security": ("clawft.core",),
    "clawft.core": (),
    "release": ("bench", "tools"),
    "bench": ("tools",),
    "workflows": ("tools",),
    "tools": (),
    "noxfile": (),
    "tests": (PORTABLE_TESTS, "clawft", "tools", "bench", "release", "workflows"),
    # a portable test runs in MicroPython, where there is nothing but the portable set
    PORTABLE_TESTS: tuple(
        f"clawft.{layer}"
        for layer in (
            *(
                "app",
                "app_memory",
                "agent",
                "pipeline",
                "providers",
                "channels",
                "services",
                "tools",
                "security",
            ),
            "cli",
            "core",
        )
    ),
}
OURS = frozenset(layer.partition(".")[0] for layer in MAY_IMPORT)
# Every file may name the package, which holds nothing, and ask for what the build wrote down.
FREE = ("clawft", "clawft._features", "clawft._version")
WHOLE = ("clawft", "tests", "tools", "bench", "release", "workflows")


class Violation:
    """One import that the table does not have, or a file without a row."""

    def __init__(self, path: str, line: int, said: str) -> None:
        self.path = path
        self.line = line
        self.said = said

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.said}"


def files(root: Path = ROOT) -> list[str]:
    """Every Python file of ours, relative to the root."""
    found = [path for top in WHOLE for path in root.glob(f"{top}/**/*.py")]
    return sorted(path.relative_to(root).as_posix() for path in (*found, *root.glob("*.py")))


def violations(path: str, source: str) -> list[Violation]:
    """The imports of one file that the table does not have. SyntaxError if it does not parse."""
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    layer = layer_of(module)
    if layer is None:
        return [
            Violation(path, 1, f"{module} has no row in the table of layers: give it one in tools/layers.py")
        ]
    package = module if path.endswith("/__init__.py") else module.rpartition(".")[0]
    allowed = ", ".join(MAY_IMPORT[layer]) or "nothing else of ours"
    return [
        Violation(
            path,
            line,
            f"{layer} may not import {name}; it may import {allowed}: take it through core/interfaces.py, have the "
            "caller hand it over, or move the code to a layer that may",
        )
        for line, name in imports(ast.parse(source), package)
        if not _is_allowed(layer, name)
    ]


def layer_of(module: str) -> str | None:
    """The row that judges a module, None if there is none."""
    if module.startswith(PORTABLE_TESTS):
        return PORTABLE_TESTS
    parts = module.split(".")
    names = [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
    # A folder of clawft without a row has no place in the table: the row of clawft is for its __init__.py alone.
    return next((name for name in names if name in MAY_IMPORT and (name != "clawft" or name == module)), None)


def imports(tree: ast.Module, package: str) -> Iterator[tuple[int, str]]:
    """Line and full name of everything that is imported: modules, and names taken from them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, name.name) for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, node.module] if node.module else parents)
            yield from ((node.lineno, f"{base}.{name.name}") for name in node.names)
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = ast.unparse(node.func)
            if called in {"__import__", "import_module", "importlib.import_module"}:
                yield node.lineno, str(node.args[0].value)


def _is_allowed(layer: str, name: str) -> bool:
    if name.partition(".")[0] not in OURS:
        return True
    imported = layer_of(name) or name
    if imported == layer or imported in FREE:
        return True
    return any(imported == allowed or imported.startswith(allowed + ".") for allowed in MAY_IMPORT[layer])


def main() -> int:
    paths = files()
    found = [one for path in paths for one in violations(path, (ROOT / path).read_text("utf-8"))]
    for one in found:
        print(one)
    print(f"{len(paths)} files, {len(found)} imports that the table of layers does not have")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

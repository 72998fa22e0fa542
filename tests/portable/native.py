"""Runs portable tests inside a test build, an executable's or the module's, from the bytecode that would be frozen.

The tests and the files of `clawft` that are frozen with the chosen features are compiled into one folder of .mpy files,
which comes first on the path: the same virtual machine and C as in the executable, with what is frozen behind it (the
shims).
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.native.executables import Runnable, runnable
from tests.portable.harness import (
    ROOT,
    Outcome,
    PortableTest,
    bytecode,
    compiled,
    imported_files,
    outcomes_in,
)
from tests.wasm.scripts import built_for_tests
from tools import frozen, wasm
from tools.targets import named

if TYPE_CHECKING:
    from collections.abc import Iterator

LIMIT_S = 120
BUILDS = ROOT / "build" / "features"

GUEST = """
import sys
sys.path[:] = [{modules!r}, ".frozen"]
def attempt(name, module, values, is_coroutine):
    print("\\x01start " + name)
    try:
        handed = []
        for value in values:
            if value is None:
                from clawft.core.fakes import FakeRuntime
                value = FakeRuntime()
            handed.append(value)
        result = getattr(__import__(module, None, None, (name,)), name)(*handed)
        if is_coroutine:
            from clawft.core.fakes import run
            run(result)
    except BaseException as error:
        sys.print_exception(error, sys.stdout)
        print("\\x01failed " + name)
    else:
        print("\\x01passed " + name)
"""


def parse(option: str, features: str | None) -> Runnable:
    """`TARGET` or `TARGET=PATH`, the path being that of a test build. FileNotFoundError, TargetError."""
    name, _, path = option.partition("=")
    given = Path(path) if path else None
    if features is not None and given is None:
        given = named([name])[0].output(BUILDS / features)
    return runnable(name, path=given, is_test_build=True)


def module() -> tuple[Runnable, str]:
    """The module's test build, with what runs it, and its features. FileNotFoundError."""
    return built_for_tests(), wasm.FEATURES


def build(features: str, targets: list[str]) -> None:
    """Make the test builds of the targets with these features. Raises BuildError; the build says the rest itself."""
    frozen.read_manifest().selected(features)
    words = [word for target in targets for word in ("--target", target)]
    command = [sys.executable, "-m", "tools.crossbuild", "--test", "--features", features, *words]
    done = subprocess.run([*command, "--output", str(BUILDS / features)], cwd=ROOT, check=False)
    if done.returncode:
        raise frozen.BuildError(f"the test builds with features {features!r} could not be made (see above)")


@cache
def frozen_names(features: str) -> frozenset[str]:
    """The files of this tree, by their paths in it, that a test build with these features holds. Raises BuildError."""
    manifest = frozen.read_manifest()
    files = frozen.frozen_files(manifest, manifest.selected(features), is_test_build=True)
    return frozenset(path.relative_to(ROOT).as_posix() for path in files.values())


def is_left_out(path: Path, features: str) -> bool:
    """Whether importing a file needs one that only other features bring."""
    names = {found.relative_to(ROOT).as_posix() for found in imported_files(path)}
    return bool(names & (frozen_names("all") - frozen_names(features)))


def run_on_native(
    executable: Runnable, features: str, path: Path, tests: list[PortableTest]
) -> dict[str, Outcome]:
    """Run tests of one file in one process, or in more where one of them ends it; outcomes by name."""
    outcomes: dict[str, Outcome] = {}
    waiting = list(tests)
    while waiting:
        output = _run(executable, _modules(features), path, waiting)
        found = dict(outcomes_in(output))
        if not found:
            found = {waiting[0].name: Outcome(has_passed=False, output=output)}
        outcomes.update(found)
        waiting = [test for test in waiting if test.name not in outcomes]
    return outcomes


def _run(executable: Runnable, modules: Path, path: Path, tests: list[PortableTest]) -> str:
    module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    with tempfile.TemporaryDirectory() as name:
        home = Path(name).resolve()
        lines = [GUEST.format(modules=executable.inside(modules))]
        for test in tests:
            values = ", ".join(_values(executable, home, test))
            lines.append(f"attempt({test.name!r}, {module!r}, [{values}], {test.is_coroutine})")
        script = home / "run.py"
        script.write_text("\n".join(lines), "utf-8")
        command = [*executable.command, executable.inside(script)]
        output = home / "output"
        # Into a file: what an emulator leaves running would keep a pipe open.
        with output.open("wb") as written:
            try:
                code = subprocess.run(
                    command,
                    env=executable.environment(HOME=str(home)),
                    cwd=home,
                    stdin=subprocess.DEVNULL,
                    stdout=written,
                    stderr=subprocess.STDOUT,
                    check=False,
                    timeout=LIMIT_S,
                ).returncode
            except subprocess.TimeoutExpired:
                return _text(output.read_bytes()) + f"\nstill running after {LIMIT_S} s"
        ending = f"\n{executable.path.name} ended with exit code {code}" if code else ""
        return _text(output.read_bytes()) + ending


def _text(output: bytes) -> str:
    return output.decode("utf-8", "replace").replace("\r\n", "\n")


def _values(executable: Runnable, home: Path, test: PortableTest) -> Iterator[str]:
    """The arguments as source: None stands for a fake runtime, made fresh over there."""
    for parameter in test.parameters:
        if parameter == "folder":
            folder = home / test.name
            folder.mkdir()
            yield repr(executable.inside(folder))
        else:
            yield "None"


@cache
def _modules(features: str) -> Path:
    """All that a portable test can import, compiled, in a folder that goes when this process does."""
    folder = Path(tempfile.mkdtemp(prefix="clawft-modules-")).resolve()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    tests = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests" / "portable").glob("test_*.py")]
    manifest = frozen.read_manifest()
    made = {
        frozen.VERSION_MODULE: frozen.version_module(),
        frozen.FEATURES_MODULE: frozen.features_module(manifest, manifest.selected(features)),
    }
    found = {path: compiled(path) for path in [*frozen_names(features), *tests]}
    found.update((path, bytecode(path, text)) for path, text in made.items())
    for path, data in found.items():
        target = (folder / path).with_suffix(".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    return folder

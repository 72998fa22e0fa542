"""Turns both trees into what is run: executables, CPython installs and checkouts, by arm, at paths of equal length.

The old side is there twice, as A and as A'. Each set of rounds may have fresh copies in a folder of its own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench import old_side, start_up
from bench.launcher import SAID_BYTES, CannotRun
from bench.paired import PLACES, placed
from bench.slices import COPY, NEW, OLD
from tools import cache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.start_up import Subject
    from tools.progress import Progress
    from tools.targets import Target

WHEEL, SDIST = "wheel", "sdist"
# What the micro-benchmarks of a checkout need of it.
CHECKED_OUT = ("clawft", "tests", "pyproject.toml")
PYTHON = "venv/bin/python"


class Side(NamedTuple):
    """One tree and what was made from it. `executable` is the host's, None where only a wheel is compared, or none."""

    tree: Path | None
    executable: Path | None
    archives: Mapping[str, Path]


class Sides(NamedTuple):
    """The new side, and the old where there is one that differs."""

    new: Side
    old: Side | None
    host: Target | None

    @property
    def artifacts(self) -> list[str]:
        """What runs here, and is compared where there is an old side."""
        native = [self.host.name] if self.host is not None and self.new.executable is not None else []
        return native if self.old is not None and self.old.tree is None else [start_up.CPYTHON, *native]

    @property
    def arms(self) -> dict[str, Side]:
        if self.old is None:
            return {NEW: self.new}
        return {NEW: self.new, OLD: self.old, COPY: self.old}


def built(root: Path, targets: list[str], options: Sequence[str] = ()) -> None:
    """Executables of a tree, in dist/, from the cache where nothing has changed. CannotRun with what the build said."""
    wanted = [word for name in targets for word in ("--target", name)] or ["--host"]
    _run([sys.executable, "-m", "tools.crossbuild", *wanted, *options], root)


def built_wasm(root: Path) -> None:
    """The WebAssembly files of a tree, in dist/. CannotRun."""
    _run([sys.executable, "-m", "tools.wasm"], root)


def new_side(root: Path, host: Target | None, folder: Path) -> Side:
    """What this tree comes to. CannotRun if it makes no wheel."""
    executable = host.output(root / "dist") if host is not None else None
    found = executable if executable is not None and executable.is_file() else None
    return Side(root, found, archives(root, folder))


def old_side_of(
    root: Path, chosen: old_side.OldSide, host: Target | None, folder: Path, progress: Progress
) -> Side:
    """What the old commit or file comes to. NoOldSide or CannotRun if it does not build."""
    if chosen.file is not None:
        return Side(None, chosen.file, {})
    if chosen.commit is None:
        raise old_side.NoOldSide(chosen.reason)
    tree = old_side.checkout(root, chosen.commit)
    executable = old_side.executable(tree, host.name, progress) if host is not None else None
    return Side(tree, executable, archives(tree, folder))


def archives(tree: Path, folder: Path) -> dict[str, Path]:
    """The wheel and the sdist of a tree, made in an empty folder. CannotRun."""
    shutil.rmtree(folder, ignore_errors=True)
    _run([sys.executable, "-m", "hatchling", "build", "-d", str(folder)], tree)
    found = {WHEEL: sorted(folder.glob("*.whl")), SDIST: sorted(folder.glob("*.tar.gz"))}
    if any(len(paths) != 1 for paths in found.values()):
        made = ", ".join(path.name for path in folder.iterdir()) or "nothing"
        raise CannotRun(f"{tree} made {made} instead of one wheel and one sdist")
    return {name: paths[0] for name, paths in found.items()}


def place(sides: Sides, artifact: str, folder: Path) -> dict[str, Subject]:
    """Fresh copies of an artifact in a folder of their own, by arm. CannotRun."""
    if artifact == start_up.CPYTHON:
        return {arm: _installed(side, folder / PLACES[arm]) for arm, side in sides.arms.items()}
    if sides.host is None:
        raise CannotRun(f"{artifact} does not run here")
    files = {arm: side.executable for arm, side in sides.arms.items() if side.executable is not None}
    host = sides.host
    return {arm: start_up.executable_subject(host, path) for arm, path in placed(files, folder).items()}


def checkouts(sides: Sides, folder: Path) -> dict[str, Path]:
    """Copies of what the micro-benchmarks need of each side's tree, by arm."""
    found = {}
    for arm, side in sides.arms.items():
        if side.tree is None:
            continue
        found[arm] = folder / PLACES[arm] / "tree"
        for name in CHECKED_OUT:
            source, copied = side.tree / name, found[arm] / name
            copied.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, copied, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copyfile(source, copied)
    return found


def _installed(side: Side, folder: Path) -> Subject:
    """A side's wheel in an environment of its own, with the dependencies that the side's own lock names."""
    if side.tree is None:
        raise CannotRun("a released file has no wheel")
    python = folder / PYTHON
    _uv("venv", "--quiet", "--python", sys.executable, str(folder / "venv"), cwd=folder)
    locked = ["--require-hashes", "--constraints", "requirements.lock", "--requirements", "pyproject.toml"]
    install = ["pip", "install", "--quiet", "--compile-bytecode", "--python", str(python)]
    _uv(*install, *locked, cwd=side.tree)
    _uv(*install, "--no-deps", "--no-index", str(side.archives[WHEEL]), cwd=folder)
    return start_up.cpython_subject(python)


def _uv(*words: str, cwd: Path) -> None:
    cwd.mkdir(parents=True, exist_ok=True)
    uv = Path(sys.executable).with_name("uv")
    _run([str(uv) if uv.is_file() else "uv", *words], cwd)


def _run(command: list[str], cwd: Path) -> None:
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise CannotRun(f"{command[0]}: {error.strerror}") from error
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-SAID_BYTES:].strip()
        raise CannotRun(f"{' '.join(command)} ended with {done.returncode}: {said}")


def digest(root: Path) -> str:
    """Of what the executables are made with: the pins, and how each target is compiled."""
    return cache.digest(*((root / "tools" / name).read_bytes() for name in ("pins.toml", "targets.toml")))

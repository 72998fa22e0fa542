"""Finds the executables that were built and what runs each of them on this machine. Builds nothing."""

from __future__ import annotations

from pathlib import Path

from tools import running
from tools.running import Runnable
from tools.targets import named, read_targets

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
TEST_BUILDS = ROOT / "build" / "test"

__all__ = ["DIST", "TEST_BUILDS", "Runnable", "executed_targets", "runnable"]


def executed_targets() -> list[str]:
    """The targets whose executables are run by tests, as they are or through an emulator."""
    return [target.name for target in read_targets().values() if target.checked == "executed"]


def runnable(name: str, *, path: Path | None = None, is_test_build: bool = False) -> Runnable:
    """The executable of a target. FileNotFoundError and CannotRun say what to run or to install."""
    target = named([name])[0]
    folder = TEST_BUILDS if is_test_build else DIST
    found = path if path is not None else target.output(folder)
    if not found.is_file():
        how = "nox -s build -- --target " + name + (" --test" if is_test_build else "")
        raise FileNotFoundError(f"there is no {found}; make it with {how}")
    return running.runnable(target, found)

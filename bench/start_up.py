"""The table of commands whose start is measured, and what can be asked to run them here. Measures nothing itself."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from bench.readings import Missing
from tools import running
from tools.targets import Target, read_targets

DIST = Path(__file__).resolve().parents[1] / "dist"
CPYTHON = "cpython"


class Scenario(NamedTuple):
    """A command. `reads_clock`: what it does depends a little on when it runs."""

    name: str
    words: tuple[str, ...]
    reads_clock: bool = False


SCENARIOS = (
    Scenario("version", ("--version",)),
    Scenario("help", ("--help",)),
    Scenario("status", ("status",)),
    # A session that grew with each run would make each run slower than the one before.
    Scenario("agent_offline", ("agent", "--new", "-m", "hi"), reads_clock=True),
)
VERSION = SCENARIOS[0]


class Subject(NamedTuple):
    """An artifact that this machine can run. `is_static`: it is one file that needs no other."""

    artifact: str
    command: tuple[str, ...]
    is_static: bool = False
    is_emulated: bool = False

    def argv(self, scenario: Scenario) -> list[str]:
        return [*self.command, *scenario.words]

    def environment(self, home: Path) -> dict[str, str]:
        """All that the process is given: nothing of ours leaks in. Makes the home."""
        home.mkdir(parents=True, exist_ok=True)
        bare = {"HOME": str(home), "PATH": os.defpath, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
        if self.is_emulated and self.command[-1].endswith(".exe"):
            return bare | running.wine_environment()
        return bare if self.is_static else bare | {"PYTHONHASHSEED": "0"}


def cpython_subject(python: Path = Path(sys.executable)) -> Subject:
    """The `weft` that is installed beside an interpreter, started as users start it. FileNotFoundError without one."""
    weft = python.with_name("weft")
    if not weft.is_file():
        raise FileNotFoundError(f"clawft is not installed for {python}: there is no {weft}")
    return Subject(CPYTHON, (str(weft),))


def executable_subject(target: Target, path: Path) -> Subject:
    """An executable with what runs it. tools.running.CannotRun says what is missing; FileNotFoundError if it is."""
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; make it with nox -s build -- --target {target.name}")
    command = running.runnable(target, path).command
    return Subject(target.name, tuple(command), is_static=True, is_emulated=not target.is_host)


def subjects(
    dist: Path = DIST, python: Path = Path(sys.executable), *, may_emulate: bool = False
) -> tuple[list[Subject], list[Missing]]:
    """What can be run here: the CPython install and the executables, and why not what should be.

    An emulator's time and memory are its own, so emulated executables are left out unless they are asked for.
    """
    found: list[Subject] = []
    missing: list[Missing] = []
    try:
        found.append(cpython_subject(python))
    except FileNotFoundError as error:
        missing.append(Missing(CPYTHON, "*", "*", str(error)))
    for target in read_targets().values():
        if target.checked != "executed" or not (target.is_host or may_emulate):
            continue
        try:
            found.append(executable_subject(target, target.output(dist)))
        except (FileNotFoundError, running.CannotRun) as error:
            missing.append(Missing(target.name, "*", "*", str(error)))
    return found, missing


def warm(subject: Subject, home: Path) -> None:
    """Run each scenario once: CPython writes the bytecode of what it imports. CalledProcessError if one fails."""
    for scenario in SCENARIOS:
        subprocess.run(
            subject.argv(scenario),
            env=subject.environment(home),
            cwd=home,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )

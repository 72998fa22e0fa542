"""Turns a start into the number of its system calls, by strace. Judges nothing."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

from bench.launcher import CannotRun, captured
from bench.readings import Found
from bench.start_up import VERSION, Scenario, Subject

METRIC = "system_calls"
TIMES = 2
LIMIT_S = 60


def calls_by_name(table: str) -> dict[str, int]:
    """What `strace -c` counted. CannotRun for a table without rows, or whose total is another: it is cut.

    A row holds: percent, seconds, microseconds a call, calls, maybe errors, the name.
    """
    rows = [line.split() for line in table.splitlines()]
    counted = {row[-1]: int(row[3]) for row in rows if len(row) in (5, 6) and row[3].isdecimal()}
    total = counted.pop("total", 0)
    if not counted or sum(counted.values()) != total:
        raise CannotRun(f"strace counted {sum(counted.values())} calls and says that they are {total}")
    return counted


def trace(argv: list[str], environment: dict[str, str], cwd: Path) -> dict[str, int]:
    """How often one run, with its children, made each system call. Raises CannotRun with what was said."""
    strace = shutil.which("strace")
    if strace is None:
        raise CannotRun("strace is not installed; on Debian: apt-get install --no-install-recommends strace")
    with tempfile.NamedTemporaryFile(prefix="strace-") as table:
        command = [strace, "-f", "-c", "-o", table.name, *argv]
        captured(command, environment, cwd, LIMIT_S, f"{shlex.join(argv)} under strace")
        return calls_by_name(Path(table.name).read_text("utf-8"))


def measure(subject: Subject, scenarios: tuple[Scenario, ...] = (VERSION,)) -> Found:
    """System calls of each scenario; none of an emulated executable's, whose emulator makes others."""
    found = Found()
    if subject.is_emulated:
        return found
    for scenario in scenarios:
        with tempfile.TemporaryDirectory(prefix="weft-") as name:
            home = Path(name)
            environment = subject.environment(home)
            try:
                # The first run of CPython writes bytecode.
                runs = [
                    trace(subject.argv(scenario), environment, home)
                    for _ in range(TIMES + (not subject.is_static))
                ]
            except (CannotRun, subprocess.TimeoutExpired) as error:
                found.lack(subject.artifact, scenario.name, METRIC, str(error))
                continue
        counts = [sum(run.values()) for run in runs[-TIMES:]]
        found.add(subject.artifact, scenario.name, METRIC, "exact", counts)
    return found

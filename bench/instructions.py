"""Turns scenarios into counts of the instructions that a process executes, by callgrind. Judges nothing.

Each scenario is run three times in a world that is the same: the same empty home, program path, environment and
addresses, no random numbers (no_random.c). The executables' counts are then equal to the last instruction; where a
scenario writes the time into a session, a count is off by some hundred thousandth. CPython's hashes of addresses, and
what it finds on the disk, move its counts by up to half a percent.
"""

from __future__ import annotations

import fcntl
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

from bench.launcher import CannotRun, captured, source_of, static_program
from bench.readings import Found
from bench.start_up import SCENARIOS, Scenario, Subject
from tools import cache

if TYPE_CHECKING:
    from pathlib import Path

METRIC = "instructions"
TIMES = 3
LIMIT_S = 120
CLOCK_SPREAD = 1e-4
CPYTHON_SPREAD = 5e-3
# In place of agent_offline's: homes are fresh, and a new session's name is random.
TURNS = (
    Scenario("agent_offline", ("agent", "-m", "hi"), reads_clock=True),
    Scenario("turn_tool", ("agent", "-m", "/ls"), reads_clock=True),
)
COUNTED = (*(scenario for scenario in SCENARIOS if scenario.name != TURNS[0].name), *TURNS)
_TOTALS = re.compile(r"^(?:totals|summary): (\d+)", re.MULTILINE)


class Counter:
    """Callgrind in a folder of its own, whose path is part of what is measured. CannotRun without valgrind."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._prefix = [
            _program("setarch", "util-linux"),
            "-R",
            str(static_program("no_random", source_of("no_random"))),
            _program("valgrind", "valgrind"),
        ]

    def count(self, subject: Subject, scenario: Scenario) -> int:
        """The instructions of one run in an empty home. Raises CannotRun with what the program said."""
        home, profile = self._folder / "home", self._folder / "profile"
        shutil.rmtree(home, ignore_errors=True)
        profile.unlink(missing_ok=True)
        environment = subject.environment(home)
        options = ["-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]
        argv = self._settled(subject, scenario)
        captured(
            [*self._prefix, *options, *argv],
            environment,
            home,
            LIMIT_S,
            f"{shlex.join(argv)} under callgrind",
        )
        return instructions(profile.read_text("utf-8", "replace") if profile.is_file() else "")

    def _settled(self, subject: Subject, scenario: Scenario) -> list[str]:
        """The command with the executable at a path that is always the same, since its length is on the stack."""
        argv = subject.argv(scenario)
        if subject.is_static:
            path = self._folder / "weft"
            shutil.copy2(argv[0], path)
            argv[0] = str(path)
        return argv


def instructions(profile: str) -> int:
    """The total of a profile in callgrind's format. CannotRun without one: it was cut, or nothing ran."""
    found = _TOTALS.findall(profile)
    if not found or int(found[-1]) == 0:
        raise CannotRun("callgrind wrote no total")
    return int(found[-1])


def allowed_spread(subject: Subject, scenario: Scenario) -> float:
    """By what part the largest count may exceed the smallest: 0 for most of what the executables do."""
    if not subject.is_static:
        return CPYTHON_SPREAD
    return CLOCK_SPREAD if scenario.reads_clock else 0.0


def measure(subject: Subject, scenarios: tuple[Scenario, ...] = COUNTED, folder: Path | None = None) -> Found:
    """Counts for each scenario. What differs by more than it may is missing: `unstable`.

    An emulated executable has no figures, and lacks none: callgrind would count the emulator. The folder is the same
    each time, so whoever measures at the same time waits.
    """
    found = Found()
    if subject.is_emulated:
        return found
    place = folder if folder is not None else cache.cache_folder() / "callgrind"
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            counter = Counter(place)
        except CannotRun as error:
            for scenario in scenarios:
                found.lack(subject.artifact, scenario.name, METRIC, str(error))
            return found
        for scenario in scenarios:
            _count(found, counter, subject, scenario)
    return found


def _count(found: Found, counter: Counter, subject: Subject, scenario: Scenario) -> None:
    try:
        # The first run of CPython writes bytecode.
        counts = [counter.count(subject, scenario) for _ in range(TIMES + (not subject.is_static))]
    except (CannotRun, subprocess.TimeoutExpired) as error:
        found.lack(subject.artifact, scenario.name, METRIC, str(error))
    else:
        add(found, subject, scenario, counts[-TIMES:])


def add(found: Found, subject: Subject, scenario: Scenario, counts: list[int]) -> None:
    """The counts as a figure, or why they are none."""
    spread = max(counts) / min(counts) - 1
    allowed = allowed_spread(subject, scenario)
    if spread > allowed:
        listed = ", ".join(str(count) for count in counts)
        why = f"unstable: {listed} differ by {spread:.2%}, more than {allowed:.2%}"
        found.lack(subject.artifact, scenario.name, METRIC, why)
    else:
        found.add(subject.artifact, scenario.name, METRIC, "median" if allowed else "exact", counts)


def _program(name: str, package: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise CannotRun(
            f"{name} is not installed; on Debian: apt-get install --no-install-recommends {package}"
        )
    return path

"""Holds our times of starts beside hyperfine's, which others know and trust. Judges the method, not the code.

hyperfine is the program of Debian's package of that name; PyPI's is another thing. What starting a process costs
depends on who starts it, so both are asked what a program takes beyond an empty one: the difference of the quick tenths
of their samples. The intervals of that difference must meet, or differ by little of the whole start. Blocks of runs
take turns, and whole blocks are drawn again for the intervals, since the machine drifts.

`python -m bench.hyperfine` compares all that runs here.
"""

from __future__ import annotations

import json
import random
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bench.launcher import CannotRun, Launcher, captured, control_program
from bench.readings import Missing
from bench.start_up import SCENARIOS, Scenario, Subject, subjects, warm
from bench.statistics import Interval, bootstrap, quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

METRIC = "hyperfine"
BLOCKS, RUNS_A_BLOCK, WARM_UP = 10, 6, 2
LOW_SHARE = 0.1
RESAMPLES = 1000
SAME_SHARE = 0.05
"""Of a whole start, the two may differ by so much whatever their intervals say: no verdict of ours hangs on less."""
LIMIT_S = 120
_WARNING = re.compile(r"Warning: (.*)")


class Timing(NamedTuple):
    """Wall times of one command, in seconds, and what hyperfine thought odd about them."""

    samples: tuple[float, ...]
    warnings: tuple[str, ...]


class Comparison(NamedTuple):
    """What a program takes beyond an empty one, in seconds: by our runner and by hyperfine."""

    artifact: str
    scenario: str
    ours: Interval
    theirs: Interval
    whole_s: float  # the start itself, by hyperfine
    warnings: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        meet = self.ours.low <= self.theirs.high and self.theirs.low <= self.ours.high
        difference = abs(self.ours.estimate - self.theirs.estimate)
        return meet or difference <= SAME_SHARE * self.whole_s

    def __str__(self) -> str:
        ours, theirs = (
            f"{found.estimate * 1e3:.3f} ms [{found.low * 1e3:.3f}, {found.high * 1e3:.3f}]"
            for found in (self.ours, self.theirs)
        )
        verb = "agrees" if self.agrees else "disagrees"
        return f"{self.artifact}/{self.scenario}/{METRIC}: {ours} beyond an empty program; hyperfine {verb}: {theirs}"


def parsed(exported: str) -> tuple[float, ...]:
    """The times of hyperfine's JSON, of one command. CannotRun for anything else, or if a run failed."""
    try:
        results: list[dict[str, Any]] = json.loads(exported)["results"]
        (result,) = results
        times = tuple(float(time) for time in result["times"])
        codes = set(result["exit_codes"])
    except (ValueError, KeyError, TypeError) as error:
        raise CannotRun(f"hyperfine exported no times of one command: {error!r}") from error
    if not times or codes != {0}:
        raise CannotRun(f"hyperfine exported {len(times)} times, with exit codes {codes or 'none'}")
    return times


def warnings(said: str) -> tuple[str, ...]:
    """The first sentences of what hyperfine warned of, each once."""
    return tuple(dict.fromkeys(found.partition(". ")[0].rstrip(".") for found in _WARNING.findall(said)))


def time_command(
    argv: list[str], environment: dict[str, str], cwd: Path, runs: int = RUNS_A_BLOCK, warm_up: int = WARM_UP
) -> Timing:
    """One block of runs without a shell. CannotRun where hyperfine is absent, or with what it said."""
    program = shutil.which("hyperfine")
    if program is None:
        raise CannotRun(
            "hyperfine is not installed; on Debian: apt-get install --no-install-recommends hyperfine"
        )
    with tempfile.NamedTemporaryFile(prefix="hyperfine-") as exported:
        options = ["--shell=none", "--style=basic", f"--warmup={warm_up}", f"--runs={runs}"]
        command = [program, *options, f"--export-json={exported.name}", shlex.join(argv)]
        done = captured(command, environment, cwd, LIMIT_S, "hyperfine")
        return Timing(parsed(Path(exported.name).read_text("utf-8")), warnings(done.stderr))


def beyond(blocks: Sequence[tuple[Sequence[float], Sequence[float]]], seed: str) -> Interval:
    """What the quick tenth takes more than the control's, with its interval. A block: samples, and the control's."""

    def estimate(rounds: Sequence[tuple[float, ...]]) -> float:
        # Each round is a block's samples and then as many of the control.
        half = len(rounds[0]) // 2
        subject = [sample for one in rounds for sample in one[:half]]
        control = [sample for one in rounds for sample in one[half:]]
        return quantile(subject, LOW_SHARE) - quantile(control, LOW_SHARE)

    rounds = [(*subject, *control) for subject, control in blocks]
    return bootstrap(rounds, estimate, random.Random(seed), RESAMPLES)  # noqa: S311 - a statistic, not a secret


def compare(subject: Subject, scenario: Scenario, launcher: Launcher, home: Path) -> Comparison:
    """Both runners' times of one start. CannotRun, TimeoutExpired."""
    environment = subject.environment(home)
    argv, control = subject.argv(scenario), [str(control_program())]

    def our_block(argv: list[str]) -> list[float]:
        costs = [launcher.run(argv, environment, cwd=home) for _ in range(WARM_UP + RUNS_A_BLOCK)]
        return [cost.wall_s for cost in costs[WARM_UP:]]

    ours, theirs = [], []
    odd: list[str] = []
    for _ in range(BLOCKS):
        ours.append((our_block(argv), our_block(control)))
        timing = time_command(argv, environment, home)
        theirs.append((timing.samples, time_command(control, environment, home).samples))
        odd += timing.warnings
    key = f"{subject.artifact}/{scenario.name}"
    return Comparison(
        subject.artifact,
        scenario.name,
        beyond(ours, f"{key}/ours"),
        beyond(theirs, f"{key}/theirs"),
        quantile([sample for samples, _ in theirs for sample in samples], LOW_SHARE),
        tuple(dict.fromkeys(odd)),
    )


def measure(
    subject: Subject, launcher: Launcher, scenarios: tuple[Scenario, ...] = SCENARIOS
) -> tuple[list[Comparison], list[Missing]]:
    """A comparison of each scenario, or why there is none.

    One that disagrees is made once more: the machine is shared.
    """
    found, missing = [], []
    with tempfile.TemporaryDirectory(prefix="weft-") as name:
        try:
            warm(subject, Path(name))
        except (OSError, subprocess.CalledProcessError) as error:
            return [], [Missing(subject.artifact, "*", METRIC, str(error))]
        for scenario in scenarios:
            try:
                comparison = compare(subject, scenario, launcher, Path(name))
                if not comparison.agrees:
                    comparison = compare(subject, scenario, launcher, Path(name))
                found.append(comparison)
            except (CannotRun, subprocess.TimeoutExpired) as error:
                missing.append(Missing(subject.artifact, scenario.name, METRIC, str(error)))
    return found, missing


def main() -> int:
    present, missing = subjects()
    launcher = Launcher()
    is_agreed = True
    for subject in present:
        found, lacking = measure(subject, launcher)
        missing += lacking
        for comparison in found:
            print(comparison)
            is_agreed = is_agreed and comparison.agrees
            for warning in comparison.warnings:
                print(f"  hyperfine warns: {warning}")
    for each in missing:
        print(f"missing: {each}")
    return 0 if is_agreed and not missing else 1


if __name__ == "__main__":
    sys.exit(main())

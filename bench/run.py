"""Plays the steps of a run, judges what they found, and measures again what would be red by time alone.

A step that fails is a line of what is missing, and the run goes on; an interrupt keeps what there is and says what has
not been measured.
"""

from __future__ import annotations

import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from bench.judge import judged
from bench.launcher import CannotRun
from bench.slices import SliceFailed
from tools import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from bench.judge import Circumstances
    from bench.limits import Limits
    from bench.results import Row
    from bench.steps import Bench, Outcome, Step

    Prepare = Callable[[Iterable[Row]], Sequence[Row]]

AGAIN = ("regressed", "contaminated")
"""Verdicts of times that are not believed at once; a quick run has no time for the second."""
AGAIN_LIMIT_S = 90.0
"""So long what was merely disturbed is measured again; what is red always is."""
FAILURES = (CannotRun, SliceFailed, running.CannotRun, OSError, ValueError, subprocess.SubprocessError)


class Ran(NamedTuple):
    """What was found and what is missing, a line each. `interrupted`: where, empty if nowhere."""

    rows: list[Row]
    missing: list[str]
    interrupted: str = ""


def measured(steps: Sequence[Step], bench: Bench) -> Ran:
    """All steps in their order, each once."""
    rows: list[Row] = []
    missing: list[str] = []
    for at, step in enumerate(steps):
        try:
            found = step.measure(bench, step)
        except Exception as error:  # noqa: BLE001 - whatever it is, it shall not cost what was measured before
            said = str(error) if isinstance(error, FAILURES) else f"a fault of the benchmark: {error!r}"
            missing += [f"{step.artifact}/{name}/*: {said}" for name in step.scenarios]
        except KeyboardInterrupt:
            return Ran(rows, [*missing, *_not_measured(steps[at:])], step.name)
        else:
            rows += found.rows
            missing += found.missing
            if found.is_interrupted:
                lost = [
                    f"{step.artifact}/{name}/*: interrupted, so rounds are missing" for name in step.scenarios
                ]
                return Ran(rows, [*missing, *lost, *_not_measured(steps[at + 1 :])], step.name)
        bench.told(step.name, 0 if step.is_timed else step.seconds, "")
    return Ran(rows, missing)


def _not_measured(steps: Sequence[Step]) -> list[str]:
    return [f"{step.artifact}/{name}/*: interrupted before it" for step in steps for name in step.scenarios]


def prepared(baseline: Callable[[Iterable[Row]], Sequence[Row]], limits: Limits) -> Prepare:
    """Gives rows what they are held against: the stored figure and the limit."""
    return lambda rows: limits.attach(baseline(rows))


def confirmed(
    rows: Sequence[Row], steps: Sequence[Step], bench: Bench, around: Circumstances, prepare: Prepare
) -> list[Row]:
    """The judged rows; each time that is red or unclear is measured again, with fresh copies in another order.

    What is red twice stays red. What is not is no verdict on the code: inconclusive. KeyboardInterrupt leaves the rows
    as they are; what there is no time for as well.
    """
    started_s = time.monotonic()
    verdicts = AGAIN[:1] if bench.is_quick else AGAIN
    doubtful = {row.key for row in rows if row.tier == "time" and row.verdict in verdicts}
    worse = {row.key for row in rows if row.verdict == "regressed"}
    again: dict[str, Row] = {}
    other = bench.fresh(1)
    for step in steps:
        red = [key for key in doubtful if _is_of(key, step)]
        is_late = time.monotonic() - started_s > AGAIN_LIMIT_S
        if not step.is_timed or not red or (is_late and not any(key in worse for key in red)):
            continue
        try:
            found: Outcome = step.measure(other, step)
        except FAILURES:
            continue  # what cannot be measured again stays as it was found
        except KeyboardInterrupt:
            break
        again |= {row.key: row for row in found.rows}
    second = {row.key: row for row in judged(list(prepare(again.values())), around)}
    return [
        _settled(row, second[row.key]) if row.key in doubtful and row.key in second else row for row in rows
    ]


def _is_of(key: str, step: Step) -> bool:
    artifact, scenario, _ = key.split("/", 2)
    # micro:NAME is of the step micro.
    return step.artifact == artifact and scenario.partition(":")[0] in step.scenarios


def _settled(first: Row, second: Row) -> Row:
    if first.verdict == "contaminated":
        return replace(second, reason=f"{second.reason}; measured again, since at first {first.reason}")
    if second.verdict == "regressed":
        return replace(first, reason=f"{first.reason}; and again: {second.reason}")
    why = f"{first.reason}; but not in a second set of rounds: {second.reason}"
    return replace(first, verdict="inconclusive", reason=why)

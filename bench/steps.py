"""The table of what a run measures, in its order: exact figures and counts of both sides, then rounds in pairs.

A step measures some scenarios of one artifact, and gives rows that nobody has judged yet. What it cannot measure is a
line that says so.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from bench import (
    first_token,
    footprint,
    fuel,
    hyperfine,
    idle,
    import_times,
    instructions,
    memory,
    micro,
    paired,
    sides,
    sizes,
    start_up,
    system_calls,
    throughput,
)
from bench.judge import CERTAIN_SHARE, LEVEL, LOW_SHARE, PART_METRICS, TIME_SHARE, log_ratio, p_value
from bench.launcher import control_program
from bench.paired import Plan
from bench.readings import Found
from bench.results import Row, Side, Statistic
from bench.slices import CONTROL, COPY, NEW, OLD
from bench.statistics import quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from bench.launcher import Launcher
    from bench.mock_process import MockProcess
    from bench.paired import Arm
    from bench.readings import Reading
    from bench.sides import Sides
    from bench.slices import Rounds
    from bench.start_up import Subject
    from bench.statistics import Interval

    Place = Callable[[str], Mapping[str, Subject]]

FIRST_TOKEN, MICRO, IMPORTS = "first_token", "micro", "imports"
IDLE = (idle.IDLE, f"{idle.IDLE}_{idle.FEW}", f"{idle.IDLE}_{idle.MANY}")
CHECKOUT = "checkout"
"""The artifact of the micro-benchmarks: the code itself, as this interpreter runs it."""
QUICK_LOADS = ("turns_1", "turns_16")
WARM_UP = 5
SLICE_WARM_UP = 1
"""A slice begins with turns that do not count."""
PART = 4
"""By so much the slices of a load are shorter than bench/throughput.py's: more rounds say more than longer slices."""
CPYTHON_LOADS = ("turns_1", "turns_8", "turns_16", "turns_64", "tools_8")
"""Other wires and whole replies take the same code on both runtimes, and a minute here."""
# A signed-rank test over so many rounds can be sure of a row even beside a hundred others.
FEWEST_ROUNDS = 20
MANY_ROWS = 100
"""About as many are tested at once, see bench/statistics.py, holm."""
ALONE_ROUNDS = 10
"""Without an old side nothing is compared: so many rounds say what a figure is."""


@dataclass
class Bench:
    """What every step is given. `told` hears what is being measured, and what it comes to as yet."""

    sides: Sides
    launcher: Launcher
    server: MockProcess
    folder: Path
    seed: int
    is_quick: bool
    told: Callable[[str, float, str], None]
    subjects: dict[str, dict[str, Subject]] = field(default_factory=dict)

    def placed(self, artifact: str) -> dict[str, Subject]:
        """The copies that everything but confirming uses. CannotRun."""
        if artifact not in self.subjects:
            self.subjects[artifact] = sides.place(self.sides, artifact, self.folder / artifact)
        return self.subjects[artifact]

    def fresh(self, number: int) -> Bench:
        """The same with copies of its own, and another order: whatever is found again is no matter of either."""
        return Bench(
            self.sides,
            self.launcher,
            self.server,
            self.folder / f"again-{number}",
            self.seed + number,
            self.is_quick,
            self.told,
        )


class Outcome(NamedTuple):
    """What a step found, what it lacks, and whether it was interrupted."""

    rows: list[Row]
    missing: list[str]
    is_interrupted: bool = False


class Step(NamedTuple):
    """One line of the table. `seconds`: about what it takes."""

    artifact: str
    scenarios: tuple[str, ...]
    seconds: float
    measure: Callable[[Bench, Step], Outcome]
    is_timed: bool = False

    @property
    def name(self) -> str:
        return f"{self.artifact} {', '.join(self.scenarios)}"


class Timed(NamedTuple):
    """How rounds are played: what decides whether they are enough, and how long they may go on being played."""

    arms: Callable[[Bench], Mapping[str, Arm]]
    lead: str
    statistic: Statistic
    most: int
    budget_s: float
    warm_up: int = SLICE_WARM_UP


def table(
    artifacts: list[str],
    *,
    is_quick: bool,
    only: tuple[str, ...],
    extra: tuple[str, ...] = (),
    wasm: tuple[str, ...] = (),
) -> list[Step]:
    """The steps of a run, in order. `extra`: artifacts that do not run here, whose sizes are told.

    `wasm`: those that wasmtime runs, whose fuel is told as well.
    """
    native = [artifact for artifact in artifacts if artifact != start_up.CPYTHON]
    usual = native if is_quick else artifacts
    archived = [sides.WHEEL, sides.SDIST] if start_up.CPYTHON in usual else []
    loads = [name for name in throughput.SCENARIOS if not is_quick or name in QUICK_LOADS]
    names = tuple(scenario.name for scenario in start_up.SCENARIOS)
    counted = tuple(scenario.name for scenario in instructions.COUNTED)
    fueled = tuple(scenario.name for scenario in fuel.COUNTED)
    steps = [
        *(
            Step(artifact, (sizes.SCENARIO,), 4, file_sizes)
            for artifact in [*native, *extra, *wasm, *archived]
        ),
        *(Step(name, fueled, 3, burnt) for name in wasm if name == fuel.MODULE),
        *(
            Step(artifact, (footprint.INSTALLED,), 1, of_both(footprint.measure))
            for artifact in usual
            if artifact not in native
        ),
        *(Step(artifact, (start_up.VERSION.name,), 1, of_both(system_calls.measure)) for artifact in usual),
        *(
            Step(artifact, counted, 10 if artifact in native else 90, of_both(instructions.measure))
            for artifact in usual
        ),
        *(Step(artifact, names, 2, of_both(memory.measure)) for artifact in usual),
        *(Step(artifact, IDLE, 20, of_both(idle.measure)) for artifact in usual if not is_quick),
        *(Step(artifact, (hyperfine.METRIC,), 12, agreement) for artifact in usual if not is_quick),
        *(
            Step(artifact, (name,), 3 if artifact in native else 10, _start_up(name), is_timed=True)
            for artifact in usual
            for name in names
        ),
        *(
            Step(artifact, (name,), 12 if is_quick else 18, _turns(name), is_timed=True)
            for artifact in usual
            for name in loads
            if artifact in native or name in CPYTHON_LOADS
        ),
    ]
    if not is_quick:
        steps += [Step(artifact, (FIRST_TOKEN,), 30, first_tokens, is_timed=True) for artifact in artifacts]
    if not is_quick and start_up.CPYTHON in artifacts:
        steps += [
            Step(start_up.CPYTHON, (IMPORTS,), 10, imports, is_timed=True),
            Step(CHECKOUT, (MICRO,), 70, micro_benchmarks, is_timed=True),
        ]
    return [step for step in steps if not only or set(step.scenarios) & set(only)]


def scenarios() -> set[str]:
    """All that `--only` may name."""
    steps = table([start_up.CPYTHON, "any"], is_quick=False, only=())
    return {name for step in steps for name in step.scenarios}


def file_sizes(bench: Bench, step: Step) -> Outcome:
    """Sizes of a file of each side; the old side has none of what only this run built."""
    new, old = bench.sides.new, bench.sides.old
    is_host = bench.sides.host is not None and step.artifact == bench.sides.host.name

    def of(side: sides.Side | None) -> Found | None:
        if side is None:
            return None
        if step.artifact in side.archives:
            return footprint.measure_archive(step.artifact, side.archives[step.artifact])
        if not is_host or side.executable is None:
            return None
        return sizes.measure_file(step.artifact, side.executable)

    found = of(new) or sizes.measure_dist().get(step.artifact)
    if found is None:
        found = Found()
        found.lack(step.artifact, sizes.SCENARIO, "*", "there is no such file in dist/")
    return paired_counts(found, of(old))


def of_both(measure: Callable[[Subject], Found]) -> Callable[[Bench, Step], Outcome]:
    """A count of the new side, then of the old."""

    def step(bench: Bench, step: Step) -> Outcome:
        subjects = bench.placed(step.artifact)
        new = measure(subjects[NEW])
        return paired_counts(new, measure(subjects[OLD]) if OLD in subjects else None)

    return step


def burnt(bench: Bench, _step: Step) -> Outcome:
    """The fuel of the module in dist/, beside its baseline: the old side has built none."""
    return paired_counts(fuel.measure(sizes.DIST / "wasm" / "weft.wasm", bench.folder / "fuel"), None)


def paired_counts(new: Found, old: Found | None) -> Outcome:
    """Rows of figures that are no time. What only the old side has is missing, but for parts of files."""
    before = {reading.key: reading for reading in old.readings} if old is not None else {}
    missing = [str(one) for one in new.missing]
    missing += [f"{one} (the old side)" for one in old.missing] if old is not None else []
    found = {reading.key for reading in new.readings}
    missing += [
        f"{key}: the old side has it, and the new has not"
        for key, reading in before.items()
        if key not in found and not reading.metric.startswith(PART_METRICS)
    ]
    rows = []
    for reading in new.readings:
        key = (reading.artifact, reading.scenario, reading.metric)
        rows.append(Row.of(key, reading.statistic, new=_side(reading), old=_side(before.get(reading.key))))
    return Outcome(rows, missing)


def _side(reading: Reading | None) -> Side | None:
    return Side(reading.value, reading.samples) if reading is not None else None


def play(bench: Bench, step: Step, timed: Timed) -> tuple[Rounds, bool]:
    """The rounds of a step, and whether they were interrupted. SliceFailed, CannotRun."""
    arms = timed.arms(bench)
    is_alone = OLD not in arms
    plan = Plan(timed.warm_up, ALONE_ROUNDS, timed.most, bench.seed)
    plan = plan if is_alone else plan._replace(fewest=min(FEWEST_ROUNDS, timed.most))
    started_s = time.monotonic()
    estimate = ""

    def enough(rounds: Rounds) -> bool:
        nonlocal estimate
        if is_alone or time.monotonic() - started_s > timed.budget_s:
            return True
        if not timed.lead:
            return False
        found = rounds.samples[timed.lead]
        pairs = list(zip(found[NEW], found[OLD], strict=True))
        interval = log_ratio(timed.statistic, pairs, f"{bench.seed}/{step.name}")
        estimate = f"{interval.estimate:+.1%} ± {interval.high - interval.estimate:.1%}, {len(pairs)} rounds"
        return is_decided(interval, p_value(timed.statistic, interval, pairs))

    def told(_played: int, most: int) -> None:
        bench.told(step.name, step.seconds / most, estimate)

    return paired.play(arms, plan, enough, told)


def is_decided(found: Interval, chance: float) -> bool:
    """Whether more rounds would hardly change the verdict: all of the interval is small, or all of it is not."""
    matters, certain = math.log1p(TIME_SHARE), math.log1p(CERTAIN_SHARE)
    if -matters < found.low and found.high < matters:
        return True
    is_large = abs(found.estimate) > matters and min(abs(found.low), abs(found.high)) > certain
    return is_large and found.low * found.high > 0 and chance < LEVEL / MANY_ROWS


def rows_of(rounds: Rounds, artifact: str, scenario: str, statistic: Statistic) -> list[Row]:
    """One row for each metric of the rounds."""
    rows = []
    for metric, arms in rounds.samples.items():
        found = {arm: timed_side(samples, statistic) for arm, samples in arms.items()}
        named = {
            "new": found.get(NEW),
            "old": found.get(OLD),
            "copy": found.get(COPY),
            "control": found.get(CONTROL),
        }
        rows.append(Row.of((artifact, scenario, metric), statistic, **named))
    return rows


def timed_side(samples: list[float], statistic: Statistic) -> Side:
    """What the samples of an arm come to."""
    return Side(quantile(samples, LOW_SHARE if statistic == "p10" else 0.5), tuple(samples))


def _start_up(name: str) -> Callable[[Bench, Step], Outcome]:
    scenario = next(one for one in start_up.SCENARIOS if one.name == name)

    def arms(bench: Bench, artifact: str) -> Mapping[str, Arm]:
        made = {}
        for arm, subject in bench.placed(artifact).items():
            home = bench.folder / "homes" / paired.PLACES[arm]
            environment = subject.environment(home)
            made[arm] = paired.process(bench.launcher, subject.argv(scenario), environment, home)
        return {**made, CONTROL: paired.process(bench.launcher, [str(control_program())], {})}

    def step(bench: Bench, step: Step) -> Outcome:
        timed = Timed(lambda bench: arms(bench, step.artifact), "time", "p10", 100, 2 * step.seconds, WARM_UP)
        rounds, is_interrupted = play(bench, step, timed)
        return Outcome(rows_of(rounds, step.artifact, name, "p10"), [], is_interrupted)

    return step


def _turns(name: str) -> Callable[[Bench, Step], Outcome]:
    def step(bench: Bench, step: Step) -> Outcome:
        load = throughput.SCENARIOS[name]
        load = load._replace(turns=load.turns // PART)

        def arms(bench: Bench) -> Mapping[str, Arm]:
            return throughput.arms(_commands(bench, step.artifact), load, bench.server)

        timed = Timed(arms, "turns_per_second", "median", 40, step.seconds)
        rounds, is_interrupted = play(bench, step, timed)
        return Outcome(rows_of(rounds, step.artifact, name, "median"), rounds.vanished(), is_interrupted)

    return step


def first_tokens(bench: Bench, step: Step) -> Outcome:
    """The time to the first token."""

    def arms(bench: Bench) -> Mapping[str, Arm]:
        return first_token.arms(_commands(bench, step.artifact), bench.server)

    rounds, is_interrupted = play(bench, step, Timed(arms, first_token.METRIC, "median", 40, step.seconds))
    return Outcome(rows_of(rounds, step.artifact, FIRST_TOKEN, "median"), rounds.vanished(), is_interrupted)


def imports(bench: Bench, step: Step) -> Outcome:
    """What importing takes of a start of CPython."""

    def arms(bench: Bench) -> Mapping[str, Arm]:
        return import_times.arms(bench.placed(step.artifact), bench.folder / "homes" / IMPORTS)

    timed = Timed(arms, import_times.METRIC, "p10", 60, step.seconds, WARM_UP)
    rounds, is_interrupted = play(bench, step, timed)
    return Outcome(rows_of(rounds, step.artifact, IMPORTS, "p10"), rounds.vanished(), is_interrupted)


def agreement(bench: Bench, step: Step) -> Outcome:
    """No rows: whether hyperfine sees the starts as our runner does. Where it does not, or is absent, is missing."""
    found, missing = hyperfine.measure(bench.placed(step.artifact)[NEW], bench.launcher)
    agreed = f"agrees on {sum(one.agrees for one in found)} of {len(found)}"
    warned = dict.fromkeys(warning for one in found for warning in one.warnings)
    bench.told(step.name, 0, "; ".join([agreed, *(f"it warns: {warning}" for warning in warned)]))
    return Outcome([], [str(one) for one in missing] + [str(one) for one in found if not one.agrees])


def micro_benchmarks(bench: Bench, step: Step) -> Outcome:
    """One row for each micro-benchmark; there is no lead: the rounds are as many as the time allows."""

    def arms(bench: Bench) -> Mapping[str, Arm]:
        return micro.arms(sides.checkouts(bench.sides, bench.folder / CHECKOUT))

    timed = Timed(arms, "", "median", FEWEST_ROUNDS, step.seconds)
    rounds, is_interrupted = play(bench, step, timed)
    rows = []
    for row in rounds.samples:
        one = {arm: timed_side(samples, "median") for arm, samples in rounds.samples[row].items()}
        named = {"new": one.get(NEW), "old": one.get(OLD), "copy": one.get(COPY)}
        rows.append(Row.of((CHECKOUT, row, "time"), "median", **named))
    vanished = [f"{CHECKOUT}/{line}" for line in rounds.vanished()]
    return Outcome(rows, vanished, is_interrupted)


def _commands(bench: Bench, artifact: str) -> dict[str, list[str]]:
    return {arm: list(subject.command) for arm, subject in bench.placed(artifact).items()}

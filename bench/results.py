"""What one run of the benchmark found, as records and as one JSON file. Measures nothing and judges nothing.

Reading is strict: what is missing, cut off, unknown or absurd raises BadResults, each with its own message, since a
gate that passes without data is none.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from bench.metrics import Better, Metric, Tier, Unit, absurd, metric
from bench.records import BadRecord, Record, check_keys
from tools import cache

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

SCHEMA = 1

Mode = Literal["quick", "full"]
ChosenBy = Literal["against", "merge-base", "baseline", "self", "none"]
Statistic = Literal["exact", "max", "p10", "median"]
Verdict = Literal["improved", "unchanged", "inconclusive", "regressed", "contaminated", "not-measured"]

# The worst comes first: it decides the exit code of a run.
EXIT_CODES: dict[Verdict, int] = {
    "regressed": 1,
    "not-measured": 3,
    "contaminated": 4,
    "inconclusive": 5,
    "improved": 0,
    "unchanged": 0,
}
EXIT_USAGE = 2

ABSURD_GAIN = 10.0
"""No change of ours makes anything this many times better: it did no work, or something else was measured."""


class BadResults(ValueError):
    """Results that cannot be relied on; says which, and why."""


@dataclass(frozen=True)
class Side(Record):
    """One arm of a row: what its samples come to, and the samples in the order of their rounds."""

    value: float
    samples: tuple[float, ...]


@dataclass(frozen=True)
class Comparison(Record):
    """New to old as a ratio, the interval around it, and the least effect (0.03 is 3 %) that would have been seen."""

    ratio: float
    low: float
    high: float
    p_value: float
    mde: float
    rounds: int


@dataclass(frozen=True)
class Baseline(Record):
    """A stored figure and the commit it is of."""

    value: float
    commit: str


@dataclass(frozen=True)
class Limit(Record):
    """What a figure may come to, at worst: the seed's promise or our own, and where that stands."""

    value: float
    kind: Literal["seed", "own"]
    source: str


@dataclass(frozen=True)
class Row(Record):
    """One figure of one artifact: its arms, what it is held against, and the verdict with its reason."""

    artifact: str
    scenario: str
    metric: str
    statistic: Statistic
    unit: Unit
    better: Better
    tier: Tier
    new: Side | None
    old: Side | None
    copy: Side | None
    control: Side | None
    comparison: Comparison | None
    baseline: Baseline | None
    limit: Limit | None
    verdict: Verdict
    reason: str

    @classmethod
    def of(
        cls,
        key: tuple[str, str, str],
        statistic: Statistic,
        *,
        new: Side | None = None,
        old: Side | None = None,
        copy: Side | None = None,
        control: Side | None = None,
    ) -> Self:
        """A row before it is judged: `not-measured` until a judge says otherwise. `key`: artifact, scenario, metric."""
        known = metric(key[2])
        return cls(
            *key,
            statistic=statistic,
            unit=known.unit,
            better=known.better,
            tier=known.tier,
            new=new,
            old=old,
            copy=copy,
            control=control,
            comparison=None,
            baseline=None,
            limit=None,
            verdict="not-measured",
            reason="not judged yet",
        )

    @property
    def key(self) -> str:
        return f"{self.artifact}/{self.scenario}/{self.metric}"

    @property
    def arms(self) -> dict[str, Side]:
        """The sides that there are, by the names that the protocol gives them."""
        named = {"B": self.new, "A": self.old, "A'": self.copy, "C": self.control}
        return {name: side for name, side in named.items() if side is not None}


@dataclass(frozen=True)
class Machine(Record):
    """Where a run took place. Only figures of the same class are ever held against each other."""

    machine_class: str = field(metadata={"key": "class"})
    cpu: str
    cores: int
    memory_bytes: int
    kernel: str
    load_1min: float
    steal_percent: float


@dataclass(frozen=True)
class OldSide(Record):
    """What the new side was compared with, and how that was chosen."""

    commit: str | None
    chosen_by: ChosenBy
    reason: str


@dataclass(frozen=True)
class Run(Record):
    """When, where and of what. `missing`: a line for each figure that was asked for and is not there."""

    id: str
    started: str
    seconds: float
    commit: str
    is_dirty: bool
    mode: Mode
    seed: int
    machine: Machine
    toolchain: str
    old: OldSide
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Results(Record):
    """All that one run found."""

    run: Run
    rows: tuple[Row, ...]

    def by_key(self) -> dict[str, Row]:
        return {row.key: row for row in self.rows}

    def verdicts(self) -> dict[Verdict, int]:
        """How many rows came to each verdict, the worst first; none that nothing came to."""
        counted = Counter(row.verdict for row in self.rows)
        return {verdict: counted[verdict] for verdict in EXIT_CODES if counted[verdict]}

    @property
    def exit_code(self) -> int:
        """That of the worst verdict; figures that are missing, or no rows at all, count as not measured."""
        found = set(self.verdicts())
        if self.run.missing or not self.rows:
            found.add("not-measured")
        return next(code for verdict, code in EXIT_CODES.items() if verdict in found)


def document(results: Results) -> dict[str, Any]:
    """The JSON document."""
    return {"schema": SCHEMA, **results.as_json()}


def write(results: Results, path: Path) -> None:
    """The file, at once or not at all. BadResults for what could not be read again."""
    check(results, str(path))
    cache.write(path, json.dumps(document(results), indent=1, allow_nan=False) + "\n")


def read(path: Path) -> Results:
    """The file's results. BadResults."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BadResults(f"{path}: there is no such file; `nox -s bench` writes it") from None
    except OSError as error:
        raise BadResults(f"{path}: cannot be read: {error.strerror}") from error
    return parse(data, str(path))


def parse(data: bytes, where: str) -> Results:
    """The results of a document's bytes; `where` names them in messages. BadResults."""
    value = parse_json(data, where)
    if not isinstance(value, dict) or "schema" not in value:
        raise BadResults(f"{where}: has no schema, so it is no result of a benchmark")
    if value["schema"] != SCHEMA:
        raise BadResults(f"{where}: has schema {value['schema']!r}; this version reads schema {SCHEMA} only")
    try:
        check_keys("the document", value, ("schema", "run", "rows"))
        found = Results.from_json({"run": value["run"], "rows": value["rows"]}, "results")
    except BadRecord as error:
        raise BadResults(f"{where}: {error}") from error
    check(found, where)
    return found


def parse_json(data: bytes, where: str) -> object:
    """The JSON of a file's bytes. BadResults for a file that is empty or cut off, each with its own message."""
    if not data.strip():
        raise BadResults(f"{where}: is empty; whatever wrote it was stopped, or its disk was full")
    try:
        return json.loads(data)
    except UnicodeDecodeError as error:
        raise BadResults(f"{where}: is not UTF-8 at byte {error.start}") from error
    except json.JSONDecodeError as error:
        # What we write begins and ends with a bracket.
        text = error.doc.strip()
        if text[0] in "{[" and (text[-1] not in "}]" or not error.doc[error.pos :].strip()):
            raise BadResults(f"{where}: is cut off after {len(data)} bytes; measure again") from error
        raise BadResults(f"{where}: is not JSON in line {error.lineno}: {error.msg}") from error


def check(results: Results, where: str) -> None:
    """BadResults for what no honest run can have found."""
    if not results.rows and not results.run.missing:
        raise BadResults(f"{where}: has no rows: nothing was measured")
    twice = [key for key, count in Counter(row.key for row in results.rows).items() if count > 1]
    if twice:
        raise BadResults(f"{where}: {twice[0]} stands there twice")
    for row in results.rows:
        said = fault(row)
        if said:
            raise BadResults(f"{where}: {row.key}: {said}")


def fault(row: Row) -> str:
    """Why a row cannot be true, empty if it can."""
    try:
        known = metric(row.metric)
    except BadRecord as error:
        return str(error)
    if (row.unit, row.better, row.tier) != known[:3]:
        return f"is {row.unit}, {row.better}, {row.tier}; {row.metric} is {', '.join(known[:3])}"
    if "/" in row.artifact + row.scenario:
        return "artifact and scenario may have no slash"
    said = next((text for name, side in row.arms.items() if (text := _side_fault(name, side, known))), "")
    if said:
        return said
    if row.verdict != "not-measured" and row.new is None:
        return f"is {row.verdict}, and nothing was measured"
    if not row.reason:
        return f"is {row.verdict} without a reason"
    return _comparison_fault(row.comparison) or _gain_fault(row)


def absurd_gain(row: Row) -> str:
    """Why a row is too good to be true beside its old side or its baseline, empty if it is not."""
    if row.new is None or metric(row.metric).may_be_zero:
        return ""
    new = row.new.value
    for old in [side.value for side in (row.old, row.baseline) if side is not None]:
        gain = old / new if row.better == "lower" else new / old
        if gain >= ABSURD_GAIN:
            return (
                f"{new:g} {row.unit} is {gain:.0f} times better than {old:g} {row.unit}: it did not do its work, or "
                "something else was measured"
            )
    return ""


def _side_fault(name: str, side: Side, known: Metric) -> str:
    for value in (side.value, *side.samples):
        said = absurd(value, known)
        if said:
            return f"arm {name}: {said}"
    if not side.samples:
        return f"arm {name}: has a value and no samples"
    # A slope or a quantile may lie between samples, not beyond them; rounding may move it by a hair.
    low, high = min(side.samples), max(side.samples)
    slack = 1e-9 * max(abs(low), abs(high))
    if not low - slack <= side.value <= high + slack:
        return f"arm {name}: {side.value:g} is not within its samples, {low:g} to {high:g}"
    return ""


def _comparison_fault(found: Comparison | None) -> str:
    if found is None:
        return ""
    if not 0 < found.low <= found.high or found.ratio <= 0:
        return f"the ratio {found.ratio:g} has the interval {found.low:g} to {found.high:g}"
    if not 0 <= found.p_value <= 1:
        return f"{found.p_value:g} is no probability"
    if found.rounds < 1 or found.mde < 0:
        return f"{found.rounds} rounds and a detectable effect of {found.mde:g}: nothing was compared"
    return ""


def _gain_fault(row: Row) -> str:
    return absurd_gain(row) if row.verdict in ("improved", "unchanged") else ""

"""Turns a run that somebody accepted into the stored figures of its class of machines, and holds later runs to them.

One file a class, `bench/baselines/CLASS.json`. It changes only by `accept`, which records who, why and the old values.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from bench.metrics import absurd, metric, of_key
from bench.records import BadRecord, Record, check_keys
from bench.results import BadResults, Baseline, Results, Row, Statistic, parse_json
from tools import cache

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER = Path(__file__).with_name("baselines")
SCHEMA = 1
SHORTEST_REASON = 10
"""Letters: what fits into fewer is no reason."""
# What another compiler changes without anything having become better or worse.
BOUND_TO_TOOLCHAIN = ("counter", "memory")
SURE = ("improved", "unchanged", "regressed")


class CannotAccept(ValueError):
    """A run that must not become a baseline; says what is wrong with it."""


@dataclass(frozen=True)
class Stored(Record):
    """One figure, the spread of its samples, and where it was measured."""

    key: str
    statistic: Statistic
    value: float
    lowest: float
    highest: float
    commit: str
    toolchain: str


@dataclass(frozen=True)
class Change(Record):
    """What an acceptance did to one figure: None where there was or is none."""

    key: str
    old: float | None
    new: float | None


@dataclass(frozen=True)
class Acceptance(Record):
    """Who moved which figures, when, why, and by which run."""

    who: str
    when: str
    reason: str
    run: str
    commit: str
    changes: tuple[Change, ...]


@dataclass(frozen=True)
class Baselines(Record):
    """The stored figures of one class of machines, and how they came to be."""

    machine_class: str
    figures: tuple[Stored, ...]
    accepted: tuple[Acceptance, ...]

    @property
    def commit(self) -> str:
        """Of the run that was accepted last."""
        return self.accepted[-1].commit

    def attach(self, rows: Iterable[Row], toolchain: str) -> tuple[Row, ...]:
        """The rows, each with its stored figure; none where the quantile differs, or another toolchain made it so."""
        stored = {one.key: one for one in self.figures}
        return tuple(replace(row, baseline=_beside(row, stored.get(row.key), toolchain)) for row in rows)

    def vanished(self, rows: Iterable[Row], artifacts: Iterable[str]) -> list[str]:
        """A line for each stored figure of these artifacts that this run has not, with what may have become of it."""
        found = [row.key for row in rows if row.new is not None]
        known = {one.key for one in self.figures}
        fresh = [key for key in found if key not in known]
        lines = []
        for key in known.difference(found):
            if key.partition("/")[0] in set(artifacts):
                near = get_close_matches(key, fresh, 1, 0.8)
                guess = f"; {near[0]} is new: was it renamed?" if near else ""
                lines.append(f"{key}: is in the baseline, and was not measured{guess}")
        return sorted(lines)


def path_of(machine_class: str, folder: Path = FOLDER) -> Path:
    """Where a class has its file. BadResults for a name that is no file's."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", machine_class):
        raise BadResults(f"{machine_class!r} is no name of a class of machines")
    return folder / f"{machine_class}.json"


def read(machine_class: str, folder: Path = FOLDER) -> Baselines | None:
    """What is stored for a class, None if nothing is. BadResults."""
    path = path_of(machine_class, folder)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    return parse(data, str(path), machine_class)


def parse(data: bytes, where: str, machine_class: str) -> Baselines:
    """The baselines in a file's bytes. BadResults for what is not of that class, too."""
    value = parse_json(data, where)
    try:
        found = _read(value, machine_class)
    except BadRecord as error:
        raise BadResults(f"{where}: {error}") from error
    return found


def _read(value: object, machine_class: str) -> Baselines:
    if not isinstance(value, dict) or value.get("schema") != SCHEMA:
        raise BadRecord(f"is no baseline of schema {SCHEMA}")
    check_keys("the document", value, ("schema", "machine_class", "figures", "accepted"))
    found = Baselines.from_json({key: value[key] for key in value if key != "schema"}, "baseline")
    if found.machine_class != machine_class:
        raise BadRecord(f"is of the class {found.machine_class}, not {machine_class}")
    if not found.figures or not found.accepted:
        raise BadRecord("holds no figure that somebody accepted")
    for one in found.figures:
        said = absurd(one.value, metric(of_key(one.key)))
        if said:
            raise BadRecord(f"{one.key}: {said}")
    return found


def accept(results: Results, before: Baselines | None, *, who: str, when: str, reason: str) -> Baselines:
    """The figures of a run as the new baseline. CannotAccept for a run that nobody may rely on, or without a reason.

    A time that was not measured well enough is left out and holds nothing up: it is always judged beside its old side.
    """
    said = _doubt(results, reason)
    if said:
        raise CannotAccept(said)
    run = results.run
    figures = tuple(
        Stored(
            *(row.key, row.statistic, row.new.value, min(row.new.samples), max(row.new.samples)),
            *(run.commit, run.toolchain),
        )
        for row in results.rows
        if row.new is not None and row.verdict in SURE
    )
    olds = {one.key: one.value for one in before.figures} if before is not None else {}
    news = {one.key: one.value for one in figures}
    changes = tuple(
        Change(key, olds.get(key), news.get(key))
        for key in sorted({*olds, *news})
        if olds.get(key) != news.get(key)
    )
    accepted = Acceptance(who, when, reason.strip(), run.id, run.commit, changes)
    earlier = before.accepted if before is not None else ()
    return Baselines(run.machine.machine_class, figures, (*earlier, accepted))


def write(baselines: Baselines, folder: Path = FOLDER) -> Path:
    """The class's file, at once or not at all; where it is."""
    path = path_of(baselines.machine_class, folder)
    text = json.dumps({"schema": SCHEMA, **baselines.as_json()}, indent=1, allow_nan=False)
    cache.write(path, text + "\n")
    return path


def _beside(row: Row, one: Stored | None, toolchain: str) -> Baseline | None:
    if one is None or one.statistic != row.statistic:
        return None
    if row.tier in BOUND_TO_TOOLCHAIN and one.toolchain != toolchain:
        return None
    return Baseline(one.value, one.commit)


def _doubt(results: Results, reason: str) -> str:
    """Why a run may not become a baseline, empty if it may."""
    unsure = [
        row.key
        for row in results.rows
        if row.verdict not in SURE and (row.tier != "time" or row.verdict == "not-measured")
    ]
    if len(reason.strip()) < SHORTEST_REASON:
        return f'--accept wants --reason "..." of at least {SHORTEST_REASON} letters: later readers have nothing else'
    if results.run.is_dirty:
        return f"the tree had changes that are not in {results.run.commit[:12]}: commit, and measure again"
    if results.run.missing:
        return f"{len(results.run.missing)} figures are missing, the first: {results.run.missing[0]}"
    if unsure:
        return f"{len(unsure)} rows were not measured well enough, the first: {unsure[0]}; measure again"
    return "" if results.rows else "nothing was measured"

"""Keeps a line for every run, failed ones too: a history of those that went well would tell of no failure.

One file of JSON lines for each class of machines. A line holds figures and verdicts, not samples. Nothing is changed or
taken out; a line that cannot be read is reported and the others count.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench.metrics import Tier  # noqa: TC001 - a record is read by its annotations
from bench.records import BadRecord, Record
from bench.results import BadResults, Results, Row, Run, Statistic, Verdict, parse_json

SCHEMA = 1
VARIABLE = "CLAWFT_BENCH_HISTORY"


@dataclass(frozen=True)
class Figure(Record):
    """A row without its samples: what was found, what its old side was, the ratio and its interval."""

    key: str
    statistic: Statistic
    tier: Tier
    value: float | None
    old: float | None
    ratio: float | None
    low: float | None
    high: float | None
    verdict: Verdict


@dataclass(frozen=True)
class Entry(Record):
    """One run. `failure`: what ended it before its time, empty if nothing did."""

    schema: int
    run: Run
    exit_code: int
    failure: str
    figures: tuple[Figure, ...]


class History(NamedTuple):
    """The runs in the order they were made, and what is wrong with the file: a line for each line."""

    entries: list[Entry]
    faults: list[str]


class Point(NamedTuple):
    """One figure of one run in a series."""

    commit: str
    started: str
    value: float


def folder() -> Path:
    """`$CLAWFT_BENCH_HISTORY`, else `clawft/bench` among the user's state. It need not exist yet.

    Not in the tree, which a run must not make dirty, and not among caches, which may be thrown away.
    """
    asked = os.environ.get(VARIABLE)
    if asked:
        return Path(asked).expanduser().resolve()
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "clawft" / "bench"


def path_of(machine_class: str) -> Path:
    """The file of a class of machines."""
    return folder() / f"{machine_class}.jsonl"


def entry_of(results: Results, failure: str = "") -> Entry:
    """What is kept of a run."""
    return Entry(SCHEMA, results.run, results.exit_code, failure, tuple(map(_figure, results.rows)))


def _figure(row: Row) -> Figure:
    found = row.comparison
    return Figure(
        key=row.key,
        statistic=row.statistic,
        tier=row.tier,
        value=row.new.value if row.new else None,
        old=row.old.value if row.old else None,
        ratio=found.ratio if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
        verdict=row.verdict,
    )


def append(path: Path, entry: Entry) -> None:
    """Adds one line, durably. What an interrupted write left behind stays a line of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = json.dumps(entry.as_json(), separators=(",", ":"), allow_nan=False).encode() + b"\n"
    with path.open("ab+") as file:
        if file.tell() > 0:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = b"\n" + line
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def read(path: Path) -> History:
    """All that can be read; an empty history where there is no file yet."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        return History([], [])
    entries, faults = [], []
    for number, line in enumerate(lines, 1):
        where = f"{path.name}:{number}"
        try:
            entry = Entry.from_json(parse_json(line, where), where)
        except BadRecord as error:
            faults.append(str(error))
        except BadResults as error:
            faults.append(str(error))
        else:
            if entry.schema == SCHEMA:
                entries.append(entry)
            else:
                faults.append(f"{where}: has schema {entry.schema}; this version reads schema {SCHEMA} only")
    return History(entries, faults)


def series(entries: list[Entry]) -> dict[str, list[Point]]:
    """The values of each key, run by run; runs that have none, or were contaminated, are left out of its series."""
    found: dict[str, list[Point]] = {}
    for entry in entries:
        for figure in entry.figures:
            if figure.value is not None and figure.verdict not in ("not-measured", "contaminated"):
                point = Point(entry.run.commit, entry.run.started, figure.value)
                found.setdefault(figure.key, []).append(point)
    return found

"""Turns `limits.toml` into what each figure may come to, at worst, and moves our own limits as they are beaten.

The tightest limit on a row counts: ours, else the seed's. A limit that finds no figure is a line of missing data. A
goal is no limit: how far a figure is from it is told, and nothing else.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from bench.metrics import metric, of_key
from bench.records import BadRecord, Record, check_keys
from bench.results import BadResults, Limit, Results, Row, Statistic
from tools import cache
from tools.targets import read_targets

if TYPE_CHECKING:
    from collections.abc import Iterable

TABLE = Path(__file__).with_name("limits.toml")
NATIVE = "native"
SLACK = 0.01
"""A limit that was beaten comes down to the measured figure and this share of it."""

Kind = Literal["seed", "own"]


@dataclass(frozen=True)
class _Entry(Record):
    value: float
    statistic: Statistic
    source: str


@dataclass(frozen=True)
class Limits:
    """All limits by kind and key, and the goals; the table's text, to be written again with its comments."""

    entries: dict[Kind, dict[str, _Entry]]
    goals: dict[str, _Entry]
    not_yet_built: tuple[str, ...]
    text: str

    def of(self, row: Row) -> Limit | None:
        """The tightest limit on a row, None if there is none. BadResults if it is for another quantile."""
        kinds: tuple[Kind, ...] = ("own", "seed")
        for kind in kinds:
            entry = self.entries[kind].get(row.key)
            if entry is not None:
                if entry.statistic != row.statistic:
                    raise BadResults(
                        f"{TABLE.name}: {row.key} has a limit on {entry.statistic}; the figure is {row.statistic}"
                    )
                return Limit(entry.value, kind, entry.source)
        return None

    def distance(self, row: Row) -> str:
        """How far a figure is from its goal, in words; empty where it has none."""
        goal = self.goals.get(row.key)
        if goal is None or row.new is None:
            return ""
        away = row.new.value - goal.value
        if (away <= 0) == (row.better == "lower") or not away:
            return f"reaches the goal of {goal.value:,.0f} with {abs(away):,.0f} to spare"
        return f"{abs(away):,.0f} ({abs(away) / goal.value:.1%}) from the goal of {goal.value:,.0f}: {goal.source}"

    def attach(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """The rows, each with its limit. BadResults."""
        return tuple(replace(row, limit=self.of(row)) for row in rows)

    def missing(self, rows: Iterable[Row], artifacts: Iterable[str]) -> list[str]:
        """A line for each limit on one of the artifacts measured in this run that no figure stands beside."""
        found = {row.key for row in rows if row.new is not None}
        measured = set(artifacts)
        return [
            f"{key}: has a limit ({entry.value:g}, {kind}), and nothing was measured"
            for kind, entries in self.entries.items()
            for key, entry in entries.items()
            if key not in found and key.partition("/")[0] in measured
        ]

    def ratcheted(self, results: Results) -> dict[str, float]:
        """Our own limits that this run beat by more than the slack, by key: what they come down to."""
        found = {}
        for key, entry in self.entries["own"].items():
            row = results.by_key().get(key)
            if row is None or row.new is None or row.verdict not in ("improved", "unchanged"):
                continue
            near = _beside(row)
            if _is_tighter(near, entry.value, row.better):
                found[key] = near
        return found

    def raised(self, results: Results, message: str) -> dict[str, float]:
        """Our limits on sizes that this run breaks, by key: what they rise to. BadResults without a `Size:` trailer.

        `message`: of the commit that was measured. Never above the seed's: `write` refuses that.
        """
        broken = {
            row.key: _beside(row)
            for row in self.attach(results.rows)
            if row.tier == "exact" and row.limit is not None and row.limit.kind == "own" and is_broken(row)
        }
        if broken and not size_reason(message):
            raise BadResults(
                f"{next(iter(broken))}: only a commit with a `Size:` trailer that says what costs so much, and why, "
                "raises its limit"
            )
        return broken

    def with_values(self, values: dict[str, float]) -> str:
        """The table's text with other values for limits of our own; everything else stays as it is."""
        text = self.text
        for key, value in values.items():
            shown = f"{value:_.0f}" if value == int(value) else f"{value:.6g}"
            pattern = rf'(?m)^("{re.escape(key)}" = \{{ value = )[^,]+(?=,)'
            head, own, tail = text.partition("[own]")
            tail, count = re.subn(pattern, rf"\g<1>{shown}", tail)
            if count != 1:
                raise BadResults(
                    f"{TABLE.name}: {key} stands in [own] {count} times; expected one line of it"
                )
            text = head + own + tail
        return text


def size_reason(message: str) -> str:
    """What a commit's message says after `Size:` in its last paragraph, empty if it says nothing."""
    *_, trailers = message.strip().split("\n\n")
    found = re.search(r"(?m)^Size:[ \t]*(\S.*)$", trailers)
    return found[1].strip() if found else ""


def is_broken(row: Row) -> str:
    """By how much a row breaks its limit, in words; empty if it keeps it, has none, or was not measured."""
    if row.limit is None or row.new is None:
        return ""
    found, limit = row.new.value, row.limit.value
    if found == limit or not _is_tighter(limit, found, row.better):
        return ""
    over = f" by {abs(found / limit - 1):.1%}" if limit else ""
    side = "above" if row.better == "lower" else "below"
    whose = "the seed's" if row.limit.kind == "seed" else "our own"
    return f"{side} {whose} limit{over}: {row.limit.source}"


def read(text: str | None = None) -> Limits:
    """The whole table. BadResults for a key, a metric or a limit that cannot be meant."""
    whole = TABLE.read_text("utf-8") if text is None else text
    try:
        table = tomllib.loads(whole)
        check_keys("the table", table, ("not_yet_built", "seed", "goal", "own"))
        entries: dict[Kind, dict[str, _Entry]] = {
            "seed": _entries(table["seed"]),
            "own": _entries(table["own"]),
        }
        goals = _entries(table["goal"])
    except (tomllib.TOMLDecodeError, BadRecord) as error:
        raise BadResults(f"{TABLE.name}: {error}") from error
    for key, entry in entries["own"].items():
        seed = entries["seed"].get(key)
        if seed is not None and _is_tighter(seed.value, entry.value, metric(of_key(key)).better):
            raise BadResults(
                f"{TABLE.name}: our limit on {key} is {entry.value:g}; the seed's is {seed.value:g}"
            )
    return Limits(entries, goals, tuple(table["not_yet_built"]), whole)


def write(limits: Limits, values: dict[str, float], path: Path = TABLE) -> None:
    """The table with other values of our own, if it is still one that can be read. BadResults."""
    text = limits.with_values(values)
    read(text)
    cache.write(path, text)


def _entries(section: dict[str, Any]) -> dict[str, _Entry]:
    found = {}
    for key, value in section.items():
        entry = _Entry.from_json(value, key)
        metric(of_key(key))
        artifact, _, rest = key.partition("/")
        artifacts = list(read_targets()) if artifact == NATIVE else [artifact]
        found.update({f"{one}/{rest}": entry for one in artifacts})
    return found


def _beside(row: Row) -> float:
    """A little worse than the figure: what its limit may be."""
    value = row.new.value if row.new is not None else 0.0
    near = value * (1 + SLACK if row.better == "lower" else 1 - SLACK)
    return float(round(near)) if row.unit in ("B", "1") else near


def _is_tighter(one: float, other: float, better: str) -> bool:
    return one < other if better == "lower" else one > other

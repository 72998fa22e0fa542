"""Figures of both sides become rows; what only the old side has is missing; alone, nothing is compared."""

from __future__ import annotations

from typing import Any

import pytest

from bench import steps
from bench.readings import Found
from bench.results import Side as Figure
from bench.sides import Side, Sides
from bench.slices import CONTROL, COPY, NEW, OLD
from bench.steps import Bench, Step, Timed

STEP = Step("weft", ("version",), 1, lambda *_: steps.Outcome([], []), is_timed=True)
NOTHING: Any = None


def found(**figures):
    made = Found()
    for metric, value in figures.items():
        made.add("weft", "file", metric.replace("__", ":."), "exact", [value])
    return made


def bench(folder, *, has_old=True):
    tree = Side(None, None, {})
    told: list[tuple[str, float, str]] = []
    made = Bench(
        Sides(tree, tree if has_old else None, None),
        NOTHING,
        NOTHING,
        folder,
        1,
        False,
        lambda *one: told.append(one),
    )
    return made, told


def test_a_figure_stands_beside_that_of_the_old_side():
    outcome = steps.paired_counts(found(bytes=110, dynamic_symbols=0), found(bytes=100))
    rows = {row.metric: row for row in outcome.rows}
    assert (rows["bytes"].new, rows["bytes"].old) == (Figure(110, (110,)), Figure(100, (100,)))
    assert rows["dynamic_symbols"].old is None
    assert outcome.missing == []


def test_what_only_the_old_side_has_is_missing_but_for_parts_of_files():
    outcome = steps.paired_counts(found(bytes=110), found(bytes=100, gzip_bytes=50, section_bytes__text=7))
    assert outcome.missing == ["weft/file/gzip_bytes: the old side has it, and the new has not"]


@pytest.mark.parametrize("side", ["new", "old"])
def test_what_one_side_lacks_is_missing(side):
    lacking = found(bytes=100)
    lacking.lack("weft", "file", "*", "cut off")
    both = {"new": found(bytes=100), "old": found(bytes=100)} | {side: lacking}
    said = "weft/file/*: cut off" + (" (the old side)" if side == "old" else "")
    assert steps.paired_counts(both["new"], both["old"]).missing == [said]


def arms(*names):
    """Arms that take equally long but for what no two runs have in common."""
    made = {}
    for at, name in enumerate(names):
        times = iter(0.01 + 0.000001 * ((number * 7 + at * 3) % 11) for number in range(1000))
        made[name] = lambda times=times: {"time": next(times)}
    return lambda _bench: made


def test_rounds_end_as_soon_as_they_are_enough(tmp_path):
    made, told = bench(tmp_path)
    rounds, is_interrupted = steps.play(
        made, STEP, Timed(arms(NEW, OLD, COPY, CONTROL), "time", "p10", 100, 60)
    )
    assert (len(rounds.orders), is_interrupted) == (steps.FEWEST_ROUNDS, False)
    assert len(told) == steps.FEWEST_ROUNDS
    (row,) = steps.rows_of(rounds, "weft", "version", "p10")
    assert list(row.arms) == ["B", "A", "A'", "C"]
    assert (row.key, row.statistic, len(row.arms["B"].samples)) == (
        "weft/version/time",
        "p10",
        steps.FEWEST_ROUNDS,
    )


def test_without_an_old_side_a_few_rounds_say_what_a_figure_is(tmp_path):
    made, _ = bench(tmp_path, has_old=False)
    rounds, _ = steps.play(made, STEP, Timed(arms(NEW, CONTROL), "time", "p10", 100, 60))
    assert len(rounds.orders) == steps.ALONE_ROUNDS
    assert steps.rows_of(rounds, "weft", "version", "p10")[0].old is None


def test_rounds_without_a_lead_are_all_played(tmp_path):
    made, _ = bench(tmp_path)
    rounds, _ = steps.play(made, STEP, Timed(arms(NEW, OLD, COPY), "", "median", 30, 60))
    assert len(rounds.orders) == 30


def test_the_whole_table_measures_every_scenario_of_every_artifact_once():
    whole = steps.table(["cpython", "x86_64-linux-musl"], is_quick=False, only=())
    timed = [(step.artifact, name) for step in whole if step.is_timed for name in step.scenarios]
    assert len(set(timed)) == len(timed)
    of_cpython, of_native = (
        {name for artifact, name in timed if artifact == wanted}
        for wanted in ("cpython", "x86_64-linux-musl")
    )
    assert of_cpython - of_native == {"imports"}
    assert of_native - of_cpython == {"turns_64_thinking", "turns_8_whole", "turns_8_anthropic"}

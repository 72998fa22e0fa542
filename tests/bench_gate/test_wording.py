"""Figures, ratios and verdicts read the same wherever they are shown."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench import wording
from bench.results import EXIT_CODES, Baseline
from bench.wording import MINUS
from tests.bench_gate.planted import results, side, size_row, time_row


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "B", "0 B"), (999, "B", "999 B"), (9_999, "B", "9,999 B"), (10_000, "B", "10 kB"),
        (1_382_880, "B", "1.383 MB"), (25e9, "B", "25 GB"), (-3_500, "B", "-3,500 B"), (12.5, "B", "12.5 B"),
        (0.00031, "s", "310 µs"), (0.0174, "s", "17.4 ms"), (2.5, "s", "2.5 s"), (92, "s", "92 s"),
        (51_234, "1", "51,234"), (0, "1", "0"), (1234.5, "1/s", "1,234 /s"), (9.25, "1/s", "9.25 /s"),
    ],
)  # fmt: skip
def test_amounts(value, unit, text):
    assert wording.amount(value, unit) == text


@pytest.mark.parametrize(
    ("ratio", "text"),
    [(1.08, "+8.0 %"), (0.91, f"{MINUS}9.0 %"), (1.0, "±0.0 %"), (1.0004, "±0.0 %"), (3.5, "+250.0 %")],
)
def test_percentages(ratio, text):
    assert wording.percent(ratio) == text


def test_a_change_is_that_of_the_comparison_or_of_the_two_values():
    assert wording.change(time_row()) == "+8.0 %"
    assert wording.interval(time_row()) == "+6.0 % … +10.0 %"
    assert wording.change(size_row()) == "+576 B"
    assert wording.change(replace(size_row(), new=side(1_047_000.0))) == f"{MINUS}1,000 B"
    assert wording.change(replace(size_row(), new=side(1_048_000.0))) == "±0"
    assert wording.change(replace(size_row(), old=None)) == ""
    assert wording.change(replace(size_row(), old=None, baseline=Baseline(1_048_000.0, "a"))) == "+576 B"
    assert wording.change(replace(size_row(), new=None)) == ""
    memory = replace(size_row(), tier="memory", metric="peak_rss")
    assert wording.change(replace(memory, new=side(110.0), old=side(100.0))) == "+10.0 %"
    assert wording.interval(size_row()) == ""


def test_a_title_keeps_the_name_of_a_part_as_it_is():
    assert wording.title(time_row()) == "version, time (p10)"
    part = replace(size_row(), metric="section_bytes:.eh_frame")
    assert wording.title(part) == "file, section bytes: .eh_frame"


def rows(**counts):
    row = replace(time_row(), reason="because")
    return [
        replace(row, scenario=f"{verdict}-{number}", verdict=verdict.replace("_", "-"))
        for verdict, count in counts.items()
        for number in range(count)
    ]


@pytest.mark.parametrize(
    ("counts", "missing", "tone", "line"),
    [
        ({"regressed": 1, "not_measured": 9}, (), "regressed", "1 figure got worse"),
        ({"regressed": 2, "improved": 1}, ("a: b",), "regressed", "2 figures got worse"),
        ({"not_measured": 1, "contaminated": 1}, (), "not-measured", "1 figure is missing"),
        ({"unchanged": 5}, ("a: b", "c: d"), "not-measured", "2 figures are missing"),
        ({"contaminated": 2}, (), "contaminated", "The machine was too busy: 2 figures have no verdict"),
        ({"inconclusive": 1}, (), "inconclusive", "Nothing is known to be worse; 1 figure is inconclusive"),
        ({"unchanged": 5, "improved": 2}, (), "improved", "Nothing got worse, 2 figures improved"),
        ({"unchanged": 5}, (), "unchanged", "Nothing changed"),
        ({}, (), "not-measured", "Nothing was measured"),
    ],
)
def test_the_head_line_says_the_worst_first(counts, missing, tone, line):
    found = replace(results(missing=missing), rows=tuple(rows(**counts)))
    assert (wording.tone(found), wording.headline(found)) == (tone, line)


def test_every_verdict_has_a_sign_and_a_meaning_of_its_own():
    assert list(wording.VERDICTS) == [*list(EXIT_CODES)[:4], "improved", "unchanged"]
    assert len({word.sign for word in wording.VERDICTS.values()}) == len(wording.VERDICTS)


def test_rows_are_ranked_by_verdict_and_then_by_size():
    small = replace(time_row(), scenario="small", comparison=replace(time_row().comparison, ratio=1.06))
    found = wording.ranked(results(size_row(), small, time_row(), *rows(improved=1)))
    assert [row.scenario for row in found] == ["version", "small", "improved-0", "file"]


def test_all_counts_are_in_one_line():
    assert wording.counted(results(missing=("a: b",))) == "1 regressed, 1 unchanged, 1 missing"
    assert wording.counted(replace(results(), rows=())) == "no figures"

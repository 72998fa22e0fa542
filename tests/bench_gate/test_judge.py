"""Each verdict of each tier, and how often noise alone gives one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench.judge import Circumstances, judged
from bench.results import Baseline, Limit, Row, Side

QUIET = Circumstances(is_self=False, seed=1)


def exactly(value):
    return Side(value, (value,))


def side(samples):
    return Side(sorted(samples)[len(samples) // 2], tuple(samples))


def timed(new, old, copy, control=None, scenario="version", statistic="median", metric="time"):
    return Row.of(
        ("weft", scenario, metric),
        statistic,
        new=side(new),
        old=side(old),
        copy=side(copy),
        control=side(control or old),
    )


def walk(chance, rounds, drift=0.04, noise=0.02):
    """The circumstances of each round, wandering, with what each arm then adds of its own: notes on this machine."""
    level = 0.0
    for _ in range(rounds):
        level = 0.8 * level + chance.gauss(0, drift * 0.6)
        yield (
            lambda base, level=level: (
                base
                * (1 + level + chance.gauss(0, noise))
                * (1 + (chance.uniform(0.2, 0.6) if chance.random() < 0.05 else 0))
            )
        )


def simulated(seed, effect, rounds=40, base=0.03):
    chance = random.Random(seed)
    arms = [[], [], []]
    for at in walk(chance, rounds):
        arms[0].append(at(base * (1 + effect)))
        arms[1].append(at(base))
        arms[2].append(at(base))
    return timed(*arms)


def verdict(row, around=QUIET):
    [found] = judged([row], around)
    return found.verdict


@pytest.mark.parametrize(
    ("metric", "new", "expected"),
    [
        ("bytes", 1000, "unchanged"),
        ("bytes", 1001, "regressed"),
        ("bytes", 999, "improved"),
        ("instructions", 1009, "unchanged"),
        ("instructions", 1011, "regressed"),
        ("instructions", 989, "improved"),
        ("section_bytes:.text", 1200, "unchanged"),
    ],
)
def test_what_is_counted(metric, new, expected):
    row = Row.of(("weft", "file", metric), "exact", new=exactly(new), old=exactly(1000))
    assert verdict(row) == expected
    assert verdict(replace(row, old=None, baseline=Baseline(1000, "c" * 40))) == expected


@pytest.mark.parametrize(
    ("new_kib", "expected"),
    [(1000, "unchanged"), (1060, "unchanged"), (1070, "regressed"), (930, "improved")],
)
def test_memory_is_allowed_a_page_or_two(new_kib, expected):
    row = Row.of(
        ("weft", "version", "peak_rss"), "max", new=exactly(new_kib * 1024), old=exactly(1000 * 1024)
    )
    assert verdict(row) == expected


def test_counts_that_differ_are_a_verdict_only_where_all_agree():
    old = exactly(10_000)
    row = Row.of(
        ("weft", "version", "instructions"), "exact", new=Side(10_500, (10_500, 10_800, 11_000)), old=old
    )
    assert verdict(row) == "regressed"
    assert verdict(replace(row, new=Side(9_900, (9_900, 10_400, 10_200)))) == "inconclusive"
    assert verdict(replace(row, new=Side(9_000, (9_000, 9_400, 9_200)))) == "improved"


def test_nothing_to_compare_with_is_not_measured():
    row = Row.of(("weft", "file", "bytes"), "exact", new=exactly(10))
    assert verdict(row) == "not-measured"
    assert verdict(Row.of(("weft", "file", "bytes"), "exact", old=exactly(10))) == "not-measured"
    assert verdict(Row.of(("weft", "version", "time"), "p10", new=side([1.0, 1.1]))) == "not-measured"


def test_what_is_too_good_is_not_measured():
    row = Row.of(("weft", "file", "bytes"), "exact", new=exactly(10), old=exactly(1000))
    [found] = judged([row], QUIET)
    assert found.verdict == "not-measured"
    assert "100 times better" in found.reason


def test_a_broken_limit_is_red_whatever_the_old_side_says():
    row = Row.of(("weft", "file", "bytes"), "exact", new=exactly(1000), old=exactly(1000))
    row = replace(row, limit=Limit(900, "own", "a goal"))
    [found] = judged([row], QUIET)
    assert found.verdict == "regressed"
    assert "a goal" in found.reason


def test_few_rounds_are_not_measured():
    row = timed([0.03] * 9, [0.03] * 9, [0.03] * 9)
    [found] = judged([row], QUIET)
    assert found.verdict == "not-measured"
    assert "at least 10" in found.reason


def test_without_a_copy_noise_cannot_be_told():
    row = replace(simulated(1, 0.2), copy=None)
    assert verdict(row) == "contaminated"


def test_a_copy_that_differs_contaminates_a_small_effect_and_not_a_large_one():
    old = [0.03 + at % 5 * 1e-5 for at in range(40)]
    copy = [one * 1.025 for one in old]
    assert verdict(timed([one * 1.06 for one in old], old, copy)) == "contaminated"
    assert verdict(timed([one * 1.3 for one in old], old, copy)) == "regressed"


def test_stolen_time_contaminates():
    assert verdict(simulated(1, 0.1), replace(QUIET, steal_percent=6)) == "contaminated"


def test_head_against_itself_is_judged_by_limits_alone():
    row = simulated(1, 0.5)
    around = replace(QUIET, is_self=True)
    assert verdict(row, around) == "unchanged"
    assert verdict(replace(row, limit=Limit(0.001, "own", "a goal")), around) == "regressed"


def test_more_a_second_is_better():
    slow, fast = [100 + at % 3 for at in range(20)], [150 + at % 3 for at in range(20)]
    key = {"metric": "turns_per_second", "scenario": "turns_8"}
    assert verdict(timed(slow, fast, fast, **key)) == "regressed"
    assert verdict(timed(fast, slow, slow, **key)) == "improved"


def test_a_tenth_percentile_looks_past_what_others_did():
    """Every third run of the new side was disturbed; its quick ones are as quick as the old side's."""
    old = [0.001 + at % 7 * 1e-6 for at in range(60)]
    new = [one * (3 if at % 3 == 0 else 1) for at, one in enumerate(old)]
    assert verdict(timed(new, old, old, statistic="p10")) == "unchanged"


def test_less_than_ten_microseconds_is_nobodys_regression():
    old = [0.0001 + at % 7 * 1e-7 for at in range(60)]
    assert verdict(timed([one + 0.000005 for one in old], old, old, statistic="p10")) == "unchanged"
    assert verdict(timed([one + 0.000015 for one in old], old, old, statistic="p10")) == "regressed"


def test_five_percent_of_starts_is_seen_through_contention():
    """Half of the rounds of each arm take half as long again, as here beside other work; 30 such runs of 100 rounds."""
    seen = []
    for seed in range(30):
        chance = random.Random(seed)

        def start(base, chance=chance):
            return base * (
                1 + abs(chance.gauss(0, 0.02)) + (chance.random() < 0.5) * chance.uniform(0.1, 0.9)
            )

        new, old, copy = ([start(0.004 * factor) for _ in range(100)] for factor in (1.05, 1, 1))
        seen.append(verdict(timed(new, old, copy, statistic="p10")))
    assert seen.count("regressed") >= 28
    assert "improved" not in seen


def test_contention_alone_is_no_verdict():
    """The same, of equal code."""
    seen = []
    for seed in range(60):
        chance = random.Random(seed)

        def start(chance=chance):
            return 0.004 * (
                1 + abs(chance.gauss(0, 0.02)) + (chance.random() < 0.5) * chance.uniform(0.1, 0.9)
            )

        new, old, copy = ([start() for _ in range(100)] for _ in range(3))
        seen.append(verdict(timed(new, old, copy, statistic="p10")))
    assert "regressed" not in seen
    assert "improved" not in seen


def test_noise_is_hardly_ever_a_regression_and_five_percent_mostly_is():
    """The gate of the notes: of 100 runs of equal code at most one alarm; of as many with 10 % nearly all are seen."""
    alarms = [verdict(simulated(seed, 0.0)) for seed in range(100)]
    assert alarms.count("regressed") + alarms.count("improved") <= 1
    five = [verdict(simulated(seed, 0.05)) for seed in range(1000, 1050)]
    ten = [verdict(simulated(seed, 0.10)) for seed in range(2000, 2050)]
    assert five.count("regressed") >= 30
    assert ten.count("regressed") >= 45
    assert "improved" not in five + ten


def test_many_rows_are_tested_as_one():
    """With 40 rows of equal code in each of 3 runs, none is an alarm."""
    for run in range(3):
        rows = [replace(simulated(run * 100 + at, 0.0), scenario=f"s{at}") for at in range(40)]
        assert not [row.key for row in judged(rows, QUIET) if row.verdict == "regressed"]


def test_the_same_samples_give_the_same_words():
    row = simulated(3, 0.05)
    assert judged([row], QUIET) == judged([row], QUIET)

"""A run goes on after what fails, keeps what was measured when it is interrupted, and believes no red time at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from bench import run
from bench.judge import Circumstances, judged
from bench.launcher import CannotRun
from bench.results import Row, Side
from bench.sides import Side as Tree
from bench.sides import Sides
from bench.statistics import Interval
from bench.steps import Bench, Outcome, Step, is_decided

AROUND = Circumstances(is_self=False, seed=1, has_old=True)
SLOWER, EQUAL = 1.1, 1.0


def bench(folder, *, is_quick=False):
    nothing: Any = None  # the steps here run nothing
    tree = Tree(None, None, {})
    told = []
    made = Bench(
        Sides(tree, tree, None), nothing, nothing, folder, 1, is_quick, lambda *what: told.append(what)
    )
    return made, told


def row(scenario, ratio=EQUAL, copy_ratio=EQUAL, samples=40):
    old = tuple(0.01 + 0.00001 * (at % 7) for at in range(samples))
    of = lambda factor: Side(min(old) * factor, tuple(one * factor for one in old))  # noqa: E731
    return Row.of(("weft", scenario, "time"), "p10", new=of(ratio), old=of(1), copy=of(copy_ratio))


def step(scenario, *outcomes):
    """A step that gives one outcome after the other, the last again and again."""
    left = list(outcomes)

    def measure(_bench, _step):
        found = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(found, BaseException):
            raise found
        return found

    return Step("weft", (scenario,), 1, measure, is_timed=True)


def finds(scenario, *ratios, **changed):
    return step(scenario, *(Outcome([row(scenario, ratio, **changed)], []) for ratio in ratios))


@pytest.mark.parametrize("failure", [CannotRun("no weft"), OSError("no disk"), ValueError("no sense")])
def test_what_fails_is_missing_and_the_run_goes_on(tmp_path, failure):
    found = run.measured([step("version", failure), finds("help", EQUAL)], bench(tmp_path)[0])
    assert [one.scenario for one in found.rows] == ["help"]
    assert found.missing == [f"weft/version/*: {failure}"]
    assert not found.interrupted


def test_a_fault_of_our_own_is_missing_as_well(tmp_path):
    found = run.measured([step("version", KeyError("lead")), finds("help", EQUAL)], bench(tmp_path)[0])
    assert found.missing == ["weft/version/*: a fault of the benchmark: KeyError('lead')"]
    assert len(found.rows) == 1


def test_an_interrupt_keeps_what_there_is_and_says_what_is_missing(tmp_path):
    steps = [finds("version", EQUAL), step("help", KeyboardInterrupt()), finds("status", EQUAL)]
    found = run.measured(steps, bench(tmp_path)[0])
    assert [one.scenario for one in found.rows] == ["version"]
    assert found.missing == ["weft/help/*: interrupted before it", "weft/status/*: interrupted before it"]
    assert found.interrupted == "weft help"


def test_an_interrupt_between_rounds_keeps_the_rounds(tmp_path):
    broken_off = Outcome([row("help")], [], is_interrupted=True)
    found = run.measured([step("help", broken_off), finds("status", EQUAL)], bench(tmp_path)[0])
    assert [one.scenario for one in found.rows] == ["help"]
    assert found.missing == [
        "weft/help/*: interrupted, so rounds are missing",
        "weft/status/*: interrupted before it",
    ]


def judged_twice(folder, one, **options):
    made, _ = bench(folder, **options)
    steps = [one]
    first = judged(run.measured(steps, made).rows, AROUND)
    return run.confirmed(first, steps, made, AROUND, list)[0]


def test_a_time_that_is_red_twice_stays_red(tmp_path):
    found = judged_twice(tmp_path, finds("version", SLOWER, SLOWER))
    assert found.verdict == "regressed"
    assert "and again: +10.0%" in found.reason


def test_a_time_that_is_red_once_is_no_verdict_on_the_code(tmp_path):
    found = judged_twice(tmp_path, finds("version", SLOWER, EQUAL))
    assert found.verdict == "inconclusive"
    assert "not in a second set of rounds" in found.reason


def test_what_was_disturbed_is_measured_again(tmp_path):
    noisy, quiet = row("version", 1.02, copy_ratio=1.02), row("version")
    one = step("version", Outcome([noisy], []), Outcome([quiet], []))
    found = judged_twice(tmp_path, one)
    assert found.verdict == "unchanged"
    assert "at first" in found.reason
    assert judged_twice(tmp_path, one, is_quick=True).verdict == "unchanged"


def test_there_is_always_time_for_what_is_red(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "AGAIN_LIMIT_S", -1)
    noisy = row("version", 1.02, copy_ratio=1.02)
    assert (
        judged_twice(tmp_path, step("version", Outcome([noisy], []), Outcome([row("version")], [])))
        == (judged([noisy], AROUND)[0])
    )
    assert judged_twice(tmp_path, finds("version", SLOWER, EQUAL)).verdict == "inconclusive"


def test_what_cannot_be_measured_again_stays_red(tmp_path):
    one = step("version", Outcome([row("version", SLOWER)], []), CannotRun("gone"))
    assert judged_twice(tmp_path, one).verdict == "regressed"


def test_nothing_is_measured_again_where_nothing_is_in_doubt(tmp_path):
    one = step("version", Outcome([row("version")], []), AssertionError("was asked again"))
    assert judged_twice(tmp_path, one).verdict == "unchanged"


def test_a_second_set_has_copies_and_an_order_of_its_own(tmp_path):
    made, _ = bench(tmp_path)
    other = made.fresh(1)
    assert (other.folder, other.seed, other.subjects) == (tmp_path / "again-1", 2, {})
    assert replace(other, folder=made.folder, seed=made.seed) == made


def test_micro_benchmarks_are_measured_again_by_the_step_they_are_of(tmp_path):
    slow = replace(row("version", SLOWER), artifact="checkout", scenario="micro:policies.check")
    measured = []

    def measure(_bench, _step):
        measured.append(1)
        return Outcome([slow], [])

    steps = [Step("checkout", ("micro",), 1, measure, is_timed=True)]
    made, _ = bench(tmp_path)
    first = judged(run.measured(steps, made).rows, AROUND)
    assert run.confirmed(first, steps, made, AROUND, list)[0].verdict == "regressed"
    assert len(measured) == 2


@pytest.mark.parametrize(
    ("low", "high", "p_value", "expected"),
    [
        (-0.02, 0.02, 0.9, True),
        (-0.02, 0.04, 0.9, False),
        (0.04, 0.06, 1e-6, True),
        (0.04, 0.06, 1e-3, False),  # alone it would do; beside a hundred rows it would not
        (-0.06, -0.04, 1e-6, True),
        (-0.02, 0.12, 1e-6, False),
    ],
)
def test_rounds_are_enough_when_more_would_change_nothing(low, high, p_value, expected):
    assert is_decided(Interval((low + high) / 2, low, high, 0.01), p_value) is expected

"""hyperfine's JSON and warnings are read, and the two runners agree where their intervals meet."""

from __future__ import annotations

import pytest

from bench.hyperfine import Comparison, beyond, parsed, warnings
from bench.launcher import CannotRun
from bench.statistics import Interval

EXPORTED = '{"results": [{"command": "weft", "mean": 0.2, "times": [0.1, 0.3], "exit_codes": [0, 0]}]}'
SAID = """
  Warning: Statistical outliers were detected. Consider re-running this benchmark on a quiet PC.

  Warning: The first benchmarking run for this command was significantly slower than the rest (1.7 ms). This could be.
  Warning: Statistical outliers were detected. Consider re-running this benchmark on a quiet PC.
"""


def interval(low, high):
    return Interval((low + high) / 2, low, high, 0.0)


def comparison(ours, theirs, whole_s=1.0):
    return Comparison("weft", "version", interval(*ours), interval(*theirs), whole_s, ())


def test_times_are_those_of_the_one_command_that_ran_well():
    assert parsed(EXPORTED) == (0.1, 0.3)
    for bad, said in (
        ("", "exported no times of one command"),
        ("{}", "exported no times of one command"),
        ('{"results": []}', "exported no times of one command"),
        (EXPORTED.replace("[0, 0]", "[0, 1]"), "2 times, with exit codes {0, 1}"),
        (EXPORTED.replace("[0.1, 0.3]", "[]"), "0 times"),
    ):
        with pytest.raises(CannotRun) as caught:
            parsed(bad)
        assert said in str(caught.value)


def test_warnings_are_told_once_each_without_advice():
    assert warnings(SAID) == (
        "Statistical outliers were detected",
        "The first benchmarking run for this command was significantly slower than the rest (1.7 ms)",
    )
    assert warnings("") == ()


def test_runners_agree_where_intervals_meet_or_differ_by_little_of_the_start():
    assert comparison((1.0, 2.0), (1.9, 3.0)).agrees
    assert not comparison((1.0, 2.0), (2.1, 3.0)).agrees
    assert not comparison((2.1, 3.0), (1.0, 2.0)).agrees
    assert comparison((1.00, 1.01), (1.02, 1.03)).agrees
    assert not comparison((0.10, 0.11), (0.16, 0.17), whole_s=1.0).agrees
    assert comparison((0.10, 0.11), (0.16, 0.17), whole_s=2.0).agrees
    assert "hyperfine disagrees: 2550.000 ms" in str(comparison((1.0, 2.0), (2.1, 3.0)))


def test_what_a_program_takes_beyond_an_empty_one_is_the_difference_of_quick_tenths():
    blocks = [([5.0 + 0.1 * at, 9.0], [1.0 + 0.1 * at, 7.0]) for at in range(10)]
    found = beyond(blocks, "seed")
    assert found.low <= found.estimate <= found.high
    assert found.estimate == pytest.approx(4.0)
    assert beyond(blocks, "seed") == found

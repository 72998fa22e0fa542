"""The proof of the gate fails where the gate does not work."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.results import Row, Side
from bench.selftest import (
    bad_data,
    caught,
    fault_of_bad_data,
    fault_of_canary,
    fault_of_equal,
    sample_document,
)

ROW = replace(
    Row.of(
        ("selftest", "version", "time"),
        "p10",
        new=Side(0.002, (0.002, 0.0021)),
        old=Side(0.002, (0.002, 0.0021)),
    ),
    verdict="unchanged",
    reason="as before",
)


def test_each_kind_of_bad_data_is_red_with_a_message_of_its_own(tmp_path):
    said = bad_data(sample_document(ROW), tmp_path)
    assert fault_of_bad_data(said) == ""
    assert "there is no such file" in said["missing"]
    assert "is empty" in said["empty"]
    assert "is cut off" in said["truncated"]
    assert "no metric is called 'tmie'" in said["renamed"]
    assert "33 times better" in said["absurd"]


def test_a_reader_that_lets_something_through_fails():
    assert fault_of_bad_data({"missing": "no file", "empty": ""}) == "let through: empty"
    assert (
        fault_of_bad_data({"missing": "bad", "empty": "bad"}) == "two kinds of bad data have the same message"
    )


@pytest.mark.parametrize(
    ("found", "is_red"),
    [
        ({"unchanged": 20}, False),
        ({"unchanged": 17, "inconclusive": 2, "contaminated": 1}, False),
        ({"unchanged": 19, "regressed": 1}, True),
        ({"unchanged": 19, "not-measured": 1}, True),
        ({}, True),
    ],
)
def test_equal_programs_may_not_be_called_slower(found, is_red):
    assert bool(fault_of_equal(found)) is is_red


@pytest.mark.parametrize(("count", "is_red"), [(20, False), (19, False), (18, True), (0, True)])
def test_the_canary_may_be_missed_once_of_twenty(count, is_red):
    assert bool(fault_of_canary({"regressed": count, "inconclusive": 20 - count}, 19)) is is_red


def test_each_time_has_its_own_seed():
    seeds = []
    told = []

    def row(seed):
        seeds.append(seed)
        return ROW

    assert caught(row, 3, told.append) == {"unchanged": 3}
    assert seeds == [1, 2, 3]
    assert told == [ROW] * 3

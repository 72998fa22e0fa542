"""Counts are read of what callgrind and strace write, and what is cut, differs or fails is never a figure."""

from __future__ import annotations

import pytest

from bench import instructions, system_calls
from bench.instructions import COUNTED, add, allowed_spread
from bench.launcher import CannotRun
from bench.readings import Found
from bench.start_up import SCENARIOS, VERSION, Scenario, Subject

NATIVE = Subject("x86_64-linux-musl", ("/weft",), is_static=True)
CPYTHON = Subject("cpython", ("/venv/bin/weft",))
EMULATED = NATIVE._replace(is_emulated=True)
AGENT = SCENARIOS[-1]

PROFILE = "version: 1\nevents: Ir\nfn=(1) main\n16 54579\n\ntotals: 54579\n"
TABLE = """\
% time     seconds  usecs/call     calls    errors syscall
------ ----------- ----------- --------- --------- ----------------
 60.00    0.000060          20         3           fcntl
 40.00    0.000040          40         1         1 access
  0.00    0.000000           0         1           execve
------ ----------- ----------- --------- --------- ----------------
100.00    0.000100          20         5         1 total
"""


def figures(found):
    return [(reading.key, reading.statistic, reading.value) for reading in found.readings]


def test_instructions_are_the_total_of_a_profile():
    assert instructions.instructions(PROFILE) == 54579
    for cut in ("", PROFILE[:40], "totals: 0\n"):
        with pytest.raises(CannotRun, match="callgrind wrote no total"):
            instructions.instructions(cut)


def test_equal_counts_are_a_figure_and_others_are_unstable():
    found = Found()
    add(found, NATIVE, VERSION, [7, 7, 7])
    add(found, NATIVE, VERSION._replace(name="other"), [1_000_000, 1_000_000, 1_000_001])
    assert figures(found) == [("x86_64-linux-musl/version/instructions", "exact", 7)]
    assert [str(one) for one in found.missing] == [
        "x86_64-linux-musl/other/instructions: unstable: 1000000, 1000000, 1000001 differ by 0.00%, more than 0.00%"
    ]


def test_a_scenario_that_reads_the_clock_may_differ_by_a_hair_and_cpython_by_more():
    assert allowed_spread(NATIVE, VERSION) == 0
    assert 0 < allowed_spread(NATIVE, AGENT) < allowed_spread(CPYTHON, VERSION) < 0.01
    found = Found()
    add(found, NATIVE, AGENT, [1_000_000, 1_000_020, 1_000_010])
    add(found, NATIVE, AGENT._replace(name="other"), [1_000_000, 1_000_000, 1_000_200])
    add(found, CPYTHON, VERSION, [1_000_000, 1_003_000, 1_001_000])
    assert figures(found) == [
        ("x86_64-linux-musl/agent_offline/instructions", "median", 1_000_010),
        ("cpython/version/instructions", "median", 1_001_000),
    ]
    assert [one.scenario for one in found.missing] == ["other"]


def test_a_turn_with_a_tool_call_is_counted_too():
    assert [scenario.name for scenario in COUNTED] == [
        "version",
        "help",
        "status",
        "agent_offline",
        "turn_tool",
    ]
    assert all("--new" not in scenario.words for scenario in COUNTED)  # whose name is random


def test_system_calls_are_those_of_straces_table():
    assert system_calls.calls_by_name(TABLE) == {"fcntl": 3, "access": 1, "execve": 1}
    without_a_row = "\n".join(line for line in TABLE.splitlines() if "access" not in line)
    with pytest.raises(CannotRun, match="strace counted 4 calls and says that they are 5"):
        system_calls.calls_by_name(without_a_row)
    for cut in ("", TABLE[:200]):
        with pytest.raises(CannotRun, match="and says that they are 0"):
            system_calls.calls_by_name(cut)


@pytest.mark.parametrize("measure", [instructions.measure, system_calls.measure])
def test_an_emulators_counts_are_nobodys(measure):
    found = measure(EMULATED)
    assert not found.readings
    assert not found.missing


def test_what_is_not_there_is_missing(tmp_path):
    found = system_calls.measure(NATIVE, (Scenario("version", ("--version",)),))
    assert not found.readings
    assert found.missing[0].metric == "system_calls"
    assert found.missing[0].why

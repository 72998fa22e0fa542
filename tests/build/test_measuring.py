"""The executable of this machine is measured whole: what should be the same each time is, and nothing is missing."""

from __future__ import annotations

import pytest

from bench import hyperfine, idle, instructions, memory, system_calls
from bench.launcher import Launcher
from bench.start_up import SCENARIOS, VERSION, executable_subject
from tests.native.executables import DIST
from tools.targets import host_target


@pytest.fixture(scope="module")
def subject():
    return executable_subject(host_target(), host_target().output(DIST))


def values(found):
    assert [str(one) for one in found.missing] == []
    return {f"{one.scenario}/{one.metric}": one.value for one in found.readings}


def test_instructions_are_the_same_each_time_and_grow_with_what_is_done(subject, tmp_path):
    found = instructions.measure(subject, folder=tmp_path)
    counted = values(found)
    assert list(counted) == [f"{scenario.name}/instructions" for scenario in instructions.COUNTED]
    assert counted["version/instructions"] < counted["help/instructions"] < counted["status/instructions"]
    assert counted["agent_offline/instructions"] < counted["turn_tool/instructions"]
    # In another folder, too, as long as its name is as long: an old side is measured elsewhere.
    again = instructions.measure(subject, (VERSION,), tmp_path.with_name(tmp_path.name[::-1]))
    assert values(again)["version/instructions"] == counted["version/instructions"]


def test_instructions_of_a_program_that_fails_are_missing_with_what_it_said(subject, tmp_path):
    found = instructions.measure(subject, (VERSION._replace(words=("nonsense",)),), tmp_path)
    assert not found.readings
    assert "under callgrind ended with 2" in found.missing[0].why
    assert "nonsense" in found.missing[0].why


def test_system_calls_of_a_start_are_counted(subject):
    assert 5 < values(system_calls.measure(subject))["version/system_calls"] < 40


def test_peaks_and_page_faults_of_every_scenario_are_counted(subject):
    counted = values(memory.measure(subject))
    assert len(counted) == 2 * len(SCENARIOS)
    assert 100_000 < counted["version/peak_rss"] < counted["agent_offline/peak_rss"] < 10_000_000
    assert 5 < counted["version/minor_faults"] < counted["agent_offline/minor_faults"]


def test_a_session_that_waits_is_measured(subject):
    counted = values(idle.measure(subject, few=20, many=60))
    assert set(counted) == {
        "idle/peak_rss",
        "idle_20/idle_rss",
        "idle_60/idle_rss",
        "idle/bytes_per_message",
    }
    assert 500_000 < counted["idle/peak_rss"] < 10_000_000


def test_hyperfine_runs_what_our_runner_runs(subject):
    """That they agree is for `python -m bench.hyperfine`: no test judges times."""
    found, missing = hyperfine.measure(subject, Launcher(), (VERSION,))
    assert not missing
    assert (found[0].artifact, found[0].scenario) == (subject.artifact, "version")
    assert found[0].ours.low <= found[0].ours.estimate <= found[0].ours.high

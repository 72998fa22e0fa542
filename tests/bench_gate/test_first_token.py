"""The first token is timed where an answer is shown while it grows, and only there."""

from __future__ import annotations

import sys

import pytest

from bench import mock_llm
from bench.first_token import METRIC, arms, run_slice
from bench.mock_process import MockProcess
from bench.slices import CONTROL, NEW, Rounds, SliceFailed

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clock of another process is Linux's")
WEFT = [sys.executable, "-I", "-m", "clawft"]
WHOLE = """
import sys
while True:
    print("> ", end="", flush=True)
    sys.stdin.readline()
    print({reply!r}, flush=True)
"""


@pytest.fixture(scope="module")
def server():
    with MockProcess(mock_llm.Settings(words=5, pause_s=0.05)) as running:
        yield running


def test_the_agent_shows_its_first_word_before_the_model_goes_on(server):
    before = server.counts().requests
    times = run_slice(WEFT, server, turns=2)
    assert len(times) == 2
    assert all(time > 0 for time in times)
    assert server.counts().requests - before == 3


def test_who_shows_an_answer_only_when_it_is_whole_fails_the_slice(server, tmp_path):
    script = tmp_path / "whole.py"
    script.write_text(WHOLE.format(reply=server.reply), "utf-8")
    with pytest.raises(SliceFailed, match="shown when it is whole"):
        run_slice([sys.executable, "-I", str(script)], server)


@pytest.mark.parametrize(
    ("code", "said"),
    [("input()", "did not come within 0.2 s"), ("print('> ')", r"ended before b'(hello|Certainly,)' came")],
)
def test_a_conversation_that_does_not_come_about_fails_the_slice(server, code, said):
    with pytest.raises(SliceFailed, match=said):
        run_slice([sys.executable, "-I", "-c", code], server, limit_s=0.2)


def test_a_command_that_is_not_there_fails_the_slice(server):
    with pytest.raises(SliceFailed, match=r"^/nowhere/weft: .*No such file"):
        run_slice(["/nowhere/weft"], server)


def test_a_round_has_one_sample_of_each_arm(server):
    rounds = Rounds(arms({NEW: WEFT}, server))
    rounds.play((NEW, CONTROL))
    assert list(rounds.samples) == [METRIC]
    assert {arm: len(found) for arm, found in rounds.samples[METRIC].items()} == {NEW: 1, CONTROL: 1}

"""A slice measures an agent that does its work, and fails, saying why, for one that does not."""

from __future__ import annotations

import sys

import pytest

from bench import mock_llm
from bench.mock_process import MockProcess
from bench.slices import CONTROL, NEW, OLD, Rounds, SliceFailed
from bench.throughput import (
    SCENARIOS,
    Load,
    Slice,
    arms,
    check_shares,
    environment,
    metrics,
    run_control,
    run_slice,
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the clock of another process is Linux's")
WEFT = [sys.executable, "-I", "-m", "clawft"]
SMALL = Load(2, 6)
# Answers each line with one printed by `answer(number, chat)`, and asks no model.
AGENT = """
import json, sys
REPLY = {reply!r}
def answer(number, chat):
    {answer}
def say(**line):
    print(json.dumps({{"error": None, **line}}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    answer(asked["id"], asked["chat"])
{end}
"""


@pytest.fixture(scope="module")
def server():
    settings = mock_llm.Settings(words=5, tool_calls=2, think_s=0.001, pause_s=0.001)
    with MockProcess(settings) as running:
        yield running


def agent(folder, answer, end=""):
    """A command that answers so."""
    script = folder / "agent.py"
    script.write_text(AGENT.format(reply=mock_llm.reply_text(5), answer=answer, end=end), "utf-8")
    return [sys.executable, "-I", str(script)]


@pytest.mark.parametrize(
    "load",
    [
        SMALL,
        SMALL._replace(is_streamed=False),
        SMALL._replace(wire="anthropic"),
        SMALL._replace(wire="anthropic", model=mock_llm.TOOLS_MODEL),
        SMALL._replace(model=mock_llm.TOOLS_MODEL),
        SMALL._replace(model=mock_llm.THINK_MODEL),
    ],
)
def test_the_agent_does_its_work(server, load):
    found = run_slice(WEFT, load, server)
    assert len(found.latencies_s) == load.turns
    assert found.seconds >= max(found.latencies_s)
    assert found.cpu_s > 0
    assert tuple(found.figures()) == metrics(load)


@pytest.mark.parametrize("model", [mock_llm.TEXT_MODEL, mock_llm.TOOLS_MODEL, mock_llm.THINK_MODEL])
def test_the_control_does_the_same(server, model):
    before = server.counts().requests
    load = Load(2, 40, model)
    assert len(run_control(load, server).latencies_s) == 40
    assert server.counts().requests - before == load.requests


def test_rounds_have_a_sample_of_every_metric_and_arm(server):
    rounds = Rounds(arms({NEW: WEFT, OLD: WEFT}, SMALL, server))
    rounds.play((OLD, CONTROL, NEW))
    assert tuple(rounds.samples) == metrics(SMALL)
    assert all(sorted(found) == [CONTROL, NEW, OLD] for found in rounds.samples.values())


@pytest.mark.parametrize(
    ("answer", "end", "said"),
    [
        ("say(id=number, chat=chat, reply=REPLY)", "", r"asked 0 times, not 8"),
        ("say(id=number, chat=chat, reply='Certainly')", "", r"not 'Certainly, word-2 word-3 word-4 word-5'"),
        ("say(id=number, chat=chat, reply=None, error='no model')", "", r"no model"),
        ("say(id=number, chat='chat-9', reply=REPLY)", "", r"'chat-9', which is not waiting"),
        ("say(id=number + 100, chat=chat, reply=REPLY)", "", r"message 10\d of"),
        ("say(id=1, chat='chat-0', reply=REPLY)", "", r"message 1 of 'chat-0', which is not waiting"),
        ("say(id=[number], chat=chat, reply=REPLY)", "", r"message \[\d\] of"),
        ("say(reply=REPLY)", "", r"no line of --jsonl"),
        ("print('hello', flush=True)", "", r"b'hello', which is no line of --jsonl"),
        ("print('[]', flush=True)", "", r"no line of --jsonl"),
        ("sys.exit('no disk')", "", r"ended with 1 before 2 of its answers; it said: no disk"),
        ("say(id=number, chat=chat, reply=REPLY)", "sys.exit(7)", r"ended with 7 and b'' instead of 0"),
        ("say(id=number, chat=chat, reply=REPLY)", "print('bye')", r"ended with 0 and b'bye\\n' instead"),
        ("sys.stdin.read()", "", r"said nothing for 0.2 s"),
        ("import os; os.close(1); sys.stdin.read()", "", r"closed its output and did not end within 0.2 s"),
        (
            "say(id=number, chat=chat, reply=REPLY)",
            "import signal; signal.pause()",
            r"said nothing for 0.2 s",
        ),
    ],
)
def test_an_agent_that_does_not_do_its_work_fails_the_slice(server, tmp_path, answer, end, said):
    limit_s = 0.2 if "0.2" in said else 30
    with pytest.raises(SliceFailed, match=said):
        run_slice(agent(tmp_path, answer, end), SMALL, server, limit_s)


def test_a_command_that_is_not_there_fails_the_slice(server):
    with pytest.raises(SliceFailed, match=r"^/nowhere/weft: .*No such file"):
        run_slice(["/nowhere/weft"], SMALL, server)


def test_an_agent_whose_requests_are_refused_fails_the_slice(server):
    with pytest.raises(SliceFailed, match="400"):
        run_slice(WEFT, SMALL._replace(model="unknown"), server)


def slice_of(latencies_s, *, server_share=0.1, asking_share=0.1, tool_calls=0):
    return Slice(SMALL, 2.0, tuple(latencies_s), 0.5, server_share, asking_share, tool_calls)


def test_figures_are_those_of_the_turns():
    found = slice_of([number / 1000 for number in range(1, 102)], tool_calls=50).figures()
    assert found["turns_per_second"] == 50.5
    assert found["latency_p50"] == pytest.approx(0.051)
    assert found["latency_p95"] == pytest.approx(0.096)
    assert found["latency_p99"] == pytest.approx(0.100)
    assert found["cpu_time"] == pytest.approx(0.5 / 101)
    assert found["tool_calls_per_second"] == 25


@pytest.mark.parametrize("who", ["server_share", "asking_share"])
def test_figures_of_what_measures_are_none(who):
    check_shares(slice_of([0.001, 0.002], **{who: 0.5}))
    with pytest.raises(SliceFailed, match=r"took 51% of a processor, more than 50%"):
        check_shares(slice_of([0.001, 0.002], **{who: 0.51}))


def test_the_issue_asks_for_these_numbers_of_chats():
    assert {load.chats for load in SCENARIOS.values()} == {1, 8, 16, 64}


def test_every_scenario_has_turns_for_each_chat():
    assert all(load.turns >= 5 * load.chats for load in SCENARIOS.values())


def test_nothing_of_ours_leaks_into_the_environment(server, tmp_path, monkeypatch):
    monkeypatch.setenv("CLAWFT__BUDGET__DAY_USD", "0")
    assert "CLAWFT__BUDGET__DAY_USD" not in environment(tmp_path, server, SMALL)

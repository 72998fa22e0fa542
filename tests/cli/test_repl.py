"""The conversation over the fake world, answered by the offline provider or a scripted one."""

from __future__ import annotations

import json

import pytest

from clawft.cli.main import run
from clawft.core.fakes import FakeHost, FakeRuntime, FakeTerminal


class Ended(FakeHost):
    """A host on which a conversation was held."""

    exit_code = -1


def converse(
    *lines: str | BaseException, runtime: FakeRuntime | None = None, words: tuple[str, ...] = ()
) -> Ended:
    host = Ended(runtime, FakeTerminal(list(lines), is_terminal=True))
    host.exit_code = run(["agent", *words], host)
    return host


def sessions(host: FakeHost) -> dict[str, list[str]]:
    """What users said, by session."""
    other = FakeHost(host.runtime)
    assert run(["sessions", "list", "--json"], other) == 0
    found = {}
    for row in json.loads(other.terminal.output):
        shown = FakeHost(host.runtime)
        assert run(["sessions", "inspect", row["key"], "--json"], shown) == 0
        messages = json.loads(shown.terminal.output)["messages"]
        found[row["key"]] = [each["content"] for each in messages if each["role"] == "user"]
    return found


def test_the_end_of_input_leaves():
    host = converse()
    assert host.exit_code == 0
    assert "session cli:cli-session" in host.terminal.errors
    assert host.terminal.loaded_histories == ["/home/user/.clawft/state/history"]
    assert "/help" in host.terminal.completions


@pytest.mark.parametrize("word", ["/exit", "/quit", " /exit "])
def test_leaving_reads_no_further(word):
    host = converse(word, "never sent")
    assert host.terminal.lines == ["never sent"]
    assert sessions(host) == {}


def test_messages_go_to_the_session_and_blank_lines_nowhere():
    host = converse("one", "", "   ", "two")
    assert sessions(host) == {"cli:cli-session": ["one", "two"]}
    assert len(host.terminal.saved_histories) == 2


def test_lines_and_blocks_make_messages_of_several_lines():
    host = converse("a\\", "b\\", "c", '"""', "d", "", 'e"""', '"""f"""', '"""g', '"""', "h\\")
    assert sessions(host)["cli:cli-session"] == ["a\nb\nc", "d\n\ne", "f", "g", "h\n"]


def test_ctrl_c_once_goes_on_and_twice_leaves():
    host = converse(KeyboardInterrupt(), "hello", KeyboardInterrupt(), KeyboardInterrupt(), "never")
    assert host.exit_code == 130
    assert host.terminal.lines == ["never"]
    assert sessions(host) == {"cli:cli-session": ["hello"]}


def test_a_new_session_may_be_named():
    host = converse("one", "/new", "two", "/new work", "three", "/new work", "/sessions cli-session", "four")
    said = sessions(host)
    assert said["cli:cli-session"] == ["one", "four"]
    assert said["cli:work"] == ["three"]
    assert ["two"] in said.values()
    assert "cli:work (it is not new)" in host.terminal.errors


def test_sessions_are_listed_and_a_misspelt_one_is_not_made():
    host = converse("one", "/sessions", "/sessions cli:cli-sesion")
    assert "cli:cli-session" in host.terminal.output
    assert "did you mean cli:cli-session?" in host.terminal.errors
    assert list(sessions(host)) == ["cli:cli-session"]


def test_usage_and_tools_are_shown():
    host = converse("one", "/usage", "/tools")
    assert "2 (1 model calls, 0 tool results, 0 failures)" in host.terminal.output
    assert "edit_file" in host.terminal.output


def test_the_offline_provider_is_handed_its_own_commands():
    host = converse("/ls", "/lss")
    assert sessions(host)["cli:cli-session"] == ["/ls", "/lss"]


def test_with_a_model_an_unknown_command_is_answered_with_the_near_ones():
    runtime = FakeRuntime({"OPENAI_API_KEY": "sk-x"})
    host = converse("/modle", "/xyzzy", runtime=runtime, words=("--model", "openai/gpt-5"))
    assert "there is no command /modle; did you mean /model?" in host.terminal.errors
    assert "/xyzzy; /help lists them" in host.terminal.errors
    assert runtime.requests == []


def test_a_path_is_a_message_and_no_command():
    runtime = FakeRuntime({"OPENAI_API_KEY": "sk-x"})
    runtime.answer = lambda request: (400, [], [b"{}"])
    host = converse("/etc/hosts is what?", " /help", runtime=runtime, words=("--model", "openai/gpt-5"))
    assert len(runtime.requests) == 2
    assert sessions(host)["cli:cli-session"] == ["/etc/hosts is what?", " /help"]


def test_a_model_that_cannot_be_used_changes_nothing():
    host = converse("/model nonsense/x", "/model", "hello")
    assert "nonsense/x" in host.terminal.errors
    assert "model: offline" in host.terminal.errors
    assert sessions(host) == {"cli:cli-session": ["hello"]}


def test_a_failed_turn_is_told_and_the_conversation_goes_on():
    runtime = FakeRuntime({"OPENAI_API_KEY": "sk-x"})
    runtime.answer = lambda request: (400, [], [b'{"error":{"message":"bad"}}'])
    host = converse("one", "two", runtime=runtime, words=("--model", "openai/gpt-5"))
    assert host.exit_code == 0
    assert host.terminal.errors.count("weft: error: ") == 2
    assert len(runtime.requests) == 2


def test_a_key_with_a_channel_is_taken_whole():
    host = converse("hello", words=("-s", "telegram:1"))
    assert sessions(host) == {"telegram:1": ["hello"]}

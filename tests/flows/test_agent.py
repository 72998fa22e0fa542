"""`weft agent` as a real process, without a configuration: messages, pipes, lines of JSON, sessions, failures."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.flows.process import weft

if TYPE_CHECKING:
    from pathlib import Path


def messages(home: Path, key: str = "cli:cli-session") -> list[tuple[str, str]]:
    shown = weft(home, "sessions", "inspect", key, "--json")
    return [(record["role"], record["content"]) for record in json.loads(shown.stdout)["messages"]]


def test_a_message_is_answered_on_standard_output_and_the_notice_goes_to_standard_error(tmp_path):
    done = weft(tmp_path, "agent", "-m", "hello")
    assert done.returncode == 0
    assert "OPENAI_API_KEY" in done.stdout
    assert "no model is configured" in done.stderr
    assert [role for role, _ in messages(tmp_path)] == ["user", "assistant"]


@pytest.mark.parametrize("words", [["agent"], ["agent", "-m", "-"]])
def test_a_pipe_is_the_message(words, tmp_path):
    assert weft(tmp_path, *words, stdin="first line\nsecond line\n").returncode == 0
    assert messages(tmp_path)[0] == ("user", "first line\nsecond line")


def test_parts_of_a_message_are_joined_by_blank_lines(tmp_path):
    assert weft(tmp_path, "agent", "-m", "Explain:", "-m", "-", stdin="a\n\nb\n").returncode == 0
    assert messages(tmp_path)[0] == ("user", "Explain:\n\na\n\nb")


def test_standard_input_is_left_alone_when_there_is_a_message(tmp_path):
    assert weft(tmp_path, "agent", "-m", "hello", stdin="for another program").returncode == 0
    assert messages(tmp_path)[0] == ("user", "hello")


def test_a_message_can_run_tools_of_the_workspace(tmp_path):
    workspace = tmp_path / ".clawft" / "workspace"
    workspace.mkdir(parents=True)
    (workspace / "notes.md").write_text("milk, eggs")
    done = weft(tmp_path, "agent", "-m", "/read notes.md")
    assert (done.returncode, done.stdout) == (0, "milk, eggs\n")
    assert "tool:" not in done.stderr
    told = weft(tmp_path, "agent", "-v", "-m", "/read notes.md")
    assert "tool: read_file notes.md" in told.stderr


def test_json_holds_the_answer_and_where_it_came_from(tmp_path):
    done = weft(tmp_path, "agent", "-m", "hello", "--json", "-s", "work")
    answer = json.loads(done.stdout)
    assert list(answer) == ["reply", "error", "usage", "provider", "model", "session", "iterations"]
    assert (answer["provider"], answer["error"], answer["session"]) == ("offline", None, "cli:work")
    assert answer["usage"]["input_tokens"] == 0


def test_json_holds_the_error_and_the_exit_code_tells_it_too(tmp_path):
    done = weft(tmp_path, "agent", "-m", "hello", "--json", "--model", "openai/gpt-5")
    answer = json.loads(done.stdout)
    assert done.returncode == 2
    assert answer["reply"] is None
    assert "OPENAI_API_KEY" in answer["error"]


def test_a_model_without_a_key_is_a_mistake_in_the_configuration(tmp_path):
    done = weft(tmp_path, "agent", "-m", "hello", "--model", "openai/gpt-5")
    assert (done.returncode, done.stdout) == (2, "")
    assert "OPENAI_API_KEY" in done.stderr


def test_a_provider_that_cannot_be_reached_fails_the_command_and_is_kept_in_the_session(tmp_path):
    settings = ["--set", "requests.max_attempts=1", "--set", "providers.vllm.api_base=http://127.0.0.1:1/v1"]
    done = weft(tmp_path, *settings, "agent", "-m", "hello", "--model", "vllm/any")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("weft: error: ")
    assert "Traceback" not in done.stderr
    shown = json.loads(weft(tmp_path, "sessions", "inspect", "cli-session", "--json").stdout)
    assert shown["errors"] == 1
    assert shown["messages"][0]["content"] == "hello"


def test_sessions_are_apart_and_last(tmp_path):
    for words in (["-s", "work", "-m", "one"], ["-m", "two"], ["-s", "cli:work", "-m", "three"]):
        assert weft(tmp_path, "agent", *words).returncode == 0
    assert [text for role, text in messages(tmp_path, "cli:work") if role == "user"] == ["one", "three"]
    assert [text for role, text in messages(tmp_path) if role == "user"] == ["two"]


def test_a_new_session_is_named_on_standard_error(tmp_path):
    done = weft(tmp_path, "agent", "--new", "-m", "one")
    key = done.stderr.split("session: ")[1].split("\n")[0]
    assert messages(tmp_path, key)[0] == ("user", "one")
    assert weft(tmp_path, "agent", "--new", "-m", "two").stderr.split("session: ")[1].split("\n")[0] != key


def test_lines_of_json_are_answered_one_by_one(tmp_path):
    lines = [{"id": n, "chat": f"c{n % 2}", "message": f"message {n}"} for n in range(6)]
    done = weft(tmp_path, "agent", "--jsonl", stdin="".join(json.dumps(line) + "\n" for line in lines))
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert sorted(answer["id"] for answer in answers) == list(range(6))
    assert [answer["id"] for answer in answers if answer["chat"] == "c0"] == [0, 2, 4]
    assert list(answers[0]) == ["id", "chat", "reply", "error", "usage"]


def test_a_line_that_is_no_message_is_answered_with_an_error_and_the_others_are_not_lost(tmp_path):
    text = 'nonsense\n{"id":1e999,"message":"hi"}\n{"message":"hi"}\n'
    done = weft(tmp_path, "agent", "--jsonl", "--max-concurrent", "1", stdin=text)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [answer["error"] is None for answer in answers] == [False, False, True]
    assert answers[1]["error"] == "line 2: not JSON: the number 1e999 is out of range"


def test_no_lines_of_json_are_no_answers(tmp_path):
    done = weft(tmp_path, "agent", "--jsonl", stdin="")
    assert (done.returncode, done.stdout) == (0, "")


def test_a_conversation_needs_a_message_or_a_terminal(tmp_path):
    done = weft(tmp_path, "agent")
    assert (done.returncode, done.stdout) == (2, "")
    assert "standard input" in done.stderr

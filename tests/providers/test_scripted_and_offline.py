"""The two models that need no network."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clawft.core.errors import ConfigError, ProviderError
from clawft.core.fakes import run
from clawft.core.messages import Message, ModelCall, Reply, ToolSchema, TurnEvent
from clawft.providers.offline import NOTICE, OfflineModel
from clawft.providers.scripted import ScriptedModel, pieces

TOOLS = tuple(
    ToolSchema(name, "", {"type": "object"})
    for name in ("read_file", "write_file", "list_directory", "memory_read", "memory_write")
)


def ask(
    model: Any, *messages: Message, stream: bool = False, tools: Any = TOOLS
) -> tuple[Reply, list[TurnEvent]]:
    events: list[TurnEvent] = []
    reply = run(model.complete(ModelCall("x", list(messages), tools=tools, stream=stream), events.append))
    return reply, events


def user(text: str) -> Message:
    return Message("user", text)


def test_a_script_is_followed_in_order() -> None:
    lines = [
        '{"text": "one", "usage": {"input_tokens": 3, "output_tokens": 2}}',
        "",
        '{"tool_calls": [{"name": "ls", "arguments": {"a": 1}}, {"name": "x", "arguments": "{broken", "id": "z"}]}',
    ]
    model = ScriptedModel(lines, "a.jsonl")
    reply, events = ask(model, user("x"), stream=True)
    assert (reply.text, reply.provider, reply.usage.input_tokens) == ("one", "scripted", 3)
    assert [event.text for event in events] == ["one"]
    reply, _ = ask(model, user("x"))
    assert [(call.id, call.name, call.arguments) for call in reply.tool_calls] == [
        ("call_3_1", "ls", '{"a":1}'),
        ("z", "x", "{broken"),
    ]
    assert reply.stop_reason == "tool_use"
    with pytest.raises(ProviderError, match=r"a\.jsonl ends after 2 replies"):
        ask(model, user("x"))


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"txet": "x"}',
        '{"tool_calls": {}}',
        '{"tool_calls": [{"arguments": {}}]}',
        '{"error": {"kind": "what"}}',
        '{"stop_reason": "what"}',
        '{"text": 5}',
        '{"usage": []}',
    ],
)
def test_a_line_that_is_no_step_is_named_by_number(line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ScriptedModel(['{"text": "fine"}', line], "a.jsonl")
    assert caught.value.path == "a.jsonl line 2"


def test_an_error_of_a_script_is_raised_as_it_says() -> None:
    error = {"kind": "rate_limited", "message": "slow", "retry_after_s": 2}
    model = ScriptedModel([json.dumps({"error": error}), '{"error": {"kind": "auth"}}'])
    with pytest.raises(ProviderError, match="slow") as caught:
        ask(model, user("x"))
    assert (caught.value.kind, caught.value.retryable, caught.value.retry_after_s) == (
        "rate_limited",
        True,
        2.0,
    )
    with pytest.raises(ProviderError) as caught:
        ask(model, user("x"))
    assert not caught.value.retryable


def test_what_a_script_expects_must_be_in_the_last_message() -> None:
    line = '{"text": "ok", "expect": "needle"}'
    assert ask(ScriptedModel([line]), user("a needle here"))[0].text == "ok"
    with pytest.raises(ProviderError, match="line 1 expects 'needle'"):
        ask(ScriptedModel([line]), user("hay"))


@pytest.mark.parametrize("text", ["", "one", "one two", " a\n\nb ", "x  y\n"])
def test_pieces_lose_nothing(text: str) -> None:
    assert "".join(pieces(text)) == text


def test_offline_says_that_there_is_no_model_and_how_to_get_one() -> None:
    reply, events = ask(OfflineModel(), user("hello"), stream=True)
    for word in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "weft config init", "/help"):
        assert word in reply.text
    assert [(event.kind, event.text) for event in events] == [("notice", NOTICE), ("text", reply.text)]
    assert (reply.provider, reply.usage.cost_usd) == ("offline", 0.0)


def test_offline_gives_no_notice_where_it_was_asked_for() -> None:
    assert ask(OfflineModel(is_chosen=True), user("hello"))[1] == []


@pytest.mark.parametrize(
    ("said", "tool", "arguments"),
    [
        ("/read a.txt", "read_file", {"path": "a.txt"}),
        ("/read  a b.txt ", "read_file", {"path": "a b.txt"}),
        ("/ls", "list_directory", {"path": "."}),
        ("/ls sub", "list_directory", {"path": "sub"}),
        ("/write a.txt one\n two", "write_file", {"path": "a.txt", "content": "one\n two"}),
        ("/memory", "memory_read", {}),
        ("/memory cats dogs", "memory_read", {"query": "cats dogs"}),
        ("/remember to sleep", "memory_write", {"content": "to sleep"}),
    ],
)
def test_offline_runs_a_tool_on_request(said: str, tool: str, arguments: dict[str, str]) -> None:
    reply, _ = ask(OfflineModel(), user(said))
    (call,) = reply.tool_calls
    assert (call.name, json.loads(call.arguments), reply.stop_reason) == (tool, arguments, "tool_use")


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("/red a", "did you mean /read"),
        ("/zzzzzz", "try /help"),
        ("/read", "/read FILE"),
        ("/write a.txt", "/write FILE TEXT"),
        ("/help", "/remember TEXT"),
    ],
)
def test_offline_explains_what_it_cannot_run(said: str, answer: str) -> None:
    reply, _ = ask(OfflineModel(), user(said))
    assert answer in reply.text
    assert reply.tool_calls == ()


def test_offline_says_so_where_a_tool_is_not_there() -> None:
    assert "read_file" in ask(OfflineModel(), user("/read a"), tools=())[0].text


@pytest.mark.parametrize(
    ("result", "answer"),
    [
        ('{"content": "the text"}', "the text"),
        ('{"content": "", "message": "No memory file found"}', "No memory file found"),
        ('{"message": "Successfully wrote 3 bytes"}', "Successfully wrote 3 bytes"),
        ('{"error": "no such file"}', "no such file"),
        ('{"entries": [{"name": "a", "is_dir": true}, {"name": "b"}]}', "a/\nb"),
        ('{"entries": []}', "nothing"),
        ('{"query": "x", "matches": ["one", "two"], "count": 2}', "one\ntwo"),
        ("plain", "plain"),
        ('{"other": 1}', '{"other": 1}'),
    ],
)
def test_offline_reads_a_result_out(result: str, answer: str) -> None:
    asked, _ = ask(OfflineModel(), user("/ls"))
    messages = [
        user("/ls"),
        Message("assistant", "", tool_calls=asked.tool_calls),
        Message("tool", result, tool_call_id=asked.tool_calls[0].id),
    ]
    reply, events = ask(OfflineModel(), *messages, stream=True)
    assert reply.text == answer
    assert [event.kind for event in events] == ["text"]

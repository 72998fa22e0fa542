"""Anthropic messages as literal bytes, in and out."""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.errors import ProviderError
from clawft.core.messages import Message, ModelCall, ToolCall, ToolSchema
from clawft.providers.anthropic import NO_USER_YET, AnthropicMessages

LS = ToolSchema("ls", "List.", {"type": "object", "properties": {}})

WHOLE = (
    b'{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"hm",'
    b'"signature":"s"},{"type":"text","text":"Hi \xe2\x82\xac"},{"type":"tool_use","id":"toolu_a","name":"ls",'
    b'"input":{"path":"x"}},{"type":"tool_use","id":"toolu_b","name":"pwd","input":{}}],"stop_reason":"tool_use",'
    b'"stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":2,"cache_read_input_tokens":4,'
    b'"output_tokens":7}}'
)
STREAM = (
    b"event: message_start\n"
    b'data: {"type":"message_start","message":{"id":"msg_1","content":[],"usage":{"input_tokens":5,'
    b'"cache_creation_input_tokens":2,"cache_read_input_tokens":4,"output_tokens":1}}}\n\n'
    b"event: content_block_start\n"
    b'data: {"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":""}}\n\n'
    b"event: content_block_delta\n"
    b'data: {"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}\n\n'
    b'event: content_block_stop\ndata: {"type":"content_block_stop","index":0}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":1,"content_block":{"type":"text",'
    b'"text":""}}\n\n'
    b'event: ping\ndata: {"type": "ping"}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta",'
    b'"text":"Hi "}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":{"type":"text_delta",'
    b'"text":"\xe2\x82\xac"}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":2,"content_block":{"type":"tool_use",'
    b'"id":"toolu_a","name":"ls","input":{}}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",'
    b'"partial_json":""}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",'
    b'"partial_json":"{\\"path\\":"}}\n\n'
    b'event: content_block_delta\ndata: {"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta",'
    b'"partial_json":"\\"x\\"}"}}\n\n'
    b'event: content_block_start\ndata: {"type":"content_block_start","index":3,"content_block":{"type":"tool_use",'
    b'"id":"toolu_b","name":"pwd","input":{}}}\n\n'
    b'event: from_the_future\ndata: {"type":"from_the_future","x":1}\n\n'
    b'event: message_delta\ndata: {"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},'
    b'"usage":{"output_tokens":7}}\n\n'
    b'event: message_stop\ndata: {"type":"message_stop"}\n\n'
)
EXPECTED = (
    "Hi \u20ac",
    [("toolu_a", "ls", '{"path":"x"}'), ("toolu_b", "pwd", "{}")],
    "tool_use",
    11,
    7,
    4,
    2,
)


def facts(reply: object) -> tuple[object, ...]:
    calls = [(call.id, call.name, call.arguments) for call in reply.tool_calls]
    usage = reply.usage
    counts = (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)
    return (reply.text, calls, reply.stop_reason) + counts


def streamed(*pieces: bytes) -> tuple[list[str], object]:
    reader = AnthropicMessages().reader()
    texts = []
    for piece in pieces:
        texts += reader.feed(piece)
    return texts, reader.finish()


def request_body(messages: list[Message], **extra: object) -> dict[str, object]:
    call = ModelCall("claude-3-opus", messages, **extra)
    return json_value(AnthropicMessages().build_request(call, "http://x/v1", "k", []).body.decode())


def test_a_whole_reply_is_read() -> None:
    assert facts(AnthropicMessages().parse_response(WHOLE)) == EXPECTED


def test_a_stream_says_the_same_as_a_whole_reply() -> None:
    texts, reply = streamed(STREAM)
    assert texts == ["Hi ", "\u20ac"]
    assert facts(reply) == EXPECTED


def test_a_stream_is_read_byte_by_byte() -> None:
    texts, reply = streamed(*[STREAM[at : at + 1] for at in range(len(STREAM))])
    assert texts == ["Hi ", "\u20ac"]
    assert facts(reply) == EXPECTED


def test_a_stream_cut_anywhere_is_an_error() -> None:
    for at in range(0, len(STREAM), 101):
        try:
            streamed(STREAM[:at])
        except ProviderError as error:
            assert error.retryable and error.kind == "network"
        else:
            assert False, at


def test_an_error_event_has_its_kind() -> None:
    for word, kind, may_retry in (
        ("overloaded_error", "overloaded", True),
        ("rate_limit_error", "rate_limited", True),
        ("api_error", "overloaded", True),
        ("authentication_error", "auth", False),
        ("from_the_future", "overloaded", True),
    ):
        event = (
            'event: error\ndata: {"type":"error","error":{"type":"' + word + '","message":"Overloaded"}}\n\n'
        )
        try:
            streamed(STREAM[: STREAM.index(b"\n\n") + 2], event.encode())
        except ProviderError as error:
            assert (error.kind, error.retryable) == (kind, may_retry), word
        else:
            assert False, word


def test_reasons_to_stop_are_translated() -> None:
    for said, meant in (
        ("end_turn", "end_turn"),
        ("max_tokens", "max_tokens"),
        ("stop_sequence", "stop_sequence"),
        ("refusal", "refusal"),
        ("pause_turn", "end_turn"),
        ("model_context_window_exceeded", "max_tokens"),
        ("what", "end_turn"),
    ):
        body = '{"content":[{"type":"text","text":"x"}],"stop_reason":"' + said + '"}'
        assert AnthropicMessages().parse_response(body.encode()).stop_reason == meant


def test_bodies_that_are_no_replies_are_errors() -> None:
    for body in (b"", b"<html>", b"[]", b"{}", b'{"content":null}', b"\xff"):
        try:
            AnthropicMessages().parse_response(body)
        except ProviderError as error:
            assert error.kind == "invalid_response" and error.retryable
        else:
            assert False, body


def test_a_conversation_is_sent_as_the_api_wants_it() -> None:
    body = request_body(
        [
            Message("system", "Be brief."),
            Message("user", "list"),
            Message(
                "assistant",
                "",
                tool_calls=(ToolCall("a.1", "ls", '{"x": 1}'), ToolCall("b", "ls", "{broken")),
            ),
            Message("tool", "one", tool_call_id="a.1"),
            Message("tool", "two", tool_call_id="b", is_error=True),
            Message("user", "go on"),
        ],
        tools=(LS,),
        max_tokens=100,
        temperature=1.5,
        stream=True,
    )
    kept = {"type": "ephemeral"}
    assert body == {
        "model": "claude-3-opus",
        "max_tokens": 100,
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "list"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "tool_use", "id": "a_1", "name": "ls", "input": {"x": 1}},
                    {"type": "tool_use", "id": "b", "name": "ls", "input": {"invalid_arguments": "{broken"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "a_1", "content": "one"},
                    {"type": "tool_result", "tool_use_id": "b", "content": "two", "is_error": True},
                    {"type": "text", "text": "go on"},
                ],
            },
        ],
        "system": [{"type": "text", "text": "Be brief.", "cache_control": kept}],
        "tools": [
            {
                "name": "ls",
                "description": "List.",
                "input_schema": {"type": "object", "properties": {}},
                "cache_control": kept,
            }
        ],
        "temperature": 1.0,
        "stream": True,
    }


def test_neighbours_of_one_role_become_one_message_and_empty_ones_none() -> None:
    body = request_body(
        [
            Message("assistant", "I was cut off"),
            Message("user", "a"),
            Message("user", "  "),
            Message("user", "b"),
            Message("assistant", ""),
            Message("user", "c"),
        ]
    )
    texts = [(one["role"], [block["text"] for block in one["content"]]) for one in body["messages"]]
    assert texts == [("user", [NO_USER_YET]), ("assistant", ["I was cut off"]), ("user", ["a", "b", "c"])]
    assert "system" not in body and "tools" not in body and "temperature" not in body


def test_ids_that_come_again_are_made_unique_with_their_results() -> None:
    messages = [Message("user", "x")]
    for answer in ("one", "two"):
        messages.append(Message("assistant", "", tool_calls=(ToolCall("call_1", "ls", "{}"),)))
        messages.append(Message("tool", answer, tool_call_id="call_1"))
    told = request_body(messages)["messages"]
    assert [one["content"][0].get("id") or one["content"][0].get("tool_use_id") for one in told[1:]] == [
        "call_1",
        "call_1",
        "call_1_2",
        "call_1_2",
    ]


def test_headers_hold_version_and_key_and_the_users_own_win() -> None:
    call = ModelCall("m", [Message("user", "x")])
    request = AnthropicMessages().build_request(
        call, "http://x/v1/", "k", [("Anthropic-Version", "2099-01-01")]
    )
    assert request.url == "http://x/v1/messages"
    assert ("x-api-key", "k") in request.headers
    assert [value for name, value in request.headers if name.lower() == "anthropic-version"] == ["2099-01-01"]


def test_failures_have_their_kinds() -> None:
    for status, word, said, kind, may_retry in (
        (400, "invalid_request_error", "bad", "invalid_request", False),
        (
            400,
            "invalid_request_error",
            "prompt is too long: 250000 tokens > 200000 maximum",
            "context_too_long",
            False,
        ),
        (400, "invalid_request_error", "Your credit balance is too low", "auth", False),
        (401, "authentication_error", "invalid x-api-key", "auth", False),
        (403, "permission_error", "no", "auth", False),
        (404, "not_found_error", "model: claude-x", "model_not_found", False),
        (404, "not_found_error", "Not Found", "invalid_request", False),
        (413, "request_too_large", "big", "context_too_long", False),
        (429, "rate_limit_error", "slow", "rate_limited", True),
        (500, "api_error", "oh", "overloaded", True),
        (529, "overloaded_error", "Overloaded", "overloaded", True),
    ):
        body = '{"type":"error","error":{"type":"' + word + '","message":"' + said + '"}}'
        error = AnthropicMessages("custom").parse_error(status, [("retry-after", "3")], body.encode(), 0.0)
        assert (error.kind, error.retryable, error.retry_after_s) == (kind, may_retry, 3.0), (
            word,
            error.message,
        )


def test_newer_models_are_not_sent_a_temperature_and_fewer_tokens_are_learnt() -> None:
    wire = AnthropicMessages(temperature_models=("claude-3",))
    call = ModelCall("claude-opus-5", [Message("user", "x")], temperature=0.5)
    assert b"temperature" not in wire.build_request(call, "http://x", "k", []).body
    said = b"max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for claude-3-haiku"
    body = b'{"type":"error","error":{"type":"invalid_request_error","message":"' + said + b'"}}'
    assert wire.parse_error(400, [], body, 0.0).retryable
    assert json_value(wire.build_request(call, "http://x", "k", []).body.decode())["max_tokens"] == 4096

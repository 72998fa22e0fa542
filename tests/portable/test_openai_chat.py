"""OpenAI chat completions as literal bytes, in and out."""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.errors import ProviderError
from clawft.core.messages import Message, ModelCall, ToolCall, ToolSchema
from clawft.providers.openai_chat import OpenAiChat

NOW_S = 1790000000.0
LS = ToolSchema("ls", "List.", {"type": "object", "properties": {}})

WHOLE = (
    b'{"id":"chatcmpl-Ab1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{'
    b'"role":"assistant",'
    b'"content":"Hi \xe2\x82\xac","refusal":null,"tool_calls":[{"id":"call_a","type":"function","function":{'
    b'"name":"ls","arguments":"{\\"path\\":\\"x\\"}"}},{"id":"call_b","type":"function","function":{"name":"pwd","arguments":""}}]},'
    b'"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18,'
    b'"prompt_tokens_details":{"cached_tokens":4}}}'
)
STREAM = (
    b'data: {"id":"chatcmpl-Ab1","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"content":"Hi "}}]}\r\n\r\n'
    b": keep-alive\n\n"
    b'data: {"choices":[{"index":0,"delta":{"content":"\xe2\x82\xac"}}],"usage":null}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_a","type":"function",'
    b'"function":{"name":"ls","arguments":""}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\\"path\\""}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":1,"id":"call_b","type":"function",'
    b'"function":{"name":"pwd","arguments":""}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":":\\"x\\"}"}}]}}]}\n\n'
    b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}\n\n'
    b'data: {"choices":[],"usage":{"prompt_tokens":11,"completion_tokens":7,'
    b'"prompt_tokens_details":{"cached_tokens":4}}}\n\n'
    b"data: [DONE]\n\n"
)


def facts(reply: object) -> tuple[object, ...]:
    calls = [(call.id, call.name, call.arguments) for call in reply.tool_calls]
    usage = reply.usage
    return (
        reply.text,
        calls,
        reply.stop_reason,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
    )


EXPECTED = ("Hi \u20ac", [("call_a", "ls", '{"path":"x"}'), ("call_b", "pwd", "{}")], "tool_use", 11, 7, 4)


def streamed(*pieces: bytes) -> tuple[list[str], object]:
    reader = OpenAiChat("openai").reader()
    texts = []
    for piece in pieces:
        texts += reader.feed(piece)
    return texts, reader.finish()


def events(*bodies: str) -> bytes:
    return "".join(["data: " + body + "\n\n" for body in bodies]).encode()


def whole(message: str, finish: str = '"stop"') -> object:
    body = '{"choices":[{"message":' + message + ',"finish_reason":' + finish + "}]}"
    return OpenAiChat("openai").parse_response(body.encode())


def request_body(call: ModelCall, wire: OpenAiChat | None = None) -> dict[str, object]:
    request = (wire or OpenAiChat("openai")).build_request(call, "http://x/v1/", "sk-key", [])
    assert request.url == "http://x/v1/chat/completions"
    return json_value(request.body.decode())


def test_a_whole_reply_is_read() -> None:
    assert facts(OpenAiChat("openai").parse_response(WHOLE)) == EXPECTED


def test_a_stream_says_the_same_as_a_whole_reply() -> None:
    texts, reply = streamed(STREAM)
    assert texts == ["Hi ", "\u20ac"]
    assert facts(reply) == EXPECTED


def test_a_stream_is_read_byte_by_byte() -> None:
    texts, reply = streamed(*[STREAM[at : at + 1] for at in range(len(STREAM))])
    assert texts == ["Hi ", "\u20ac"]
    assert facts(reply) == EXPECTED


def test_a_stream_cut_before_its_reason_is_an_error_and_one_cut_after_it_is_whole() -> None:
    end = STREAM.index(b'"finish_reason":"tool_calls"}]}\n\n') + len(b'"finish_reason":"tool_calls"}]}\n\n')
    for at in range(0, end, 101):
        try:
            streamed(STREAM[:at])
        except ProviderError as error:
            assert error.retryable and error.kind == "network"
        else:
            assert False, at
    _, reply = streamed(STREAM[:end])
    assert facts(reply)[:3] == EXPECTED[:3]
    assert reply.usage.input_tokens == 0


def test_null_content_parts_and_what_is_missing_are_tolerated() -> None:
    calls = '"tool_calls":[{"function":{"name":"ls","arguments":"{}"}}]'
    assert whole('{"content":null,' + calls + "}").text == ""
    assert whole("{" + calls + "}").tool_calls[0].id == "call_1"
    assert whole('{"content":null}').text == ""
    parts = '[{"type":"thinking","thinking":[{"type":"text","text":"no"}]},{"type":"text","text":"a"},{"text":"b"},"c"]'
    assert whole('{"content":' + parts + ',"reasoning_content":"hm"}').text == "abc"
    assert whole('{"content":"x","tool_calls":null}', "null").stop_reason == "end_turn"


def test_reasons_to_stop_are_translated() -> None:
    for said, meant in (
        ('"stop"', "end_turn"),
        ('"length"', "max_tokens"),
        ('"content_filter"', "refusal"),
        ('"what"', "end_turn"),
        ('"tool_calls"', "end_turn"),
    ):
        assert whole('{"content":"x"}', said).stop_reason == meant, said
    calls = '"tool_calls":[{"id":"a","function":{"name":"ls","arguments":"{"}}]'
    assert whole("{" + calls + "}", '"length"').stop_reason == "max_tokens"
    assert whole("{" + calls + "}", '"stop"').stop_reason == "tool_use"
    assert facts(whole('{"content":null,"refusal":"I will not."}'))[:3] == ("I will not.", [], "refusal")


def test_whole_calls_without_an_index_and_many_under_one_index_are_told_apart() -> None:
    whole_calls = (
        '{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"ls","arguments":{"x":1}}},'
        '{"id":"b","function":{"name":"ls","arguments":"{}"}}]},"finish_reason":"stop"}]}'
    )
    first = (
        '{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"a","function":'
        '{"name":"ls","arguments":"{\\"x\\":1}"}}]}}]}'
    )
    second = (
        '{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"b","function":{"name":"ls","arguments":"{}"}}]},'
        '"finish_reason":"stop"}]}'
    )
    gemini = [first, second]
    for bodies in ([whole_calls], gemini):
        _, reply = streamed(events(*bodies))
        assert [(c.id, c.name, c.arguments) for c in reply.tool_calls] == [
            ("a", "ls", '{"x":1}'),
            ("b", "ls", "{}"),
        ]


def test_pieces_without_index_or_id_belong_to_the_last_call() -> None:
    _, reply = streamed(
        events(
            '{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"ls","arguments":"{\\"x\\""}}]}}]}',
            '{"choices":[{"delta":{"tool_calls":[{"function":{"arguments":":1}"}}]}}]}',
            '{"choices":[{"delta":null,"finish_reason":"tool_calls"}]}',
        )
    )
    assert [(c.id, c.arguments) for c in reply.tool_calls] == [("a", '{"x":1}')]


def test_ids_that_are_missing_or_double_are_made_unique() -> None:
    one = '{"id":"","function":{"name":"ls","arguments":"{}"}}'
    two = '{"id":"a","function":{"name":"ls","arguments":"{}"}}'
    reply = whole('{"tool_calls":[' + one + "," + two + "," + two + "]}")
    ids = [call.id for call in reply.tool_calls]
    assert ids == ["call_1", "a", "call_3"]


def test_bodies_that_are_no_replies_are_errors() -> None:
    for body in (
        b"",
        b"<html>",
        b"[]",
        b'"x"',
        b"{}",
        b'{"choices":[]}',
        b"\xff",
        b'{"choices":[{"message":',
    ):
        try:
            OpenAiChat("openai").parse_response(body)
        except ProviderError as error:
            assert error.kind == "invalid_response" and error.retryable, body
        else:
            assert False, body


def test_an_error_in_a_successful_body_or_stream_is_an_error() -> None:
    body = b'{"error":{"message":"Provider returned error","code":429}}'
    for read in (OpenAiChat("openai").parse_response, lambda data: streamed(b"data: " + data + b"\n\n")):
        try:
            read(body)
        except ProviderError as error:
            assert error.kind == "rate_limited" and error.retryable
        else:
            assert False


def test_a_conversation_is_sent_as_the_api_wants_it() -> None:
    call = ModelCall(
        "m",
        [
            Message("system", "Be brief."),
            Message("user", "list"),
            Message(
                "assistant", "", tool_calls=(ToolCall("a", "ls", '{"x": 1}'), ToolCall("b", "ls", "{broken"))
            ),
            Message("tool", "one", tool_call_id="a", name="ls"),
            Message("tool", "two", tool_call_id="b", name="ls", is_error=True),
        ],
        tools=(LS,),
        max_tokens=100,
        temperature=0.5,
        stream=True,
    )
    assert request_body(call) == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "list"},
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {"id": "a", "type": "function", "function": {"name": "ls", "arguments": '{"x":1}'}},
                    {
                        "id": "b",
                        "type": "function",
                        "function": {"name": "ls", "arguments": '{"invalid_arguments":"{broken"}'},
                    },
                ],
            },
            {"role": "tool", "tool_call_id": "a", "content": "one"},
            {"role": "tool", "tool_call_id": "b", "content": "two"},
        ],
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "ls",
                    "description": "List.",
                    "parameters": {"type": "object", "properties": {}},
                },
            }
        ],
        "max_tokens": 100,
        "temperature": 0.5,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_the_reply_limit_and_temperature_go_by_the_model() -> None:
    wire = OpenAiChat("openai", token_field="max_completion_tokens", temperature_models=("gpt-4",))
    old = request_body(ModelCall("gpt-4.1", [Message("user", "x")], temperature=0.5), wire)
    new = request_body(ModelCall("o3", [Message("user", "x")], temperature=0.5), wire)
    assert old["temperature"] == 0.5 and old["max_completion_tokens"] == 8192 and "max_tokens" not in old
    assert "temperature" not in new and new["max_completion_tokens"] == 8192
    assert "tools" not in new and "stream" not in new


def test_a_request_is_one_object_and_each_call_has_its_own_tools() -> None:
    wire = OpenAiChat("openai")
    pwd = ToolSchema("pwd", "Where.", {"type": "object"})
    for tools in ((LS,), (LS,), (), (LS, pwd), (pwd,)):
        expected: dict[str, object] = {"model": "m", "messages": [{"role": "user", "content": "x"}]}
        if tools:
            expected["tools"] = [
                {
                    "type": "function",
                    "function": {
                        "name": tool.name,
                        "description": tool.description,
                        "parameters": tool.parameters,
                    },
                }
                for tool in tools
            ]
        expected["max_tokens"] = 8192
        assert request_body(ModelCall("m", [Message("user", "x")], tools=tools), wire) == expected


def test_headers_hold_the_key_and_the_users_own_win() -> None:
    call = ModelCall("m", [Message("user", "x")])
    request = OpenAiChat("openai").build_request(
        call, "http://x/v1", "k", [("authorization", "Basic z"), ("X-A", "1")]
    )
    assert request.headers == [
        ("Content-Type", "application/json"),
        ("Accept", "application/json"),
        ("authorization", "Basic z"),
        ("X-A", "1"),
    ]
    assert ("Authorization", "Bearer k") in OpenAiChat("o").build_request(call, "http://x", "k", []).headers
    names = [name for name, _ in OpenAiChat("ollama").build_request(call, "http://x", "", []).headers]
    assert "Authorization" not in names


def error_of(
    status: int, body: str, headers: list[tuple[str, str]] | None = None, provider: str = "custom"
) -> ProviderError:
    wire = OpenAiChat(provider)
    wire.build_request(ModelCall("gpt-5.5-min", [Message("user", "x")]), "http://x", "secret-key-1", [])
    return wire.parse_error(status, headers or [], body.encode(), NOW_S)


def test_failures_have_their_kinds() -> None:
    for status, body, kind, may_retry in (
        (400, '{"error":{"message":"bad","type":"invalid_request_error"}}', "invalid_request", False),
        (401, '{"error":{"message":"no key","code":"invalid_api_key"}}', "auth", False),
        (402, "", "auth", False),
        (403, "", "auth", False),
        (404, '{"error":{"message":"gone","code":"model_not_found"}}', "model_not_found", False),
        (
            404,
            '{"error":{"message":"model \'x\' not found, try pulling it first","type":"api_error"}}',
            "model_not_found",
            False,
        ),
        (400, '{"error":{"message":"x is not a valid model ID","code":400}}', "model_not_found", False),
        (404, "<html>404 page not found</html>", "invalid_request", False),
        (400, '{"error":{"message":"too long","code":"context_length_exceeded"}}', "context_too_long", False),
        (
            400,
            '{"error":{"message":"the request exceeds the available context size"}}',
            "context_too_long",
            False,
        ),
        (408, "", "timeout", True),
        (409, "", "overloaded", True),
        (413, "", "context_too_long", False),
        (422, "", "invalid_request", False),
        (429, '{"error":{"message":"slow","type":"rate_limit_error"}}', "rate_limited", True),
        (429, '{"error":{"message":"pay","code":"insufficient_quota"}}', "auth", False),
        (500, "", "overloaded", True),
        (502, "<html>", "overloaded", True),
        (503, "", "overloaded", True),
        (504, "", "timeout", True),
        (529, "", "overloaded", True),
        (418, "", "invalid_request", False),
        (599, "", "overloaded", True),
    ):
        error = error_of(status, body)
        assert (error.kind, error.retryable, error.status) == (kind, may_retry, status), (
            status,
            body,
            error.message,
        )


def test_an_unknown_model_lists_near_ones() -> None:
    message = error_of(
        404, '{"error":{"message":"no such model","code":"model_not_found"}}', None, "openai"
    ).message
    assert "did you mean" in message and "gpt-5" in message


def test_the_key_never_shows_however_it_comes_back() -> None:
    for said in (
        "secret-key-1",
        "Bearer secret-key-1!",
        "sk-proj-abcdefgh",
        "x" * 30 + "1",
        "AIzaSyA1234567890",
    ):
        for body in (
            '{"error":{"message":"Incorrect API key provided: ' + said + '"}}',
            "<p>" + said + "</p>",
        ):
            message = error_of(401, body).message
            assert said.replace("Bearer ", "").replace("!", "") not in message, message
            assert "[redacted]" in message
    try:
        wire = OpenAiChat("openai")
        wire.build_request(ModelCall("m", [Message("user", "x")]), "http://x", "secret-key-1", [])
        wire.parse_response(b"no json but secret-key-1")
    except ProviderError as error:
        assert "secret-key-1" not in error.message
    assert (
        "claude-sonnet-4-5-20250514"
        in error_of(400, '{"error":{"message":"try claude-sonnet-4-5-20250514"}}').message
    )


def test_messages_are_one_line_of_bounded_length_without_control_characters() -> None:
    message = error_of(400, '{"error":{"message":"a\\n\\u001b[31mb' + " word" * 1000 + '"}}').message
    assert "\n" not in message and "\x1b" not in message and len(message) < 700


def test_a_refused_parameter_is_left_out_next_time() -> None:
    call = ModelCall("m", [Message("user", "x")], temperature=0.5, max_tokens=8192, stream=True)
    for said, gone in (
        ("Unsupported value: 'temperature' does not support 0.5 with this model.", "temperature"),
        (
            "Unsupported parameter: 'max_tokens' is not supported. Use 'max_completion_tokens' instead.",
            "max_tokens",
        ),
        ("unknown field stream_options", "stream_options"),
    ):
        wire = OpenAiChat("custom")
        assert gone in request_body(call, wire)
        body = ('{"error":{"message":"' + said + '"}}').encode()
        error = wire.parse_error(400, [], body, NOW_S)
        assert error.retryable and error.retry_after_s == 0.0
        assert gone not in request_body(call, wire)
        assert not wire.parse_error(400, [], body, NOW_S).retryable, "the same refusal twice is final"
    wire = OpenAiChat("custom")
    body = b'{"error":{"message":"max_tokens is too large: 8192. This model supports at most 4096 completion tokens"}}'
    assert wire.parse_error(400, [], body, NOW_S).retryable
    assert request_body(call, wire)["max_tokens"] == 4096


def test_waits_are_read_from_headers_and_bodies() -> None:
    slow = '{"error":{"message":"slow"}}'
    for headers, body, expected in (
        ([("retry-after", "2")], slow, 2.0),
        ([("Retry-After", "1.5")], slow, 1.5),
        ([("retry-after", "-3")], slow, 0.0),
        ([("retry-after", "soon")], slow, None),
        ([("retry-after", "nan")], slow, None),
        ([("retry-after", "inf")], slow, None),
        ([("retry-after-ms", "250"), ("retry-after", "9")], slow, 0.25),
        ([("retry-after", "Mon, 21 Sep 2026 14:13:30 GMT")], slow, 10.0),
        (
            [("retry-after", "Mon, 21 Sep 2026 14:13:30 GMT"), ("date", "Mon, 21 Sep 2026 14:13:00 GMT")],
            slow,
            30.0,
        ),
        ([("retry-after", "Monday, 21-Sep-26 14:13:30 GMT")], slow, 10.0),
        ([("retry-after", "Mon Sep 21 14:13:30 2026")], slow, 10.0),
        ([("retry-after", "Mon, 21 Sep 2026 14:13:00 GMT")], slow, 0.0),
        ([("x-ratelimit-reset-requests", "1s"), ("x-ratelimit-reset-tokens", "6m0s")], slow, 360.0),
        (
            [
                ("x-ratelimit-reset-requests", "20ms"),
                ("x-ratelimit-remaining-requests", "0"),
                ("x-ratelimit-reset-tokens", "6m0s"),
                ("x-ratelimit-remaining-tokens", "100"),
            ],
            slow,
            0.02,
        ),
        ([("x-ratelimit-reset", "1790000005000")], slow, 5.0),
        ([], '{"error":{"message":"slow","retry_after_ms":1500}}', 1.5),
        ([], '{"error":{"message":"slow","details":[{"@type":"x","retryDelay":"34s"}]}}', 34.0),
        ([], slow, None),
    ):
        found = error_of(429, body, headers).retry_after_s
        assert found == expected or (
            found is not None and expected is not None and abs(found - expected) < 1e-6
        ), (
            headers,
            found,
        )
    assert error_of(400, slow, [("x-ratelimit-reset-tokens", "5s")]).retry_after_s is None
    assert not error_of(500, slow, [("x-should-retry", "false")]).retryable


def test_openrouter_tells_its_cost() -> None:
    body = b'{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":1,"completion_tokens":1,"cost":0.25}}'
    assert OpenAiChat("openrouter", has_cost=True).parse_response(body).usage.cost_usd == 0.25
    assert OpenAiChat("openai").parse_response(body).usage.cost_usd is None

"""One attempt over scripted HTTP, then retries and failover, all on a clock that nobody waits for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.compat import json_value
from clawft.core.errors import ProviderError, TransportError
from clawft.core.interfaces import Model, Timeouts
from clawft.core.messages import Message, ModelCall, Reply, TurnEvent
from clawft.pipeline.transport import HttpModel, complete_with_failover, wait_before_retry_s
from clawft.providers.openai_chat import OpenAiChat

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

JSON = [("content-type", "application/json")]
SSE = [("Content-Type", "text/event-stream")]
WHOLE = b'{"choices":[{"message":{"content":"Hi"}}],"usage":{"prompt_tokens":3,"completion_tokens":1}}'
HALF = b'data: {"choices":[{"delta":{"content":"Hi"}}]}\n\n'
REST = b'data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'


def call(stream: bool = False) -> ModelCall:
    return ModelCall("ignored", [Message("user", "x")], stream=stream)


def model(runtime: FakeRuntime, name: str = "m", **extra: object) -> HttpModel:
    return HttpModel(
        runtime,
        OpenAiChat("p"),
        provider="p",
        model=name,
        base_url="http://h/v1",
        api_key="topsecret",
        **extra,
    )


class Heard:
    def __init__(self) -> None:
        self.events: list[TurnEvent] = []

    def __call__(self, event: TurnEvent) -> None:
        self.events.append(event)

    def texts(self, kind: str) -> list[str]:
        return [event.text for event in self.events if event.kind == kind]


async def failure(work: object) -> ProviderError:
    try:
        await work
    except ProviderError as error:
        return error
    assert False, "it did not fail"


async def test_a_reply_names_its_model_and_its_cost(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, JSON, [WHOLE[:10], WHOLE[10:]])]
    heard = Heard()
    reply = await model(runtime, cost=lambda provider, name, usage: usage.input_tokens * 0.5).complete(
        call(), heard
    )
    assert (reply.text, reply.provider, reply.model, reply.usage.cost_usd) == ("Hi", "p", "m", 1.5)
    assert heard.events == []
    assert json_value(runtime.requests[0].body.decode())["model"] == "m"
    assert runtime.responses[0].is_closed


async def test_a_stream_is_shown_as_it_comes(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, SSE, [HALF + HALF, REST])]
    heard = Heard()
    reply = await model(runtime).complete(call(stream=True), heard)
    assert heard.texts("text") == ["Hi", "Hi"]
    assert reply.text == "HiHi"
    assert reply.usage.cost_usd is None


async def test_a_provider_that_does_not_stream_is_shown_whole(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, JSON, [WHOLE])]
    heard = Heard()
    await model(runtime).complete(call(stream=True), heard)
    assert heard.texts("text") == ["Hi"]


async def test_a_stream_that_is_complete_survives_a_dropped_connection(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, SSE, [HALF, REST, TransportError("body", "reset", sent=True)])]
    assert (await model(runtime).complete(call(stream=True), Heard())).text == "Hi"


async def test_timeouts_are_handed_on(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, JSON, [WHOLE])]
    timeouts = Timeouts(total_s=5.0)
    await model(runtime, timeouts=timeouts).complete(call(), Heard())
    assert runtime.requests[0].timeouts is timeouts


async def test_transport_failures_have_their_kinds_and_never_the_key(runtime: FakeRuntime) -> None:
    for phase, kind, may_retry in (
        ("resolve", "network", True),
        ("connect", "network", True),
        ("tls", "network", False),
        ("send", "network", True),
        ("first_byte", "timeout", True),
        ("body", "network", True),
        ("total", "timeout", False),
    ):
        runtime.replies = [TransportError(phase, "http://h/?key=topsecret failed")]
        error = await failure(model(runtime).complete(call(), Heard()))
        assert (error.kind, error.retryable) == (kind, may_retry), phase
        assert "topsecret" not in error.message


async def test_every_phase_is_in_the_table() -> None:
    from clawft.pipeline.transport import PHASES

    assert sorted(PHASES) == sorted(TransportError.PHASES)


async def test_redirects_are_refused_and_shown_without_their_query(runtime: FakeRuntime) -> None:
    runtime.replies = [(302, [("location", "https://u:p@evil.example/x?topsecret")], [])]
    error = await failure(model(runtime).complete(call(), Heard()))
    assert error.kind == "invalid_request" and not error.retryable
    assert "https://evil.example" in error.message and "topsecret" not in error.message
    assert "providers.p.api_base" in error.message
    assert len(runtime.requests) == 1


async def test_a_reply_over_the_limit_is_dropped(runtime: FakeRuntime) -> None:
    for headers in (JSON, SSE):
        runtime.replies = [(200, headers, [b"x" * 60, b"x" * 60, b"x" * 60])]
        error = await failure(model(runtime, limit_bytes=100).complete(call(stream=True), Heard()))
        assert error.kind == "invalid_response" and not error.retryable
        assert runtime.responses[-1].is_closed


async def test_a_refusal_whose_body_breaks_off_keeps_its_status(runtime: FakeRuntime) -> None:
    runtime.replies = [(503, [], [b"half", TransportError("body", "reset", sent=True)])]
    error = await failure(model(runtime).complete(call(), Heard()))
    assert (error.kind, error.status) == ("overloaded", 503)


async def complete(runtime: FakeRuntime, models: list[Model], heard: Heard, attempts: int = 3) -> Reply:
    return await complete_with_failover(
        models, call(stream=True), heard, runtime.clock, runtime.random_bytes, max_attempts=attempts
    )


async def test_a_retryable_failure_is_tried_again_after_a_jittered_wait(runtime: FakeRuntime) -> None:
    runtime.replies = [(500, [], []), TransportError("connect", "refused"), (200, SSE, [HALF, REST])]
    heard = Heard()
    assert (await complete(runtime, [model(runtime)], heard)).text == "Hi"
    first_s, second_s = runtime.clock.sleeps
    assert 0 <= first_s <= 0.5 and 0 <= second_s <= 1.0
    notices = heard.texts("notice")
    assert len(notices) == 2 and "p/m" in notices[0] and "(2 of 3)" in notices[0]


async def test_retry_after_is_honoured(runtime: FakeRuntime) -> None:
    runtime.replies = [(429, [("retry-after", "7")], []), (200, SSE, [HALF, REST])]
    await complete(runtime, [model(runtime)], Heard())
    assert 7.0 <= runtime.clock.sleeps[0] <= 7.7


async def test_a_provider_that_asks_for_too_long_a_wait_is_passed_over(runtime: FakeRuntime) -> None:
    runtime.replies = [(429, [("retry-after", "61")], []), (200, SSE, [HALF, REST])]
    heard = Heard()
    reply = await complete(runtime, [model(runtime, "a"), model(runtime, "b")], heard)
    assert reply.model == "b"
    assert runtime.clock.sleeps == []
    assert "asking p/b instead" in heard.texts("notice")[0]


async def test_what_is_not_retryable_is_not_retried_but_another_model_is_asked(runtime: FakeRuntime) -> None:
    for status in (401, 403, 404):
        runtime.requests.clear()
        body = [b'{"error":{"message":"model gone","code":"model_not_found"}}'] if status == 404 else []
        runtime.replies = [(status, [], body), (200, SSE, [HALF, REST])]
        reply = await complete(runtime, [model(runtime, "a"), model(runtime, "b")], Heard())
        assert reply.model == "b"
        assert len(runtime.requests) == 2


async def test_an_invalid_request_is_not_taken_to_another_model(runtime: FakeRuntime) -> None:
    runtime.replies = [(400, [], [b'{"error":{"message":"bad tool"}}'])]
    error = await failure(complete(runtime, [model(runtime, "a"), model(runtime, "b")], Heard()))
    assert error.kind == "invalid_request" and "p/a" in error.message and "p/b" not in error.message
    assert len(runtime.requests) == 1


async def test_a_half_shown_answer_is_not_asked_for_again(runtime: FakeRuntime) -> None:
    for broken in ([HALF], [HALF, TransportError("body", "reset", sent=True)], [HALF, b"data: {\n\n"]):
        runtime.requests.clear()
        runtime.replies = [(200, SSE, broken)]
        heard = Heard()
        error = await failure(complete(runtime, [model(runtime, "a"), model(runtime, "b")], heard))
        assert not error.retryable and "part of the answer had been shown" in error.message
        assert len(runtime.requests) == 1
        assert heard.texts("text") == ["Hi"]


async def test_a_stream_cut_before_anything_was_shown_is_tried_again(runtime: FakeRuntime) -> None:
    runtime.replies = [(200, SSE, [b": keep-alive\n\n"]), (200, SSE, [HALF, REST])]
    heard = Heard()
    await complete(runtime, [model(runtime)], heard)
    assert heard.texts("text") == ["Hi"]


async def test_the_last_error_names_every_model_and_why(runtime: FakeRuntime) -> None:
    runtime.replies = [(401, [], []), (500, [], []), (500, [], [])]
    error = await failure(complete(runtime, [model(runtime, "a"), model(runtime, "b")], Heard(), attempts=2))
    assert "p/a" in error.message and "p/b" in error.message
    assert "HTTP 401" in error.message and "HTTP 500" in error.message
    assert error.kind == "overloaded" and error.retryable


async def test_one_model_alone_keeps_its_error(runtime: FakeRuntime) -> None:
    runtime.replies = [(401, [], [])]
    error = await failure(complete(runtime, [model(runtime)], Heard()))
    assert error.kind == "auth" and error.status == 401 and error.message.startswith("p/m: ")


async def test_no_model_at_all_is_an_error(runtime: FakeRuntime) -> None:
    assert (await failure(complete(runtime, [], Heard()))).kind == "invalid_request"


async def test_a_refused_parameter_costs_one_attempt_and_no_wait(runtime: FakeRuntime) -> None:
    said = b'{"error":{"message":"stream_options is not supported"}}'
    runtime.replies = [(400, [], [said]), (200, SSE, [HALF, REST])]
    await complete(runtime, [model(runtime)], Heard())
    assert runtime.clock.sleeps == [0.0]
    assert b"stream_options" in runtime.requests[0].body and b"stream_options" not in runtime.requests[1].body


def test_waits_double_up_to_a_bound_and_jitter_spans_all_of_it() -> None:
    error = ProviderError("overloaded", "x", retryable=True)
    most = [wait_before_retry_s(error, attempt, lambda count: b"\xff" * count) for attempt in range(1, 12)]
    assert [round(wait_s, 3) for wait_s in most[:4]] == [0.5, 1.0, 2.0, 4.0]
    assert max(most) < 30.0 + 1e-6 and most[-1] > 29.9
    assert wait_before_retry_s(error, 9, lambda count: b"\x00" * count) == 0.0
    assert wait_before_retry_s(ProviderError("auth", "x"), 1, lambda count: b"\x00" * count) is None

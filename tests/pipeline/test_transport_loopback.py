"""Models asked over real HTTP on loopback, in each wire format, streamed and not, whatever the server does to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from clawft.core.errors import ProviderError
from clawft.core.fakes import FakeClock
from clawft.core.interfaces import Timeouts
from clawft.core.messages import Message, ModelCall, Reply, ToolSchema, TurnEvent
from clawft.host.blocking import BlockingRuntime, run
from clawft.pipeline.transport import HttpModel, complete_with_failover
from clawft.providers.prices import cost_usd
from clawft.providers.wires import wire_for
from tests.fakes.model_server import ModelServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Ask = Callable[[ModelServer], "Asked"]

LS = ToolSchema("list_directory", "List.", {"type": "object", "properties": {"path": {"type": "string"}}})
KEY = "sk-loopback-key-1"

pytestmark = [
    pytest.mark.parametrize("wire", ["openai", "anthropic"]),
    pytest.mark.parametrize("stream", [False, True], ids=["whole", "streamed"]),
]


class Asked:
    """One model on one server, and what was shown."""

    def __init__(self, server: ModelServer, wire: str, stream: bool, folder: Path) -> None:
        self.runtime = BlockingRuntime({}, str(folder))
        self.stream = stream
        self.events: list[TurnEvent] = []
        self.model = HttpModel(
            self.runtime,
            wire_for("p", wire, None),
            provider="p",
            model="fake",
            base_url=server.base_url,
            api_key=KEY,
            timeouts=Timeouts(connect_s=5, first_byte_s=5, between_bytes_s=5, total_s=20),
            cost=cost_usd,
        )

    def ask(self, messages: list[Message]) -> Reply:
        call = ModelCall("", messages, tools=(LS,), stream=self.stream, temperature=0.5)
        reply: Reply = run(
            complete_with_failover(
                [self.model], call, self.events.append, FakeClock(), self.runtime.random_bytes, 2
            )
        )
        return reply

    @property
    def shown(self) -> str:
        return "".join(event.text for event in self.events if event.kind == "text")

    @property
    def notices(self) -> list[str]:
        return [event.text for event in self.events if event.kind == "notice"]


@pytest.fixture
def ask(wire: str, stream: bool, tmp_path: Path) -> Iterator[Ask]:
    made: list[Asked] = []

    def make(server: ModelServer) -> Asked:
        made.append(Asked(server, wire, stream, tmp_path))
        return made[-1]

    yield make
    for one in made:
        one.runtime.close()


def test_two_rounds_of_parallel_tool_calls(ask: Ask, stream: bool) -> None:
    calls = [{"name": "list_directory", "arguments": {"path": one}} for one in ("a", "b")]
    steps: list[dict[str, Any]] = [
        {"text": "Looking.", "tool_calls": calls},
        {"tool_calls": calls[:1], "expect": "in b"},
        {"text": "Done €.", "usage": {"input_tokens": 40, "output_tokens": 5, "cache_read_tokens": 10}},
    ]
    with ModelServer(steps) as server:
        asked = ask(server)
        messages = [Message("system", "Be brief."), Message("user", "list them")]
        for _ in range(2):
            reply = asked.ask(messages)
            assert reply.stop_reason == "tool_use"
            messages.append(Message("assistant", reply.text, tool_calls=reply.tool_calls))
            for call in reply.tool_calls:
                assert call.arguments in ('{"path":"a"}', '{"path":"b"}')
                messages.append(Message("tool", "in " + call.arguments[9], tool_call_id=call.id))
        reply = asked.ask(messages)
        assert (reply.text, reply.stop_reason, reply.tool_calls) == ("Done €.", "end_turn", ())
        usage = reply.usage
        assert (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens) == (40, 5, 10)
        assert usage.cost_usd is None
        assert asked.shown == ("Looking.Done €." if stream else "")
        assert [request.body.get("stream", False) for request in server.requests] == [stream] * 3


@pytest.mark.parametrize(
    "how",
    [
        {"split": 1},
        {"newline": "\r\n", "comments": True, "split": 3},
        {"newline": "\r", "split": 1},
        {"framing": "close"},
        {"framing": "chunked"},
        {"framing": "length"},
        {"huge_bytes": 3_000_000},
    ],
    ids=str,
)
def test_a_reply_is_the_same_however_it_comes(ask: Ask, stream: bool, how: dict[str, Any]) -> None:
    step = {
        "text": "one two €",
        "tool_calls": [{"name": "list_directory", "arguments": {"path": "ä"}}],
        **how,
    }
    with ModelServer([step]) as server:
        asked = ask(server)
        reply = asked.ask([Message("user", "x")])
        expected = "x" * 3_000_000 if "huge_bytes" in how else "one two €"
        assert reply.text == expected
        assert [(call.name, call.arguments) for call in reply.tool_calls] == [
            ("list_directory", '{"path":"ä"}')
        ]
        assert asked.shown == (expected if stream else "")


@pytest.mark.parametrize(
    "first",
    [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 429, "headers": {"Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"}},
        {"status": 500, "headers": {"retry-after-ms": "1"}},
        {"status": 503, "headers": {"Retry-After": "0"}},
        {"status": 529, "headers": {"Retry-After": "0"}},
    ],
    ids=str,
)
def test_a_passing_failure_is_tried_again(ask: Ask, first: dict[str, Any]) -> None:
    with ModelServer([first, {"text": "hello"}]) as server:
        asked = ask(server)
        assert asked.ask([Message("user", "x")]).text == "hello"
        assert len(asked.notices) == 1


@pytest.mark.parametrize("how", [{"cut": "before"}, {"cut": "head"}, {"garbage": True}], ids=str)
def test_an_answer_that_never_began_is_asked_for_again(ask: Ask, stream: bool, how: dict[str, Any]) -> None:
    with ModelServer([how, {"text": "hello"}]) as server:
        asked = ask(server)
        assert asked.ask([Message("user", "x")]).text == "hello"
        assert asked.shown == ("hello" if stream else "")
        assert len(asked.notices) >= 1 or server.connections == 2


def test_a_half_shown_answer_is_an_error_and_an_unseen_one_is_asked_for_again(
    ask: Ask, stream: bool, wire: str
) -> None:
    cut = 900 if wire == "anthropic" else 450  # after the first word
    with ModelServer([{"text": "one two three", "cut": cut if stream else 50}, {"text": "again"}]) as server:
        asked = ask(server)
        if not stream:
            assert asked.ask([Message("user", "x")]).text == "again"
            return
        with pytest.raises(ProviderError, match="part of the answer had been shown"):
            asked.ask([Message("user", "x")])
        assert asked.shown.startswith("one ")
        assert len(server.requests) == 1


def test_an_error_within_a_stream_is_an_error(ask: Ask, stream: bool, wire: str) -> None:
    if not stream:
        return
    word = "overloaded_error" if wire == "anthropic" else "server_error"
    with ModelServer([{"stream_error": word}, {"text": "hello"}]) as server:
        asked = ask(server)
        assert asked.ask([Message("user", "x")]).text == "hello"
        assert len(asked.notices) == 1


def test_a_wrong_key_is_an_auth_error_that_does_not_show_it(ask: Ask) -> None:
    with ModelServer(api_key="another") as server:
        asked = ask(server)
        with pytest.raises(ProviderError) as caught:
            asked.ask([Message("user", "x")])
        assert caught.value.kind == "auth"
        assert KEY not in caught.value.message
        assert "[redacted]" in caught.value.message
        assert len(server.requests) == 1


def test_a_redirect_is_refused(ask: Ask) -> None:
    with ModelServer([{"redirect": "http://127.0.0.1:9/elsewhere?x=1"}]) as server:
        asked = ask(server)
        with pytest.raises(ProviderError, match="redirects") as caught:
            asked.ask([Message("user", "x")])
        assert "elsewhere" not in caught.value.message


def test_a_server_that_falls_silent_is_a_timeout_not_a_hang(ask: Ask, stream: bool) -> None:
    with ModelServer([{"text": "x", "first_byte_delay_s": 3600}]) as server:
        asked = ask(server)
        asked.model._timeouts = Timeouts(connect_s=5, first_byte_s=0.05, between_bytes_s=0.05, total_s=5)
        call = ModelCall("", [Message("user", "x")], stream=stream)
        with pytest.raises(ProviderError) as caught:
            run(asked.model.complete(call, asked.events.append))
        assert caught.value.kind == "timeout"
        assert caught.value.retryable


def test_the_connection_is_kept_between_calls(ask: Ask) -> None:
    with ModelServer() as server:
        asked = ask(server)
        for text in ("one", "two", "three"):
            assert asked.ask([Message("user", text)]).text == text
        assert server.connections == 1

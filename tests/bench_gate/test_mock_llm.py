"""The mock model speaks both formats, streamed and whole, refuses what is no request, and counts what it serves."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import Any

import pytest

from bench import mock_llm
from bench.mock_llm import Refused, Replies, Settings, body_length, is_result, reply_text
from bench.mock_process import Counts, MockProcess, ServerFailed, sized_request

USER = {"role": "user", "content": "hi"}
SETTINGS = Settings(words=3, tool_calls=2)
TEXT = "Certainly, word-2 word-3"


def body(model: str = "mock", last: dict[str, Any] = USER, **more: Any) -> bytes:
    return json.dumps({"model": model, "messages": [USER, last], **more}).encode()


def answered(wire: str, asked: bytes) -> tuple[str, Any]:
    """Head and body of a whole response."""
    ((delay_s, data),) = Replies(SETTINGS).answer(wire, asked)
    assert delay_s == 0
    head, _, rest = data.partition(b"\r\n\r\n")
    return head.decode(), json.loads(rest)


def request(asked: bytes, path: str = "/v1/chat/completions") -> bytes:
    return f"POST {path} HTTP/1.1\r\nHost: x\r\ncontent-length: {len(asked)}\r\n\r\n".encode() + asked


def receive(link: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        data = link.recv(65536)
        assert data, received
        received += data
    return received


def test_an_openai_reply_is_the_text():
    head, reply = answered("openai", body())
    length = len(json.dumps(reply, separators=(",", ":")))
    assert head == f"HTTP/1.1 200 Mock\r\nContent-Type: application/json\r\nContent-Length: {length}"
    assert reply["choices"][0]["message"]["content"] == TEXT == reply_text(3)
    assert reply["choices"][0]["finish_reason"] == "stop"


def test_an_anthropic_reply_is_the_text():
    _, reply = answered("anthropic", body())
    assert reply["content"] == [{"type": "text", "text": TEXT}]
    assert reply["stop_reason"] == "end_turn"


def test_an_openai_stream_is_chunked_and_ends_with_done():
    ((_, data),) = Replies(SETTINGS).answer("openai", body(stream=True))
    start = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert data.startswith(start)
    assert b'"delta":{"content":"Certainly, "}' in data
    assert data.endswith(b"\r\ne\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


def test_an_anthropic_stream_ends_with_its_stop():
    ((_, data),) = Replies(SETTINGS).answer("anthropic", body(stream=True))
    assert b'"delta":{"type":"text_delta","text":"Certainly, "}' in data
    assert data.endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n\r\n0\r\n\r\n')


@pytest.mark.parametrize(
    ("wire", "result"),
    [
        (
            "openai",
            {"role": "tool", "tool_call_id": "call_0", "content": '{"content":"what is noted here\\n"}'},
        ),
        (
            "anthropic",
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_0", "content": "what is noted here\n"},
                    {"type": "text", "text": "and more"},
                ],
            },
        ),
    ],
)
def test_tools_are_called_until_their_results_are_there(wire, result):
    _, first = answered(wire, body("mock-tools"))
    assert json.dumps(first).count("note.txt") == 2
    _, second = answered(wire, body("mock-tools", result))
    assert TEXT in json.dumps(second)


@pytest.mark.parametrize(
    "last",
    [
        {"role": "tool", "content": '{"error":"denied by path.outside"}'},
        {"role": "user", "content": [{"type": "tool_result", "content": "no such file"}]},
    ],
)
def test_the_result_of_a_call_that_failed_is_refused(last):
    with pytest.raises(Refused, match=r"not what note\.txt holds"):
        is_result(last)


@pytest.mark.parametrize(
    "asked",
    [
        b"",
        b"{",
        b"[]",
        b'{"model":"mock"}',
        b'{"model":"mock","messages":[]}',
        b'{"model":"gpt-5","messages":[{"role":"user","content":"hi"}]}',
        b'{"model":["mock"],"messages":[{"role":"user","content":"hi"}]}',
        b'{"model":"mock-tools","messages":["hi"]}',
    ],
)
def test_what_is_no_request_is_refused(asked):
    with pytest.raises(Refused):
        Replies(SETTINGS).answer("openai", asked)


def test_a_pause_comes_after_the_first_word():
    first, rest = Replies(Settings(words=3, pause_s=7.0)).answer("openai", body("mock-pause", stream=True))
    assert (first[0], rest[0]) == (0, 7.0)
    assert first[1].endswith(b'{"content":"Certainly, "},"finish_reason":null}]}\n\n\r\n')
    assert b"word-2" in rest[1]


@pytest.mark.parametrize("is_streamed", [False, True])
def test_thinking_comes_before_the_first_byte(is_streamed):
    pieces = Replies(Settings(think_s=7.0)).answer("openai", body("mock-think", stream=is_streamed))
    assert [delay_s for delay_s, _ in pieces] == [7.0]


@pytest.mark.parametrize(
    ("head", "length"),
    [
        (b"POST / HTTP/1.1\r\nContent-Length: 12\r\nX: y", 12),
        (b"POST / HTTP/1.1\r\ncontent-length:3", 3),
        (b"GET /v1/counts HTTP/1.1\r\nHost: content-length: 5", 0),
    ],
)
def test_the_length_of_a_body_is_what_its_head_says(head, length):
    assert body_length(head) == length


class Written(asyncio.Transport):
    """Keeps what a connection writes."""

    def __init__(self) -> None:
        super().__init__()
        self.data = b""

    def write(self, data: Any) -> None:
        self.data += bytes(data)


def test_a_request_that_comes_byte_by_byte_is_answered_once():
    server, written = mock_llm.MockModel(SETTINGS), Written()
    connection = mock_llm._Connection(server)
    connection.connection_made(written)
    for byte in request(body()):
        assert written.data == b""
        connection.data_received(bytes([byte]))
    assert written.data.count(b"HTTP/1.1 200") == 1
    assert server.counts == {"requests": 1, "request_bytes": len(body()), "refused": 0, "connections": 1}


def test_it_answers_in_order_while_it_pauses():
    settings = Settings(words=3, pause_s=0.001, think_s=0.001)
    with MockProcess(settings) as server, socket.create_connection(("127.0.0.1", server.port), 30) as link:
        asked = [body("mock-think"), body("mock-pause", stream=True), body("mock", stream=True)]
        link.sendall(b"".join(request(one) for one in asked))
        received = b""
        while received.count(b"\r\n0\r\n\r\n") < 2:
            received += receive(link, b"\r\n0\r\n\r\n")
    parts = received.split(b"HTTP/1.1 200 ")[1:]
    assert [part.count(b"word-3") for part in parts] == [1, 1, 1]
    assert b"chat.completion.chunk" not in parts[0]
    assert b'"model":"mock-pause"' in parts[1]
    assert b'"model":"mock"' in parts[2]


def test_a_refusal_is_an_answer_and_is_counted():
    with MockProcess() as server, socket.create_connection(("127.0.0.1", server.port), 30) as link:
        link.sendall(request(b"{}"))
        refusal = receive(link, b"}}")
        link.sendall(request(body(), "/v1/completions"))
        unknown = receive(link, b"}}")
        counts = server.counts()
    assert refusal.startswith(b"HTTP/1.1 400 Mock\r\n")
    assert b'"type":"invalid_request_error"' in refusal
    assert unknown.startswith(b"HTTP/1.1 400 Mock\r\n")
    assert counts == Counts(requests=2, request_bytes=2 + len(body()), refused=2, connections=2)


def test_its_maximum_is_counted_and_its_time_is_its_own():
    with MockProcess() as server:
        started_s = server.cpu_s()
        assert server.maximum_per_s(requests=80, request_bytes=4000) > 0
        assert server.cpu_s() > started_s
        counts = server.counts()
    assert counts.requests == 81  # one more to learn how long the answer is
    assert counts.refused == 0
    assert abs(counts.request_bytes / counts.requests - 4000) < 800


def test_a_maximum_of_refusals_is_none():
    class Refusing(MockProcess):
        def counts(self) -> Counts:
            found = super().counts()
            return found._replace(refused=found.requests)

    with Refusing() as server, pytest.raises(ServerFailed, match="refused"):
        server.maximum_per_s(requests=8)


def test_a_server_that_cannot_start_says_so():
    with pytest.raises(ServerFailed, match="ended with"), MockProcess(Settings(words="many")):  # type: ignore[arg-type]
        pass


def test_a_sized_request_is_about_that_size():
    assert abs(len(sized_request(16_000)) - 16_000) < 1600

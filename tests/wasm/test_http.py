"""Chat through the host's HTTP against loopback servers: both wire formats, tools, TLS, and all that can fail."""

from __future__ import annotations

import json
import ssl
from typing import Any

import pytest

from tests.fakes.model_server import ModelServer
from tests.fakes.raw_server import REQUEST, RESET, ROOT_CERTIFICATE, SERVER_CERTIFICATE, STALL, RawServer
from tests.wasm.chat import TWO_ROUNDS, configure
from tests.wasm.conftest import Weft, built
from tests.wasm.module_host import HttpHost, ModuleHost

ANSWER = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
REPLY = b'{"choices": [{"message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}]}'


@pytest.fixture
def trusting(precompiled, folder):
    """`weft` whose host trusts the fakes' root certificate."""
    host = ModuleHost(built(), ssl.create_default_context(cafile=ROOT_CERTIFICATE))
    return Weft(host, folder)


def assert_two_rounds(weft, server, *, stream):
    done = weft("agent", "-m", "copy my notes", "--json")
    assert done.code == 0, done.err
    requests = list(server.requests)
    answer = json.loads(done.out)
    assert (answer["reply"], answer["error"]) == ("I copied your notes.", None)
    assert (answer["usage"]["input_tokens"], answer["usage"]["output_tokens"]) == (600, 60)
    assert (weft.home / ".clawft/workspace/out/copy.txt").read_text() == "milk and eggs"
    assert [bool(request.body.get("stream")) for request in requests] == [stream] * 3
    assert "milk and eggs" in json.dumps(requests[1].body), "what was read goes to the model"
    assert "secret-key" not in done.out + done.err
    assert weft.host.http.open_exchanges == 0


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_two_rounds_of_tools(weft, wire, stream):
    with ModelServer(TWO_ROUNDS, api_key="secret-key") as server:
        configure(weft.home, server, wire, stream=stream)
        assert_two_rounds(weft, server, stream=stream)


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_two_rounds_of_tools_by_tls(trusting, wire):
    with ModelServer(TWO_ROUNDS, api_key="secret-key", certificate=SERVER_CERTIFICATE) as server:
        configure(trusting.home, server, wire)
        assert_two_rounds(trusting, server, stream=True)


def test_a_certificate_that_the_host_does_not_trust_is_an_error_of_tls(weft):
    with ModelServer([{"text": "never"}], certificate=SERVER_CERTIFICATE) as server:
        configure(weft.home, server, "openai")
        done = weft("agent", "-m", "hello")
        assert not server.requests
    assert (done.code, done.out) == (1, "")
    assert "certificate verify failed" in done.err


@pytest.mark.parametrize("split", [1, 7])
def test_a_stream_is_whole_however_it_is_cut_into_pieces(weft, split):
    text = "Grüße, 世界 und 🌍. " * 20 + "."
    with ModelServer([{"text": text, "split": split}]) as server:
        configure(weft.home, server, "openai")
        done = weft("agent", "-m", "hello")
    assert (done.code, done.out) == (0, text + "\n"), done.err


def test_a_rate_limit_is_waited_out(weft):
    steps: list[dict[str, Any]] = [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 503},
        {"text": "there"},
    ]
    with ModelServer(steps) as server:
        configure(weft.home, server, "openai", max_attempts=3)
        done = weft("agent", "-m", "hello")
    assert (done.code, done.out) == (0, "there\n")


def failure(weft, url, *, stream=False, **requests):
    """What standard error says of a turn that fails."""
    configure(weft.home, url, "openai", stream=stream, **requests)
    done = weft("agent", "-m", "hello")
    assert (done.code, done.out) == (1, "")
    assert "mine/fake-large" in done.err
    assert "secret-key" not in done.err
    assert "Traceback" not in done.err
    assert weft.host.http.open_exchanges == 0
    return done.err


def test_a_refused_connection(weft):
    with RawServer([]) as server:
        url = server.url("/v1")
    assert "connection" in failure(weft, url).lower()


def test_a_name_that_nobody_has(weft):
    assert "name" in failure(weft, "http://nobody.invalid/v1").lower()


def test_a_server_that_is_silent(weft):
    with RawServer([[REQUEST, STALL]]) as server:
        assert "it did not begin to answer" in failure(weft, server.url("/v1"), first_byte_timeout_s=0.1)


def test_a_server_that_falls_silent(weft):
    with RawServer([[REQUEST, ANSWER + b"1000\r\n\r\n{", STALL]]) as server:
        said = failure(weft, server.url("/v1"), between_bytes_timeout_s=0.1)
    assert "timed out" in said


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
def test_an_answer_that_is_cut(weft, stream):
    with ModelServer([{"text": "some words that are cut", "cut": 40}]) as server:
        said = failure(weft, server.base_url, stream=stream)
    assert "IncompleteRead" in said or "cut" in said


def test_an_answer_that_is_reset(weft):
    with RawServer([[REQUEST, ANSWER + b"1000\r\n\r\n{", RESET]]) as server:
        assert "reset" in failure(weft, server.url("/v1"))


def test_an_answer_that_is_no_json(weft):
    with ModelServer([{"garbage": True}]) as server:
        assert "JSON" in failure(weft, server.base_url)


def test_a_key_that_is_refused_is_not_repeated(weft):
    with ModelServer([{"status": 401, "message": "bad key secret-key"}]) as server:
        assert "bad key" in failure(weft, server.base_url)


def test_a_redirect_is_not_followed(weft):
    with ModelServer([{"redirect": "http://127.0.0.1:1/"}]) as server:
        assert "302" in failure(weft, server.base_url)
        assert len(server.requests) == 1


class Nonsense(HttpHost):
    """A host that answers what it is told to: bytes, an exception's text as a failure, or a bare number."""

    def __init__(self, start, *pieces):
        super().__init__()
        self._start_with = start
        self._pieces = list(pieces)
        self.closed = []

    def _call(self, caller, exchange, pointer, size):
        if exchange >= 0 and size == 0:
            self.closed.append(exchange)
            return 0
        said = self._start_with if exchange < 0 else (self._pieces.pop(0) if self._pieces else b"")
        if isinstance(said, int):
            return said
        data = (said.encode() if isinstance(said, str) else said)[:size]
        caller["memory"].write(caller, data, pointer & 0xFFFFFFFF)
        return -len(data) if isinstance(said, str) else len(data)


@pytest.mark.parametrize(
    ("host", "said"),
    [
        (Nonsense("gremlins in the wires"), "in words that are not those of its interface"),
        (Nonsense("connect "), "in words that are not those of its interface"),
        (Nonsense("connect nobody there"), "nobody there"),
        (Nonsense("resolve no such name"), "no such name"),
        (Nonsense(-(1 << 31)), "in words that are not those of its interface"),
        (Nonsense(0, b"hello"), "before its head was whole"),
        (Nonsense(0), "before its head was whole"),
        (Nonsense(0, b"OK\n\n"), "does not begin with its status"),
        (Nonsense(0, b"99\n\n"), "does not begin with its status"),
        (Nonsense(0, b"200 OK\n\n"), "does not begin with its status"),
        (Nonsense(0, b"200\nno colon\n\n"), "a header without a colon"),
        (Nonsense(0, *[b"200\nx: " + b"y" * 16000] * 20), "longer than 256 KB"),
        (Nonsense(0, (1 << 31) - 1), "more than there was room for"),
        (Nonsense(0, b"200\n\n{", "body the cable was cut"), "the cable was cut"),
        (Nonsense(0, b"200\n\n{", "?"), "in words that are not those of its interface"),
        (Nonsense(0, b"200\ncontent-type: \xff\n\n" + REPLY[:-1]), "JSON"),
    ],
)
def test_a_host_that_answers_nonsense_is_an_error_that_says_so(cold, folder, host, said):
    weft = Weft(cold.with_http(host), folder)
    assert said in failure(weft, "http://127.0.0.1/v1")
    assert len(host.closed) == (0 if isinstance(host._start_with, str) or host._start_with < 0 else 1)


def test_a_head_in_pieces_of_a_byte_is_a_head(cold, folder):
    answer = b"200\nContent-Type:application/json\n\n" + REPLY
    host = Nonsense(5, *[answer[at : at + 1] for at in range(len(answer))])
    weft = Weft(cold.with_http(host), folder)
    configure(weft.home, "http://127.0.0.1/v1", "openai", stream=False)
    assert weft("agent", "-m", "hello").out == "whole\n"
    assert host.closed == [5]


def test_a_request_is_written_as_the_interface_says(cold, folder, monkeypatch):
    host = Nonsense(0, b"200\n\n" + REPLY)
    seen = []
    called = host._call

    def seeing(caller, exchange, pointer, size):
        if exchange < 0:
            seen.append(bytes(caller["memory"].read(caller, pointer, pointer + size)))
        return called(caller, exchange, pointer, size)

    monkeypatch.setattr(host, "_call", seeing)
    weft = Weft(cold.with_http(host), folder)
    configure(weft.home, "http://127.0.0.1:8080/v1", "openai", stream=False)
    assert weft("agent", "-m", "hello").code == 0
    head, _, body = seen[0].partition(b"\n\n")
    lines = head.split(b"\n")
    assert lines[:2] == [b"POST http://127.0.0.1:8080/v1/chat/completions", b"10000 120000 60000 600000"]
    assert b"authorization: Bearer secret-key" in [
        line.lower().replace(b"bearer", b"Bearer") for line in lines
    ]
    assert json.loads(body)["messages"][-1]["content"] == "hello"

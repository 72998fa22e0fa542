"""The fake model server judges and fails as it says it does."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from http.client import HTTPConnection
from typing import Any

import pytest

from tests.fakes.model_server import ModelServer

OPENAI = {"Authorization": "Bearer sk-test", "Content-Type": "application/json"}
ANTHROPIC = {"x-api-key": "sk-test", "anthropic-version": "2023-06-01", "Content-Type": "application/json"}
USER = {"role": "user", "content": "hi"}


def post(
    server: ModelServer, path: str, body: Any, headers: dict[str, str]
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("POST", path, json.dumps(body), headers)
    response = connection.getresponse()
    data = response.read()
    found = {name.lower(): value for name, value in response.getheaders()}
    connection.close()
    return response.status, found, data


def chat(server: ModelServer, messages: list[Any], **extra: Any) -> tuple[int, Any]:
    body = {"model": "fake", "messages": messages, **extra}
    status, _, data = post(server, "/v1/chat/completions", body, OPENAI)
    return status, json.loads(data)


def messages_api(server: ModelServer, messages: list[Any], **extra: Any) -> tuple[int, Any]:
    body = {"model": "fake", "max_tokens": 5, "messages": messages, **extra}
    status, _, data = post(server, "/v1/messages", body, ANTHROPIC)
    return status, json.loads(data)


def call(call_id: str) -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": "read_file", "arguments": "{}"}}


def test_it_echoes_without_a_script_on_both_apis() -> None:
    with ModelServer() as server:
        assert chat(server, [USER])[1]["choices"][0]["message"]["content"] == "hi"
        assert messages_api(server, [USER])[1]["content"] == [{"type": "text", "text": "hi"}]
        assert [request.path for request in server.requests] == ["/v1/chat/completions", "/v1/messages"]


def test_it_follows_its_script_and_then_echoes() -> None:
    with ModelServer([{"text": "one"}, {"tool_calls": [{"name": "ls", "arguments": {"a": 1}}]}]) as server:
        assert chat(server, [USER])[1]["choices"][0]["message"]["content"] == "one"
        message = chat(server, [USER])[1]["choices"][0]["message"]
        assert message["content"] is None
        assert message["tool_calls"][0]["function"] == {"name": "ls", "arguments": '{"a":1}'}
        assert chat(server, [USER])[1]["choices"][0]["message"]["content"] == "hi"


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "too short"),
        ([{"role": "user", "content": None}], "expected a string"),
        ([{"role": "assistant", "content": None}], "expected a string"),
        ([{"role": "tool", "tool_call_id": "a", "content": "x"}], "must be a response"),
        ([USER, {"role": "assistant", "content": None, "tool_calls": []}], "too short"),
        ([USER, {"role": "assistant", "content": None, "tool_calls": [call("a")]}], "did not have response"),
        (
            [USER, {"role": "assistant", "content": None, "tool_calls": [call("a")]}, USER],
            "did not have response",
        ),
    ],
)
def test_openai_refuses_a_wrong_sequence(messages: list[Any], said: str) -> None:
    with ModelServer() as server:
        status, body = chat(server, messages)
        assert status == 400
        assert said in body["error"]["message"]


def test_openai_accepts_answered_calls_in_order_and_refuses_them_out_of_order() -> None:
    asked = {"role": "assistant", "content": None, "tool_calls": [call("a"), call("b")]}
    results = [{"role": "tool", "tool_call_id": one, "content": one} for one in ("a", "b")]
    with ModelServer() as server:
        assert chat(server, [USER, asked, *results])[0] == 200
        assert chat(server, [USER, asked, *reversed(results)])[0] == 400


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"colour": 1}, "Unrecognized request argument"),
        ({"tools": []}, "too short"),
        ({"stream_options": {"include_usage": True}}, "only allowed when"),
        ({"model": "o3", "max_tokens": 5}, "max_completion_tokens"),
        ({"model": "gpt-5-mini", "temperature": 0.7}, "does not support 0.7"),
    ],
)
def test_openai_refuses_wrong_parameters(extra: dict[str, Any], said: str) -> None:
    with ModelServer() as server:
        status, body = chat(server, [USER], **extra)
        assert status == 400
        assert said in body["error"]["message"]


def use(call_id: str) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": "ls", "input": {}}


def result(call_id: str) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": call_id, "content": "x"}


@pytest.mark.parametrize(
    ("messages", "said"),
    [
        ([], "at least one"),
        ([{"role": "system", "content": "x"}], "top-level `system`"),
        ([USER, USER], "alternate"),
        ([{"role": "user", "content": ""}], "non-empty"),
        ([{"role": "user", "content": [result("a")]}], "unexpected `tool_use_id`"),
        ([USER, {"role": "assistant", "content": [use("a")]}, USER], "without `tool_result`"),
        (
            [
                USER,
                {"role": "assistant", "content": [use("a")]},
                {"role": "user", "content": [{"type": "text", "text": "first"}, result("a")]},
            ],
            "without `tool_result`",
        ),
    ],
)
def test_anthropic_refuses_a_wrong_sequence(messages: list[Any], said: str) -> None:
    with ModelServer() as server:
        status, body = messages_api(server, messages)
        assert (status, body["type"]) == (400, "error")
        assert said in body["error"]["message"]


def test_anthropic_accepts_answered_calls() -> None:
    with ModelServer() as server:
        asked = {"role": "assistant", "content": [use("a"), use("b")]}
        told = {"role": "user", "content": [result("a"), result("b"), {"type": "text", "text": "go on"}]}
        assert messages_api(server, [USER, asked, told])[0] == 200


def test_anthropic_needs_max_tokens_and_its_headers() -> None:
    with ModelServer() as server:
        body = {"model": "m", "messages": [USER]}
        assert b"max_tokens: Field required" in post(server, "/v1/messages", body, ANTHROPIC)[2]
        assert post(server, "/v1/messages", body, OPENAI)[0] == 400
        without_key = {name: value for name, value in ANTHROPIC.items() if name != "x-api-key"}
        assert post(server, "/v1/messages", body, without_key)[0] == 401


def test_a_wrong_key_is_echoed_back_as_the_real_ones_do() -> None:
    with ModelServer(api_key="right") as server:
        status, body = chat(server, [USER])
        assert status == 401
        assert "sk-test" in body["error"]["message"]


def test_it_fails_with_the_status_and_headers_asked_for() -> None:
    with ModelServer([{"status": 429, "headers": {"Retry-After": "2"}, "message": "slow down"}]) as server:
        status, headers, body = post(
            server, "/v1/messages", {"model": "m", "max_tokens": 1, "messages": [USER]}, ANTHROPIC
        )
        assert (status, headers["retry-after"]) == (429, "2")
        assert json.loads(body)["error"] == {"type": "rate_limit_error", "message": "slow down"}


def test_a_stream_ends_with_done_and_says_its_usage() -> None:
    with ModelServer([{"text": "a b", "split": 1}]) as server:
        body = {"model": "m", "messages": [USER], "stream": True, "stream_options": {"include_usage": True}}
        _, headers, data = post(server, "/v1/chat/completions", body, OPENAI)
        assert headers["transfer-encoding"] == "chunked"
        assert data.endswith(b"data: [DONE]\n\n")
        assert b'"prompt_tokens"' in data


@pytest.mark.parametrize(("cut", "size"), [("before", 0), ("head", 0), (5, 5)])
def test_it_cuts_where_asked(cut: Any, size: int) -> None:
    with ModelServer([{"text": "hello", "cut": cut, "framing": "close"}]) as server:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        body = json.dumps({"model": "m", "messages": [USER]}).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in OPENAI.items())
        connection.sendall(
            f"POST /v1/chat/completions HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode()
        )
        connection.sendall(body)
        received = b""
        while data := connection.recv(1000):
            received += data
        connection.close()
        assert len(received.partition(b"\r\n\r\n")[2]) == size
        assert bool(received) is (cut != "before")


def test_two_requests_in_one_packet_are_answered_in_order() -> None:
    with ModelServer([{"text": "one", "piece_delay_s": 0.001}, {"text": "two"}]) as server:
        connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        body = json.dumps({"model": "m", "messages": [USER]}).encode()
        head = "".join(f"{name}: {value}\r\n" for name, value in OPENAI.items())
        request = (
            f"POST /v1/chat/completions HTTP/1.1\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        )
        connection.sendall(request + request)
        received = b""
        while b'"two"' not in received:
            received += connection.recv(1000)
        connection.close()
        assert received.index(b'"one"') < received.index(b'"two"')
        assert server.connections == 1


def test_it_runs_as_a_program_and_prints_where_it_listens() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "tests.fakes.model_server", "--port", "0"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        port = int(program.stdout.readline().strip().removesuffix("/v1").rpartition(":")[2])
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/v1/models")
        assert json.loads(connection.getresponse().read())["data"][0]["id"] == "fake-large"
        connection.close()
    finally:
        program.kill()
        program.communicate()

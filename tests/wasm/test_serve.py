"""POST /v1/chat of the component, behind wasmtime's server and behind Node's."""

from __future__ import annotations

import json
import socket
import threading

import pytest

from tests.fakes.model_server import ModelServer
from tests.wasm.components import HOSTS, JSON, LIMIT_S, configure, served

ONE_EVENT = b'data: {"choices":[{"index":0,"delta":{"content":"%s"},"finish_reason":null}]}\n\n'


@pytest.fixture(scope="module", params=HOSTS)
def host(request):
    return request.param


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def model():
    with ModelServer([]) as server:
        yield server


@pytest.fixture(scope="module")
def server(components, host, home, model):
    configure(home, "openai", "openai/gpt-5", model.base_url)
    with served(components, host, home) as found:
        yield found


@pytest.fixture(autouse=True)
def _fresh(model):
    model.steps.clear()
    model.requests.clear()


def test_a_message_is_answered_with_what_agent_json_prints(server, model):
    model.steps.append({"text": "hello to you"})
    answer = server.chat({"message": "hello", "session": "plain"})
    assert answer.status == 200
    assert answer.headers["content-length"] == str(len(answer.body))
    assert set(answer.json) == {"reply", "error", "usage", "provider", "model", "session", "iterations"}
    assert (answer.json["reply"], answer.json["error"]) == ("hello to you", None)
    assert (answer.json["session"], answer.json["model"]) == ("http:plain", "gpt-5")


def test_a_session_goes_on_in_the_folder_that_the_host_gave(server, model, home):
    model.steps.extend([{"text": "noted"}, {"text": "seven"}])
    server.chat({"message": "remember seven", "session": "number"})
    answer = server.chat({"message": "which number?", "session": "http:number"})
    assert (answer.json["reply"], answer.json["session"]) == ("seven", "http:number")
    assert "remember seven" in json.dumps(model.requests[1].body["messages"])
    assert (home / ".clawft/state/sessions/http%3Anumber.jsonl").is_file()


def test_without_a_session_each_message_begins_one(server, model):
    model.steps.extend([{"text": "one"}, {"text": "two"}])
    first, second = (server.chat({"message": "hello"}).json["session"] for _ in range(2))
    assert first != second
    assert first.startswith("http:")
    assert len(model.requests[1].body["messages"]) == len(model.requests[0].body["messages"])


@pytest.mark.parametrize(
    ("value", "headers"),
    [({"stream": True}, {}), ({}, {"accept": "text/event-stream, */*;q=0.1"})],
    ids=["key", "accept"],
)
def test_a_stream_has_the_pieces_and_then_the_result(server, model, value, headers):
    model.steps.append({"text": "a streamed answer"})
    answer = server.chat({"message": "hello", **value}, **headers)
    assert answer.status == 200
    *pieces, (name, result) = answer.events
    assert {piece[0] for piece in pieces} == {"text"}
    assert len(pieces) > 1
    assert "".join(piece[1]["text"] for piece in pieces) == "a streamed answer"
    assert (name, result["reply"], result["error"]) == ("result", "a streamed answer", None)


def test_a_stream_tells_of_tools(server, model, home):
    call = {"name": "write_file", "arguments": {"path": "served.txt", "content": "kept"}}
    model.steps.extend([{"tool_calls": [call]}, {"text": "done"}])
    events = server.chat({"message": "write", "stream": True}).events
    assert [name for name, _ in events][0 :: len(events) - 1] == ["tool_call", "result"]
    told = {name: value for name, value in events if name.startswith("tool_")}
    assert told["tool_call"]["name"] == "write_file"
    assert json.loads(told["tool_call"]["text"]) == call["arguments"]
    assert told["tool_result"]["is_error"] is False
    assert (home / ".clawft/workspace/served.txt").read_text() == "kept"


def test_pieces_are_there_before_the_provider_has_ended(components, host, tmp_path):
    """The provider sends its second piece only when the first has been read behind the server."""
    is_read = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def provide():
        connection, _ = listener.accept()
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            connection.sendall(
                b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + ONE_EVENT % b"first "
            )
            assert is_read.wait(LIMIT_S)
            last = b'data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
            connection.sendall(ONE_EVENT % b"second" + last)

    thread = threading.Thread(target=provide)
    thread.start()
    configure(tmp_path, "openai", "openai/gpt-5", f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
    with served(components, host, tmp_path) as server:
        connection = server.connection()
        connection.request("POST", "/v1/chat", json.dumps({"message": "hello", "stream": True}), JSON)
        response = connection.getresponse()
        assert response.readline() == b"event: text\n"
        assert response.readline() == b'data: {"text":"first "}\n'
        is_read.set()
        assert b'"reply":"first second"' in response.read()
        connection.close()
    thread.join()
    listener.close()


def test_a_provider_that_fails_is_a_bad_gateway(server, model):
    model.steps.append({"status": 500, "message": "boom"})
    answer = server.chat({"message": "hello"})
    assert (answer.status, answer.json["reply"]) == (502, None)
    assert answer.json["error"] == "openai/gpt-5: openai failed inside (HTTP 500): boom"
    assert answer.json["session"].startswith("http:")


def test_a_failure_in_a_stream_is_its_last_event(server, model):
    model.steps.append({"text": "broken off somewhere", "cut": 400})
    answer = server.chat({"message": "hello", "stream": True})
    name, value = answer.events[-1]
    assert (name, value["reply"]) == ("error", None)
    assert "broke off before the end" in value["error"]


def test_a_stream_that_fails_before_it_began_has_the_status_too(server, model):
    model.steps.append({"status": 500, "message": "boom"})
    answer = server.chat({"message": "hello", "stream": True})
    assert (answer.status, [name for name, _ in answer.events]) == (502, ["error"])


def test_a_configuration_that_is_wrong_is_ours(components, host, tmp_path):
    (tmp_path / ".clawft").mkdir()
    (tmp_path / ".clawft/config.json").write_text('{"agents":{"defaults":{"model":7}}}')
    with served(components, host, tmp_path) as server:
        answer = server.chat({"message": "hello"})
    assert answer.status == 500
    assert "agents.defaults.model" in answer.json["error"]


def test_health_is_told_without_a_provider(server, model):
    answer = server.ask("GET", "/healthz?verbose")
    assert (answer.status, answer.json) == (200, {"status": "ok"})
    assert list(model.requests) == []


@pytest.mark.parametrize(
    ("method", "path", "body", "headers", "status", "error"),
    [
        ("GET", "/", None, {}, 404, "no such path; expected POST /v1/chat or GET /healthz"),
        ("POST", "/v1/chat/", b"{}", JSON, 404, "no such path; expected POST /v1/chat or GET /healthz"),
        ("GET", "/v1/chat", None, {}, 405, "/v1/chat: expected POST"),
        ("POST", "/healthz", b"", {}, 405, "/healthz: expected GET"),
        ("POST", "/v1/chat", b"{}", {}, 415, "expected content-type: application/json, found none"),
        (
            *("POST", "/v1/chat", b"{}", {"content-type": "text/plain"}),
            *(415, "expected content-type: application/json, found text/plain"),
        ),
        ("POST", "/v1/chat", b'{"message":" "}', JSON, 400, '"message": expected a text that is not empty'),
        ("POST", "/v1/chat", b'{"message":1}', JSON, 400, '"message": expected a text that is not empty'),
        (
            *("POST", "/v1/chat", b'{"message":"a","session":1}', JSON),
            *(400, '"session": expected a text that is not empty'),
        ),
        (
            *("POST", "/v1/chat", b'{"message":"a","session":"cli:b"}', JSON),
            *(400, '"session": expected one of this channel, as "http:NAME" or "NAME"'),
        ),
        ("POST", "/v1/chat", b'{"message":"a","stream":1}', JSON, 400, '"stream": expected true or false'),
    ],
)
def test_what_is_not_such_a_request_is_told_what_is(
    server, model, method, path, body, headers, status, error
):
    answer = server.ask(method, path, body, headers)
    assert (answer.status, answer.json) == (status, {"error": error})
    assert list(model.requests) == []
    if status == 405:
        assert answer.headers["allow"] == error.split()[-1]


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"\xff", b'{"message":"a",}', b'{"message":"a","mode":1}']
)
def test_what_is_no_request_is_shown_one(server, body):
    answer = server.ask("POST", "/v1/chat", body, JSON)
    assert answer.status == 400
    assert (
        'expected an object such as {"message":"hello","session":"a","stream":false}' in answer.json["error"]
    )


def test_a_body_that_is_too_large_is_refused(server, model):
    answer = server.ask("POST", "/v1/chat", b" " * (1024 * 1024 + 1), JSON)
    assert (answer.status, answer.json) == (413, {"error": "the body is larger than 1048576 bytes"})
    assert list(model.requests) == []


def test_a_body_of_unknown_length_that_is_too_large_is_refused(server):
    connection = server.connection()
    pieces = (b" " * 65536 for _ in range(17))
    connection.request("POST", "/v1/chat", pieces, JSON, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    connection.close()


def test_the_largest_body_is_read_whole(server, model):
    model.steps.append({"text": "long"})
    answer = server.chat({"message": "a" * 1_000_000})
    assert answer.json["reply"] == "long"
    assert model.requests[0].body["messages"][-1]["content"].count("a") >= 1_000_000


def test_messages_at_once_to_one_session_are_all_kept(server, model, home, host):
    model.steps.extend([{"text": "heard"}] * 8)
    statuses = []
    threads = [
        threading.Thread(
            target=lambda: statuses.append(server.chat({"message": "hello", "session": host}).status)
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 8
    lines = (home / f".clawft/state/sessions/http%3A{host}.jsonl").read_text().splitlines()
    roles = [json.loads(line).get("role") for line in lines]
    assert (roles.count("user"), roles.count("assistant")) == (8, 8)


def test_who_hangs_up_does_not_end_the_server(server, model):
    model.steps.extend([{"text": "to nobody"}, {"text": "to somebody"}])
    with socket.create_connection(("127.0.0.1", server.port)) as gone:
        body = b'{"message":"hello","stream":true}'
        gone.sendall(
            b"POST /v1/chat HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % len(body)
            + body
        )
    assert server.ask("GET", "/healthz").status == 200

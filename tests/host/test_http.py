"""Requests and responses over real connections, the same tests for both runtimes."""

from __future__ import annotations

import asyncio
import sys

import pytest

from clawft.core.errors import TransportError
from clawft.core.interfaces import Request, Timeouts
from clawft.core.version import version
from tests.fakes.raw_server import REQUEST, RESET, STALL, ByteByByte, RawServer
from tests.host.exchange import failure, fetch, in_runtime, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\nx-one: 2\r\n\r\nhello"
ASYNCIO_ONLY = pytest.mark.parametrize("kind", ["asyncio"])


def test_a_request_is_written_as_http_1_1_wants_it(kind):
    with RawServer([[REQUEST, OK]]) as server:
        request = Request("POST", server.url("/a/b?c=d#not-sent"), [("X-Key", " v\xe9 ")], b'{"a":1}')
        status, headers, body = fetch(kind, request)
    assert (status, body) == (200, b"hello")
    assert headers == [("content-length", "5"), ("x-one", "1"), ("x-one", "2")]
    assert server.requests == [
        b"POST /a/b?c=d HTTP/1.1\r\n"
        b"Host: 127.0.0.1:%d\r\n"
        b"X-Key: v\xe9\r\n"
        b"User-Agent: clawft/%s\r\n"
        b"Accept-Encoding: identity\r\n"
        b"Content-Length: 7\r\n\r\n"
        b'{"a":1}' % (server.port, version().encode())
    ]


def test_a_get_has_no_length_and_our_headers_give_way_to_the_callers(kind):
    with RawServer([[REQUEST, OK]]) as server:
        fetch(kind, Request("GET", server.url(), [("user-agent", "mine"), ("Accept-Encoding", "br")]))
    assert server.requests[0].lower().split(b"\r\n")[2:] == [
        b"user-agent: mine",
        b"accept-encoding: br",
        b"",
        b"",
    ]


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 11\r\n", b"hello world"),
        (b"Transfer-Encoding: chunked\r\n", b"6;note=x\r\nhello \r\n5\r\nworld\r\n0\r\nTrailer: t\r\n\r\n"),
        (b"Connection: close\r\n", b"hello world"),
    ],
)
def test_every_framing_is_read_though_it_comes_byte_by_byte(kind, head, body):
    answer = ByteByByte(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)
    with RawServer([[REQUEST, answer]]) as server:
        assert fetch(kind, Request("GET", server.url(), []))[2] == b"hello world"


def test_a_body_is_handed_on_as_it_comes(kind):
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"

    async def work(runtime):
        response = await runtime.http(Request("GET", server.url(), []))
        piece = await response.read()
        await response.close()
        await response.close()
        with pytest.raises(TransportError, match="closed"):
            await response.read()
        return piece

    with RawServer([[REQUEST, first, STALL]]) as server:
        assert in_runtime(kind, work) == b"first"
        assert server.hung_up.wait(10)


def test_a_read_after_the_end_is_empty_again(kind):
    async def work(runtime):
        response = await runtime.http(Request("GET", server.url(), []))
        return [await response.read(), await response.read(), await response.read()]

    with RawServer([[REQUEST, OK]]) as server:
        assert in_runtime(kind, work) == [b"hello", b"", b""]


def test_interim_answers_are_passed_over_and_not_without_end(kind):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    with RawServer([[REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n" + interim + OK]]) as server:
        assert fetch(kind, Request("GET", server.url(), []))[2] == b"hello"
    with RawServer([[REQUEST, interim * 17 + OK]]) as server:
        error = failure(kind, Request("GET", server.url(), []))
    assert (error.phase, error.sent) == ("first_byte", True)


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"]
)
def test_answers_that_never_have_a_body_end_at_once(kind, answer):
    with RawServer([[REQUEST, answer, STALL]]) as server:
        assert fetch(kind, Request("GET", server.url(), []))[2] == b""


def test_a_redirect_is_an_answer_like_any_other(kind):
    with RawServer([[REQUEST, b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"]]) as server:
        status, headers, _ = fetch(kind, Request("GET", server.url(), []))
    assert (status, headers[0], len(server.requests)) == (302, ("location", "/x"), 1)


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (b"", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-", "first_byte"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", "body"),
    ],
)
def test_a_broken_or_cut_answer_is_an_error_that_names_its_phase(kind, answer, phase):
    with RawServer([[REQUEST, answer]]) as server:
        error = failure(kind, Request("GET", server.url("/secret-path"), []))
    assert (error.phase, error.sent) == (phase, True)
    assert f"http://127.0.0.1:{server.port}: " in str(error)
    assert "secret" not in str(error)


def test_a_reset_in_the_body_is_an_error_of_the_body(kind):
    with RawServer([[REQUEST, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", RESET]]) as server:
        error = failure(kind, Request("GET", server.url(), []))
    assert error.phase in ("body", "first_byte")  # a reset may overtake the bytes before it
    assert error.sent


STALLS = [
    ([STALL], {"first_byte_s": 0.05}, "first_byte"),
    ([REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n", STALL], {"first_byte_s": 0.05}, "first_byte"),
    ([REQUEST, b"HTTP/1.1 2", STALL], {"between_bytes_s": 0.05}, "first_byte"),
    ([REQUEST, OK[:-1], STALL], {"between_bytes_s": 0.05}, "body"),
    ([STALL], {"total_s": 0.05}, "total"),
    ([REQUEST, OK[:-1], STALL], {"total_s": 0.1}, "total"),
]


@pytest.mark.parametrize(("script", "limits", "phase"), STALLS)
def test_each_limit_ends_the_wait_it_is_for(kind, script, limits, phase):
    with RawServer([script]) as server:
        error = failure(kind, Request("GET", server.url(), [], timeouts=Timeouts(**limits)))
        assert server.hung_up.wait(10)
    assert (error.phase, error.sent) == (phase, True)
    assert "within" in str(error)


def test_a_request_that_nobody_reads_times_out_while_it_is_sent(kind):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        request = Request("POST", url, [], b"x" * 30_000_000, timeouts=Timeouts(between_bytes_s=0.05))
        error = failure(kind, request)
    assert (error.phase, error.sent) == ("send", False)


def test_an_answer_that_comes_before_the_request_is_all_sent_is_still_read(kind):
    import socket
    import threading

    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            connection.shutdown(socket.SHUT_WR)
            while connection.recv(65536):
                pass

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert fetch(kind, Request("POST", url, [], b"x" * 5_000_000))[0::2] == (413, b"big")
    thread.join()


def test_a_refused_connection_names_every_address_tried(kind):
    import socket

    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(kind, Request("GET", f"http://x.test:{port}/", [], addresses=("127.0.0.1", "127.0.0.2")))
    assert (error.phase, error.sent) == ("connect", False)
    assert "127.0.0.1: Connection refused; 127.0.0.2: Connection refused" in str(error)
    assert failure(kind, Request("GET", "http://x.test/", [], addresses=())).phase == "connect"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a full backlog swallow connections")
@pytest.mark.parametrize(("limits", "phase"), [({"connect_s": 0.1}, "connect"), ({"total_s": 0.1}, "total")])
def test_an_address_that_does_not_answer_times_out(kind, limits, phase):
    import socket

    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    try:
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(listener.getsockname())
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        error = failure(kind, Request("GET", url, [], timeouts=Timeouts(**limits)))
    finally:
        for one in [listener, *waiting]:
            one.close()
    assert (error.phase, error.sent) == (phase, False)


def test_the_next_address_is_tried_when_one_refuses(kind):
    with RawServer([[REQUEST, OK]]) as server:
        request = Request("GET", server.url(host="name.test"), [], addresses=("127.0.0.9", "127.0.0.1"))
        assert fetch(kind, request)[0] == 200
    assert b"\r\nHost: name.test:%d\r\n" % server.port in server.requests[0]


def test_a_name_without_addresses_is_an_error_of_the_look_up(kind):
    error = failure(kind, Request("GET", "http://no-such-name.invalid/", []))
    assert (error.phase, error.sent) == ("resolve", False)
    assert "no-such-name.invalid" in str(error)


def test_a_name_resolves_to_its_addresses_and_an_address_to_itself(kind):
    async def work(runtime):
        with pytest.raises(TransportError) as caught:
            await runtime.resolve("b\xfccher.test", 80)
        assert caught.value.phase == "resolve"
        return await runtime.resolve("localhost", 80), await runtime.resolve("::1", 80)

    local, address = in_runtime(kind, work)
    assert {"127.0.0.1", "::1"} & set(local)
    assert address == ("::1",)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "http://u:secret@a/",
        "http:///x",
        "http://a:0/",
        "http://a/secret x",
        "http://127.1/",
        "a/secret",
    ],
)
def test_a_url_that_could_be_read_in_two_ways_is_refused_without_quoting_it(kind, url):
    error = failure(kind, Request("GET", url, []))
    assert not error.sent
    assert "secret" not in str(error)


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "secret\r\nX-B: 1"), ("X-A", "secret\n"), ("X-A", "secret\0"), ("X-A", "secret\u20ac"),
        ("X-A\r\nX-B", "secret"), ("", "secret"), ("X A", "secret"), ("X:", "secret"), ("\u0130", "secret"),
        ("Host", "secret"), ("Content-Length", "3"), ("transfer-encoding", "chunked"), ("Connection", "close"),
    ],
)  # fmt: skip
def test_a_header_that_would_change_the_request_is_refused_without_its_value(kind, header):
    with RawServer([[REQUEST, OK]]) as server:
        error = failure(kind, Request("GET", server.url(), [header]))
    assert (error.phase, error.sent, server.requests) == ("send", False, [])
    assert "secret" not in str(error)


@pytest.mark.parametrize("method", ["get", "CONNECT", "GET /x HTTP/1.1\r\nX:", ""])
def test_a_method_that_is_not_ours_is_refused(kind, method):
    error = failure(kind, Request(method, "http://127.0.0.1:9/", []))
    assert (error.phase, error.sent) == ("send", False)


@ASYNCIO_ONLY
def test_a_cancelled_request_closes_its_connection(kind):
    async def work(runtime):
        task = asyncio.ensure_future(whole(runtime, Request("GET", server.url(), [])))
        await asyncio.to_thread(server.asked.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return await asyncio.to_thread(server.hung_up.wait, 10)

    with RawServer([[REQUEST, STALL]]) as server:
        assert in_runtime(kind, work)


@ASYNCIO_ONLY
def test_requests_wait_side_by_side(kind):
    async def work(runtime):
        slow = asyncio.ensure_future(whole(runtime, Request("GET", server.url("/slow"), [])))
        await asyncio.to_thread(server.asked.wait, 10)
        quick = await whole(runtime, Request("GET", server.url("/quick"), []))
        slow.cancel()
        await asyncio.gather(slow, return_exceptions=True)
        return quick[2]

    with RawServer([[REQUEST, STALL], [REQUEST, OK]]) as server:
        assert in_runtime(kind, work) == b"hello"

"""A component speaks HTTP through wasi:http: in wasmtime and in Node, against servers that send just these bytes."""

from __future__ import annotations

import socket
import subprocess
import threading
from contextlib import contextmanager

import pytest

from tests.fakes.raw_server import REQUEST, RESET, ROOT_CERTIFICATE, STALL, TLS, ByteByByte, RawServer
from tests.native.network import Python
from tests.wasm.components import HOSTS, Runnable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
STREAMS = 20
EVENTS = 10


@pytest.fixture(params=HOSTS)
def host(request):
    return request.param


@pytest.fixture
def python(test_components, host, tmp_path):
    return Python(Runnable(test_components, host, tmp_path), tmp_path)


def limits(**given):
    names = ("connect", "first_byte", "between_bytes", "total")
    return "limits=(" + ", ".join(str(given.get(name, "ALL")) for name in names) + ")"


def test_a_request_goes_out_and_its_answer_comes_back(python):
    with RawServer([[REQUEST, OK]]) as server:
        found = python.fetch(server.url("/a?b=c"), "method='POST', headers=(('X-Key', 'v'),), body=b'body'")
    assert found == (200, (("content-length", "5"), ("x-one", "1")), b"hello")
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    first, *lines = head.lower().split(b"\r\n")
    assert (first, body) == (b"post /a?b=c http/1.1", b"body")
    assert {b"host: 127.0.0.1:%d" % server.port, b"content-length: 4", b"x-key: v"} <= set(lines)
    assert not [line for line in lines if line.startswith(b"transfer-encoding")]


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_every_method_is_sent_by_its_name(python, method):
    with RawServer([[REQUEST, OK]]) as server:
        assert python.fetch(server.url(), f"method={method!r}")[0] == 200
    assert server.requests[0].startswith(f"{method} / HTTP/1.1\r\n".encode())
    assert (b"content-length: 0\r\n" in server.requests[0].lower()) is (method[0] == "P")


def test_an_answer_may_come_byte_by_byte(python):
    with RawServer([[REQUEST, ByteByByte(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n")]]) as server:
        assert python.fetch(server.url())[2] == b"hello"


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (b"", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-", "first_byte"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "first_byte"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "body"),
        (CHUNKED + b"5\r\nhello\r\n", "body"),
        (CHUNKED + b"no size\r\n", "body"),
    ],
)
def test_a_broken_or_cut_answer_is_an_error_that_names_its_phase(python, answer, phase):
    with RawServer([[REQUEST, answer]]) as server:
        found, message, is_sent = python.fetch(server.url("/secret-path"))
    assert (found, is_sent) == (phase, True)
    assert message.startswith(f"http://127.0.0.1:{server.port}: ")
    assert "secret" not in message


def test_a_reset_in_the_body_is_an_error_of_the_body(python):
    with RawServer([[REQUEST, b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", RESET]]) as server:
        phase, _, is_sent = python.fetch(server.url())
    assert phase in ("body", "first_byte")  # a reset may overtake the bytes before it
    assert is_sent


@pytest.mark.parametrize(
    ("script", "more", "phase", "said"),
    [
        ([STALL], limits(first_byte=50), "first_byte", "no answer within 0.05 s"),
        (
            [REQUEST, OK[:-1], STALL],
            limits(between_bytes=120),
            "body",
            "the answer did not go on within 0.12 s",
        ),
        ([STALL], limits(total=1000), "total", "not done within 1 s"),
        ([REQUEST, OK[:-1], STALL], limits(total=1500), "total", "not done within 1.5 s"),
    ],
)
def test_each_limit_ends_the_wait_it_is_for(python, script, more, phase, said):
    with RawServer([script]) as server:
        found, message, is_sent = python.fetch(server.url(), more)
        assert server.hung_up.wait(10)
    assert (found, is_sent) == (phase, True)
    assert message == f"http://127.0.0.1:{server.port}: {said}"


def test_a_request_that_nobody_reads_times_out_while_it_is_sent(python):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        phase, message, is_sent = python.fetch(
            url, f"method='POST', body=bytes(20000000), {limits(between_bytes=100)}"
        )
    assert (phase, is_sent) == ("send", False)
    assert message.endswith("the request could not be sent on within 0.1 s")


def test_a_refused_connection_has_sent_nothing(python):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    assert python.fetch(url + "/") == ("connect", url + ": could not connect (connection refused)", False)


def test_a_name_without_addresses_is_an_error_of_the_look_up(python):
    phase, message, is_sent = python.fetch("http://no-such-name.invalid/")
    assert (phase, is_sent) == ("resolve", False)
    assert message.startswith(
        "http://no-such-name.invalid: the name has no address; check the name's spelling"
    )


def test_addresses_that_only_the_host_could_choose_are_refused(python):
    with RawServer([[REQUEST, OK]]) as server:
        phase, message, is_sent = python.fetch(server.url(), "addresses=('127.0.0.1',)")
        assert server.connections == 0
    assert (phase, is_sent) == ("connect", False)
    assert message.endswith("the host that runs this component chooses the address that is connected to")


@pytest.mark.parametrize(
    "header", ["('Host', 'other')", "('X-A', 'a\\r\\nb')", "('X A', 'a')", "('Connection', 'x')"]
)
def test_a_header_that_the_host_would_not_send_is_refused(python, header):
    with RawServer([[REQUEST, OK]]) as server:
        phase, message, is_sent = python.fetch(server.url(), f"headers=[{header}]")
        assert (phase, is_sent, server.requests) == ("send", False, [])
    assert "is one that the host that runs this component does not take" in message


@pytest.mark.parametrize("url", ["ftp://a/", "http:///x", "http://a", "nothing"])
def test_what_is_no_url_of_http_is_refused(python, url):
    phase, _, is_sent = python.fetch(url)
    assert (phase, is_sent) == ("resolve", False)


def test_much_goes_up_and_down_past_what_is_kept_waiting(python):
    def serve():
        connection, _ = listener.accept()
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            size = len(data.partition(b"\r\n\r\n")[2])
            while size < 3_000_000:
                size += len(connection.recv(65536))
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000\r\n\r\n" + bytes(10_000_000))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        script = f"""
handle = start({url!r}, "POST", body=bytes(3000000))
result = 0
head(handle)
while True:
    piece = _weft.read(handle, 65536)
    if piece is None:
        _weft.wait(ALL)
    elif piece:
        result += len(piece)
    else:
        break
"""
        assert python(script) == 10_000_000
        thread.join()


@contextmanager
def event_server():
    """Sends each event only when all streams are open: one that blocked another would never end."""
    together = threading.Barrier(STREAMS)
    listener = socket.create_server(("127.0.0.1", 0))

    def stream(connection):
        with connection:
            data = b""
            while b"\r\n\r\n" not in data:
                data += connection.recv(65536)
            connection.sendall(CHUNKED)
            for number in range(EVENTS):
                together.wait(60)
                event = b"data: %d\n\n" % number
                connection.sendall(b"%x\r\n%s\r\n" % (len(event), event))
            connection.sendall(b"0\r\n\r\n")

    def accept():
        threads = []
        for _ in range(STREAMS):
            threads.append(threading.Thread(target=stream, args=listener.accept()[:1]))
            threads[-1].start()
        for thread in threads:
            thread.join()

    thread = threading.Thread(target=accept)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    thread.join()
    listener.close()


def test_twenty_event_streams_run_at_once(python):
    with event_server() as url:
        found = python(f"""
open_now = {{}}
for _ in range({STREAMS}):
    open_now[start({url!r})] = None
result = []
while open_now:
    for handle in _weft.wait(ALL):
        if open_now[handle] is None:
            if _weft.http_head(handle) is not None:
                open_now[handle] = b""
            continue
        piece = _weft.read(handle, 65536)
        if piece:
            open_now[handle] += piece
        elif piece is not None:
            result.append(open_now.pop(handle))
            _weft.close(handle)
""")
    assert found == [b"".join(b"data: %d\n\n" % number for number in range(EVENTS))] * STREAMS


def test_a_timer_and_standard_input_are_waited_for_while_a_server_is_silent(test_components, host, tmp_path):
    """The time runs out while both are silent, and then the line ends a wait that nothing else would."""
    python = Python(Runnable(test_components, host, tmp_path), tmp_path)
    with RawServer([[STALL]]) as server:
        lines = f"""
handle = start({server.url()!r})
typed = _weft.standard_input()
print(_weft.wait(50))
result = _weft.wait(ALL) == (typed,), _weft.read(typed, 100)
"""
        process = python.start(lines, stdin=subprocess.PIPE)
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == b"()\n"
        process.stdin.write(b"a line\n")
        process.stdin.flush()
        assert python.result(process) == (True, b"a line\n")


def test_a_closed_exchange_hangs_up(python):
    with RawServer([[REQUEST, OK[:-1], STALL]]) as server:
        found = python(f"""
handle = start({server.url()!r})
result = head(handle)[0]
_weft.close(handle)
""")
        assert server.hung_up.wait(10)
    assert found == 200


def test_a_certificate_that_the_host_does_not_trust_is_refused(python):
    with RawServer([[TLS, REQUEST, OK]]) as server:
        phase, message, is_sent = python.fetch(server.url("/", "https"))
        assert server.requests == []
    assert (phase, is_sent) == ("tls", False)
    assert message.startswith(f"https://127.0.0.1:{server.port}: ")


def test_node_trusts_what_it_is_told_to(test_components, tmp_path):
    python = Python(Runnable(test_components, "node", tmp_path), tmp_path)
    with RawServer([[TLS, REQUEST, OK]]) as server:
        found = python.fetch(server.url("/", "https"), NODE_EXTRA_CA_CERTS=ROOT_CERTIFICATE)
    assert found[0::2] == (200, b"hello")

"""HTTP of the executables: the same wire, limits and errors as those of tests/host/test_http.py."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.fakes.raw_server import REQUEST, RESET, STALL, TLS, ByteByByte, RawServer
from tests.native.network import Python

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-One: 1\r\nx-one: 2\r\n\r\nhello"


@pytest.fixture
def python(test_build, tmp_path):
    return Python(test_build, tmp_path)


def limits(connect=30000, first_byte=30000, between_bytes=30000, total=30000):
    return f"limits=({connect}, {first_byte}, {between_bytes}, {total})"


def test_a_request_is_written_as_http_1_1_wants_it(python):
    headers = [("X-Key", " v\xe9 "), ("X-Empty", ""), ("User-Agent", "me")]
    with RawServer([[REQUEST, OK]]) as server:
        url = server.url("/a/../b?c=d#not-sent")
        status, found, body = python.fetch(url, f"method='POST', headers={headers!r}, body=b'{{}}'")
    assert (status, body) == (200, b"hello")
    assert found == (("content-length", "5"), ("x-one", "1"), ("x-one", "2"))
    lines = server.requests[0].split(b"\r\n")
    assert lines[0] == b"POST /a/../b?c=d HTTP/1.1"
    assert lines[-2:] == [b"", b"{}"]
    assert {line.replace(b": ", b":").replace(b" ", b"") for line in lines[1:-2]} == {
        b"Host:127.0.0.1:%d" % server.port, b"X-Key:v\xe9", b"X-Empty:", b"User-Agent:me",
        b"Accept-Encoding:identity", b"Content-Length:2",
    }  # fmt: skip


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_each_method_is_sent_with_a_length_only_if_it_has_a_body(python, method):
    empty = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    with RawServer([[REQUEST, empty, REQUEST, empty]]) as server:
        lines = f"result = fetch({server.url()!r}, method={method!r})\n"
        if method != "HEAD":
            lines += f"result = fetch({server.url()!r}, method={method!r}, body=b'abc')"
        assert python(lines)[0] == 200
        assert server.connections == 1
    for request in server.requests:
        assert request.startswith(method.encode() + b" / HTTP/1.1\r\n")
    assert (b"Content-Length: 0\r\n" in server.requests[0]) == method.startswith("P")
    if method != "HEAD":
        assert b"Content-Length: 3\r\n" in server.requests[1]
        assert server.requests[1].endswith(b"\r\n\r\nabc")


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (b"Content-Length: 11\r\n", b"hello world"),
        (b"Transfer-Encoding: chunked\r\n", b"6;note=x\r\nhello \r\n5\r\nworld\r\n0\r\nTrailer: t\r\n\r\n"),
        (b"Connection: close\r\n", b"hello world"),
        (b"X-Folded: a\r\n\t b\r\nContent-Length: 11\r\n", b"hello world"),
    ],
)
def test_every_framing_is_read_though_it_comes_byte_by_byte(python, head, body):
    with RawServer([[REQUEST, ByteByByte(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + body)]]) as server:
        assert python.fetch(server.url())[2] == b"hello world"


def test_a_body_is_handed_on_as_it_comes_and_closing_cancels(python):
    first = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n"
    script = """
handle = start(URL)
head(handle)
result = _weft.read(handle, 3), None
while result[1] is None:
    result = result[0], _weft.read(handle, 65536)
    _weft.wait(10)
assert _weft.read(handle, 10) is None
_weft.close(handle)
_weft.wait(0)
try:
    _weft.read(handle, 10)
except OSError:
    result += ("closed",)
"""
    with RawServer([[REQUEST, first, STALL]]) as server:
        assert python(f"URL = {server.url()!r}\n{script}") == (b"fir", b"st", "closed")
        assert server.hung_up.wait(10)


def test_a_slow_reader_stops_the_sender_instead_of_filling_memory(python):
    size = 30_000_000
    sent = threading.Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
            connection.sendall(bytes(size))
            sent.set()
            connection.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    script = f"""
handle = start("http://127.0.0.1:{listener.getsockname()[1]}/", limits=(ALL, ALL, 100, ALL))
head(handle)
other = _weft.monotonic_ms() + 500
while _weft.monotonic_ms() < other:
    _weft.wait(20)
print("paused")
import sys
sys.stdin.readline()
count = 0
while True:
    piece = _weft.read(handle, 65536)
    if piece is None:
        _weft.wait(ALL)
    elif piece:
        count += len(piece)
    else:
        break
result = count
"""
    process = python.start(script)
    with process, listener:
        assert process.stdout.readline().strip() == b"paused"
        was_sent = sent.is_set()
        assert python.result(process) == size
    thread.join()
    assert not was_sent


def test_interim_answers_are_passed_over_and_not_without_end(python):
    interim = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    with RawServer([[REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n" + interim + OK]]) as server:
        assert python.fetch(server.url())[1:] == (
            (("content-length", "5"), ("x-one", "1"), ("x-one", "2")),
            b"hello",
        )
    with RawServer([[REQUEST, interim * 17 + OK]]) as server:
        phase, message, is_sent = python.fetch(server.url())
    assert (phase, is_sent) == ("first_byte", True)
    assert "interim" in message


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 204 No Content\r\n\r\n", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n"]
)
def test_answers_that_never_have_a_body_end_at_once(python, answer):
    with RawServer([[REQUEST, answer, STALL]]) as server:
        assert python.fetch(server.url())[2] == b""


def test_a_redirect_is_an_answer_like_any_other(python):
    with RawServer([[REQUEST, b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n"]]) as server:
        status, headers, _ = python.fetch(server.url())
    assert (status, headers[0], len(server.requests)) == (302, ("location", "/x"), 1)


@pytest.mark.parametrize(
    ("answer", "phase"),
    [
        (b"", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-", "first_byte"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000, "first_byte"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000, "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", "first_byte"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nno size\r\n", "body"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n", "body"),
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
    ("script", "more", "phase"),
    [
        ([STALL], limits(first_byte=50), "first_byte"),
        (
            [REQUEST, b"HTTP/1.1 100 Continue\r\n\r\n", STALL],
            limits(first_byte=50, between_bytes=90),
            "first_byte",
        ),
        ([REQUEST, b"HTTP/1.1 200 OK\r\nX: 1\r\n", STALL], limits(between_bytes=50), "first_byte"),
        ([REQUEST, OK[:-1], STALL], limits(between_bytes=50), "body"),
        # Long enough for the request to be sent before, by an emulator on a busy machine as well.
        ([STALL], limits(total=900), "total"),
        ([REQUEST, OK[:-1], STALL], limits(total=900), "total"),
    ],
)
def test_each_limit_ends_the_wait_it_is_for(python, script, more, phase):
    with RawServer([script]) as server:
        found, message, is_sent = python.fetch(server.url(), more)
        assert server.hung_up.wait(10)
    assert (found, is_sent) == (phase, True)
    assert "within 0." in message


def test_a_request_that_nobody_reads_times_out_while_it_is_sent(python):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        phase, _, is_sent = python.fetch(
            url, f"method='POST', body=bytes(20000000), {limits(between_bytes=100)}"
        )
    assert (phase, is_sent) == ("send", False)


def test_an_answer_that_comes_before_the_request_is_all_sent_is_still_read(python):
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(65536):
                    pass
            except ConnectionError:
                return

    thread = threading.Thread(target=serve)
    thread.start()
    with listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        assert python.fetch(url, "method='POST', body=bytes(5000000)")[0::2] == (413, b"big")
    thread.join()


def test_a_refused_connection_names_every_address_tried(python):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    phase, message, is_sent = python.fetch(
        f"http://x.test:{port}/", "addresses=('127.0.0.1', '127.0.0.2'), limits=(20000, ALL, ALL, ALL)"
    )
    assert (phase, is_sent) == ("connect", False)
    assert "could not connect (127.0.0.1, 127.0.0.2: Connection refused)" in message
    assert python.fetch("http://x.test/", "addresses=()")[0] == "connect"


@pytest.mark.parametrize(("more", "phase"), [(limits(connect=100), "connect"), (limits(total=100), "total")])
def test_an_address_that_does_not_answer_times_out(python, more, phase):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(0)
    waiting = []
    try:
        for _ in range(4):
            waiting.append(socket.socket())
            waiting[-1].setblocking(False)
            waiting[-1].connect_ex(listener.getsockname())
        found = python.fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/", more)
    finally:
        for one in [listener, *waiting]:
            one.close()
    assert found[0::2] == (phase, False)


def test_the_next_address_is_tried_when_one_refuses(python):
    with RawServer([[REQUEST, OK]]) as server:
        found = python.fetch(server.url(host="name.test"), "addresses=('127.0.0.9', '127.0.0.1')")
        assert found[0] == 200
    assert b"\r\nHost: name.test:%d\r\n" % server.port in server.requests[0]


def test_a_kept_connection_serves_only_requests_for_the_same_addresses(python):
    with RawServer([[REQUEST, OK, REQUEST, OK], [REQUEST, OK]]) as server:
        url = server.url(host="name.test")
        script = f"""
fetch({url!r}, addresses=("127.0.0.1",))
fetch({url!r}, addresses=("127.0.0.1",))
result = fetch({url!r}, addresses=("127.0.0.2",)), fetch({url!r}, addresses=("127.0.0.2", "127.0.0.1"))
"""
        refused, other = python(script)
        assert server.connections == 2
    assert (refused[0], other[0]) == ("connect", 200)


def test_a_name_without_addresses_is_an_error_of_the_look_up(python):
    phase, message, is_sent = python.fetch("http://no-such-name.invalid/")
    assert (phase, is_sent) == ("resolve", False)
    assert "no-such-name.invalid" in message


@pytest.mark.parametrize(
    "url",
    [
        "ftp://a/",
        "http://u:secret@a/",
        "http:///x",
        "http://a/secret x",
        "a/secret",
        "http://a/\0secret",
    ],
)
def test_a_url_that_is_not_plain_http_is_refused_without_quoting_it(python, url):
    _, message, is_sent = python.fetch(url)
    assert not is_sent
    assert "secret" not in message


@pytest.mark.parametrize(
    "header",
    [
        ("X-A", "secret\r\nX-B: 1"), ("X-A", "secret\n"), ("X-A", "secret\0"), ("X-A", "secret\u20ac"),
        ("X-A\r\nX-B", "secret"), ("", "secret"), ("X A", "secret"), ("X:", "secret"), ("\u0130", "secret"),
        ("Host", "secret"), ("Content-Length", "3"), ("transfer-encoding", "chunked"), ("Connection", "close"),
    ],
)  # fmt: skip
def test_a_header_that_would_change_the_request_is_refused_without_its_value(python, header):
    with RawServer([[REQUEST, OK]]) as server:
        phase, message, is_sent = python.fetch(server.url(), f"headers=[{header!r}]")
    assert (phase, is_sent, server.requests) == ("send", False, [])
    assert "secret" not in message


@pytest.mark.parametrize("method", ["get", "CONNECT", "GET /x HTTP/1.1\r\nX:", "GET\0", ""])
def test_a_method_that_is_not_ours_is_refused(python, method):
    assert python.fetch("http://127.0.0.1:9/", f"method={method!r}")[0::2] == ("send", False)


def test_a_connection_is_used_again_and_replaced_when_the_server_ended_it(python):
    with RawServer([[REQUEST, OK, REQUEST, OK], [REQUEST, OK]]) as server:
        script = f"result = [fetch({server.url()!r}, method='POST', body=b'x')[0] for _ in range(3)]"
        assert python(script) == [200, 200, 200]
        assert server.connections == 2


def test_sixteen_streams_are_read_at_once(python):
    body = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"5\r\nhello\r\n" * 40 + b"0\r\n\r\n"
    with RawServer([[REQUEST, ByteByByte(body)]] * 16) as server:
        script = f"""
handles = [start({server.url()!r}) for _ in range(16)]
bodies = {{}}
while handles:
    for handle in _weft.wait(ALL):
        if handle not in bodies:
            if _weft.http_head(handle) is None:
                continue
            bodies[handle] = b""
        piece = _weft.read(handle, 65536)
        if piece:
            bodies[handle] += piece
        elif piece is not None:
            _weft.close(handle)
            handles.remove(handle)
result = [len(bodies), set(bodies.values()) == {{b"hello" * 40}}]
"""
        assert python(script) == [16, True]


def test_a_waiting_request_does_not_hold_up_another(python):
    with RawServer([[REQUEST, STALL], [REQUEST, OK]]) as server:
        script = f"""
slow = start({server.url("/slow")!r})
_weft.wait(100)
result = fetch({server.url("/quick")!r})[2]
_weft.close(slow)
"""
        assert python(script) == b"hello"


def test_a_pinned_address_is_asked_for_the_urls_name_over_tls(python):
    with RawServer([[TLS, REQUEST, ByteByByte(OK), REQUEST, OK]]) as server:
        url = server.url("/", "https", "api.test")
        script = (
            f"result = [fetch({url!r}, method='POST', body=b'x', addresses=('127.0.0.1',))[2] for _ in 'ab']"
        )
        assert python.trusting(script) == [b"hello", b"hello"]
        assert server.connections == 1
    assert server.names == ["api.test"]
    assert b"\r\nHost: api.test:%d\r\n" % server.port in server.requests[0]


def test_a_big_body_goes_both_ways_over_tls(python):
    body = bytes(range(256)) * 2000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with RawServer([[TLS, REQUEST, answer]]) as server:
        script = f"""
body = bytes(range(256)) * 2000
result = fetch({server.url("/", "https")!r}, method="POST", body=body)[2] == body
"""
        assert python.trusting(script) is True
    assert server.requests[0].endswith(body)


@pytest.mark.parametrize("host", ["other.test", "api.test.other.test", "127.0.0.2"])
def test_a_server_that_cannot_prove_its_name_is_refused_before_anything_is_sent(python, host):
    with RawServer([[TLS, REQUEST, OK]]) as server:
        url = server.url("/", "https", host)
        phase, _, is_sent = python.trusting(f"result = fetch({url!r}, addresses=('127.0.0.1',))")
        assert server.hung_up.wait(10)
    assert (phase, is_sent, server.requests) == ("tls", False, [])


def test_a_server_that_speaks_no_tls_is_refused(python):
    with RawServer([[b"HTTP/1.1 400 Bad Request\r\n\r\n", STALL]]) as server:
        found = python.trusting(f"result = fetch({server.url('/', 'https')!r})")
    assert found[0::2] == ("tls", False)


@pytest.mark.parametrize(("more", "phase"), [(limits(connect=100), "tls"), (limits(total=100), "total")])
def test_a_handshake_that_is_not_answered_times_out(python, more, phase):
    with RawServer([[STALL]]) as server:
        found = python.trusting(f"result = fetch({server.url('/', 'https')!r}, {more})")
        assert server.hung_up.wait(10)
    assert found[0::2] == (phase, False)


def test_an_end_without_a_close_notice_does_not_end_a_body(python):
    with RawServer([[TLS, REQUEST, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"]]) as server:
        phase, message, _ = python.trusting(f"result = fetch({server.url('/', 'https')!r})")
    assert phase == "body"
    assert "close notice" in message


def test_a_proxy_gets_the_whole_url_and_its_password(python):
    with RawServer([[REQUEST, OK]]) as server:
        found = python.fetch("http://name.test/x", f"proxy=({server.url('')!r}, 'Basic secret')")
    assert found[0] == 200
    assert server.requests[0].startswith(b"GET http://name.test/x HTTP/1.1\r\nHost: name.test\r\n")
    assert b"\r\nProxy-Authorization: Basic secret\r\n" in server.requests[0]


def test_a_tunnel_is_asked_of_the_proxy_and_the_password_stays_with_it(python):
    accepted = b"HTTP/1.1 200 Fine\r\n\r\n"
    with RawServer([[REQUEST, accepted, TLS, REQUEST, OK]]) as server:
        script = f"result = fetch('https://api.test/x', proxy=({server.url('')!r}, 'Basic secret'))"
        status, headers, _ = python.trusting(script)
    assert (status, headers[0]) == (200, ("content-length", "5"))
    assert server.requests[0].startswith(b"CONNECT api.test:443 HTTP/1.1\r\n")
    assert b"Basic secret" in server.requests[0]
    assert b"Basic secret" not in server.requests[1]


def test_a_tunnel_that_the_proxy_refuses_is_an_error_of_the_connection(python):
    with RawServer([[REQUEST, b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"]]) as server:
        phase, message, is_sent = python.fetch("https://api.test/x", f"proxy={server.url('')!r}")
    assert (phase, is_sent) == ("connect", False)
    assert "403" in message

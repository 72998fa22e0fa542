"""WebSockets of the executables against a server of literal bytes: the handshake, frames split anywhere, the close."""

from __future__ import annotations

import socket

import pytest

from tests.fakes.websocket_server import BINARY, CLOSE, PING, PONG, TEXT, Server, frame
from tests.native.network import Python

SHARED = """
def opened(url, headers=(), limits=LIMITS, addresses=None):
    handle = _weft.websocket(url, headers, addresses, limits)
    while _weft.ws_head(handle) is None:
        _weft.wait(ALL)
    return handle


def received(handle):
    found = _weft.ws_read(handle)
    while found is None:
        _weft.wait(ALL)
        found = _weft.ws_read(handle)
    return found


def failure(work):
    try:
        return work()
    except _weft.TransportError as error:
        return error.args
"""


@pytest.fixture
def python(test_build, tmp_path):
    return Python(test_build, tmp_path)


END = frame(CLOSE, b"\x03\xe8bye")


@pytest.mark.parametrize("is_split", [False, True])
@pytest.mark.parametrize("is_secret", [False, True])
def test_messages_go_both_ways(python, is_split, is_secret):
    answer = frame(TEXT, "h\xe9llo".encode()) + frame(BINARY, bytes(range(256))) + frame(TEXT) + END
    with Server(answer=answer, is_split=is_split, is_secret=is_secret) as server:
        result = python.trusting(
            f"""{SHARED}
handle = opened({server.url("/a?b=c")!r}, headers=[("X-A", "v"), ("X-B", "")])
for kind, data in (1, b"hi"), (2, bytes(300)), (2, bytes(70000)):
    _weft.ws_write(handle, kind, data)
result = [received(handle) for _ in range(5)]
_weft.close(handle)
"""
        )
    assert result[:3] == [(TEXT, "h\xe9llo".encode()), (BINARY, bytes(range(256))), (TEXT, b"")]
    assert result[3:] == [(CLOSE, b"\x03\xe8bye")] * 2
    lines = server.request.split(b"\r\n")
    assert lines[0] == b"GET /a?b=c HTTP/1.1"
    assert {b"Host: 127.0.0.1:%d" % server.port, b"Upgrade: websocket", b"X-A: v", b"X-B:"} <= set(lines)
    # What was sent arrives whole and in order; the close is answered with its own code.
    assert server.frames == [
        (0x81, b"hi"),
        (0x82, bytes(300)),
        (0x82, bytes(70000)),
        (0x88, b"\x03\xe8"),
    ]
    assert len(set(server.masks)) == len(server.masks)


def test_fragments_are_one_message_and_pings_between_them_are_answered(python):
    answer = (
        frame(TEXT, b"a" * 200, is_last=False)
        + frame(PING, b"one")
        + frame(0, b"b", is_last=False)
        + frame(PONG, b"two")
        + frame(0, b"c" * 70000)
        + END
    )
    with Server(answer=answer) as server:
        result = python(
            f"""{SHARED}
handle = opened({server.url()!r})
_weft.ws_write(handle, 9, b"are you there")
result = sorted([received(handle) for _ in range(2)]), received(handle)[0]
_weft.close(handle)
"""
        )
    assert result == ([(TEXT, b"a" * 200 + b"b" + b"c" * 70000), (PONG, b"two")], CLOSE)
    assert sorted(server.frames[:-1]) == [(0x89, b"are you there"), (0x8A, b"one")]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"\xc1\x00", 1002),  # a reserved bit
        (b"\x83\x00", 1002),  # an unknown kind
        (b"\x81\x80abcd", 1002),  # a masked frame
        (b"\x80\x00", 1002),  # goes on with nothing
        (b"\x01\x00\x81\x00", 1002),  # begins inside another
        (b"\x09\x00", 1002),  # a ping in pieces
        (b"\x88\x7e\x00\x80" + bytes(128), 1002),  # a close of more than 125 bytes
        (b"\x81\x01\xff", 1007),  # not UTF-8
        (b"\x82\x7f\x00\x00\x00\x00\x01\x00\x00\x01", 1009),  # 16 MiB and a byte
        (b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1009),
        (b"\x02\x03abc\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 1009),
    ],
)
def test_what_the_protocol_forbids_ends_the_connection_with_its_code(python, answer, code):
    with Server(answer=answer) as server:
        phase, message, is_sent = python(
            f"{SHARED}\nhandle = opened({server.url()!r})\nresult = failure(lambda: received(handle))"
        )
    assert (phase, is_sent) == ("body", True)
    assert message.startswith(f"http://127.0.0.1:{server.port}: the server sent")
    assert server.frames == [(0x88, code.to_bytes(2, "big"))]


@pytest.mark.parametrize(
    ("consent", "told"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "status 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "status 200"),
        (b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "does not fit"),
        (
            b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
            "does not fit",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP/1.1"),
    ],
)
def test_a_server_that_does_not_agree_is_refused(python, consent, told):
    with Server(consent=consent) as server:
        phase, message, is_sent = python(f"{SHARED}\nresult = failure(lambda: opened({server.url()!r}))")
    assert (phase, is_sent) == ("first_byte", True)
    assert told in message


def test_a_server_that_says_nothing_times_out(python):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        found = python(f"{SHARED}\nresult = failure(lambda: opened({url!r}, limits=(ALL, 50, ALL, ALL)))")
    assert found[0] == "first_byte"
    assert "within 0.05 s" in found[1]


def test_a_connection_that_is_cut_is_an_error_and_a_quiet_one_is_not(python):
    with Server() as server:
        result = python(
            f"""{SHARED}
handle = opened({server.url()!r}, limits=(ALL, ALL, 50, 300))
end = _weft.monotonic_ms() + 600
while _weft.monotonic_ms() < end:
    _weft.wait(100)
    assert _weft.ws_read(handle) is None
_weft.ws_write(handle, 8, b"")
result = failure(lambda: received(handle))
"""
        )
    assert result[0] == "body"
    assert "without a closing frame" in result[1]


def test_a_pinned_address_is_connected_to(python):
    with Server(answer=END) as server:
        url = server.url().replace("127.0.0.1", "name.test")
        script = f"{SHARED}\nresult = received(opened({url!r}, addresses=('127.0.0.1',)))"
        assert python(script)[0] == CLOSE
    assert b"Host: name.test:%d\r\n" % server.port in server.request

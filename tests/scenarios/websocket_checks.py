"""Tests of `Runtime.websocket`, for every runtime that a `program` fixture gives, against a server of literal bytes."""

from __future__ import annotations

import socket

import pytest

from tests.fakes.raw_server import REQUEST, RawServer
from tests.fakes.websocket_server import BINARY, CLOSE, PING, PONG, TEXT, Server, frame

END = frame(CLOSE, b"\x03\xe8bye")
RECEIVE = ("receive",)


@pytest.mark.parametrize("is_split", [False, True])
@pytest.mark.parametrize("is_secret", [False, True])
def test_messages_go_both_ways(program, is_secret, is_split):
    answer = frame(TEXT, "h\xe9llo".encode()) + frame(BINARY, bytes(range(256))) + frame(TEXT) + END
    steps = [("send", "h\xedho"), ("send", bytes(70000)), ("ping", b"p"), *[RECEIVE] * 5]
    with Server(answer=answer, is_secret=is_secret, is_split=is_split) as server:
        found = program("talk", server.url("/a?b=c"), steps, headers=[("X-A", "v"), ("X-B", "")])
    assert found == [None] * 3 + ["h\xe9llo", bytes(range(256)), "", None, None, (1000, "bye")]
    lines = server.request.split(b"\r\n")
    assert lines[0] == b"GET /a?b=c HTTP/1.1"
    names = [line.partition(b":")[0].lower() for line in lines[1:-2]]
    assert sorted(names) == sorted(
        b"host upgrade connection sec-websocket-version sec-websocket-key x-a x-b user-agent".split()
    )
    assert b"Host: 127.0.0.1:%d" % server.port in lines
    # What was sent arrives whole and in order; the closing is answered with its own code.
    kinds = [(0x81, "h\xedho".encode()), (0x82, bytes(70000)), (0x89, b"p"), (0x88, b"\x03\xe8")]
    assert server.frames == kinds
    assert len(set(server.masks)) == len(server.masks)


def test_fragments_are_one_message_and_pings_between_them_are_answered(program):
    pieces = "\xe9".encode()  # split inside a character
    answer = (
        frame(TEXT, b"a" * 200 + pieces[:1], is_last=False)
        + frame(PING, b"one")
        + frame(0, pieces[1:] + b"b", is_last=False)
        + frame(PONG, b"two")
        + frame(0, b"c" * 70000)
        + END
    )
    with Server(answer=answer) as server:
        found = program("talk", server.url(), [RECEIVE, RECEIVE])
    assert found == ["a" * 200 + "\xe9b" + "c" * 70000, None, (1000, "bye")]
    assert server.frames == [(0x8A, b"one"), (0x88, b"\x03\xe8")]


def test_we_close_and_the_server_answers(program):
    with Server(answer=frame(TEXT, b"unread") + frame(CLOSE, b"\x03\xe9ok")) as server:
        found = program("talk", server.url(), [("close", 4001, "done"), RECEIVE, ("send", "late")])
    assert found[:2] == [None, None]
    assert found[2][0] == "send"
    assert "not open" in found[2][1]
    # Which of the two closings is first is a race that either may win.
    assert found[3] == (1001, "ok")
    assert server.frames[0] in ((0x88, b"\x0f\xa1done"), (0x88, b"\x03\xe9"))


def test_a_closing_without_a_code_has_one_that_says_so(program):
    with Server(answer=frame(CLOSE)) as server:
        assert program("talk", server.url(), [RECEIVE]) == [None, (1005, "")]
    assert server.frames == [(0x88, b"")]


def test_a_closing_from_another_task_ends_the_receiving(program):
    if not program.is_concurrent:
        pytest.skip("nothing is concurrent there")
    with Server() as server:
        received, (phase, _) = program("close_while_another_receives", server.url())
    assert (received, phase) == ([None, None], "send")
    assert server.frames == [(0x88, b"\x03\xe9gone")]


def test_tasks_may_send_at_the_same_time(program):
    with Server() as server:
        program("many_senders", server.url())
    assert sorted(server.frames[:-1]) == [(0x82, bytes([index]) * 300_000) for index in range(8)]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"\xc1\x00", 1002),  # a reserved bit
        (b"\x81\x80abcd", 1002),  # a masked frame
        (b"\x80\x00", 1002),  # goes on with nothing
        (b"\x01\x00\x81\x00", 1002),  # begins inside another
        (b"\x09\x00", 1002),  # a ping in pieces
        (b"\x81\x01\xff", 1007),  # not UTF-8
    ],
)
def test_what_the_protocol_forbids_ends_the_connection_with_its_code(program, answer, code):
    with Server(answer=answer) as server:
        (phase, message, is_sent), again, _ = program("talk", server.url(), [RECEIVE, RECEIVE])
    assert (phase, is_sent) == ("body", True)
    assert message.startswith(f"http://127.0.0.1:{server.port}: the server ")
    assert again == (phase, message, is_sent)
    assert [(kind, data[:2]) for kind, data in server.frames] == [(0x88, code.to_bytes(2, "big"))]


def test_a_message_of_more_than_16_mib_is_refused_though_it_comes_in_pieces(program):
    answer = frame(BINARY, bytes(10 << 20), is_last=False) + frame(0, bytes((6 << 20) + 1))
    with Server(answer=answer) as server:
        (phase, message, _), _ = program("talk", server.url(), [RECEIVE])
    assert (phase, "more than 16 MiB" in message) == ("body", True)
    # A server that still sends when we leave may not get to read why.
    assert server.frames in ([], [(0x88, b"\x03\xf1")])


def test_a_message_of_16_mib_is_not(program):
    with Server(answer=frame(BINARY, bytes(16 << 20)) + END) as server:
        found = program("talk", server.url(), [("receive_size",), RECEIVE])
    assert found == [16 << 20, None, (1000, "bye")]


def test_a_closing_that_is_none_is_an_error(program):
    with Server(answer=frame(CLOSE, b"\x03\xed")) as server:  # 1005 may not be sent
        (phase, message, _), _ = program("talk", server.url(), [RECEIVE])
    assert phase == "body"
    assert "the server broke the rules" in message


@pytest.mark.parametrize("is_secret", [False, True])
def test_a_connection_that_is_cut_is_an_error(program, is_secret):
    with Server(answer=frame(TEXT, b"one") + b"\x81\x05tw", is_cut=True, is_secret=is_secret) as server:
        first, (phase, message, _), _ = program("talk", server.url(), [RECEIVE, RECEIVE])
    assert (first, phase) == ("one", "body")
    assert "the connection was cut" in message


@pytest.mark.parametrize(
    ("consent", "told"),
    [
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", "status 403"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "status 200"),
        (b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n", "does not fit"),
        (
            (
                b"HTTP/1.1 101 S\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
            ),
            "does not fit",
        ),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "not HTTP/1.1"),
    ],
)
def test_a_server_that_does_not_agree_is_refused(program, consent, told):
    with Server(consent=consent) as server:
        [(phase, message, is_sent)] = program("talk", server.url(), [])
    assert (phase, is_sent) == ("first_byte", True)
    assert told in message


def test_a_redirect_is_not_followed(program):
    with Server() as other:
        location = other.url().encode()
        consent = b"HTTP/1.1 302 Found\r\nLocation: " + location + b"\r\nContent-Length: 0\r\n\r\n"
        with Server(consent=consent) as server:
            [(phase, message, _)] = program("talk", server.url(), [])
        with socket.create_connection(("127.0.0.1", other.port)):
            pass
    assert (phase, other.request) == ("first_byte", b"")
    assert "status 302" in message


def test_a_server_that_says_nothing_times_out(program):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/"
        [(phase, message, _)] = program("talk", url, [], first_byte_s=0.05)
    assert phase == "first_byte"
    assert "within 0.05 s" in message


def test_a_pinned_address_is_connected_to_and_http_is_another_word_for_ws(program):
    with Server(answer=END) as server:
        url = f"HTTP://name.test:{server.port}/"
        assert program("talk", url, [RECEIVE], addresses=("127.0.0.1",)) == [None, (1000, "bye")]
    assert b"Host: name.test:%d\r\n" % server.port in server.request


def test_a_certificate_for_another_name_is_refused(program):
    with Server(is_secret=True) as server:
        url = f"wss://wrong.test:{server.port}/"
        [(phase, _, is_sent)] = program("talk", url, [], addresses=("127.0.0.1",))
    assert (phase, is_sent) == ("tls", False)


def test_an_unknown_root_is_refused(program):
    with Server(is_secret=True) as server:
        environment = {"SSL_CERT_FILE": program.inside_certificate("unknown_root.pem")}
        [(phase, message, _)] = program("talk", server.url(), [], environment=environment)
    assert phase == "tls"
    assert "certificate" in message


def test_a_proxy_makes_a_tunnel(program):
    consent = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"
    with RawServer([[REQUEST, consent]]) as proxy:
        environment = {"http_proxy": f"http://me:secret@127.0.0.1:{proxy.port}"}
        [(phase, message, is_sent)] = program("talk", "ws://name.test/", [], environment=environment)
    assert (phase, is_sent) == ("connect", False)
    assert "502" in message
    assert "secret" not in message
    assert proxy.requests[0].startswith(b"CONNECT name.test:80 HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("url", "options", "phase"),
    [
        ("ftp://name.test/", {}, "resolve"),
        ("ws://me:secret@name.test/", {}, "resolve"),
        ("ws://name.test/", {"headers": [("Sec-WebSocket-Protocol", "a")]}, "send"),
        ("ws://name.test/", {"headers": [("X-A", "b\r\nX-B: c")]}, "send"),
    ],
)
def test_a_request_that_is_wrong_goes_nowhere(program, url, options, phase):
    [(found, message, is_sent)] = program("talk", url, [], **options)
    assert (found, is_sent) == (phase, False)
    assert "secret" not in message

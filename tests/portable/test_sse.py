"""The event stream parser after the WHATWG rules, whole and split at every byte."""

from __future__ import annotations

from clawft.core.errors import ProviderError
from clawft.providers.sse import SseParser

CASES = (
    (b"data: a\n\n", [("", "a")]),
    (b"data: a\r\n\r\n", [("", "a")]),
    (b"data: a\r\r", [("", "a")]),
    (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", [("", "a\nb"), ("", "c")]),
    (b"data:a\ndata: b\ndata\n\n", [("", "a\nb\n")]),
    (b"data:  two spaces\n\n", [("", " two spaces")]),
    (b"event: ping\ndata: {}\n\ndata: x\n\n", [("ping", "{}"), ("", "x")]),
    (b": comment\n\n:\ndata: x\n\n", [("", "x")]),
    (b"event: nothing\n\ndata: x\n\n", [("", "x")]),
    (b"id: 1\nretry: 5\nunknown: z\ndata: x\n\n", [("", "x")]),
    (b"\xef\xbb\xbfdata: x\n\n", [("", "x")]),
    (b"data: \xe2\x82\xac\xf0\x9f\x98\x80\n\n", [("", "\u20ac\U0001f600")]),
    (b"data: a:b: c\n\n", [("", "a:b: c")]),
    (b"data\n\n", [("", "")]),
    (b"data: cut", []),
    (b"data: one line\n", []),
    (b"\n\n\n", []),
    (b"", []),
    (b"data: a\r\n\rdata: b\n\r\n", [("", "a"), ("", "b")]),
)


def test_events_are_read_whole() -> None:
    for data, expected in CASES:
        assert SseParser().feed(data) == expected, data


def test_events_are_read_at_every_split() -> None:
    for data, expected in CASES:
        for at in range(len(data) + 1):
            parser = SseParser()
            assert parser.feed(data[:at]) + parser.feed(data[at:]) == expected, (data, at)


def test_events_are_read_byte_by_byte() -> None:
    for data, expected in CASES:
        parser = SseParser()
        events = []
        for at in range(len(data)):
            events += parser.feed(data[at : at + 1])
            events += parser.feed(b"")
        assert events == expected, data


def test_an_event_over_the_limit_is_refused_however_it_comes() -> None:
    for pieces in ([b"data: " + b"x" * 200], [b"x" * 60] * 4, [b"data: " + b"x" * 40 + b"\n"] * 4):
        parser = SseParser(limit_bytes=100)
        try:
            for piece in pieces:
                parser.feed(piece)
        except ProviderError as error:
            assert error.kind == "invalid_response"
        else:
            assert False, pieces


def test_a_stream_of_any_length_is_taken_while_its_events_are_short() -> None:
    parser = SseParser(limit_bytes=100)
    for _ in range(50):
        assert parser.feed(b": keep-alive " + b"x" * 60 + b"\n") == []
        assert parser.feed(b"data: x\n\n") == [("", "x")]


def test_bytes_that_are_not_utf8_are_an_error() -> None:
    try:
        SseParser().feed(b"data: \xff\n\n")
    except ProviderError as error:
        assert error.retryable
    else:
        assert False

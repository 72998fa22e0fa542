"""https: whom the client believes, what name it asks for, and how a cut is told from an end."""

from __future__ import annotations

import pytest

from clawft.core.errors import ConfigError
from clawft.core.interfaces import Request, Timeouts
from tests.fakes.raw_server import REQUEST, ROOT_CERTIFICATE, STALL, TLS, ByteByByte, RawServer
from tests.host.exchange import failure, fetch, in_runtime, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
TRUSTED = {"SSL_CERT_FILE": ROOT_CERTIFICATE}


def request(server, host="api.test", **more):
    return Request("POST", server.url("/", "https", host), [], b"{}", addresses=("127.0.0.1",), **more)


def test_a_pinned_address_is_asked_for_the_urls_name(kind):
    with RawServer([[TLS, REQUEST, ByteByByte(OK)]]) as server:
        assert fetch(kind, request(server), TRUSTED)[2] == b"hello"
    assert server.names == ["api.test"]
    assert b"\r\nHost: api.test:%d\r\n" % server.port in server.requests[0]


def test_an_address_in_the_certificate_is_a_name_too(kind):
    with RawServer([[TLS, REQUEST, OK]]) as server:
        assert fetch(kind, request(server, host="127.0.0.1"), TRUSTED)[2] == b"hello"


def test_a_big_body_goes_both_ways(kind):
    body = bytes(range(256)) * 2000
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with RawServer([[TLS, REQUEST, answer]]) as server:
        sent = Request("POST", server.url("/", "https"), [], body)
        assert fetch(kind, sent, TRUSTED)[2] == body
    assert server.requests[0].endswith(body)


def test_a_tls_connection_is_used_again(kind):
    async def work(runtime):
        return [(await whole(runtime, request(server)))[0] for _ in range(3)]

    with RawServer([[TLS, REQUEST, OK, REQUEST, OK, REQUEST, OK]]) as server:
        assert in_runtime(kind, work, TRUSTED) == [200, 200, 200]
        assert server.connections == 1


@pytest.mark.parametrize(
    ("host", "environment", "told"),
    [
        ("other.test", TRUSTED, "Hostname mismatch"),
        ("api.test.other.test", TRUSTED, "Hostname mismatch"),
        ("127.0.0.2", TRUSTED, "IP address mismatch"),
        ("api.test", {}, "set SSL_CERT_FILE"),
    ],
)
def test_a_server_that_cannot_prove_its_name_is_refused_before_anything_is_sent(
    kind, host, environment, told
):
    with RawServer([[TLS, REQUEST, OK]]) as server:
        error = failure(kind, request(server, host=host), environment)
        assert server.hung_up.wait(10)
    assert (error.phase, error.sent, server.requests) == ("tls", False, [])
    assert told in str(error)


def test_a_server_that_speaks_no_tls_is_refused(kind):
    with RawServer([[b"HTTP/1.1 400 Bad Request\r\n\r\n", STALL]]) as server:
        error = failure(kind, request(server), TRUSTED)
    assert (error.phase, error.sent) == ("tls", False)


@pytest.mark.parametrize(("limits", "phase"), [({"connect_s": 0.05}, "tls"), ({"total_s": 0.05}, "total")])
def test_a_handshake_that_is_not_answered_times_out(kind, limits, phase):
    with RawServer([[STALL]]) as server:
        error = failure(kind, request(server, timeouts=Timeouts(**limits)), TRUSTED)
        assert server.hung_up.wait(10)
    assert (error.phase, error.sent) == (phase, False)


def test_an_end_without_a_close_notice_does_not_end_a_body(kind):
    """The server closes its socket without TLS's goodbye: what came may be half of it."""
    with RawServer([[TLS, REQUEST, b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhalf"]]) as server:
        error = failure(kind, request(server), TRUSTED)
    assert error.phase == "body"
    assert "close notice" in str(error)


def test_roots_that_cannot_be_read_are_an_error_of_the_configuration(kind):
    with RawServer([[TLS, REQUEST, OK]]) as server, pytest.raises(ConfigError) as caught:
        fetch(kind, request(server), {"SSL_CERT_FILE": "/no/such/file.pem"})
    assert "SSL_CERT_FILE: expected a readable file" in str(caught.value)
    assert "/no/such/file.pem" in str(caught.value)

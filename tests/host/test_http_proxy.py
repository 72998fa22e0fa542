"""Requests through a proxy, and which requests go without one."""

from __future__ import annotations

import pytest

from clawft.core.errors import ConfigError
from clawft.core.interfaces import Request, Timeouts
from clawft.core.proxy import proxy_for
from clawft.core.url import parse_url
from tests.fakes.raw_server import REQUEST, ROOT_CERTIFICATE, STALL, TLS, RawServer
from tests.host.exchange import failure, fetch, in_runtime, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


def test_http_is_asked_for_with_its_whole_url(kind):
    with RawServer([[REQUEST, OK]]) as proxy:
        environment = {"http_proxy": f"http://user:p%40ss@127.0.0.1:{proxy.port}/"}
        assert fetch(kind, Request("GET", "http://api.test/a?b", []), environment)[2] == b"hello"
    lines = proxy.requests[0].split(b"\r\n")
    assert lines[:2] == [b"GET http://api.test/a?b HTTP/1.1", b"Host: api.test"]
    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz" in lines


def test_https_is_tunnelled_and_the_proxy_sees_only_the_name(kind):
    script = [REQUEST, b"HTTP/1.1 200 Connection established\r\n\r\n", TLS, REQUEST, OK, REQUEST, OK]

    async def work(runtime):
        return [
            (await whole(runtime, Request("GET", "https://api.test/", [("X", "secret")])))[2]
            for _ in range(2)
        ]

    with RawServer([script]) as proxy:
        environment = {"HTTPS_PROXY": f"user@127.0.0.1:{proxy.port}", "SSL_CERT_FILE": ROOT_CERTIFICATE}
        assert in_runtime(kind, work, environment) == [b"hello", b"hello"]
    assert proxy.requests[0].startswith(b"CONNECT api.test:443 HTTP/1.1\r\nHost: api.test:443\r\n")
    assert b"Proxy-Authorization: Basic dXNlcjo=\r\n" in proxy.requests[0]
    assert b"secret" not in proxy.requests[0]
    assert b"Proxy-Authorization" not in proxy.requests[1]
    assert (proxy.names, len(proxy.requests), proxy.connections) == (["api.test"], 3, 1)


def test_a_proxy_that_refuses_is_named(kind):
    with RawServer(
        [[REQUEST, b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]]
    ) as proxy:
        error = failure(kind, Request("GET", "https://api.test/", []), {"https_proxy": proxy.url()})
    assert (error.phase, error.sent) == ("connect", False)
    assert (
        f"the proxy http://127.0.0.1:{proxy.port} refused to connect to api.test:443 with status 407"
        in str(error)
    )


@pytest.mark.parametrize(
    ("limits", "phase"), [({"connect_s": 0.05}, "connect"), ({"total_s": 0.05}, "total")]
)
def test_a_proxy_that_does_not_answer_times_out_as_a_connection(kind, limits, phase):
    with RawServer([[REQUEST, STALL]]) as proxy:
        request = Request("GET", "https://api.test/", [], timeouts=Timeouts(**limits))
        error = failure(kind, request, {"https_proxy": proxy.url()})
    assert (error.phase, error.sent) == (phase, False)


def test_a_pinned_address_goes_round_the_proxy(kind):
    with RawServer([[REQUEST, OK]]) as server:
        request = Request("GET", server.url(host="api.test"), [], addresses=("127.0.0.1",))
        assert fetch(kind, request, {"http_proxy": "http://127.0.0.1:9/"})[2] == b"hello"
    assert server.requests[0].startswith(b"GET / HTTP/1.1\r\n")


@pytest.mark.parametrize(
    ("url", "environment", "port"),
    [
        ("http://a.test/", {"HTTP_PROXY": "http://p:1"}, 1),
        ("http://a.test/", {"HTTP_PROXY": "http://p:1", "http_proxy": "p:2"}, 2),
        ("http://a.test/", {"HTTP_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, None),
        ("https://a.test/", {"HTTP_PROXY": "http://p:1"}, None),
        ("https://a.test/", {"HTTPS_PROXY": "http://p:1", "REQUEST_METHOD": "GET"}, 1),
        ("http://localhost/", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.0.0.5/", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://127.0.0.5.test/", {"HTTP_PROXY": "http://p:1"}, 1),
        ("http://[::1]/", {"HTTP_PROXY": "http://p:1"}, None),
        ("http://a.test/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "*"}, None),
        ("http://a.test/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "b.test, A.test"}, None),
        ("http://x.a.test/", {"HTTP_PROXY": "http://p:1", "no_proxy": ".a.test"}, None),
        ("http://x.a.test/", {"HTTP_PROXY": "http://p:1", "no_proxy": "*.a.test"}, None),
        ("http://xa.test/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.test"}, 1),
        ("http://a.test:81/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.test:81"}, None),
        ("http://a.test:82/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "a.test:81"}, 1),
        ("http://10.1.2.3/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, None),
        ("http://11.1.2.3/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, 1),
        ("http://ten.test/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, 1),
        ("http://[fd00::1]/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "fd00::/8"}, None),
        ("http://[fd00::1]/", {"HTTP_PROXY": "http://p:1", "NO_PROXY": "fd00::1"}, None),
        ("http://a.test/", {"HTTP_PROXY": ""}, None),
    ],
)
def test_the_environment_says_which_proxy(url, environment, port):
    proxy = proxy_for(parse_url(url), environment)
    assert (proxy.url.port if proxy else None) == port


@pytest.mark.parametrize(
    "text", ["https://p:1", "socks5://p:1", "http://user:secret@bad host:1", "http://p:secret"]
)
def test_a_proxy_that_cannot_be_used_is_an_error_without_its_password(text):
    with pytest.raises(ConfigError, match=r"^HTTPS_PROXY: expected a proxy like http://host:port") as caught:
        proxy_for(parse_url("https://a.test/"), {"HTTPS_PROXY": text})
    assert "secret" not in str(caught.value)

"""Methods and headers a model may choose, and what of a request goes on to the next hop."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.core.url import parse_url
from clawft.security.url_requests import (
    checked_headers,
    checked_method,
    redirected_headers,
    redirected_method,
)
from clawft.security.url_settings import UrlSettings


def refused_method(settings: UrlSettings, method: str) -> bool:
    try:
        checked_method(settings, method)
    except PolicyDenied as denied:
        assert denied.rule == "url.allowed_methods"
        return True
    return False


def refused_header(settings: UrlSettings, name: str, value: str = "x", method: str = "GET") -> bool:
    try:
        checked_headers(settings, method, [(name, value)])
    except PolicyDenied as denied:
        assert denied.rule == "url.allowed_headers"
        assert "secret" not in denied.message
        return True
    return False


def test_a_model_may_get_and_the_owner_may_allow_more() -> None:
    usual = UrlSettings()
    assert checked_method(usual, "get") == "GET"
    assert checked_method(usual, "HEAD") == "HEAD"
    for method in ("POST", "PUT", "DELETE", "CONNECT", "TRACE", "", "GET ", "GET / HTTP/1.1\r\n", "g\u00e9t"):
        assert refused_method(usual, method), method
    wide = UrlSettings(allowed_methods=["get", "post"])
    assert checked_method(wide, "Post") == "POST"
    assert refused_method(wide, "HEAD")


def test_a_model_may_ask_for_a_form_and_prove_no_identity() -> None:
    settings = UrlSettings()
    for name in (
        "Accept", "accept-language", "User-Agent", "If-None-Match", "If-Modified-Since", "Range", "Cache-Control",
    ):  # fmt: skip
        assert checked_headers(settings, "GET", [(name, " x ")]) == [(name.lower(), "x")]
    for name in (
        "Host", "host", "HOST", "Authorization", "Cookie", "Proxy-Authorization", "Proxy-Connection",
        "Metadata-Flavor",
        "metadata", "X-aws-ec2-metadata-token", "X-AWS-EC2-Metadata-Token-TTL-Seconds", "X-Google-Metadata-Request",
        "Connection", "Keep-Alive", "Transfer-Encoding", "Content-Length", "TE", "Trailer", "Upgrade", "Expect",
        "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-Original-URL", "X-HTTP-Method-Override",
        "Sec-Fetch-Site",
        "Accept-Encoding", "Origin", "X-Api-Key", "Content-Type", "", " Accept", "Accept ", "Accept:", ":authority",
        "Acc\u00e9pt", "Accept\r\nHost", "X-Anything",
    ):  # fmt: skip
        assert refused_header(settings, name), name


def test_the_owner_may_allow_a_header_by_name() -> None:
    settings = UrlSettings(allowed_headers=["X-Api-Version"])
    assert checked_headers(settings, "GET", [("x-api-version", "2")]) == [("x-api-version", "2")]
    assert refused_header(settings, "X-Api-Key")


def test_a_body_has_a_type_where_there_is_a_body() -> None:
    settings = UrlSettings(allowed_methods=["GET", "POST"])
    assert not refused_header(settings, "Content-Type", "application/json", "POST")
    assert refused_header(settings, "Content-Type", "application/json", "GET")


def test_a_value_is_one_line_of_ascii() -> None:
    settings = UrlSettings()
    for value in ("", "a b", "a\tb", "text/html;q=0.9, */*", "x" * 4096):
        assert not refused_header(settings, "Accept", value), value
    for value in ("a\r\nHost: secret", "a\nb", "a\rb", "a\x00b", "a\x7fb", "\u00e9", "x" * 4097):
        assert refused_header(settings, "Accept", value), value


def test_headers_are_few_and_each_is_given_once() -> None:
    settings = UrlSettings()
    for headers in ([("Accept", "a"), ("accept", "b")], [("Accept", "a")] * 33):
        try:
            checked_headers(settings, "GET", headers)
        except PolicyDenied:
            continue
        raise AssertionError(headers)
    assert len(checked_headers(settings, "GET", [("Accept", "a"), ("Range", "bytes=0-1")])) == 2


def test_a_redirect_may_turn_a_post_into_a_get() -> None:
    for status, method, following in (
        (301, "POST", "GET"), (302, "POST", "GET"), (303, "POST", "GET"), (307, "POST", "POST"),
        (308, "POST", "POST"),
        (301, "GET", "GET"), (302, "HEAD", "HEAD"), (303, "HEAD", "HEAD"), (303, "GET", "GET"), (303, "PUT", "GET"),
        (301, "PUT", "PUT"), (302, "DELETE", "DELETE"), (307, "PUT", "PUT"), (308, "DELETE", "DELETE"),
    ):  # fmt: skip
        assert redirected_method(status, method) == following, (status, method)


def test_credentials_do_not_cross_origins() -> None:
    headers = [
        ("Accept", "a"), ("Authorization", "b"), ("Cookie", "c"), ("X-Api-Key", "d"), ("Content-Type", "e"),
        ("Host", "f"),
    ]  # fmt: skip
    start = parse_url("https://a.example/x")
    for url, kept in (
        ("https://a.example/y", "Accept Authorization Cookie X-Api-Key"),
        ("https://a.example:443/y", "Accept Authorization Cookie X-Api-Key"),
        ("https://a.example:8443/y", "Accept"),
        ("http://a.example:443/y", "Accept"),
        ("https://b.a.example/y", "Accept"),
        ("https://b.example/y", "Accept"),
    ):
        found = redirected_headers(headers, start, parse_url(url), keeps_body=False)
        assert [name for name, _ in found] == kept.split(), url
    found = redirected_headers(headers, start, start, keeps_body=True)
    assert [name for name, _ in found] == "Accept Authorization Cookie X-Api-Key Content-Type".split()

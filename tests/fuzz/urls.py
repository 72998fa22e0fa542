"""URLs: one spelling, which is judged like the one it came from, and never a private address."""

from __future__ import annotations

import ipaddress

from clawft.core.errors import PolicyDenied
from clawft.core.url import LIMIT_CHARACTERS, UrlError
from clawft.security.canonical_url import canonical_url, resolved
from clawft.security.url_decision import ALLOW, url_decision_by
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy
from tests.fuzz.texts import text_of, words_of
from tests.portable import test_url_attacks, test_url_benign

NAMES: dict[str, tuple[str, ...]] = {"example.com": ("93.184.216.34",), "inner.example": ("10.0.0.1",)}
POLICY = UrlPolicy(UrlSettings())
BASE = canonical_url("https://example.com/a/b?c")


def seeds():
    tables = (
        test_url_attacks.METADATA,
        test_url_attacks.PRIVATE,
        test_url_attacks.UNUSABLE,
        test_url_attacks.SCHEMES,
        test_url_attacks.USERINFO,
        test_url_benign.NAMES,
        test_url_benign.ADDRESSES,
    )
    return [word for table in tables for word in words_of(table)]


def check(data):
    text = text_of(data)
    decision, rule, reason = url_decision_by(POLICY, text, NAMES)
    assert rule.startswith("url."), rule
    assert "\n" not in reason
    check_spelling(lambda: canonical_url(text), text, decision, rule)
    check_spelling(lambda: resolved(BASE, text), text, None, "")


def check_spelling(make, text, decision, rule):
    try:
        url = make()
    except (PolicyDenied, UrlError):
        assert decision != ALLOW
        return
    assert url.text.isascii()
    assert url.text.isprintable()
    assert len(url.text) <= LIMIT_CHARACTERS
    assert "#" not in url.text
    again = canonical_url(url.text)
    assert (again.text, again.parts.host, again.parts.port) == (url.text, url.parts.host, url.parts.port)
    found = url_decision_by(POLICY, url.text, NAMES)
    if decision is not None:
        assert found[:2] == (decision, rule), (text, url.text)
    if found[0] == ALLOW:
        check_public(url.parts.host)


def check_public(host):
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        assert host in NAMES
        assert NAMES[host] != ("10.0.0.1",)
        return
    assert not address.is_loopback
    assert not address.is_link_local
    assert not address.is_multicast
    assert not address.is_unspecified
    assert address.version == 6 or not address.is_private, (
        host
    )  # 3.11 knows too few of the public ones in 2001::/23

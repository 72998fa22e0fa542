"""How long one URL decision takes, by length and kind. `pytest tests/bench/test_url_bench.py`; asserts no time.

The aim is below 1 ms for 4,096 characters and twice that for twice as many.
"""

from __future__ import annotations

import pytest

from clawft.security.url_decision import url_decision_by
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy

DOMAINS = [f"domain{number}.example" for number in range(1_000)]
NAMES = {"example.com": ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")}

KINDS = {
    "a path": ("http://example.com/", "path/"),
    "dots in a path": ("http://example.com/", "a/../"),
    "a query": ("http://example.com/?", "a=b&"),
    "spaces and quotes": ("http://example.com/", " \"'/"),
    "another script": ("http://example.com/", "\u6771/"),
    "a host": ("http://", "a."),
    "digits": ("http://", "1"),
    "an escaped host": ("http://", "%61"),
    "full-width digits": ("http://", "\uff11"),
    "an xn-- host": ("http://", "xn--bcher-kva."),
    "colons": ("http://[", ":"),
    "a user": ("http://", "a@"),
}


def text_of(kind, length):
    start, piece = KINDS[kind]
    return (start + piece * (length // len(piece)))[:length]


@pytest.mark.parametrize("length", [1_024, 4_096, 8_192])
@pytest.mark.parametrize("kind", KINDS)
def test_one_decision(benchmark, kind, length):
    policy = UrlPolicy(UrlSettings())
    benchmark.group = kind
    assert len(benchmark(url_decision_by, policy, text_of(kind, length), NAMES)) == 3


def test_one_decision_with_1000_blocked_domains(benchmark):
    policy = UrlPolicy(UrlSettings(blocked_domains=DOMAINS))
    benchmark.group = "lists"
    assert benchmark(url_decision_by, policy, "http://example.com/", NAMES)[0] == "allow"


def test_one_policy_of_1000_blocked_domains(benchmark):
    benchmark.group = "lists"
    benchmark(UrlPolicy, UrlSettings(blocked_domains=DOMAINS))

"""Whatever a model writes: an accepted URL never leads to a refused address, and is its own canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import example, given
from hypothesis import strategies as st

from clawft.core.errors import PolicyDenied
from clawft.core.url import UrlError, parse_url
from clawft.security.address_ranges import GLOBAL, METADATA, UNUSABLE
from clawft.security.addresses import kind_of, parse_address
from clawft.security.canonical_url import canonical_url
from clawft.security.url_decision import url_decision
from clawft.security.url_settings import url_settings
from clawft.security.urls import UrlPolicy

if TYPE_CHECKING:
    import ipaddress

HOSTS = st.one_of(
    st.sampled_from(
        """127.1 0x7f.1 017700000001 2130706433 169.254.169.254 2852039166 [::1] [::] [::ffff:127.0.0.1] localhost
        [64:ff9b::a9fe:a9fe] [2002:7f00:1::] metadata.google.internal. xn--bcher-kva.example b\u00fccher.example
        example.com.""".split()
    ),
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=4).map(lambda address: str(int(address))),
    st.ip_addresses(v=4).map(lambda address: hex(int(address))),
    st.ip_addresses(v=4).map(lambda address: f"0{int(address):o}"),
    st.ip_addresses(v=4).map(lambda address: f"[::ffff:{address}]"),
    st.ip_addresses(v=4).map(lambda address: f"[64:ff9b::{address}]"),
    st.ip_addresses(v=6).map(lambda address: f"[{address}]"),
    st.ip_addresses(v=4).map(lambda address: "".join(f"%{ord(letter):02x}" for letter in str(address))),
    st.ip_addresses(v=4).map(lambda address: "".join(chr(ord(letter) + 0xFEE0) for letter in str(address))),
    st.text(max_size=12),
    st.text(alphabet="0123456789.xabf:[]%", max_size=20),
)
URLS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["http://", "https://", "HTTP://", "http:", "//", "", "http://u@", "http:\\\\"]),
    HOSTS,
    st.sampled_from(["", ":80", ":443", ":0", ":08080", ":x"]),
    st.one_of(st.sampled_from(["", "/", "/a/../b", "?x", "#y", "/\u00e9 \"'"]), st.text(max_size=20)),
) | st.text(max_size=40)
POLICIES = [
    {},
    {"allow_private": True},
    {"enabled": False},
    {"private_domains": ["*"], "allowed_domains": ["*"]},
]


@given(URLS)
@example("http://example.com./")
@example("http://a/%2e%2E/..")
def test_a_canonical_url_is_canonical(text: str) -> None:
    try:
        first = canonical_url(text)
    except (PolicyDenied, UrlError):
        return
    assert all("!" <= character <= "~" for character in first.text)
    second = canonical_url(first.text)
    assert second.text == first.text
    parts = parse_url(first.text)
    assert parts.origin + parts.target == first.text


@given(URLS, st.sampled_from(POLICIES), st.lists(st.ip_addresses().map(str), max_size=3))
def test_an_accepted_url_leads_to_no_refused_address(
    text: str, section: dict[str, object], resolved: list[str]
) -> None:
    policy = UrlPolicy(url_settings(section))
    try:
        checked = policy.judge(text)
        addresses = policy.judge_addresses(checked, (checked.host,) if checked.address else tuple(resolved))
    except (PolicyDenied, UrlError):
        return
    assert addresses
    for one in addresses:
        address = parse_address(one)
        assert address is not None
        kind = kind_of(address)[0]
        assert kind != METADATA
        if section.get("enabled", True):
            assert kind != UNUSABLE
        if not section:
            assert kind == GLOBAL


@given(URLS, URLS, st.sampled_from([301, 302, 303, 307, 308]))
def test_a_redirect_leads_to_no_refused_address(start: str, location: str, status: int) -> None:
    policy = UrlPolicy(url_settings({}))
    try:
        following = policy.redirect(policy.judge(start), status, location)
    except (PolicyDenied, UrlError):
        return
    assert canonical_url(following.text).text == following.text
    assert following.address is None or kind_of(following.address)[0] == GLOBAL


@given(st.text(max_size=60))
def test_every_text_gets_a_decision(text: str) -> None:
    decision, rule, reason = url_decision({"value": text, "resolve": {}})
    assert decision in ("allow", "deny", "error")
    assert rule
    assert reason


@given(st.ip_addresses(v=4), st.sampled_from(POLICIES))
def test_every_spelling_of_an_address_is_judged_alike(
    address: ipaddress.IPv4Address, section: dict[str, object]
) -> None:
    number = int(address)
    spellings = [
        str(address), str(number), hex(number), f"0{number:o}", f"{number >> 24}.{number & 0xFFFFFF}", f"{address}.",
        ".".join(hex(byte) for byte in address.packed), ".".join(f"0{byte:o}" for byte in address.packed),
        "".join(f"%{ord(letter):02X}" for letter in str(address)), str(address).replace(".", "\u3002"),
        "".join(chr(ord(letter) + 0xFEE0) for letter in str(address)), f"[::ffff:{address}]",
    ]  # fmt: skip
    found = {url_decision({"value": f"http://{one}/", "policy": section})[:2] for one in spellings}
    assert len(found) == 1, found


def test_a_name_in_another_script_is_the_same_in_every_spelling() -> None:
    for entry in ("b\u00fccher.example", "B\u00dcCHER.example.", "xn--bcher-kva.example", "*.example"):
        for host in (
            "b\u00fccher.example",
            "XN--BCHER-KVA.example",
            "b%C3%BCcher.example.",
            "bu\u0308cher\u3002example",
        ):
            record: dict[str, object] = {"value": f"http://{host}/", "policy": {"blocked_domains": [entry]}}
            assert url_decision(record)[:2] == ("deny", "url.blocked_domains"), (entry, host)
            record = {"value": f"http://{host}/", "policy": {"blocked_domains": ["bucher.example"]}}
            assert url_decision(record)[0] == "allow", host

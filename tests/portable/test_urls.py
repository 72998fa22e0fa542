"""What the owner of the URL policy can decide, each with what is allowed and what is refused; redirects."""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied
from clawft.core.url import UrlError
from clawft.security.url_decision import url_decision
from clawft.security.url_settings import url_settings
from clawft.security.urls import CheckedUrl, UrlPolicy

PUBLIC = "93.184.216.34"

# policy, allowed hosts, refused hosts, the rule that refuses; every name resolves to a public address
LISTS: tuple[tuple[dict[str, object], str, str, str], ...] = (
    ({}, "example.com a.b 8.8.8.8", "localhost 127.0.0.1 [::1]", "url.private"),
    (
        {"allowed_domains": ["example.com"]},
        "example.com EXAMPLE.com. www.example.com a.b.example.com \uff45xample.com",
        "example.org notexample.com example.com.evil.org com 8.8.8.8 example.co",
        "url.allowed_domains",
    ),
    (
        {"allowed_domains": [".Example.COM."]},
        "example.com a.example.com",
        "example.org",
        "url.allowed_domains",
    ),
    (
        {"allowed_domains": ["*.example.com"]},
        "a.example.com a.b.example.com",
        "example.com example.org aexample.com",
        "url.allowed_domains",
    ),
    ({"allowed_domains": ["*"]}, "example.com 8.8.8.8", "10.0.0.1 localhost", "url.private"),
    (
        {"allowed_domains": ["*.a.example", "a.example"]},
        "a.example b.a.example",
        "b.example",
        "url.allowed_domains",
    ),
    (
        {"allowed_domains": ["8.8.8.8", "2606:4700::1111"]},
        "8.8.8.8 134744072 [::ffff:8.8.8.8] [64:ff9b::808:808] [2606:4700:0::1111]",
        "8.8.4.4 example.com [2606:4700::1112] x.8.8.8.8.example",
        "url.allowed_domains",
    ),
    (
        {"allowed_domains": ["xn--bcher-kva.example"]},
        "XN--BCHER-KVA.example a.xn--bcher-kva.example",
        "bcher.example",
        "url.allowed_domains",
    ),
    (
        {"blocked_domains": ["Evil.example."]},
        "example.com evil.example.com notevil.example",
        "evil.example EVIL.example. a.evil.example ev%69l.example evil\u3002example",
        "url.blocked_domains",
    ),
    ({"blocked_domains": ["*.evil.example"]}, "evil.example", "a.evil.example", "url.blocked_domains"),
    ({"blocked_domains": ["*"]}, "", "example.com 8.8.8.8", "url.blocked_domains"),
    (
        {"blocked_domains": ["8.8.8.8"]},
        "8.8.4.4",
        "8.8.8.8 0x08080808 [::ffff:8.8.8.8] [64:ff9b::8.8.8.8]",
        "url.blocked_domains",
    ),
    (
        {"allowed_domains": ["example.com"], "blocked_domains": ["bad.example.com"]},
        "example.com good.example.com",
        "bad.example.com a.bad.example.com",
        "url.blocked_domains",
    ),
    (
        {"allow_private": True},
        "localhost 127.0.0.1 [::1] 10.0.0.1 [fd00::1]",
        "0.0.0.0 [::] 224.0.0.1",
        "url.unusable",
    ),
    ({"allow_private": True}, "169.254.1.1", "169.254.169.254 metadata.google.internal", "url.metadata"),
    (
        {"private_domains": ["nas.example", "192.168.1.5"]},
        "192.168.1.5 nas.example 8.8.8.8",
        "192.168.1.6 10.0.0.1",
        "url.private",
    ),
    ({"private_domains": ["localhost"]}, "localhost a.localhost", "127.0.0.1", "url.private"),
    ({"private_domains": ["*"]}, "127.0.0.1", "169.254.169.254", "url.metadata"),
    (
        {"private_domains": ["nas.example"], "allowed_domains": ["example.com"]},
        "example.com",
        "nas.example",
        "url.allowed_domains",
    ),
    (
        {"enabled": False},
        "127.0.0.1 0.0.0.0 localhost example.com",
        "169.254.169.254 metadata",
        "url.metadata",
    ),
    ({"enabled": False, "blocked_domains": ["a.example"]}, "a.example", "instance-data", "url.metadata"),
    ({"enabled": None, "allowedDomains": ["a.example"]}, "a.example", "b.example", "url.allowed_domains"),
)

ADDRESSES: tuple[tuple[dict[str, object], str, str], ...] = (
    ({}, "93.184.216.34", ""),
    ({}, "93.184.216.34 2606:4700::1111", ""),
    ({}, "10.0.0.1", "url.private"),
    ({"allowed_domains": ["host.example"]}, "10.0.0.1", "url.private"),
    ({"allowed_domains": ["*"]}, "127.0.0.1", "url.private"),
    ({"private_domains": ["host.example"]}, "10.0.0.1", ""),
    ({"private_domains": ["example"]}, "10.0.0.1 93.184.216.34", ""),
    ({"private_domains": ["other.example"]}, "10.0.0.1", "url.private"),
    ({"private_domains": ["10.0.0.1"]}, "10.0.0.1", "url.private"),
    ({"private_domains": ["host.example"]}, "169.254.169.254", "url.metadata"),
    ({"allow_private": True}, "10.0.0.1 ::1", ""),
    ({"allow_private": True}, "10.0.0.1 ::ffff:a9fe:a9fe", "url.metadata"),
    ({"allow_private": True}, "0.0.0.0", "url.unusable"),
    ({"blocked_domains": ["93.184.216.34"]}, "93.184.216.34", "url.blocked_domains"),
    ({"blocked_domains": ["93.184.216.34"]}, "8.8.8.8 64:ff9b::93.184.216.34", "url.blocked_domains"),
    ({"blocked_domains": ["93.184.216.34"]}, "8.8.8.8", ""),
    ({"enabled": False}, "127.0.0.1", ""),
    ({"enabled": False}, "169.254.169.254", "url.metadata"),
    ({"enabled": False}, "", "url.resolution"),
)


def policy_of(**section: object) -> UrlPolicy:
    return UrlPolicy(url_settings(section))


def rule_of(policy: UrlPolicy, checked: CheckedUrl, status: int, location: str) -> str:
    try:
        policy.redirect(checked, status, location)
    except PolicyDenied as denied:
        return denied.rule
    except UrlError:
        return "malformed"
    return ""


def test_each_rule_of_the_owner_allows_and_refuses() -> None:
    for policy, allowed, refused, rule in LISTS:
        for host in allowed.split():
            record = {"value": "http://" + host + "/", "policy": policy, "resolve": {host: [PUBLIC]}}
            assert url_decision(record)[0] == "allow", (policy, host, url_decision(record))
        for host in refused.split():
            record = {"value": "http://" + host + "/", "policy": policy, "resolve": {host: [PUBLIC]}}
            assert url_decision(record)[:2] == ("deny", rule), (policy, host, url_decision(record))


def test_each_address_of_one_resolution_is_judged() -> None:
    for policy, addresses, rule in ADDRESSES:
        record = {
            "value": "http://host.example/",
            "policy": policy,
            "resolve": {"HOST.example": addresses.split()},
        }
        found = url_decision(record)
        assert found[:2] == ("deny", rule) if rule else found[0] == "allow", (policy, addresses, found)


def test_what_may_be_connected_to_is_every_address_once() -> None:
    policy = policy_of()
    checked = policy.judge("https://example.com/")
    found = policy.judge_addresses(checked, ("93.184.216.34", "2606:4700:0:0::1111", "93.184.216.34"))
    assert found == ("93.184.216.34", "2606:4700::1111")
    assert (checked.host, checked.port, checked.scheme, checked.address) == (
        "example.com",
        443,
        "https",
        None,
    )
    literal = policy.judge("http://[2606:4700:0::1111]:8080/x")
    assert (literal.host, literal.port, literal.origin) == (
        "2606:4700::1111",
        8080,
        "http://[2606:4700::1111]:8080",
    )
    assert literal.address is not None


def test_ports_and_schemes_are_lists() -> None:
    for policy, allowed, refused, rule in (
        (
            {},
            "http://a.example:8080/ https://a.example:8443/",
            "http://a.example:22/ https://a.example:8006/",
            "url.allowed_ports",
        ),
        (
            {"allowed_ports": [443]},
            "https://a.example/",
            "http://a.example/ https://a.example:8443/",
            "url.allowed_ports",
        ),
        ({"allowed_ports": [80, 8006]}, "http://a.example:8006/", "https://a.example/", "url.allowed_ports"),
        ({"allowed_ports": []}, "", "https://a.example/", "url.allowed_ports"),
        ({"allowed_schemes": ["HTTPS"]}, "https://a.example/", "http://a.example/", "url.scheme"),
        ({"enabled": False}, "http://a.example:22/", "http://metadata:22/", "url.metadata"),
    ):
        for url in allowed.split():
            assert url_decision({"value": url, "policy": policy})[0] == "allow", (policy, url)
        for url in refused.split():
            assert url_decision({"value": url, "policy": policy})[:2] == ("deny", rule), (policy, url)


def test_a_wrong_policy_is_an_error_that_names_the_key() -> None:
    for policy, key in (
        ({"enabled": "yes"}, "tools.url_policy.enabled"),
        ({"allowed_domains": "example.com"}, "tools.url_policy.allowed_domains"),
        ({"allowed_domains": ["https://example.com/"]}, "tools.url_policy.allowed_domains"),
        ({"allowed_domains": ["exam*.com"]}, "tools.url_policy.allowed_domains"),
        ({"allowed_domains": ["example.com:80"]}, "tools.url_policy.allowed_domains"),
        ({"blocked_domains": [""]}, "tools.url_policy.blocked_domains"),
        ({"blocked_domains": ["*.8.8.8.8"]}, "tools.url_policy.blocked_domains"),
        ({"private_domains": [1]}, "tools.url_policy.private_domains"),
        ({"allowed_ports": [0]}, "tools.url_policy.allowed_ports"),
        ({"allowed_ports": ["80"]}, "tools.url_policy.allowed_ports"),
        ({"allowed_ports": [True]}, "tools.url_policy.allowed_ports"),
        ({"allowed_schemes": ["ftp"]}, "tools.url_policy.allowed_schemes"),
        ({"allowed_methods": ["CONNECT"]}, "tools.url_policy.allowed_methods"),
        ({"allowed_headers": ["Host"]}, "tools.url_policy.allowed_headers"),
        ({"block_domains": ["a.example"]}, "blocked_domains"),
        ([], "policy"),
    ):
        found = url_decision({"value": "http://example.com/", "policy": policy})
        assert found[:2] == ("error", "input") and key in found[2], (policy, found)
    assert url_decision({"value": 5})[:2] == ("error", "input")
    for resolve in ([], {"a": "1.1.1.1"}, {"a": [1]}):
        assert url_decision({"value": "http://a/", "resolve": resolve})[:2] == ("error", "input")


def test_dangerous_choices_are_said_at_start() -> None:
    assert policy_of().warnings == []
    assert "enabled" in policy_of(enabled=False).warnings[0]
    assert "allow_private" in policy_of(allow_private=True).warnings[0]


def test_redirects_lead_where_a_browser_would_go() -> None:
    policy = policy_of()
    start = policy.judge("http://a.example:8080/b/c?d")
    for location, text in (
        ("/x", "http://a.example:8080/x"),
        ("x", "http://a.example:8080/b/x"),
        ("../x?y", "http://a.example:8080/x?y"),
        ("?y", "http://a.example:8080/b/c?y"),
        ("", "http://a.example:8080/b/c?d"),
        ("#f", "http://a.example:8080/b/c?d"),
        ("//b.example/y", "http://b.example/y"),
        ("https://B.example", "https://b.example/"),
        ("/\u00fc z", "http://a.example:8080/%C3%BC%20z"),
    ):
        assert policy.redirect(start, 302, location).text == text, location
    assert policy.redirect(start, 302, "/x").hops == 1


def test_each_hop_is_judged_again() -> None:
    policy = policy_of(blocked_domains=["evil.example"])
    plain = policy.judge("http://a.example/")
    secure = policy.judge("https://a.example/")
    for checked, location, rule in (
        (plain, "http://127.0.0.1/", "url.private"),
        (plain, "//169.254.169.254/", "url.metadata"),
        (plain, "//metadata.google.internal./", "url.metadata"),
        (plain, "http://[::ffff:7f00:1]/", "url.private"),
        (plain, "http://0x7f.1/", "url.private"),
        (plain, "//evil.example/", "url.blocked_domains"),
        (plain, "http://a.example:22/", "url.allowed_ports"),
        (plain, "http://u:p@b.example/", "url.userinfo"),
        (plain, "file:///etc/passwd", "url.scheme"),
        (plain, "javascript:x", "url.scheme"),
        (plain, "gopher://a/", "url.scheme"),
        (plain, "\\\\127.0.0.1\\", "url.characters"),
        (plain, "/x\r\nSet-Cookie: a", "url.characters"),
        (plain, "/\t/127.0.0.1/", "url.characters"),
        (plain, "http:/127.0.0.1/", "malformed"),
        (plain, "http:127.0.0.1", "malformed"),
        (plain, "//", "malformed"),
        (plain, "https://b.example/", ""),
        (secure, "http://a.example/", "url.redirect"),
        (secure, "//b.example/", ""),
        (secure, "/x", ""),
    ):
        assert rule_of(policy, checked, 302, location) == rule, (checked.text, location)


def test_five_redirects_are_followed_and_not_six() -> None:
    policy = policy_of()
    checked = policy.judge("http://a.example/")
    for hop in range(5):
        checked = policy.redirect(checked, (301, 302, 303, 307, 308)[hop], "/%d" % hop)
    assert checked.text == "http://a.example/4"
    assert rule_of(policy, checked, 302, "/5") == "url.redirect"


def test_other_statuses_are_no_redirects() -> None:
    policy = policy_of()
    for status in (200, 300, 304, 305, 306, 404):
        try:
            policy.redirect(policy.judge("http://a.example/"), status, "/x")
        except ValueError:
            continue
        raise AssertionError(status)


def test_a_refusal_never_shows_a_query_or_a_password() -> None:
    for url in (
        "http://user:hunter2@example.com/", "http://127.0.0.1/?key=hunter2", "http://a.example:22/hunter2",
        "ftp://user:hunter2@example.com/", "http://metadata/hunter2", "http://exa mple.com/hunter2", "http:/hunter2",
    ):  # fmt: skip
        assert "hunter2" not in url_decision({"value": url})[2], url


def test_a_wrong_list_names_its_entry() -> None:
    try:
        policy_of(allowed_domains=["good.example", "bad entry"])
    except ConfigError as error:
        assert "bad entry" in error.message
        assert error.path == "tools.url_policy.allowed_domains"
    else:
        raise AssertionError("expected ConfigError")

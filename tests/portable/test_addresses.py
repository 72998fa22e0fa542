"""IP addresses are read in one way, written in one way, and each is of the kind that the registries give it."""

from __future__ import annotations

from clawft.security.addresses import carried, kind_of, parse_address
from clawft.security.hosts import canonical_host
from clawft.security.punycode import decoded


def text_of(text: str) -> str:
    address = parse_address(text)
    return "" if address is None else address.text


def kind(text: str) -> str:
    address = parse_address(text)
    assert address is not None, text
    return kind_of(address)[0]


def test_addresses_are_written_as_rfc_5952_has_them() -> None:
    for text, written in (
        ("1.2.3.4", "1.2.3.4"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("0:0:0:0:0:0:0:1", "::1"), ("2001:DB8::0001", "2001:db8::1"),
        ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"), ("2001:0:0:1:0:0:0:1", "2001:0:0:1::1"),
        ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("1:0:0:2:3:0:0:4", "1::2:3:0:0:4"),
        ("::1.2.3.4", "::102:304"),
        ("::ffff:1.2.3.4", "::ffff:102:304"), ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"),
        ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"),
        ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
    ):  # fmt: skip
        assert text_of(text) == written, text
        assert text_of(written) == written


def test_what_is_no_plain_address_is_none() -> None:
    for text in (
        "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.04", "1.2.3.256", "1.2.3.4.", "0x7f.0.0.1", "1.2.3.-4", " 1.2.3.4",
        "1.2.3.4 ",
        "1.2.3.\u0664", ":", ":::", "1:", ":1", "1::2::3", "12345::", "g::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
        "1:2:3:4:5:6:7:8::", "::1.2.3", "1.2.3.4::", "::1.2.3.4:1", "1.2.3.4:80", "[::1]", "fe80::1%eth0",
        "::1/128", "::+1",
        "1:2:3:4:5:6:7:1.2.3.4", "0" * 46, "example.com",
    ):  # fmt: skip
        assert parse_address(text) is None, text


def test_the_edges_of_each_block() -> None:
    for inside, outside in (
        ("0.0.0.0 0.255.255.255", "1.0.0.0"),
        ("10.0.0.0 10.255.255.255", "9.255.255.255 11.0.0.0"),
        ("100.64.0.0 100.127.255.255", "100.63.255.255 100.128.0.0"),
        ("127.0.0.0 127.255.255.255", "126.255.255.255 128.0.0.0"),
        ("169.254.0.0 169.254.255.255", "169.253.255.255 169.255.0.0"),
        ("172.16.0.0 172.31.255.255", "172.15.255.255 172.32.0.0"),
        (
            "192.0.0.0 192.0.0.255 192.0.2.0 192.0.2.255",
            "191.255.255.255 192.0.1.0 192.0.0.9 192.0.0.10 192.0.3.0",
        ),
        ("192.88.99.0 192.88.99.255", "192.88.98.255 192.88.100.0"),
        ("192.168.0.0 192.168.255.255", "192.167.255.255 192.169.0.0"),
        ("198.18.0.0 198.19.255.255", "198.17.255.255 198.20.0.0"),
        ("198.51.100.0 198.51.100.255", "198.51.99.255 198.51.101.0"),
        ("203.0.113.0 203.0.113.255", "203.0.112.255 203.0.114.0"),
        ("224.0.0.0 239.255.255.255 240.0.0.0 255.255.255.255", "223.255.255.255"),
        (":: ::1 ::2 64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "64:ff9b::8.8.8.8 ::ffff:8.8.8.8"),
        ("1fff:ffff:: 4000::", "2000:: 3ffe:ffff::"),
        (
            "2001:: 2001:1ff:ffff:: 2001:1:: 2001:2:: 2001:10::",
            "2001:200:: 2001:1::1 2001:1::2 2001:1::3 2001:20:: 2001:3f::",
        ),
        ("2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff:: 2001:db9::"),
        ("2002:: 2002:ffff:: 2002:808:808::", "2003:: 2001:ffff::"),
        ("3fff:: 3fff:fff:ffff::", "3ffe:: 3fff:1000::"),
        ("fc00:: fdff:ffff:: fe80:: febf:: fec0:: feff:: ff00:: ffff::", "2600::"),
    ):
        for text in inside.split():
            assert kind(text) != "global", text
        for text in outside.split():
            assert kind(text) == "global", text


def test_an_address_within_an_address_is_judged() -> None:
    for text, inner in (
        ("::ffff:1.2.3.4", "1.2.3.4"), ("::1.2.3.4", "1.2.3.4"), ("::ffff:0:1.2.3.4", "1.2.3.4"),
        ("64:ff9b::1.2.3.4", "1.2.3.4"),
        ("2002:102:304::5", "1.2.3.4"), ("2001:0:102:304:8000:1:fefd:fcfb", "1.2.3.4 1.2.3.4"),
        ("2606::5efe:1.2.3.4", "1.2.3.4"), ("2606::200:5efe:1.2.3.4", "1.2.3.4"), ("::1", ""), ("::", ""),
        ("2606::1", ""),
        ("1.2.3.4", ""), ("2002:102:304::5efe:5.6.7.8", "1.2.3.4 5.6.7.8"),
    ):  # fmt: skip
        address = parse_address(text)
        assert address is not None
        assert [one.text for one in carried(address)] == inner.split(), text
    for place in (
        "64:ff9b:1:102:3:400::",
        "64:ff9b:1:1:2:304::",
        "64:ff9b:1:0:1:203:400:0",
        "64:ff9b:1::1.2.3.4",
    ):
        address = parse_address(place)
        assert address is not None
        assert "1.2.3.4" in [one.text for one in carried(address)], place


def test_hosts_become_plain() -> None:
    for text, host in (
        ("Example.COM.", "example.com"), ("127.1", "127.0.0.1"), ("[::FFFF:127.0.0.1]", "[::ffff:7f00:1]"),
        ("0X7F.1", "127.0.0.1"),
        ("%41.example", "a.example"), ("\uff11.1", "1.0.0.1"), ("XN--BCHER-KVA.example", "xn--bcher-kva.example"),
        ("1.2.3.a", "1.2.3.a"),
    ):  # fmt: skip
        assert canonical_host(text) == host, text
        assert canonical_host(host) == host


def test_names_in_other_scripts_decode() -> None:
    # RFC 3492, section 7.1
    for label, text in (
        ("bcher-kva", "b\u00fccher"),
        ("fiqs8s", "\u4e2d\u56fd"),
        ("d9juau41awczczp", "\u305d\u306e\u30b9\u30d4\u30fc\u30c9\u3067"),
        ("ihqwcrb4cv8a8dqg056pqjye", "\u4ed6\u4eec\u4e3a\u4ec0\u4e48\u4e0d\u8bf4\u4e2d\u6587"),
        ("localhost-", "localhost"), ("ls8h", "\U0001f4a9"),
    ):  # fmt: skip
        points = decoded(label)
        assert points is not None and "".join([chr(point) for point in points]) == text, label
    for label in ("99999999", "b\u00fc", "-a!", "zzzzzzzzzzzz"):
        assert decoded(label) is None, label

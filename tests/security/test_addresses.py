"""Our kinds of addresses beside CPython's `ipaddress`, and every disagreement with its reason."""

from __future__ import annotations

import ipaddress
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.security import address_ranges
from clawft.security.address_ranges import GLOBAL
from clawft.security.addresses import Address, kind_of, parse_address

BLOCKS = [
    (bits, row)
    for bits, rows in (
        (32, address_ranges.IPV4_BLOCKS + address_ranges.IPV4_METADATA),
        (128, address_ranges.IPV6_BLOCKS + address_ranges.IPV6_METADATA),
    )
    for row in rows
]

# Where `is_global` says True and we do not.
WE_REFUSE = {
    "0.0.0.0/8": "only 0.0.0.0/8's first address was listed by some versions",
    "64:ff9b::/96": "NAT64 leads to the IPv4 address that it carries; CPython does not look inside",
    "100:0:0:1::/64": "dummy prefix, RFC 9780; newer than CPython's copy",
    "168.63.129.16/32": "Azure's agent channel stands in a public block",
    "192.0.0.0/24": "Oracle's metadata service and assignments that CPython reads from a newer copy",
    "192.88.99.0/24": "6to4's relays were withdrawn by RFC 7526; the registry says nothing of their reach",
    "224.0.0.0/4": "multicast is global for CPython; no server has such an address",
    "2002::/16": "6to4: the registry says N/A, which is not True",
    "2001::/23": "protocol assignments that versions before 3.13 read in another way",
    "3fff::/20": "documentation, RFC 9637; newer than some CPythons",
    "5f00::/16": "segment routing, RFC 9602; newer than CPython's copy",
    "fec0::/10": "site local: deprecated, not global",
    "ff00::/8": "multicast is global for CPython; no server has such an address",
    "4000::/2": "IANA has assigned nothing outside 2000::/3; the rest is future use",
    "8000::/1": "as 4000::/2",
    "::/3": "as 4000::/2; and the carried addresses of ::ffff:0:0:0/96 and ::/96",
    "::5efe:0:0/0": "ISATAP: an interface identifier that carries a refused IPv4 address",
}
# Where `is_global` says False and we say that the address is global.
WE_ALLOW = {
    "192.0.0.9/32": "anycast, globally reachable in the registry; CPython before 3.13 takes the whole /24",
    "192.0.0.10/32": "as above",
    "2001:1::1/128": "as above, for 2001::/23",
    "2001:1::2/128": "as above",
    "2001:1::3/128": "as above",
    "2001:3::/32": "as above",
    "2001:4:112::/48": "as above",
    "2001:20::/28": "as above",
    "2001:30::/28": "as above",
    "::ffff:0:0/96": "a mapped address is what it carries; CPython before 3.13 refuses them all",
    "64:ff9b::/96": "NAT64 of a public address",
}


def is_explained(address: ipaddress.IPv4Address | ipaddress.IPv6Address, table: dict[str, str]) -> bool:
    for text in table:
        if text == "::5efe:0:0/0":
            if address.version == 6 and int(address) >> 32 & 0xFDFFFFFF == 0x5EFE:
                return True
        elif address in ipaddress.ip_network(text):
            return True
    return False


def agrees(bits: int, value: int) -> None:
    address = ipaddress.IPv4Address(value) if bits == 32 else ipaddress.IPv6Address(value)
    ours = kind_of(Address(bits, value))[0] == GLOBAL
    if ours != address.is_global:
        assert is_explained(address, WE_ALLOW if ours else WE_REFUSE), f"{address}: we say {ours}"


def test_each_block_is_the_one_that_its_name_says() -> None:
    for bits, (length, prefix, kind, name) in BLOCKS:
        network = ipaddress.ip_network(name.split(" ")[0])
        assert network.prefixlen == length, name
        assert int(network.network_address) >> (bits - length) == prefix, name
        assert kind in (
            address_ranges.GLOBAL,
            address_ranges.PRIVATE,
            address_ranges.UNUSABLE,
            address_ranges.METADATA,
        )


def test_the_edges_of_every_block_agree_with_ipaddress() -> None:
    for bits, (length, prefix, _, _) in BLOCKS:
        first = prefix << (bits - length)
        last = first + (1 << (bits - length)) - 1
        for value in (first - 1, first, first + 1, (first + last) // 2, last - 1, last, last + 1):
            if 0 <= value < 1 << bits:
                agrees(bits, value)


def test_what_cpython_lists_agrees_with_ours() -> None:
    for constants, bits in ((ipaddress._IPv4Constants, 32), (ipaddress._IPv6Constants, 128)):  # type: ignore[attr-defined]
        for network in constants._private_networks:
            for value in (int(network.network_address), int(network.broadcast_address)):
                agrees(bits, value)


def test_addresses_at_random_agree_with_ipaddress() -> None:
    random_ = random.Random(20260102)  # noqa: S311 - the same addresses every time
    for _ in range(20_000):
        agrees(32, random_.getrandbits(32))
        agrees(128, random_.getrandbits(128))
        _, (length, prefix, _, _) = random_.choice([block for block in BLOCKS if block[0] == 128])
        agrees(128, prefix << (128 - length) | random_.getrandbits(128 - length) if length < 128 else prefix)


@pytest.mark.parametrize("table", [WE_REFUSE, WE_ALLOW])
def test_every_disagreement_has_a_reason(table: dict[str, str]) -> None:
    assert all(len(reason) > 5 for reason in table.values())


@given(st.ip_addresses())
def test_every_address_is_read_and_written_as_ipaddress_does(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    for text in {str(address), address.exploded, str(address).upper()}:
        found = parse_address(text)
        assert found is not None
        assert (found.bits, found.value) == (address.max_prefixlen, int(address))
        if address.version == 4 or int(address) >> 32 not in (0, 0xFFFF):
            assert found.text == str(address)


@given(st.text(alphabet="0123456789abcdefF:.%x ", max_size=24))
def test_what_ipaddress_refuses_we_refuse(text: str) -> None:
    try:
        expected = int(ipaddress.ip_address(text))
    except ValueError:
        assert parse_address(text) is None
        return
    found = parse_address(text)
    assert ("%" in text and found is None) or (found is not None and found.value == expected)

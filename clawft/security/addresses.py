"""Turns the text of an IP address into a number and says what kind of address that is. Resolves no names.

An IPv6 address that carries an IPv4 address (mapped, compatible, translated, NAT64, 6to4, Teredo, ISATAP) is of the
worst kind among itself and what it carries. NAT64 under an operator's own prefix cannot be told from other addresses.
"""

from __future__ import annotations

from clawft.security.address_ranges import (
    GLOBAL,
    IPV4_BLOCKS,
    IPV4_METADATA,
    IPV6_BLOCKS,
    IPV6_METADATA,
    METADATA,
    PRIVATE,
    UNUSABLE,
)

IPV4_BITS = 32
IPV6_BITS = 128

_WORSE = (GLOBAL, PRIVATE, UNUSABLE, METADATA)
_IPV4_MASK = 0xFFFFFFFF
_GROUPS = 8
_GROUP_DIGITS = 4
_HEX = "0123456789abcdefABCDEF"
_LONGEST_TEXT = 45

_MAPPED_96 = 0xFFFF  # ::ffff:0:0/96 (RFC 4291)
_COMPATIBLE_96 = 0  # ::/96 (RFC 4291)
_TRANSLATED_96 = 0xFFFF0000  # ::ffff:0:0:0/96 (RFC 2765)
_NAT64_96 = 0x0064FF9B0000000000000000  # 64:ff9b::/96 (RFC 6052)
_LOCAL_NAT64_48 = 0x0064FF9B0001  # 64:ff9b:1::/48 (RFC 8215)
_SIX_TO_FOUR_16 = 0x2002  # RFC 3056
_TEREDO_32 = 0x20010000  # RFC 4380
_ISATAP = (0x00005EFE, 0x02005EFE)  # the interface identifier's first half (RFC 5214)


class Address:
    """An IP address: `bits` is 32 or 128, `value` the number."""

    __slots__ = ("bits", "value")

    def __init__(self, bits: int, value: int) -> None:
        self.bits = bits
        self.value = value

    @property
    def text(self) -> str:
        """As RFC 5952 and the URL standard write it, IPv6 without brackets and never with dots."""
        if self.bits == IPV4_BITS:
            return "%d.%d.%d.%d" % tuple([self.value >> shift & 0xFF for shift in (24, 16, 8, 0)])
        return _ipv6_text(self.value)

    def is_same(self, other: Address) -> bool:
        return self.bits == other.bits and self.value == other.value


def parse_address(text: str) -> Address | None:
    """Four plain decimal numbers, or any spelling of IPv6 without brackets; None for all else, zones included."""
    if len(text) > _LONGEST_TEXT:
        return None
    if ":" in text:
        return _parse_ipv6(text)
    value = _parse_ipv4(text)
    return None if value is None else Address(IPV4_BITS, value)


def kind_of(address: Address) -> tuple[str, str]:
    """The kind of an address (GLOBAL, PRIVATE, UNUSABLE or METADATA) and the block that decides, for a reader."""
    if address.bits == IPV4_BITS:
        return _looked_up(address, IPV4_METADATA) or _looked_up(address, IPV4_BLOCKS) or (GLOBAL, "")
    top_96 = address.value >> IPV4_BITS
    found: tuple[str, str] | None
    if top_96 in (_MAPPED_96, _NAT64_96):  # what carries it is everywhere: only what is carried counts
        found = (GLOBAL, "")
    else:
        found = _looked_up(address, IPV6_METADATA) or _looked_up(address, IPV6_BLOCKS)
    kind, name = found if found is not None else (UNUSABLE, "")
    is_guess = address.value >> 80 == _LOCAL_NAT64_48  # three of its four readings are wrong
    for inner in carried(address):
        inner_kind, inner_name = kind_of(inner)
        if is_guess and inner_kind != METADATA:
            continue
        if _WORSE.index(inner_kind) > _WORSE.index(kind):
            kind, name = inner_kind, inner_name + ", as " + inner.text
    return kind, name


def carried(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address may lead to; both of Teredo's, every reading of a local NAT64 prefix."""
    if address.bits == IPV4_BITS:
        return []
    value = address.value
    low = value & _IPV4_MASK
    top_96 = value >> IPV4_BITS
    found: list[int] = []
    if top_96 in (_MAPPED_96, _TRANSLATED_96, _NAT64_96) or (top_96 == _COMPATIBLE_96 and low > 1):
        found = [low]
    elif value >> 80 == _LOCAL_NAT64_48:
        # RFC 6052, section 2.2: prefixes of 48, 56, 64 and 96 bits, around the octet at bit 64.
        found = [
            value >> 64 << 16 & _IPV4_MASK | value >> 40 & 0xFFFF,
            value >> 64 << 24 & _IPV4_MASK | value >> 32 & 0xFFFFFF,
            value >> 24 & _IPV4_MASK,
            low,
        ]
    elif value >> 112 == _SIX_TO_FOUR_16:
        found = [value >> 80 & _IPV4_MASK]
    elif value >> 96 == _TEREDO_32:
        found = [value >> 64 & _IPV4_MASK, low ^ _IPV4_MASK]
    if top_96 & _IPV4_MASK in _ISATAP:
        found.append(low)
    return [Address(IPV4_BITS, number) for number in found]


def _looked_up(address: Address, blocks: tuple[tuple[int, int, str, str], ...]) -> tuple[str, str] | None:
    for bits, prefix, kind, name in blocks:
        if address.value >> address.bits - bits == prefix:
            return kind, name
    return None


def _parse_ipv4(text: str) -> int | None:
    parts = text.split(".")
    if len(parts) != 4:  # noqa: PLR2004 - IPv4
        return None
    value = 0
    for part in parts:
        if not part or len(part) > 3 or (len(part) > 1 and part[0] == "0"):  # noqa: PLR2004 - 255
            return None
        for character in part:
            if not "0" <= character <= "9":
                return None
        if int(part) > 255:  # noqa: PLR2004 - a byte
            return None
        value = value << 8 | int(part)
    return value


def _parse_ipv6(text: str) -> Address | None:
    left, gap, right = text.partition("::")
    head = _groups(left, ends_address=not gap)
    tail = _groups(right, ends_address=True)
    if head is None or tail is None:
        return None
    missing = _GROUPS - len(head) - len(tail)
    if missing < 1 if gap else missing != 0:
        return None
    value = 0
    for group in head + [0] * missing + tail:
        value = value << 16 | group
    return Address(IPV6_BITS, value)


def _groups(text: str, *, ends_address: bool) -> list[int] | None:
    """The 16-bit numbers of one side of an address; the last may be an IPv4 address, where it ends the whole."""
    groups: list[int] = []
    if not text:
        return groups
    parts = text.split(":")
    for index, part in enumerate(parts):
        if "." in part:
            value = _parse_ipv4(part) if ends_address and index == len(parts) - 1 else None
            if value is None:
                return None
            groups += [value >> 16, value & 0xFFFF]
            continue
        if not 1 <= len(part) <= _GROUP_DIGITS:
            return None
        for character in part:
            if character not in _HEX:
                return None
        groups.append(int(part, 16))
    return groups


def _ipv6_text(value: int) -> str:
    groups = ["%x" % (value >> shift & 0xFFFF) for shift in range(112, -1, -16)]
    start = length = run = 0
    for index, group in enumerate(groups):
        run = run + 1 if group == "0" else 0
        if run > length:
            start, length = index + 1 - run, run
    if length < 2:  # noqa: PLR2004 - RFC 5952, section 4.2.2: one zero is written out
        return ":".join(groups)
    return ":".join(groups[:start]) + "::" + ":".join(groups[start + length :])

"""Turns the host of a URL, however it is spelt, into the one spelling of it that is judged and connected to.

This is the host parser of the URL standard (url.spec.whatwg.org, "host parsing"), which browsers and most HTTP clients
follow, and refuses more than it does. It reads no network and no file.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.core.url import UrlError, parse_url
from clawft.security.addresses import IPV4_BITS, Address, parse_address
from clawft.security.punycode import decoded

LONGEST_NAME = 253
LONGEST_LABEL = 63
_LONGEST_ESCAPED = 12 * (LONGEST_NAME + 1)  # a character of four bytes, each as %XX

_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."
_DIGITS = "0123456789"
_HEX = "0123456789abcdefABCDEF"
_DOTS = "\u3002\uff0e\uff61"
_IPV4_PARTS = 4
_LARGEST_BYTE = 255

# Characters that UTS 46 maps to ASCII: first, last, what the first becomes, and after how many it starts again.
_ASCII_TWINS = (
    (0xFF10, 0xFF19, "0", 10),  # full-width
    (0xFF21, 0xFF3A, "a", 26),
    (0xFF41, 0xFF5A, "a", 26),
    (0xFF0D, 0xFF0D, "-", 1),
    (0xFF3F, 0xFF3F, "_", 1),
    (0xFF05, 0xFF05, "%", 1),  # refused afterwards: it cannot be part of a name
    (0x2460, 0x2468, "1", 9),  # enclosed
    (0x24EA, 0x24EA, "0", 1),
    (0x24B6, 0x24CF, "a", 26),
    (0x24D0, 0x24E9, "a", 26),
    (0x1F130, 0x1F149, "a", 26),  # squared
    (0x2070, 0x2070, "0", 1),  # raised and lowered
    (0x00B9, 0x00B9, "1", 1),
    (0x00B2, 0x00B3, "2", 2),
    (0x2074, 0x2079, "4", 6),
    (0x2080, 0x2089, "0", 10),
    (0x1D7CE, 0x1D7FF, "0", 10),  # mathematical
    (0x1FBF0, 0x1FBF9, "0", 10),  # of old displays
    (0x212A, 0x212A, "k", 1),  # kelvin
    (0x017F, 0x017F, "s", 1),  # long s
)
# Mathematical letters, A to Z and a to z again and again; what is not assigned among them stands elsewhere in Unicode.
_LETTERS_FIRST = 0x1D400
_LETTERS_LAST = 0x1D6A3
_UNASSIGNED = (
    "\U0001d455\U0001d49d\U0001d4a0\U0001d4a1\U0001d4a3\U0001d4a4\U0001d4a7\U0001d4a8\U0001d4ad\U0001d4ba\U0001d4bc"
    "\U0001d4c4\U0001d506\U0001d50b\U0001d50c\U0001d515\U0001d51d\U0001d53a\U0001d53f\U0001d545\U0001d547\U0001d548"
    "\U0001d549\U0001d551"
)


def canonical_host(text: str) -> str:
    """A host in lower-case ASCII, an address as RFC 5952 writes it and in brackets if it is IPv6.

    Raises UrlError for what is no host, PolicyDenied for an IPv6 zone. One full stop at the end is left out: it says
    that the name is absolute, and ours always are.
    """
    if text.startswith("["):
        return _canonical_ipv6(text)
    if len(text) <= _LONGEST_ESCAPED and "%" in text:
        text = _unescaped(text)
    host = (
        _plain(text) if len(text) <= LONGEST_NAME + 1 else text
    )  # nothing that takes time for what is refused
    if host.endswith("."):
        host = host[:-1]
    if not 1 <= len(host) <= LONGEST_NAME:
        raise UrlError("the URL's host is empty or has more than 253 characters")
    for character in host:
        if character not in _NAME_CHARACTERS:
            raise UrlError("the URL's host has a character that no host has: " + _shown(character))
    labels = host.split(".")
    if _is_number(labels[-1]):
        return _canonical_ipv4(labels)
    _check_labels(labels)
    return host


def host_address(host: str) -> Address | None:
    """The address that a canonical host is, with or without its brackets; None for a name."""
    return parse_address(host[1:-1] if host.startswith("[") else host)


def _check_labels(labels: list[str]) -> None:
    for label in labels:
        if not 1 <= len(label) <= LONGEST_LABEL:
            raise UrlError("the URL's host has an empty label or one of more than 63 characters")
        if label.startswith("xn--"):
            _check_international(label)


def _canonical_ipv6(text: str) -> str:
    if "%" in text:
        raise PolicyDenied("url.zone", "an IPv6 zone", "it names an interface of this machine; leave it out")
    address = parse_address(text[1:-1]) if text.endswith("]") and ":" in text else None
    if address is None:
        raise UrlError("the URL's host is not an IPv6 address in brackets")
    return "[" + address.text + "]"


def _unescaped(text: str) -> str:
    pieces = text.split("%")
    data = bytearray(pieces[0].encode())
    for piece in pieces[1:]:
        if len(piece) < 2 or piece[0] not in _HEX or piece[1] not in _HEX:  # noqa: PLR2004 - %XX
            raise UrlError("the URL's host has a percent sign without two hexadecimal digits after it")
        data.append(int(piece[:2], 16))
        data += piece[2:].encode()
    try:
        return bytes(data).decode()
    except UnicodeError:
        raise UrlError("the URL's host is not UTF-8 where it is percent-encoded")


def _plain(host: str) -> str:
    """A host in lower-case ASCII. What only UTS 46's tables can map is left to `parse_url`, which may have them."""
    if len(host.encode()) == len(host):
        return host.lower()
    plain = "".join([_twin(character) for character in host])
    if len(plain.encode()) == len(plain):
        return plain.lower()
    mapped = parse_url("http://" + (plain[:-1] if plain.endswith(".") else plain) + "/").host
    if len(mapped.encode()) != len(mapped):
        raise UrlError("write the URL's host in its xn-- form, as in xn--bcher-kva.example")
    return mapped


def _twin(character: str) -> str:
    code = ord(character)
    if code < 0x80:  # noqa: PLR2004 - ASCII
        return character
    if character in _DOTS:
        return "."
    for first, last, start, count in _ASCII_TWINS:
        if first <= code <= last:
            return chr(ord(start) + (code - first) % count)
    if _LETTERS_FIRST <= code <= _LETTERS_LAST and character not in _UNASSIGNED:
        return chr(ord("a") + (code - _LETTERS_FIRST) % 26)
    return character


def _is_number(label: str) -> bool:
    """Whether a name that ends in this label is an IPv4 address, well-formed or not."""
    if label.startswith("0x"):
        return _has_only(label[2:], _HEX)
    return label != "" and _has_only(label, _DIGITS)


def _canonical_ipv4(labels: list[str]) -> str:
    if len(labels) > _IPV4_PARTS:
        raise UrlError("the URL's host is an IPv4 address of more than four numbers")
    numbers = [_number(label) for label in labels]
    for number in numbers[:-1]:
        if number > _LARGEST_BYTE:
            raise UrlError("the URL's host is an IPv4 address with a number above 255")
    if numbers[-1] >= 256 ** (_IPV4_PARTS + 1 - len(numbers)):
        raise UrlError("the URL's host is an IPv4 address whose last number is too large")
    value = numbers[-1]
    for index, number in enumerate(numbers[:-1]):
        value += number << 8 * (_IPV4_PARTS - 1 - index)
    return Address(IPV4_BITS, value).text


def _number(label: str) -> int:
    """Decimal, octal after 0, hexadecimal after 0x, as inet_aton reads it."""
    digits, base, allowed = label, 10, _DIGITS
    if label.startswith("0x"):
        digits, base, allowed = label[2:] or "0", 16, _HEX
    elif len(label) > 1 and label[0] == "0":
        digits, base, allowed = label[1:], 8, "01234567"
    if not label or not _has_only(digits, allowed):
        raise UrlError("the URL's host is an IPv4 address with something that is no number")
    digits = digits.lstrip("0") or "0"
    # Longer than 2**32 in any base: not worth a large integer.
    return 1 << IPV4_BITS if len(digits) > 11 else int(digits, base)  # noqa: PLR2004 - 37777777777, in octal


def _check_international(label: str) -> None:
    """An xn-- label must stand for a name in another script: `xn--localhost-` and full-width letters do not."""
    points = decoded(label[4:])
    if points is None:
        raise UrlError(label + ": this part of the URL's host does not decode")
    has_other = False
    for code in points:
        has_other = has_other or code >= 0x80  # noqa: PLR2004 - ASCII
        character = chr(code)
        if 0x80 <= code < 0xA1 or (code >= 0x80 and _twin(character) != character):  # noqa: PLR2004 - C1, no-break space
            raise UrlError(label + ": this part of the URL's host decodes to what no name may hold")
    if not has_other:
        raise UrlError(label + ": this part of the URL's host stands for plain ASCII")


def _has_only(text: str, characters: str) -> bool:
    return all(character in characters for character in text)


def _shown(character: str) -> str:
    return character if "!" <= character <= "~" else "U+%04X" % ord(character)

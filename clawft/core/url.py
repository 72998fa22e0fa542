"""Turns the text of an http or https URL into its parts. Refuses whatever two parsers could read differently.

Policies and runtimes share this one reading, so that what was judged is what is connected to.
"""

from __future__ import annotations

from clawft.core.compat import ascii_host

DEFAULT_PORTS = {"http": 80, "https": 443}
LIMIT_CHARACTERS = 8192

_LARGEST_PORT = 65535
_LONGEST_NAME = 253
_LONGEST_IPV6 = 45
_LARGEST_BYTE = 255
_IPV4_PARTS = 4
_LEAST_COLONS = 2

_INVISIBLE = (
    "the URL has a space, a control character, a backslash or a non-ASCII character; percent-encode it"
)
_HOST_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_."
_IPV6_CHARACTERS = "0123456789abcdef:."
# UTS 46 maps these to a full stop, and the full-width forms to ASCII.
_DOTS = "\u3002\uff0e\uff61"
_FULL_WIDTH_FIRST = 0xFF01
_FULL_WIDTH_LAST = 0xFF5E


class UrlError(ValueError):
    """Why a URL is refused. The text never quotes what follows the host: queries hold keys."""


class Url:
    """`host` is lower case, an IPv6 address without its brackets; `target` is path and query, "/" at least."""

    __slots__ = ("host", "port", "scheme", "target")

    def __init__(self, scheme: str, host: str, port: int, target: str) -> None:
        self.scheme = scheme
        self.host = host
        self.port = port
        self.target = target

    @property
    def authority(self) -> str:
        """Host and port as the Host header has them: the port only if it is not the scheme's own."""
        name = "[" + self.host + "]" if ":" in self.host else self.host
        return name if self.port == DEFAULT_PORTS[self.scheme] else name + ":" + str(self.port)

    @property
    def origin(self) -> str:
        """Scheme, host and port: what an error message may show."""
        return self.scheme + "://" + self.authority


def parse_url(text: str) -> Url:
    """The parts of a URL, its fragment left out. Raises UrlError.

    The host may be percent-encoded, in full-width letters or with ideographic dots, and comes out as plain ASCII; a
    name in another script must be written in its xn-- form, where the runtime has no tables to map it with
    (`compat.ascii_host`).
    """
    if len(text) > LIMIT_CHARACTERS:
        raise UrlError(f"the URL has {len(text)} characters, at most {LIMIT_CHARACTERS} are allowed")
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or scheme not in DEFAULT_PORTS:
        raise UrlError("expected a URL that begins with http:// or https://")
    rest = rest.partition("#")[0]
    end = len(rest)
    for mark in "/?":
        at = rest.find(mark)
        if 0 <= at < end:
            end = at
    target = rest[end:]
    _check_host_visible(rest[:end].replace("\\", " "))
    if not _is_visible_ascii(target):
        raise UrlError(_INVISIBLE)
    host, port = _host_and_port(rest[:end], DEFAULT_PORTS[scheme])
    return Url(scheme, host, port, target if target.startswith("/") else "/" + target)


def _check_host_visible(text: str) -> None:
    for character in text:
        if not ("!" <= character <= "~" or ord(character) >= 0xA0):  # noqa: PLR2004 - after the C1 controls
            raise UrlError(_INVISIBLE)


def _is_visible_ascii(text: str) -> bool:
    try:
        data = text.encode()
    except UnicodeError:  # half of a character
        return False
    # The extremes of bytes are found at once, where a loop over 8,000 characters takes a millisecond.
    return not data or (min(data) > ord(" ") and max(data) <= ord("~") and b"\\" not in data)


def is_ip_address(host: str) -> bool:
    """Whether a host that `parse_url` gave is an address and not a name."""
    return ":" in host or _is_number(host[host.rfind(".") + 1 :])


def _host_and_port(authority: str, default_port: int) -> tuple[str, int]:
    if "@" in authority:
        raise UrlError("the URL has a user name or password before its host; remove it")
    if authority.startswith("["):
        host, bracket, rest = authority[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise UrlError("the URL's host has an unbalanced bracket")
        port_text = rest[1:] if rest else None
        host = host.lower()
        _check_ipv6(host)
    else:
        host, colon, after = authority.partition(":")
        port_text = after if colon else None
        host = _ascii_host(host).lower()
        _check_name(host)
    if port_text is None:
        return host, default_port
    if not _is_number(port_text) or len(port_text) > len(str(_LARGEST_PORT)):
        raise UrlError("the URL's port is not a number from 1 to 65535")
    if not 1 <= int(port_text) <= _LARGEST_PORT:
        raise UrlError("the URL's port is not a number from 1 to 65535")
    return host, int(port_text)


def _ascii_host(host: str) -> str:
    """A host with its percent-encoding undone, full-width letters made plain and every kind of dot a dot."""
    if "%" in host:
        pieces = host.split("%")
        data = pieces[0].encode()
        for piece in pieces[1:]:
            if len(piece) < 2 or not (_is_hex(piece[0]) and _is_hex(piece[1])):  # noqa: PLR2004 - %XX
                raise UrlError("the URL's host has a percent sign without two hexadecimal digits after it")
            data += bytes([int(piece[:2], 16)]) + piece[2:].encode()
        try:
            host = data.decode()
        except UnicodeError:
            raise UrlError("the URL's host is not UTF-8 where it is percent-encoded")
    plain = []
    for character in host:
        code = ord(character)
        if character in _DOTS:
            character = "."  # noqa: PLW2901 - the same character, as names have it
        elif _FULL_WIDTH_FIRST <= code <= _FULL_WIDTH_LAST:
            character = chr(code - _FULL_WIDTH_FIRST + ord("!"))  # noqa: PLW2901 - as above
        plain.append(character)
    host = "".join(plain)
    if len(host.encode()) == len(host):
        return host
    try:
        return ascii_host(host)
    except ValueError as error:
        raise UrlError("the URL's host " + str(error))


def _is_hex(character: str) -> bool:
    return character in "0123456789abcdefABCDEF"


def _check_name(host: str) -> None:
    if not host:
        raise UrlError("the URL has no host")
    for character in host:
        if character not in _HOST_CHARACTERS:
            raise UrlError("the URL's host has the character " + character + ", which no name of a host has")
    labels = host.split(".")
    if len(host) > _LONGEST_NAME or "" in labels:
        raise UrlError(host + ": a host is at most 253 characters long and has no empty label")
    # inet_aton reads 127.1, 0x7f.0.0.1 and 2130706433 as addresses: a judge of names would not.
    is_number = _is_number(labels[-1]) or labels[-1].startswith("0x")
    if is_number and (len(labels) != _IPV4_PARTS or not all(_is_plain_byte(label) for label in labels)):
        raise UrlError(host + ": an IPv4 address is four plain decimal numbers from 0 to 255")


def _check_ipv6(host: str) -> None:
    for character in host:
        if character not in _IPV6_CHARACTERS:
            raise UrlError(
                "the URL's IPv6 address has the character " + character + "; zones are not supported"
            )
    if host.count(":") < _LEAST_COLONS or len(host) > _LONGEST_IPV6:
        raise UrlError(host + ": not an IPv6 address")


def _is_plain_byte(text: str) -> bool:
    return _is_number(text) and text == str(int(text)) and int(text) <= _LARGEST_BYTE


def _is_number(text: str) -> bool:
    for character in text:
        if not "0" <= character <= "9":
            return False
    return text != ""

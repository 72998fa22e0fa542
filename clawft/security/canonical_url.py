"""Turns what a model wrote as a URL into the one spelling that is judged and sent; resolves redirects against it.

Follows the URL standard (url.spec.whatwg.org) where it accepts, and refuses what parsers disagree about. The result
has always passed `core.url.parse_url`, the parser that connects: there is no second reading.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.core.url import DEFAULT_PORTS, LIMIT_CHARACTERS, Url, UrlError, parse_url
from clawft.security.hosts import canonical_host

_BLANKS = " \t\r\n"
_SCHEME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789+-."
_DIGITS = "0123456789"
_LARGEST_PORT = 65535
_DELETE = b"\x7f"
_HALF = "the URL holds half of a character (a lone surrogate)"

# The standard's path and query percent-encode sets, in ASCII; controls are refused before.
_PATH_ESCAPES = ' "<>^`{}'
_QUERY_ESCAPES = " \"<>'"
_ONE_DOT = (".", "%2e")
_TWO_DOTS = ("..", ".%2e", "%2e.", "%2e%2e")


class CanonicalUrl:
    """`text` is the URL without fragment, `parts` what the connecting parser reads in it."""

    __slots__ = ("parts", "text")

    def __init__(self, text: str, parts: Url) -> None:
        self.text = text
        self.parts = parts


def canonical_url(text: str) -> CanonicalUrl:
    """A URL as it will be used. Blanks around it do not count and its fragment is left out.

    Raises UrlError for what is no http or https URL in any reading, PolicyDenied (url.characters, url.scheme,
    url.userinfo, url.zone, url.length) for what is one and is refused.
    """
    text = _without_fragment(_checked(text))
    scheme, rest = _scheme(text)
    if scheme == "":
        raise UrlError("expected a URL that begins with http:// or https://")
    if scheme not in DEFAULT_PORTS:
        raise PolicyDenied(
            "url.scheme", "a URL that begins with " + scheme[:40] + ":", "only http and https are fetched"
        )
    if not rest.startswith("//"):
        raise UrlError("expected two slashes after " + scheme + ":")
    end = _end_of_authority(rest)
    return _built(scheme, _authority(scheme, rest[2:end]), rest[end:])


def resolved(base: CanonicalUrl, location: str) -> CanonicalUrl:
    """Where a redirect from `base` leads; `location` may be relative. Raises as `canonical_url`."""
    text = _without_fragment(_checked(location))
    scheme, rest = _scheme(text)
    if scheme in DEFAULT_PORTS and not rest.startswith("//"):
        raise UrlError("a redirect to " + scheme + ": without slashes is read in two ways")
    if scheme:
        return canonical_url(text)
    parts = base.parts
    if text.startswith("//"):
        return canonical_url(parts.scheme + ":" + text)
    path, mark, query = parts.target.partition("?")
    if text.startswith("/"):
        target = text
    elif text.startswith("?"):
        target = path + text
    elif text:
        target = path[: path.rfind("/") + 1] + text
    else:
        target = path + mark + query
    return _built(parts.scheme, parts.authority, target)


def _checked(text: str) -> str:
    """The text without blanks around it. Refuses what browsers silently drop or turn around within a URL."""
    text = text.strip(_BLANKS)
    if len(text) > LIMIT_CHARACTERS:
        raise _too_long()
    try:
        data = text.encode()
    except UnicodeError:
        raise UrlError(_HALF)
    # Spaces are percent-encoded, outside the host.
    if data and (min(data) < ord(" ") or _DELETE in data):
        raise PolicyDenied("url.characters", "the URL", "it has a tab, a line break or a control character")
    # MicroPython encodes what CPython does not.
    if len(data) != len(text) and any(0xD800 <= ord(character) < 0xE000 for character in text):  # noqa: PLR2004
        raise UrlError(_HALF)
    return text


def _without_fragment(text: str) -> str:
    text = text.partition("#")[0]
    if "\\" in text:
        raise PolicyDenied(
            "url.characters", "the URL", "it has a backslash, which some read as /; write / or %5C for it"
        )
    return text


def _scheme(text: str) -> tuple[str, str]:
    """The scheme in lower case and what follows its colon; "" and the text where there is none."""
    scheme, colon, rest = text.partition(":")
    scheme = scheme.lower()
    if not colon or not "a" <= scheme[:1] <= "z":
        return "", text
    for character in scheme:
        if character not in _SCHEME_CHARACTERS:
            return "", text
    return scheme, rest


def _end_of_authority(rest: str) -> int:
    end = len(rest)
    for mark in "/?":
        at = rest.find(mark, 2)
        if 0 <= at < end:
            end = at
    return end


def _authority(scheme: str, text: str) -> str:
    """Host and port, the port only if it is not the scheme's own."""
    if "@" in text:
        raise PolicyDenied(
            "url.userinfo", "a URL with a user name or password", "credentials are never sent from a URL"
        )
    if text.startswith("["):
        host, bracket, after = text.partition("]")
        host += bracket
        colon, port_text = after[:1], after[1:]
        if colon not in ("", ":"):
            raise UrlError("the URL's host has an unbalanced bracket")
    else:
        host, colon, port_text = text.partition(":")
    if " " in host or " " in port_text:
        raise PolicyDenied("url.characters", "the URL's host", "it has a space")
    host = canonical_host(host)
    port = _port(port_text, DEFAULT_PORTS[scheme])
    return host if port == DEFAULT_PORTS[scheme] else host + ":" + str(port)


def _port(text: str, default: int) -> int:
    for character in text:
        if character not in _DIGITS:
            raise UrlError("the URL's port is not a number")
    digits = text.lstrip("0")
    if not digits:
        if text:
            raise PolicyDenied("url.allowed_ports", "port 0", "no server can listen on it")
        return default
    if len(digits) > len(str(_LARGEST_PORT)) or int(digits) > _LARGEST_PORT:
        raise UrlError("the URL's port is not a number from 1 to 65535")
    return int(digits)


def _built(scheme: str, authority: str, target: str) -> CanonicalUrl:
    path, mark, query = target.partition("?")
    path = _without_dots(_escaped(path, _PATH_ESCAPES))
    text = scheme + "://" + authority + path + mark + _escaped(query, _QUERY_ESCAPES)
    if len(text) > LIMIT_CHARACTERS:
        raise _too_long()
    parts = parse_url(text)
    if parts.scheme != scheme or parts.authority != authority:
        raise UrlError("the URL's host is read in two ways")
    return CanonicalUrl(text, parts)


def _without_dots(path: str) -> str:
    """A path without `.` and `..`, which clients take out before they send it; their %2e spellings too."""
    if "/." not in path and "/%2" not in path:
        return path or "/"
    kept: list[str] = []
    segments = path.split("/")[1:]
    last = len(segments) - 1
    for index, segment in enumerate(segments):
        plain = segment.lower() if len(segment) <= 6 else ""  # noqa: PLR2004 - %2e%2e
        if plain in _TWO_DOTS:
            if kept:
                kept.pop()
        elif plain not in _ONE_DOT:
            kept.append(segment)
            continue
        if index == last:
            kept.append("")
    return "/" + "/".join(kept)


def _escaped(text: str, characters: str) -> str:
    """Percent-encodes some characters, and as UTF-8 what is not ASCII."""
    for character in characters:
        text = text.replace(character, "%%%02X" % ord(character))
    data = text.encode()
    if len(data) == len(text):
        return text
    # A character of k bytes grows to 3k, and k is at most 4: what must become too long is not worth the time.
    if len(data) + (len(data) - len(text)) * 8 // 3 > LIMIT_CHARACTERS:
        raise _too_long()
    return "".join([chr(byte) if byte < 0x80 else "%%%02X" % byte for byte in data])  # noqa: PLR2004 - ASCII


def _too_long() -> PolicyDenied:
    return PolicyDenied(
        "url.length", "the URL", f"expected at most {LIMIT_CHARACTERS} characters once percent-encoded"
    )

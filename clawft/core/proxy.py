"""Turns HTTPS_PROXY, HTTP_PROXY and NO_PROXY into the proxy of a URL. Opens no connection.

The lower-case names win, as in curl. Loopback hosts are always reached directly: a model server on this machine is
never behind a proxy.
"""

from __future__ import annotations

from clawft.core.errors import ConfigError
from clawft.core.url import Url, UrlError, is_ip_address, parse_url


class Proxy:
    """An HTTP proxy. `authorization` is the value of Proxy-Authorization, "" for none."""

    __slots__ = ("authorization", "url")

    def __init__(self, url: Url, authorization: str) -> None:
        self.url = url
        self.authorization = authorization


def proxy_for(url: Url, environment: dict[str, str]) -> Proxy | None:
    """The proxy that the environment names for a URL, None to go directly. Raises ConfigError."""
    name = url.scheme + "_proxy"
    text = environment.get(name, "")
    if not text and not (name == "http_proxy" and "REQUEST_METHOD" in environment):
        # Under CGI a client sets HTTP_PROXY by sending the header `Proxy` (CVE-2016-5385).
        name = name.upper()
        text = environment.get(name, "")
    if not text or _is_loopback(url.host):
        return None
    if _is_exempt(url, environment.get("no_proxy", "") or environment.get("NO_PROXY", "")):
        return None
    return _parse(name, text)


def _parse(name: str, text: str) -> Proxy:
    if "://" not in text:
        text = "http://" + text
    scheme, _, rest = text.partition("://")
    end = len(rest.split("/")[0])
    user, at, host = rest[:end].rpartition("@")
    try:
        url = parse_url(scheme + "://" + host)
    except UrlError as error:
        # The text itself is not shown: it may hold a password.
        raise ConfigError(name, "a proxy like http://host:port", "something else", str(error))
    if url.scheme != "http":
        raise ConfigError(name, "a proxy like http://host:port", f"a proxy that speaks {url.scheme}")
    return Proxy(url, _basic(user) if at else "")


def _basic(user: str) -> str:
    import binascii  # noqa: PLC0415 - only for a proxy with a password

    parts = user.encode().split(b"%")
    plain = parts[0]
    for part in parts[1:]:
        try:
            plain += bytes([int(part[:2], 16)]) + part[2:]
        except ValueError:
            plain += b"%" + part
    if b":" not in plain:
        plain += b":"
    return "Basic " + binascii.b2a_base64(plain, newline=False).decode()


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost") or host == "::1":
        return True
    return host.startswith("127.") and is_ip_address(host)


def _is_exempt(url: Url, exempt: str) -> bool:
    for written in exempt.lower().split(","):
        entry = written.strip()
        if entry == "*":
            return True
        if "/" in entry:
            if _is_in_network(url.host, entry):
                return True
            continue
        host, colon, port = entry.rpartition(":")
        if colon and port.isdigit() and (":" not in host or host.endswith("]")):
            if int(port) != url.port:
                continue
            entry = host
        entry = entry.strip("[]").lstrip("*").strip(".")
        if entry and (url.host == entry or (url.host.endswith("." + entry) and not is_ip_address(url.host))):
            return True
    return False


def _is_in_network(host: str, network: str) -> bool:
    start, _, length = network.partition("/")
    address = _bits_of(host)
    first = _bits_of(start)
    if len(address) != len(first) or not address or not length.isdigit() or int(length) > len(address):
        return False
    return address[: int(length)] == first[: int(length)]


def _bits_of(address: str) -> str:
    """The bits of an IP address as text, "" for anything else."""
    if ":" not in address:
        return _bits_of_ipv4(address)
    head, is_short, tail = address.partition("::")
    before = _groups(head)
    after = _groups(tail)
    missing = 128 - len(before) - len(after)
    if "?" in before + after or "::" in tail or missing < 0 or (missing > 0) != (is_short != ""):
        return ""
    return before + "0" * missing + after


def _groups(text: str) -> str:
    bits = ""
    for group in text.split(":") if text else []:
        if "." in group:
            bits += _bits_of_ipv4(group) or "?"
            continue
        try:
            bits += "{:016b}".format(int(group, 16)) if 0 < len(group) <= 4 else "?"  # noqa: PLR2004 - hexadecimal digits
        except ValueError:
            bits += "?"
    return bits


def _bits_of_ipv4(address: str) -> str:
    parts = address.split(".")
    numbers = [int(part) for part in parts if part.isdigit()]
    if len(numbers) != 4 or len(parts) != 4 or max(numbers) > 255:  # noqa: PLR2004 - four bytes
        return ""
    return "".join(["{:08b}".format(number) for number in numbers])

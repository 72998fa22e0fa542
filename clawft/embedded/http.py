"""HTTP requests in our executables: checks them, chooses the proxy, and hands them to libcurl behind `_weft`.

Waits, limits and TLS are the C side's; follows no redirect. Addresses that a request pins are connected to directly.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import TransportError
from clawft.core.interfaces import Response
from clawft.core.request_head import headers_of
from clawft.core.url import UrlError, parse_url
from clawft.embedded.waiting import IS_SANDBOX, now_s, ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import Request, Timeouts
    from clawft.core.proxy import Proxy
    from clawft.core.url import Url

_READ_BYTES = 65536


class HttpResponse(Response):
    """A response whose body is read from its transfer."""

    def __init__(self, handle: int, status: int, headers: list[tuple[str, str]]) -> None:
        self.status = status
        self.headers = headers
        self._handle: int | None = handle
        self._is_ended = False

    async def read(self) -> bytes:
        if self._handle is None:
            if self._is_ended:
                return b""
            raise TransportError("body", "the response is closed: nothing more can be read", sent=True)
        is_read = False
        try:
            data = _weft.read(self._handle, _READ_BYTES)
            while data is None:
                await ready(self._handle)
                data = _weft.read(self._handle, _READ_BYTES)
            is_read = True
        except _weft.TransportError as error:
            raise transport_error(error)
        finally:
            if not is_read:
                await self.close()
        if not data:
            self._is_ended = True
            await self.close()
        piece: bytes = data
        return piece

    async def close(self) -> None:
        if self._handle is not None:
            _weft.close(self._handle)
            self._handle = None


async def send(request: Request, environment: dict[str, str], user_agent: str) -> Response:
    """Raises TransportError, and ConfigError for a proxy or root certificates that cannot be used."""
    url = _url(request.url)
    addresses = request.addresses
    proxy = None
    if IS_SANDBOX:
        # The host connects, through proxies of its own. An address in the URL is all that it can be told.
        if addresses == (url.host,):
            addresses = None
    elif addresses is None:
        from clawft.core.proxy import proxy_for  # noqa: PLC0415 - not in a sandbox

        proxy = proxy_for(url, environment)
    headers = headers_of(request, url.origin, user_agent)
    handle = -1
    head: Any = None
    try:
        handle = _weft.http(
            request.method,
            url.origin + url.target,
            tuple(headers),
            request.body,
            addresses,
            limits_ms(request.timeouts),
            proxy_words(proxy),
        )
        head = _weft.http_head(handle)
        while head is None:
            await ready(handle)
            head = _weft.http_head(handle)
    except _weft.TransportError as error:
        raise transport_error(error)
    finally:
        if head is None and handle >= 0:
            _weft.close(handle)
    return HttpResponse(handle, head[0], [(name.lower(), value) for name, value in head[1]])


# The last URL that was asked, read: a conversation asks the same one each time. A Url does not change.
_last: dict[str, Url] = {}


def _url(text: str) -> Url:
    url = _last.get(text)
    if url is None:
        try:
            url = parse_url(text)
        except UrlError as error:
            raise TransportError("resolve", str(error))
        _last.clear()
        _last[text] = url
    return url


async def resolve(host: str, port: int, limit_s: float) -> tuple[str, ...]:
    """Every IP address of a host. Raises TransportError."""
    until_s = now_s() + limit_s
    handle = -1
    try:
        handle = _weft.resolve(host, port)
        found = _weft.resolved(handle)
        while found is None:
            if now_s() >= until_s:
                raise TransportError("resolve", host + f": not resolved within {limit_s:g} s")
            await ready(handle, until_s)
            found = _weft.resolved(handle)
    except _weft.TransportError as error:
        raise transport_error(error)
    finally:
        if handle >= 0:
            _weft.close(handle)
    addresses: tuple[str, ...] = found
    return addresses


def proxy_words(proxy: Proxy | None) -> tuple[str, str] | None:
    """The proxy's origin and the value of its authorization, "" for none."""
    return None if proxy is None else (proxy.url.origin, proxy.authorization)


def limits_ms(limits: Timeouts) -> tuple[int, ...]:
    """The limits as `_weft` takes them."""
    each = (limits.connect_s, limits.first_byte_s, limits.between_bytes_s, limits.total_s)
    return tuple([int(limit_s * 1000) for limit_s in each])


def transport_error(error: BaseException) -> TransportError:
    """What an error of `_weft` means to the agent."""
    phase, message, is_sent = (tuple(error.args) + (False,))[:3]
    return TransportError(phase, message, sent=bool(is_sent))

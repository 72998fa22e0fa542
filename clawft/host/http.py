"""An HTTP/1.1 client over `host/network.py`, the same code for blocking and asyncio streams. Follows no redirect.

Limits of a `Request`: `connect_s` covers the look-up, the connection, the proxy and TLS; `first_byte_s` runs from
the end of the request to the first byte of its answer; `between_bytes_s` is each further wait, and each wait while
64 KiB of the request go out; `total_s` is all of it. Addresses that a request pins are connected to directly:
a proxy would resolve the name again, so it is left out.
"""

from __future__ import annotations

import h11

from clawft.core.errors import TransportError
from clawft.core.interfaces import Response
from clawft.core.proxy import proxy_for
from clawft.core.request_head import has_length, headers_of
from clawft.core.url import Url, UrlError, parse_url
from clawft.host.connector import Connector
from clawft.host.http_connection import Connection, Limits, StaleError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Clock, Request
    from clawft.core.proxy import Proxy
    from clawft.host.http_connection import Head
    from clawft.host.network import Network

IDLE_S = 30.0
IDLE_CONNECTIONS_PER_KEY = 8


class HttpResponse(Response):
    """A response whose body is read from its connection."""

    def __init__(self, client: HttpClient, connection: Connection, head: Head, limits: Limits) -> None:
        self.status = head.status_code
        self.headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
        self._client = client
        self._connection: Connection | None = connection
        self._limits = limits
        self._is_ended = False

    async def read(self) -> bytes:
        if self._connection is None:
            if self._is_ended:
                return b""
            raise TransportError("body", "the response is closed: nothing more can be read", sent=True)
        try:
            data = await self._connection.body(self._limits)
        except BaseException:
            await self.close()
            raise
        if not data:
            self._is_ended = True
            self._client.give_back(self._connection)
            self._connection = None
        return data

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


class HttpClient:
    """Sends requests and keeps connections for the next ones. Belongs to one runtime and one thread."""

    def __init__(self, network: Network, clock: Clock, environment: dict[str, str], user_agent: str) -> None:
        self.connector = Connector(network, environment, user_agent)
        self._clock = clock
        self._environment = environment
        self._user_agent = user_agent
        self._idle: dict[tuple[object, ...], list[Connection]] = {}

    async def send(self, request: Request) -> Response:
        """Raises TransportError, and ConfigError for a proxy or root certificates that cannot be used."""
        try:
            url = parse_url(request.url)
        except UrlError as error:
            raise TransportError("resolve", str(error)) from error
        limits = Limits(self._clock, request.timeouts, url.origin)
        proxy = proxy_for(url, self._environment) if request.addresses is None else None
        head = self._head(request, url, proxy)
        key = (url.scheme, url.host, url.port, request.addresses, proxy.url.origin if proxy else None)
        connection = self._take(key)
        if connection is not None:
            try:
                return await self._exchange(connection, head, request.body, limits)
            except StaleError:
                pass
        stream = await self.connector.open(url, request.addresses, proxy, limits)
        return await self._exchange(Connection(stream, key, url.origin), head, request.body, limits)

    def give_back(self, connection: Connection) -> None:
        """Keep a connection whose exchange is over, if it can be used again."""
        kept = self._idle.setdefault(connection.key, [])
        if not connection.is_ready_again() or len(kept) >= IDLE_CONNECTIONS_PER_KEY:
            connection.close()
            return
        connection.idle_since_s = self._clock.monotonic_s()
        kept.append(connection)

    def close(self) -> None:
        """Drop the connections that wait for a next request."""
        for kept in self._idle.values():
            for connection in kept:
                connection.close()
        self._idle.clear()

    def _take(self, key: tuple[object, ...]) -> Connection | None:
        oldest_s = self._clock.monotonic_s() - IDLE_S
        for kept in self._idle.values():
            while kept and kept[0].idle_since_s < oldest_s:
                kept.pop(0).close()
        kept = self._idle.get(key, [])
        while kept:
            connection = kept.pop()
            if not connection.stream.is_readable():
                return connection
            connection.close()
        return None

    async def _exchange(
        self, connection: Connection, head: h11.Request, body: bytes, limits: Limits
    ) -> Response:
        try:
            await connection.send(head, body, limits)
            return HttpResponse(self, connection, await connection.head(limits), limits)
        except BaseException:
            connection.close()
            raise

    def _head(self, request: Request, url: Url, proxy: Proxy | None) -> h11.Request:
        headers = [("Host", url.authority), *headers_of(request, url.origin, self._user_agent)]
        if has_length(request):
            headers.append(("Content-Length", str(len(request.body))))
        target = url.target
        if proxy is not None and url.scheme == "http":
            target = url.origin + target
            if proxy.authorization:
                headers.append(("Proxy-Authorization", proxy.authorization))
        return h11.Request(
            method=request.method,
            target=target,
            headers=[(n.encode(), v.encode("latin-1")) for n, v in headers],
        )

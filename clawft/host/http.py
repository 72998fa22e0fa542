"""An HTTP/1.1 client over `host/network.py`, the same code for blocking and asyncio streams. Follows no redirect.

Limits of a `Request`: `connect_s` covers the look-up, the connection, the proxy and TLS; `first_byte_s` runs from
the end of the request to the first byte of its answer; `between_bytes_s` is each further wait, and each wait while
64 KiB of the request go out; `total_s` is all of it. Addresses that a request pins are connected to directly:
a proxy would resolve the name again, so it is left out.
"""

from __future__ import annotations

import h11

from clawft.core.errors import ConfigError, TransportError
from clawft.core.interfaces import Response
from clawft.core.proxy import proxy_for
from clawft.core.request_head import has_length, headers_of
from clawft.core.url import Url, UrlError, parse_url
from clawft.host.http_connection import Connection, Limits, StaleError, reason
from clawft.host.network import TlsStream, tls_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from clawft.core.interfaces import Clock, Request
    from clawft.core.proxy import Proxy
    from clawft.host.network import Network, Stream

IDLE_S = 30.0
IDLE_CONNECTIONS_PER_KEY = 8
_SUCCESS = 2  # the first digit of a status


class HttpResponse(Response):
    """A response whose body is read from its connection."""

    def __init__(
        self, client: HttpClient, connection: Connection, head: h11.Response, limits: Limits
    ) -> None:
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
        self._network = network
        self._clock = clock
        self._environment = environment
        self._user_agent = user_agent
        self._idle: dict[tuple[object, ...], list[Connection]] = {}
        self._context: ssl.SSLContext | None = None

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
        stream = await self._open(url, request.addresses, proxy, limits)
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

    async def _open(
        self, url: Url, addresses: tuple[str, ...] | None, proxy: Proxy | None, limits: Limits
    ) -> Stream:
        limit_s = limits.timeouts.connect_s
        end_s = limits.end_s(limit_s)
        first = proxy.url if proxy is not None else url
        if addresses is None:
            addresses = await self._resolve(first, limits, end_s)
        stream = await self._connect(first, addresses, limits, end_s)
        try:
            if url.scheme == "http":
                return stream
            if proxy is not None:
                await self._tunnel(stream, url, proxy, limits.within("connect", end_s, limit_s))
            return await self._secure(stream, url, limits, end_s)
        except BaseException:
            stream.close()
            raise

    async def _resolve(self, url: Url, limits: Limits, end_s: float) -> tuple[str, ...]:
        try:
            return await self._network.resolve(url.host, url.port, limits.left_s(end_s))
        except TimeoutError:
            raise limits.timed_out("resolve", end_s, limits.timeouts.connect_s, is_sent=False) from None
        except OSError as error:
            raise resolve_error(url.host, error) from error

    async def _connect(self, url: Url, addresses: tuple[str, ...], limits: Limits, end_s: float) -> Stream:
        failures = []
        for index, address in enumerate(addresses):
            # An address that swallows packets must leave time for those after it.
            wait_s = limits.left_s(end_s) / (len(addresses) - index)
            try:
                return await self._network.connect(address, url.port, wait_s)
            except TimeoutError:
                if index == len(addresses) - 1:
                    raise limits.timed_out(
                        "connect", end_s, limits.timeouts.connect_s, is_sent=False
                    ) from None
                failures.append(f"{address}: no answer")
            except OSError as error:
                failures.append(f"{address}: {reason(error)}")
        text = f"{url.origin}: could not connect ({'; '.join(failures) or 'it has no address'})"
        raise TransportError("connect", text)

    async def _tunnel(self, stream: Stream, url: Url, proxy: Proxy, limits: Limits) -> None:
        port = f":{url.port}"
        target = url.authority if url.authority.endswith(port) else url.authority + port
        headers = [("Host", target), ("User-Agent", self._user_agent)]
        if proxy.authorization:
            headers.append(("Proxy-Authorization", proxy.authorization))
        connection = Connection(stream, (), proxy.url.origin)
        try:
            await connection.send(h11.Request(method="CONNECT", target=target, headers=headers), b"", limits)
            head = await connection.head(limits)
        except TransportError as error:
            phase = "total" if error.phase == "total" else "connect"
            raise TransportError(phase, "the proxy " + error.message) from error
        if head.status_code // 100 != _SUCCESS:
            text = (
                f"the proxy {proxy.url.origin} refused to connect to {target} with status {head.status_code}"
            )
            raise TransportError("connect", text)

    async def _secure(self, stream: Stream, url: Url, limits: Limits, end_s: float) -> Stream:
        if self._context is None:
            try:
                self._context = tls_context(self._environment)
            except OSError as error:
                found = self._environment.get("SSL_CERT_FILE") or self._environment.get("SSL_CERT_DIR", "")
                raise ConfigError(
                    "SSL_CERT_FILE", "a readable file of root certificates (PEM)", f"{found}: {reason(error)}"
                ) from error
        try:
            secured = TlsStream(stream, self._context, url.host)
            await secured.shake_hands(limits.left_s(end_s))
        except TimeoutError:
            raise limits.timed_out("tls", end_s, limits.timeouts.connect_s, is_sent=False) from None
        except OSError as error:
            raise TransportError("tls", f"{url.origin}: {_tls_reason(error)}") from error
        return secured


def resolve_error(host: str, error: OSError) -> TransportError:
    """What a failed look-up means."""
    return TransportError("resolve", f"{host}: {reason(error)}; check the name's spelling and the network")


def _tls_reason(error: OSError) -> str:
    message = getattr(error, "verify_message", "")
    if message:
        advice = (
            "; for roots of your own set SSL_CERT_FILE" if "issuer" in message or "self" in message else ""
        )
        return f"the server's certificate is refused: {message}{advice}"
    return f"no TLS connection: {reason(error)}"

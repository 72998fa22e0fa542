"""Makes the stream for an exchange: looks up the name, connects, passes a proxy, agrees on TLS. Sends no request."""

from __future__ import annotations

import h11

from clawft.core.errors import ConfigError, TransportError
from clawft.host.http_connection import Connection
from clawft.host.network import TlsStream, reason, tls_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl

    from clawft.core.proxy import Proxy
    from clawft.core.url import Url
    from clawft.host.http_connection import Limits
    from clawft.host.network import Network, Stream

_SUCCESS = 2  # the first digit of a status


class Connector:
    """Connects for one runtime. The roots are read when TLS is first needed."""

    def __init__(self, network: Network, environment: dict[str, str], user_agent: str) -> None:
        self._network = network
        self._environment = environment
        self._user_agent = user_agent
        self._context: ssl.SSLContext | None = None

    async def open(
        self, url: Url, addresses: tuple[str, ...] | None, proxy: Proxy | None, limits: Limits
    ) -> Stream:
        """A stream for requests to a URL; through a proxy, that of http leads to the proxy itself.

        Raises TransportError, and ConfigError for root certificates that cannot be used.
        """
        if proxy is not None and url.scheme == "https":
            return await self.open_tunnel(url, addresses, proxy, limits)
        end_s = limits.end_s(limits.timeouts.connect_s)
        stream = await self._reach(proxy.url if proxy is not None else url, addresses, limits, end_s)
        if url.scheme == "http":
            return stream
        return await self._secure(stream, url, limits, end_s)

    async def open_tunnel(
        self, url: Url, addresses: tuple[str, ...] | None, proxy: Proxy | None, limits: Limits
    ) -> Stream:
        """A stream to the server of a URL itself: a proxy is asked to connect to it. Raises as `open`."""
        if proxy is None:
            return await self.open(url, addresses, None, limits)
        limit_s = limits.timeouts.connect_s
        end_s = limits.end_s(limit_s)
        stream = await self._reach(proxy.url, addresses, limits, end_s)
        try:
            await self._tunnel(stream, url, proxy, limits.within("connect", end_s, limit_s))
        except BaseException:
            stream.close()
            raise
        return stream if url.scheme == "http" else await self._secure(stream, url, limits, end_s)

    async def _reach(
        self, first: Url, addresses: tuple[str, ...] | None, limits: Limits, end_s: float
    ) -> Stream:
        if addresses is None:
            addresses = await self._resolve(first, limits, end_s)
        return await self._connect(first, addresses, limits, end_s)

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
        """TLS on a stream, which is closed if that fails."""
        is_secured = False
        try:
            secured = TlsStream(stream, self._tls_context(), url.host)
            await secured.shake_hands(limits.left_s(end_s))
            is_secured = True
        except TimeoutError:
            raise limits.timed_out("tls", end_s, limits.timeouts.connect_s, is_sent=False) from None
        except OSError as error:
            raise TransportError("tls", f"{url.origin}: {_tls_reason(error)}") from error
        finally:
            if not is_secured:
                stream.close()
        return secured

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                self._context = tls_context(self._environment)
            except OSError as error:
                found = self._environment.get("SSL_CERT_FILE") or self._environment.get("SSL_CERT_DIR", "")
                raise ConfigError(
                    "SSL_CERT_FILE", "a readable file of root certificates (PEM)", f"{found}: {reason(error)}"
                ) from error
        return self._context


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

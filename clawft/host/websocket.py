"""A WebSocket client (RFC 6455) over the streams of `host/network.py`: the opening by h11, the frames by wsproto.

Limits of the request: `first_byte_s` and `total_s` are for the opening, `between_bytes_s` for each 64 KiB that is
sent. Addresses that the request pins are connected to directly; a proxy makes a tunnel, for ws too.
"""

from __future__ import annotations

import contextlib

import h11
from wsproto.connection import Connection as Frames
from wsproto.connection import ConnectionState, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Message, Ping, TextMessage
from wsproto.utilities import generate_accept_token, generate_nonce

from clawft.core.errors import TransportError
from clawft.core.proxy import proxy_for
from clawft.core.sockets import (
    CLOSE_S,
    MESSAGE_LIMIT_BYTES,
    NO_CODE,
    NORMAL,
    READ_BYTES,
    WebSocket,
    close_data,
    handshake_of,
    ping_data,
)
from clawft.host.http_connection import Connection, Limits
from clawft.host.network import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import Clock, Request
    from clawft.host.connector import Connector
    from clawft.host.http_connection import Head
    from clawft.host.network import Stream

_FOREVER_S = float("inf")
_SWITCHING = 101
_TOO_BIG = 1009


async def open_websocket(
    request: Request, connector: Connector, clock: Clock, environment: dict[str, str], user_agent: str
) -> WebSocket:
    """Raises TransportError, and ConfigError for a proxy or root certificates that cannot be used."""
    url, headers = handshake_of(request, user_agent)
    limits = Limits(clock, request.timeouts, url.origin)
    proxy = proxy_for(url, environment) if request.addresses is None else None
    nonce = generate_nonce()
    ours = [
        ("Host", url.authority),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", nonce.decode()),
    ]
    head = h11.Request(
        method="GET",
        target=url.target,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in ours + headers],
    )
    stream = await connector.open_tunnel(url, request.addresses, proxy, limits)
    connection = Connection(stream, (), url.origin)
    is_open = False
    try:
        await connection.send(head, b"", limits)
        _judge(await connection.head(limits), nonce, url.origin)
        is_open = True
    finally:
        if not is_open:
            connection.close()
    return HostWebSocket(
        stream, connection.rest(), url.origin, clock, send_limit_s=request.timeouts.between_bytes_s
    )


def _judge(answer: Head, nonce: bytes, origin: str) -> None:
    if answer.status_code != _SWITCHING:
        text = f"{origin}: no WebSocket: the server answered with status {answer.status_code}"
        raise TransportError("first_byte", text, sent=True)
    found = dict(answer.headers)
    # We offer no extension and no protocol of its own, so there is none to agree on.
    is_agreed = (
        found.get(b"upgrade", b"").lower() == b"websocket"
        and found.get(b"sec-websocket-accept") == generate_accept_token(nonce)
        and b"sec-websocket-extensions" not in found
        and b"sec-websocket-protocol" not in found
    )
    if not is_agreed:
        text = f"{origin}: no WebSocket: the server's answer does not fit our request"
        raise TransportError("first_byte", text, sent=True)


class HostWebSocket(WebSocket):
    """An open WebSocket; `first` is what came right behind the server's consent."""

    def __init__(
        self, stream: Stream, first: bytes, origin: str, clock: Clock, *, send_limit_s: float
    ) -> None:
        self._stream = stream
        self._origin = origin
        self._clock = clock
        self._send_limit_s = send_limit_s
        self._frames = Frames(ConnectionType.CLIENT, [], first)
        self._parts: list[str] | list[bytes] = []
        self._size_bytes = 0
        self._is_receiving = False
        self._is_dropped = False
        self._failure: TransportError | None = None

    async def receive(self) -> str | bytes | None:
        if self._is_receiving:
            raise RuntimeError("two tasks receive from one WebSocket")
        return await self._receive(_FOREVER_S)

    async def send(self, message: str | bytes) -> None:
        self._check_open()
        event = TextMessage(message) if isinstance(message, str) else BytesMessage(message)
        await self._write(self._frames.send(event))

    async def ping(self, data: bytes = b"") -> None:
        data = ping_data(data)
        self._check_open()
        await self._write(self._frames.send(Ping(data)))

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        close_data(code, reason)
        end_s = self._clock.monotonic_s() + CLOSE_S
        try:
            if not self._is_dropped and self._frames.state is ConnectionState.OPEN:
                await self._write(self._frames.send(CloseConnection(code, reason)), CLOSE_S)
            while not self._is_receiving and not self._is_dropped:
                if await self._receive(end_s) is None:
                    break
        except TransportError:
            pass  # it is over, in whatever way
        finally:
            self._drop()

    async def _receive(self, end_s: float) -> str | bytes | None:
        self._is_receiving = True
        is_done = False
        try:
            message = await self._next_message(end_s)
            is_done = message is not None
        finally:
            self._is_receiving = False
            if not is_done:
                self._drop()
        return message

    async def _next_message(self, end_s: float) -> str | bytes | None:
        while not self._is_dropped:
            for event in self._frames.events():
                if isinstance(event, Message):
                    message = await self._joined(event)
                    if message is not None:
                        return message
                elif isinstance(event, Ping):
                    if self._frames.state is ConnectionState.OPEN:
                        await self._write(self._frames.send(event.response()))
                elif isinstance(event, CloseConnection):
                    await self._end(event)
                    return None
            await self._read(end_s)
        if self._failure is not None:
            raise self._failure
        return None

    async def _joined(self, event: Message[Any]) -> str | bytes | None:
        """The whole message, if this was its last piece."""
        data = event.data
        # Text is counted in bytes of UTF-8, as it came.
        self._size_bytes += len(data.encode() if isinstance(data, str) else data)
        if self._size_bytes > MESSAGE_LIMIT_BYTES:
            raise await self._refusal(_TOO_BIG, "sent a message of more than 16 MiB")
        self._parts.append(data if isinstance(data, str) else bytes(data))  # type: ignore[arg-type] # one kind a message
        if not event.message_finished:
            return None
        empty = "" if isinstance(data, str) else b""
        message = empty.join(self._parts)  # type: ignore[arg-type] # as above
        self._parts = []
        self._size_bytes = 0
        return message

    async def _end(self, event: CloseConnection) -> None:
        """The server has closed: answer with its own code, unless ours was first. Or it broke the rules."""
        if self._frames.state in (ConnectionState.OPEN, ConnectionState.LOCAL_CLOSING):
            # So says wsproto what it could not read: no closing came, which would have changed its state.
            text = f"broke the rules of WebSockets: {(event.reason or '')[:200]}"
            raise await self._refusal(int(event.code), text)
        self.close_code = int(event.code)
        self.close_reason = event.reason or ""
        if self._frames.state is ConnectionState.REMOTE_CLOSING:
            code = None if self.close_code == NO_CODE else self.close_code
            try:
                await self._write(self._frames.send(CloseConnection(code)), CLOSE_S)  # type: ignore[arg-type] # its close() takes None
            except TransportError:
                self._failure = None  # the server need not hear it

    async def _refusal(self, code: int, text: str) -> TransportError:
        """The error for a server that broke the rules, which is told so."""
        failure = TransportError("body", f"{self._origin}: the server {text}", sent=True)
        if self._frames.state is ConnectionState.OPEN:
            with contextlib.suppress(TransportError):  # what it did counts, not that it has gone
                await self._write(self._frames.send(CloseConnection(code)), CLOSE_S)
        self._failure = failure
        return failure

    async def _read(self, end_s: float) -> None:
        try:
            data = await self._stream.read(end_s - self._clock.monotonic_s())
        except TimeoutError:
            raise self._failed("body", "no answer to our closing") from None
        except OSError as error:
            if self._is_dropped:
                return
            raise self._failed("body", reason(error)) from error
        if data:
            self._frames.receive_data(data)
        elif not self._is_dropped:
            raise self._failed("body", "the connection was cut without a closing frame")

    async def _write(self, data: bytes, limit_s: float | None = None) -> None:
        if limit_s is None:
            limit_s = self._send_limit_s * (1 + len(data) // READ_BYTES)
        is_written = False
        try:
            await self._stream.write(data, limit_s)
            is_written = True
        except TimeoutError:
            raise self._failed("send", f"the server does not read, for {limit_s:g} s") from None
        except OSError as error:
            raise self._failed("send", reason(error)) from error
        finally:
            if not is_written:
                self._drop()

    def _check_open(self) -> None:
        if self._failure is not None:
            raise self._failure
        if self._is_dropped or self._frames.state is not ConnectionState.OPEN:
            raise TransportError("send", f"{self._origin}: the WebSocket is not open")

    def _failed(self, phase: str, text: str) -> TransportError:
        self._failure = TransportError(phase, f"{self._origin}: {text}", sent=True)
        return self._failure

    def _drop(self) -> None:
        self._is_dropped = True
        self._stream.close()

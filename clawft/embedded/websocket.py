"""WebSockets in our executables, over `_weft`'s, which does the opening, the frames and the answers to pings.

Limits of the request: `first_byte_s` and `total_s` are for the opening, `between_bytes_s` for each 64 KiB that is
sent. Addresses that the request pins are connected to directly; a proxy makes a tunnel, for ws too.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import TransportError
from clawft.core.proxy import proxy_for
from clawft.core.sockets import (
    CLOSE_S,
    NORMAL,
    READ_BYTES,
    WebSocket,
    close_data,
    handshake_of,
    ping_data,
    read_close,
)
from clawft.embedded.http import limits_ms, proxy_words, transport_error
from clawft.embedded.loop import Event, release
from clawft.embedded.waiting import now_s, ready, writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import Request

_TEXT = 1
_BINARY = 2
_CLOSE = 8
_PING = 9
# What may wait to be sent before a sender waits.
_WAITING_BYTES = 256 * 1024


async def open_websocket(request: Request, environment: dict[str, str], user_agent: str) -> WebSocket:
    """Raises TransportError, and ConfigError for a proxy or root certificates that cannot be used."""
    url, headers = handshake_of(request, user_agent)
    proxy = proxy_for(url, environment) if request.addresses is None else None
    handle = -1
    head: Any = None
    try:
        handle = _weft.websocket(
            "ws" + url.origin[len("http") :] + url.target,
            tuple(headers),
            request.addresses,
            limits_ms(request.timeouts),
            proxy_words(proxy),
        )
        head = _weft.ws_head(handle)
        while head is None:
            await ready(handle)
            head = _weft.ws_head(handle)
    except _weft.TransportError as error:
        raise transport_error(error)
    finally:
        if head is None and handle >= 0:
            _weft.close(handle)
    socket = EmbeddedWebSocket(handle, url.origin, request.timeouts.between_bytes_s)
    if [name for name, _ in head if name.lower() == "sec-websocket-protocol"]:
        await socket.close()
        raise TransportError(
            "first_byte",
            url.origin + ": no WebSocket: the server's answer does not fit our request",
            sent=True,
        )
    return socket


class EmbeddedWebSocket(WebSocket):
    """An open WebSocket."""

    def __init__(self, handle: int, origin: str, send_limit_s: float) -> None:
        self._handle: int | None = handle
        self._origin = origin
        self._send_limit_s = send_limit_s
        self._is_receiving = False
        self._sending: Event | None = None
        self._is_closing = False
        self._failure: TransportError | None = None

    async def receive(self) -> str | bytes | None:
        if self._is_receiving:
            raise RuntimeError("two tasks receive from one WebSocket")
        return await self._receive(None)

    async def send(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._write(_TEXT, message.encode())
        else:
            await self._write(_BINARY, message)

    async def ping(self, data: bytes = b"") -> None:
        await self._write(_PING, ping_data(data))

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        data = close_data(code, reason)
        until_s = now_s() + CLOSE_S
        try:
            if self._handle is not None and not self._is_closing:
                self._is_closing = True
                _weft.ws_write(self._handle, _CLOSE, data)
            while not self._is_receiving and self._handle is not None:
                if await self._receive(until_s) is None:
                    break
        except (TransportError, _weft.TransportError):
            pass  # it is over, in whatever way
        finally:
            self._drop()

    async def _receive(self, until_s: float | None) -> str | bytes | None:
        self._is_receiving = True
        is_done = False
        try:
            message = await self._next_message(until_s)
            is_done = message is not None
        except _weft.TransportError as error:
            self._failure = transport_error(error)
            raise self._failure
        finally:
            self._is_receiving = False
            if not is_done:
                self._drop()
        return message

    async def _next_message(self, until_s: float | None) -> str | bytes | None:
        while self._handle is not None:
            found = _weft.ws_read(self._handle)
            if found is None:
                if until_s is not None and now_s() >= until_s:
                    raise self._failed("body", "no answer to our closing")
                await ready(self._handle, until_s)
                continue
            kind, data = found
            if kind == _TEXT:
                text: str = data.decode()
                return text
            if kind == _BINARY:
                binary: bytes = data
                return binary
            if kind == _CLOSE:
                try:
                    self.close_code, self.close_reason = read_close(data)
                except ValueError:
                    raise self._failed(
                        "body", "the server broke the rules of WebSockets: its closing is none"
                    )
                return None
        if self._failure is not None:
            raise self._failure
        return None

    async def _write(self, kind: int, data: bytes) -> None:
        if self._failure is not None:
            raise self._failure
        try:
            waiting = _weft.ws_write(self._open_handle(), kind, data)
        except _weft.TransportError as error:
            raise transport_error(error)  # whoever receives learns if it is over, and how
        if waiting > _WAITING_BYTES:
            await self._sent(self._send_limit_s * (1 + waiting // READ_BYTES))

    async def _sent(self, limit_s: float) -> None:
        """Wait until nothing waits to be sent. One task does; others that send meanwhile wait for it."""
        if self._sending is not None:
            await self._sending.wait()
            if self._failure is not None:
                raise self._failure
            return
        self._sending = Event()
        until_s = now_s() + limit_s
        is_sent = False
        try:
            await writable(self._open_handle(), until_s)
            if now_s() >= until_s:
                raise self._failed("send", f"the server does not read, for {limit_s:g} s")
            is_sent = True
        finally:
            self._sending.set()
            self._sending = None
            if not is_sent:
                self._drop()

    def _open_handle(self) -> int:
        if self._handle is None or self._is_closing:
            raise TransportError("send", self._origin + ": the WebSocket is not open")
        return self._handle

    def _failed(self, phase: str, text: str) -> TransportError:
        self._failure = TransportError(phase, self._origin + ": " + text, sent=True)
        return self._failure

    def _drop(self) -> None:
        if self._handle is not None:
            handle = self._handle
            self._handle = None
            release(handle)
            _weft.close(handle)

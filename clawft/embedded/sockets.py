"""Server sockets in our executables, over `_weft`'s: who connects, and reading and writing there."""

from __future__ import annotations

import _weft

from clawft.core.errors import TransportError
from clawft.core.sockets import READ_BYTES, Connection, Listener, address_error, listen_error
from clawft.embedded.loop import release
from clawft.embedded.waiting import now_s, ready, writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class EmbeddedListener(Listener):
    """A listening socket."""

    def __init__(self, address: str, port: int) -> None:
        """Raises ListenError."""
        self._address = address
        try:
            self._handle: int | None = _weft.listen(address, port)
            self.port: int = _weft.port(self._handle)
        except ValueError:
            raise address_error(address)
        except OSError as error:
            raise listen_error(address, port, error, error_text(error))

    async def accept(self) -> Connection:
        while self._handle is not None:
            try:
                accepted = _weft.accept(self._handle)
            except OSError as error:
                raise listen_error(self._address, self.port, error, error_text(error))
            if accepted is None:
                await ready(self._handle)
                continue
            try:
                return EmbeddedConnection(accepted, _weft.peer(accepted))
            except OSError:
                _weft.close(accepted)  # who hung up before we answered is nobody
        raise listen_error(self._address, self.port, OSError(0), "no longer listening")

    async def close(self) -> None:
        if self._handle is not None:
            handle = self._handle
            self._handle = None
            release(handle)
            _weft.close(handle)


class EmbeddedConnection(Connection):
    """An accepted connection."""

    def __init__(self, handle: int, peer: str) -> None:
        self.peer = peer
        self._handle: int | None = handle

    async def read(self, timeout_s: float | None = None) -> bytes:
        until_s = None if timeout_s is None else now_s() + timeout_s
        try:
            data: bytes | None = _weft.read(self._open_handle("body"), READ_BYTES)
            while data is None:
                if until_s is not None and now_s() >= until_s:
                    raise TransportError("body", self.peer + f": nothing came within {timeout_s:g} s")
                await ready(self._open_handle("body"), until_s)
                data = _weft.read(self._open_handle("body"), READ_BYTES)
        except OSError as error:
            raise TransportError("body", self.peer + ": " + error_text(error))
        return data

    async def write(self, data: bytes, timeout_s: float | None = None) -> None:
        until_s = None if timeout_s is None else now_s() + timeout_s
        rest = memoryview(data)
        try:
            while rest:
                taken = _weft.write(self._open_handle("send"), rest)
                rest = rest[taken:]
                if taken:
                    continue
                if until_s is not None and now_s() >= until_s:
                    raise TransportError(
                        "send", self.peer + f": does not read what is sent to it, for {timeout_s:g} s"
                    )
                await writable(self._open_handle("send"), until_s)
        except OSError as error:
            raise TransportError("send", self.peer + ": " + error_text(error))

    async def close(self) -> None:
        if self._handle is not None:
            handle = self._handle
            self._handle = None
            release(handle)
            _weft.close(handle)

    def _open_handle(self, phase: str) -> int:
        if self._handle is None:
            raise TransportError(phase, self.peer + ": the connection is closed")
        return self._handle


def error_text(error: Any) -> str:  # noqa: ANN401 - an OSError, whose text MicroPython has as its second argument
    """The system's words for an error."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)

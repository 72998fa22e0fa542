"""WebSockets and server sockets in memory, for `core/fakes.py`. Never waits: what a script leaves out has ended."""

from __future__ import annotations

from clawft.core.errors import TransportError
from clawft.core.sockets import NORMAL, Connection, Listener, WebSocket, close_data, ping_data

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Request


class FakeWebSocket(WebSocket):
    """Receives the messages of a script, then that the server has closed. An exception is raised when its turn comes.

    `sent`, `pings` and `closed_with` record what was done, `request` what it was opened with.
    """

    def __init__(
        self, messages: list[str | bytes | BaseException], close_code: int = NORMAL, close_reason: str = ""
    ) -> None:
        self.sent: list[str | bytes] = []
        self.pings: list[bytes] = []
        self.closed_with: tuple[int, str] | None = None
        self.request: Request | None = None
        self._messages = list(messages)
        self._last = (close_code, close_reason)

    async def receive(self) -> str | bytes | None:
        if self._messages and self.closed_with is None:
            message = self._messages.pop(0)
            if isinstance(message, BaseException):
                raise message
            return message
        if self.closed_with is None:
            self.close_code, self.close_reason = self._last
        return None

    async def send(self, message: str | bytes) -> None:
        self._check_open()
        self.sent.append(message)

    async def ping(self, data: bytes = b"") -> None:
        self._check_open()
        self.pings.append(ping_data(data))

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        close_data(code, reason)
        if self.closed_with is None:
            self.closed_with = (code, reason)
            if self.close_code is None:
                self.close_code = code

    def _check_open(self) -> None:
        if self.closed_with is not None or self.close_code is not None:
            raise TransportError("send", "the WebSocket is not open")


class FakeConnection(Connection):
    """Reads the pieces of a script, then the other side's end. An exception is raised when its turn comes."""

    def __init__(self, pieces: list[bytes | BaseException], peer: str = "127.0.0.1") -> None:
        self.peer = peer
        self.written = b""
        self.is_closed = False
        self._pieces = list(pieces)

    async def read(self, timeout_s: float | None = None) -> bytes:
        self._check_open("body")
        if not self._pieces:
            return b""
        piece = self._pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        return piece

    async def write(self, data: bytes, timeout_s: float | None = None) -> None:
        self._check_open("send")
        self.written += data

    async def close(self) -> None:
        self.is_closed = True

    def _check_open(self, phase: str) -> None:
        if self.is_closed:
            raise TransportError(phase, self.peer + ": the connection is closed")


class FakeListener(Listener):
    """Accepts the connections of a script. AssertionError when none is left: an acceptor would wait for ever."""

    def __init__(self, address: str, port: int, connections: list[FakeConnection]) -> None:
        self.address = address
        self.port = port
        self.is_closed = False
        self._connections = connections

    async def accept(self) -> Connection:
        if self.is_closed or not self._connections:
            raise AssertionError("no connection is scripted for " + self.address + ":" + str(self.port))
        return self._connections.pop(0)

    async def close(self) -> None:
        self.is_closed = True

"""Server sockets on CPython, over the streams of `host/network.py`: who connects, and reading and writing there."""

from __future__ import annotations

import errno
import socket
import sys

from clawft.core.errors import TransportError
from clawft.core.sockets import BACKLOG, Connection, Listener, address_error, listen_error
from clawft.host.network import is_address, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.host.network import Network, Stream

_FOREVER_S = float("inf")


class HostListener(Listener):
    """A listening socket."""

    def __init__(self, network: Network, address: str, port: int) -> None:
        """Raises ListenError."""
        self._network = network
        self._address = address
        self._socket = _listening(address, port)
        self.port = int(self._socket.getsockname()[1])

    async def accept(self) -> Connection:
        while True:
            try:
                stream, peer = await self._network.accept(self._socket)
            except (BlockingIOError, ConnectionError):
                continue  # who hung up before we answered is nobody
            except OSError as error:
                raise listen_error(self._address, self.port, error, reason(error)) from error
            return HostConnection(stream, peer)

    async def close(self) -> None:
        self._socket.close()


class HostConnection(Connection):
    """An accepted connection."""

    def __init__(self, stream: Stream, peer: str) -> None:
        self.peer = peer
        self._stream: Stream | None = stream

    async def read(self, timeout_s: float | None = None) -> bytes:
        stream = self._open_stream("body")
        try:
            return await stream.read(_FOREVER_S if timeout_s is None else timeout_s)
        except TimeoutError:
            raise TransportError("body", f"{self.peer}: nothing came within {timeout_s:g} s") from None
        except OSError as error:
            raise TransportError("body", f"{self.peer}: {reason(error)}") from error

    async def write(self, data: bytes, timeout_s: float | None = None) -> None:
        stream = self._open_stream("send")
        try:
            await stream.write(data, _FOREVER_S if timeout_s is None else timeout_s)
        except TimeoutError:
            text = f"{self.peer}: does not read what is sent to it, for {timeout_s:g} s"
            raise TransportError("send", text) from None
        except OSError as error:
            raise TransportError("send", f"{self.peer}: {reason(error)}") from error

    async def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _open_stream(self, phase: str) -> Stream:
        if self._stream is None:
            raise TransportError(phase, f"{self.peer}: the connection is closed")
        return self._stream


def _listening(address: str, port: int) -> socket.socket:
    if not is_address(address):
        raise address_error(address)
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # Its SO_REUSEADDR lets others take a port that is in use.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # A port whose last connections still linger may be taken again; one that is in use may not.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if opened.family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # the same on every system
        opened.settimeout(0)
        opened.bind((address, port))
        opened.listen(BACKLOG)
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise address_error(address) from error
        raise listen_error(address, port, error, reason(error)) from error
    except BaseException:
        opened.close()
        raise
    return opened

"""What a runtime's network gives beside HTTP: base classes of WebSockets and server sockets, and their common checks.

Pings are answered, and a closing is noticed, while somebody receives. Holds no I/O.
"""

from __future__ import annotations

import errno

from clawft.core.errors import ListenError, TransportError
from clawft.core.request_head import headers_of
from clawft.core.url import UrlError, parse_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Request
    from clawft.core.url import Url

MESSAGE_LIMIT_BYTES = 16 * 1024 * 1024  # of a whole message; weft_websocket.h has the same figure
CLOSE_S = 5.0  # how long a closing waits for the other side's
BACKLOG = 128  # connections that may wait to be accepted; weft_socket.c has the same figure
READ_BYTES = 65536

NORMAL = 1000
NO_CODE = 1005  # the other side closed without saying why
_CONTROL_LIMIT_BYTES = 125
# What may stand in a closing frame (RFC 6455, 7.4): the registered codes that do not only describe, and 3000 to 4999.
_UNSENT = (1004, NO_CODE, 1006)
_LAST_REGISTERED = 1014
_FIRST_FREE = 3000
_LAST_FREE = 4999


class WebSocket:
    """A WebSocket that is open. One task receives; others may send, ping and close meanwhile.

    `close_code` is None until the server has closed, and 1005 if it did not say why. Whatever raises TransportError,
    and a receive or send that is cancelled, ends the WebSocket.
    """

    close_code: int | None = None
    close_reason: str = ""

    async def receive(self) -> str | bytes | None:
        """The next whole message, None once it is closed by either side. Waits without limit. Raises TransportError."""
        raise NotImplementedError

    async def send(self, message: str | bytes) -> None:
        """Send a text or binary message; waits while too much is on its way. Raises TransportError."""
        raise NotImplementedError

    async def ping(self, data: bytes = b"") -> None:
        """Ask for a sign of life, with at most 125 bytes; the answer is not reported. Raises TransportError."""
        raise NotImplementedError

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Say goodbye, wait `CLOSE_S` at most for the answer, and drop the connection. May be called twice.

        Where another task receives, nothing is waited for: that task gets None.
        """
        raise NotImplementedError


class Connection:
    """A connection that somebody made to us. One task may read while another writes.

    `peer` is the other side's IP address. After an error, or when a read or write was cancelled, it can only be closed.
    """

    peer: str

    async def read(self, timeout_s: float | None = None) -> bytes:
        """What has come, b"" at the other side's end. Raises TransportError, also when nothing comes in time."""
        raise NotImplementedError

    async def write(self, data: bytes, timeout_s: float | None = None) -> None:
        """Hand all of it to the system; waits while the other side does not read. Raises TransportError."""
        raise NotImplementedError

    async def close(self) -> None:
        """Drop the connection; what was written still goes out. May be called twice, and while others read or write."""
        raise NotImplementedError


class Listener:
    """A server socket. `port` is the one it has, also where any was asked for."""

    port: int

    async def accept(self) -> Connection:
        """The next connection. One task accepts. Raises ListenError when the system has no more descriptors."""
        raise NotImplementedError

    async def close(self) -> None:
        """Stop listening; accepted connections go on. Whoever accepts must have been cancelled."""
        raise NotImplementedError


def handshake_of(request: Request, user_agent: str) -> tuple[Url, list[tuple[str, str]]]:
    """The URL (as http or https) and our headers for opening a WebSocket. Raises TransportError."""
    text = request.url
    for scheme in ("ws", "wss"):
        if text[: len(scheme) + 3].lower() == scheme + "://":
            text = "http" + text[2:]
    try:
        url = parse_url(text)
    except UrlError as error:
        raise TransportError("resolve", str(error))
    if request.method != "GET" or request.body:
        raise TransportError("send", url.origin + ": a WebSocket is opened by GET, without a body")
    headers = headers_of(request, url.origin, user_agent)
    for name, _ in headers:
        if name.lower().startswith("sec-websocket-"):
            raise TransportError("send", "the header " + name + " is set by the client itself: leave it out")
    return url, [pair for pair in headers if pair[0] != "Accept-Encoding"]


def ping_data(data: bytes) -> bytes:
    """The data of a ping. ValueError if it is too long."""
    if len(data) > _CONTROL_LIMIT_BYTES:
        raise ValueError("a ping holds at most 125 bytes")
    return data


def close_data(code: int, reason: str) -> bytes:
    """The body of a closing frame. ValueError for a code that may not be sent, or a reason of over 123 bytes."""
    data = bytes([code >> 8 & 255, code & 255]) + reason.encode()
    if not _may_be_sent(code) or len(data) > _CONTROL_LIMIT_BYTES:
        raise ValueError("a WebSocket is closed with a code of RFC 6455 and a reason of at most 123 bytes")
    return data


def read_close(data: bytes) -> tuple[int, str]:
    """The code and reason of a closing frame's body. ValueError if it is not one."""
    if not data:
        return NO_CODE, ""
    code = data[0] << 8 | data[1] if len(data) > 1 else 0
    if not _may_be_sent(code):
        raise ValueError("the server closed with a code that WebSockets do not allow")
    return code, data[2:].decode()


def listen_error(address: str, port: int, error: OSError, detail: str) -> ListenError:
    """Why the system does not let us listen; `detail` is its own text."""
    where = ("[" + address + "]" if ":" in address else address) + ":" + str(port)
    kind = "other"
    if error.errno == errno.EADDRINUSE:
        kind = "in_use"
        detail = "another program listens there; stop it or choose another port"
    elif error.errno == errno.EACCES:
        kind = "not_permitted"
        detail = "not permitted; choose a port above 1023, or one that no other program keeps for itself"
    return ListenError(kind, where + ": cannot listen: " + detail)


def address_error(address: str) -> ListenError:
    """For what is listened on and is not an address of this machine."""
    return ListenError(
        "other", "cannot listen on " + address + ": expected an IP address, as 127.0.0.1 or ::1"
    )


def _may_be_sent(code: int) -> bool:
    return (NORMAL <= code <= _LAST_REGISTERED and code not in _UNSENT) or _FIRST_FREE <= code <= _LAST_FREE

"""A loopback server that sends exactly the bytes it is told to, and records exactly the bytes it got.

    with RawServer([[REQUEST, b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi"]]) as server: ...

One list of steps for each connection, in order: REQUEST reads a whole request, bytes are sent, ByteByByte(bytes)
one a packet, STALL waits until the client hangs up, RESET ends with RST, TLS starts TLS. After its last step a
connection is closed. `asked` is set by the first whole request, `hung_up` when a client ended a STALL.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

REQUEST = "read a request"
STALL = "wait until the client hangs up"
RESET = "end with RST"
TLS = "start TLS"

ROOT_CERTIFICATE = str(Path(__file__).parent / "tls" / "root.pem")
SERVER_CERTIFICATE = str(Path(__file__).parent / "tls" / "server.pem")


class ByteByByte(bytes):
    """Bytes that are sent one by one."""


class RawServer:
    """`requests` are whole requests as bytes, `names` the TLS server names asked for, `connections` a count."""

    def __init__(self, scripts):
        self.requests: list[bytes] = []
        self.names: list[str | None] = []
        self.connections = 0
        self.asked = threading.Event()
        self.hung_up = threading.Event()
        self._scripts = scripts
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._open: list[socket.socket] = []

    def url(self, path="/", scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}{path}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_):
        for opened in [self._listener, *self._open]:
            with contextlib.suppress(OSError):  # not connected any more
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        self._thread.join()

    def _serve(self):
        threads = []
        for script in self._scripts:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                break
            self.connections += 1
            self._open.append(connection)
            threads.append(threading.Thread(target=self._play, args=(connection, script), daemon=True))
            threads[-1].start()
        self._listener.close()
        for thread in threads:
            thread.join()

    def _play(self, connection, script):
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for step in script:
                if step == REQUEST:
                    request = _read_request(connection)
                    if not request:
                        return
                    self.requests.append(request)
                    self.asked.set()
                elif step == STALL:
                    while connection.recv(65536):
                        pass
                    self.hung_up.set()
                elif step == RESET:
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                elif step == TLS:
                    connection = self._context().wrap_socket(connection, server_side=True)
                    self._open.append(connection)
                elif isinstance(step, ByteByByte):
                    for byte in step:
                        connection.sendall(bytes([byte]))
                else:
                    connection.sendall(step)
        except (OSError, ValueError):
            # The client went away, or refused our certificate; ValueError where the socket was closed under our hands.
            self.hung_up.set()
        finally:
            connection.close()

    def _context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(SERVER_CERTIFICATE)
        context.sni_callback = lambda _socket, name, _context: self.names.append(name)
        return context


def _read_request(connection) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return b""
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    while len(body) < length:
        piece = connection.recv(65536)
        if not piece:
            return b""
        body += piece
    return head + b"\r\n\r\n" + body

"""A WebSocket server on loopback that sends exactly the bytes it is told to, and records the frames it got."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import socket
import ssl
import threading

from tests.fakes.raw_server import SERVER_CERTIFICATE

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10


def frame(kind, data=b"", *, is_last=True):
    head = bytes([(0x80 if is_last else 0) | kind])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65536:
        return head + b"\x7e" + len(data).to_bytes(2, "big") + data
    return head + b"\x7f" + len(data).to_bytes(8, "big") + data


class Server:
    """Takes one connection, agrees to a WebSocket, sends bytes, and reads frames until the client is gone.

    `frames` are what came: (kind, data) unmasked; `masks` their masks. `is_cut`: it hangs up after its bytes.
    """

    def __init__(
        self, *, answer=b"", consent=None, is_secret=False, is_split=False, is_cut=False, address="127.0.0.1"
    ):
        self._answer = answer
        self._consent = consent
        self._is_secret = is_secret
        self._is_split = is_split
        self._is_cut = is_cut
        self.request = b""
        self.frames = []
        self.masks = []
        self._listener = socket.create_server(
            (address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def url(self, path="/"):
        return f"{'wss' if self._is_secret else 'ws'}://127.0.0.1:{self.port}{path}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._thread.join(20)
        with contextlib.suppress(OSError):
            # Wakes who waits for a client that never came.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(20)
        self._listener.close()

    def _serve(self):
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._is_secret:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SERVER_CERTIFICATE)
            try:
                connection = context.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return  # our certificate was refused
        with connection:
            reader = connection.makefile("rb")
            while not self.request.endswith(b"\r\n\r\n"):
                line = reader.readline()
                if not line:
                    return
                self.request += line
            data = (self._consent or self._consented()) + self._answer
            pieces = [data[i : i + 1] for i in range(len(data))] if self._is_split else [data]
            try:
                for piece in pieces:
                    connection.sendall(piece)
                while not self._is_cut and self._take(reader):
                    pass
            except (OSError, ValueError):
                return

    def _consented(self):
        key = next(
            line.split(b": ")[1]
            for line in self.request.split(b"\r\n")
            if line.lower().startswith(b"sec-websocket-key")
        )
        digest = hashlib.sha1(key + GUID.encode()).digest()  # noqa: S324 - the protocol's, not a secret's
        accept = base64.b64encode(digest)
        return (
            b"HTTP/1.1 101 Switching Protocols\r\nupgrade: WebSocket\r\nConnection: Upgrade\r\n"
            b"X-Key: one\r\nSec-WebSocket-Accept: " + accept + b"\r\n\r\n"
        )

    def _take(self, reader):
        head = reader.read(2)
        if len(head) < 2:
            return False
        size = head[1] & 127
        assert head[1] & 128
        if size == 126:
            size = int.from_bytes(reader.read(2), "big")
        elif size == 127:
            size = int.from_bytes(reader.read(8), "big")
        mask = reader.read(4)
        data = bytes(byte ^ mask[i % 4] for i, byte in enumerate(reader.read(size)))
        self.masks.append(mask)
        self.frames.append((head[0], data))
        return head[0] & 15 != CLOSE

"""Connects to addresses and moves bytes, blocking or under asyncio, with or without TLS. Knows no HTTP.

Every method is a coroutine so that one client serves both; the blocking kind never suspends. Failures are
OSErrors (TimeoutError when the time is up): the client says what they mean.
"""

from __future__ import annotations

import math
import os
import select
import socket
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from typing import Any

# Windows does not wake a wait for Ctrl-C, so waits there are cut into slices of this length.
_SLICE_S = 0.25 if sys.platform == "win32" else 3600.0
_READ_BYTES = 65536


class Stream:
    """A connection's bytes, both ways. Times are in seconds."""

    async def read(self, timeout_s: float) -> bytes:
        """What has come, at least a byte; b"" once the other side has ended the stream properly."""
        raise NotImplementedError

    async def write(self, data: bytes, timeout_s: float) -> None:
        """Hand all of it to the system."""
        raise NotImplementedError

    def is_readable(self) -> bool:
        """Whether bytes or an end wait to be read: on an idle connection either means that it is of no use."""
        raise NotImplementedError

    def close(self) -> None:
        """Drop the connection at once. May be called twice; whoever reads or writes meets an end or an OSError."""
        raise NotImplementedError


class Network:
    """Where streams come from."""

    async def resolve(self, host: str, port: int, timeout_s: float) -> tuple[str, ...]:
        """Every IP address of a host, in the system's order of preference."""
        raise NotImplementedError

    async def connect(self, address: str, port: int, timeout_s: float) -> Stream:
        """A stream to one IP address."""
        raise NotImplementedError

    async def accept(self, listening: socket.socket) -> tuple[Stream, str]:
        """The next connection to a non-blocking server socket, and the other side's address. Waits without limit."""
        raise NotImplementedError


class BlockingStream(Stream):
    """A socket that the whole thread waits for."""

    def __init__(self, connected: socket.socket) -> None:
        connected.settimeout(0)
        self._socket = connected

    async def read(self, timeout_s: float) -> bytes:
        _wait(self._socket, timeout_s, is_write=False)
        return self._socket.recv(_READ_BYTES)

    async def write(self, data: bytes, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._socket.send(rest) :]
            except BlockingIOError:
                _wait(self._socket, deadline_s - time.monotonic(), is_write=True)

    def is_readable(self) -> bool:
        return is_ready_to_read(self._socket)

    def close(self) -> None:
        self._socket.close()


class BlockingNetwork(Network):
    """Sockets without an event loop."""

    async def resolve(self, host: str, port: int, timeout_s: float) -> tuple[str, ...]:
        return (host,) if is_address(host) else resolve_in_thread(host, port, timeout_s)

    async def connect(self, address: str, port: int, timeout_s: float) -> Stream:
        opened = new_socket(address)
        try:
            opened.settimeout(max(timeout_s, 0.001))
            opened.connect((address, port))
            return BlockingStream(opened)
        except BaseException:
            opened.close()
            raise

    async def accept(self, listening: socket.socket) -> tuple[Stream, str]:
        _wait(listening, math.inf, is_write=False)
        accepted, where = listening.accept()
        without_delay(accepted)
        return BlockingStream(accepted), str(where[0])


class TlsStream(Stream):
    """TLS over any other stream, through memory: one implementation for both kinds of waiting."""

    def __init__(self, inner: Stream, context: ssl.SSLContext, server_name: str) -> None:
        import ssl  # noqa: PLC0415 - costs as much as the rest of a start; only https needs it

        self._ssl = ssl
        self._inner = inner
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)

    async def shake_hands(self, timeout_s: float) -> None:
        """Agree on keys and check the certificate against the name. Raises ssl.SSLError and other OSErrors."""
        deadline_s = time.monotonic() + timeout_s
        try:
            await self._drive(self._tls.do_handshake, deadline_s)
        except self._ssl.SSLError:
            await self._send_alert(deadline_s)
            raise

    async def read(self, timeout_s: float) -> bytes:
        try:
            return bytes(await self._drive(lambda: self._tls.read(_READ_BYTES), time.monotonic() + timeout_s))
        except self._ssl.SSLZeroReturnError:
            return b""

    async def write(self, data: bytes, timeout_s: float) -> None:
        deadline_s = time.monotonic() + timeout_s
        if data:  # an empty write is an error to OpenSSL
            await self._drive(lambda: self._tls.write(data), deadline_s)
        await self._flush(deadline_s)

    def is_readable(self) -> bool:
        return self._incoming.pending > 0 or self._tls.pending() > 0 or self._inner.is_readable()

    def close(self) -> None:
        self._inner.close()

    async def _drive(self, step: Callable[[], Any], deadline_s: float) -> Any:  # noqa: ANN401 - what the step gives
        while True:
            try:
                done = step()
            except self._ssl.SSLWantReadError:
                await self._flush(deadline_s)
                data = await self._inner.read(deadline_s - time.monotonic())
                if not data:
                    # An end without TLS's own close notice may be an attacker's: never a proper end.
                    raise ConnectionAbortedError(
                        "the connection was cut without TLS's close notice"
                    ) from None
                self._incoming.write(data)
            else:
                await self._flush(deadline_s)
                return done

    async def _flush(self, deadline_s: float) -> None:
        if self._outgoing.pending:
            await self._inner.write(self._outgoing.read(), deadline_s - time.monotonic())

    async def _send_alert(self, deadline_s: float) -> None:
        try:
            await self._flush(deadline_s)
        except OSError:
            return  # the server need not learn why we leave


def tls_context(environment: dict[str, str]) -> ssl.SSLContext:
    """TLS 1.2 or newer, host names checked, the system's roots or those of SSL_CERT_FILE and SSL_CERT_DIR."""
    import ssl  # noqa: PLC0415 - only https needs it

    roots_file = environment.get("SSL_CERT_FILE") or None
    roots_folder = environment.get("SSL_CERT_DIR") or None
    context = ssl.create_default_context(cafile=roots_file, capath=roots_folder)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def new_socket(address: str) -> socket.socket:
    """A TCP socket of an address's family, without Nagle's delay."""
    opened = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
    without_delay(opened)
    return opened


def without_delay(opened: socket.socket) -> None:
    """Let small writes go out at once: without Nagle's algorithm."""
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def look_up(host: str, port: int) -> tuple[str, ...]:
    """Every address the system gives for a name, each once. Blocks, for many seconds at worst."""
    found: list[str] = []
    # As bytes: a str goes through the idna codec, which costs an import and raises errors of its own.
    for entry in socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM):
        address = str(entry[4][0])
        if address not in found:
            found.append(address)
    return tuple(found)


def is_address(host: str) -> bool:
    """Whether this is an IP address in its usual form and needs no look-up."""
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in host else socket.AF_INET, host)
    except OSError:
        return False
    return True


def resolve_in_thread(host: str, port: int, timeout_s: float) -> tuple[str, ...]:
    """Look a name up in a thread that is left behind when time is up: getaddrinfo heeds no signal and no limit."""
    import _thread  # noqa: PLC0415 - only where a name is looked up

    results: list[tuple[str, ...] | OSError] = []
    done = _thread.allocate_lock()
    done.acquire()

    def work() -> None:
        try:
            results.append(look_up(host, port))
        except OSError as error:
            results.append(error)
        done.release()

    _thread.start_new_thread(work, ())
    deadline_s = time.monotonic() + timeout_s
    while not done.acquire(timeout=min(max(deadline_s - time.monotonic(), 0.0), _SLICE_S)):
        if time.monotonic() >= deadline_s:
            raise TimeoutError
    if isinstance(results[0], OSError):
        raise results[0]
    return results[0]


def reason(error: OSError) -> str:
    """What an OSError says, in the system's words where it has any."""
    said_by_tls = getattr(error, "reason", None)
    if said_by_tls:
        return f"TLS: {said_by_tls}"
    if error.errno and not isinstance(error, socket.gaierror):
        return os.strerror(error.errno)  # asyncio puts a text of its own where the system's belongs
    return error.strerror or str(error) or type(error).__name__


def is_ready_to_read(waited: socket.socket) -> bool:
    """Whether a read would not wait."""
    return _is_ready(waited, 0.0, is_write=False)


def _wait(waited: socket.socket, timeout_s: float, *, is_write: bool) -> None:
    deadline_s = time.monotonic() + timeout_s
    while True:
        left_s = deadline_s - time.monotonic()
        if _is_ready(waited, min(max(left_s, 0.0), _SLICE_S), is_write=is_write):
            return
        if left_s <= _SLICE_S:
            raise TimeoutError


def _is_ready(waited: socket.socket, timeout_s: float, *, is_write: bool) -> bool:
    if sys.platform == "win32":
        chosen = [waited]
        ready = select.select([] if is_write else chosen, chosen if is_write else [], [], timeout_s)
        return bool(ready[0] or ready[1])
    # poll, because select cannot wait for descriptors above 1023.
    waiting = select.poll()
    waiting.register(waited, select.POLLOUT if is_write else select.POLLIN)
    return bool(waiting.poll(timeout_s * 1000))

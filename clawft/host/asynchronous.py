"""A runtime on asyncio: turns, requests and input wait side by side. Holds no HTTP and no policy."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading

from clawft.host.asyncio_signals import AsyncioSignals
from clawft.host.asyncio_waiting import AsyncioWaiting
from clawft.host.committer import CommittingFiles
from clawft.host.network import (
    Network,
    Stream,
    is_address,
    is_ready_to_read,
    look_up,
    new_socket,
    without_delay,
)
from clawft.host.runtime import CPythonRuntime, SystemClock
from clawft.host.standard_input import AsyncioInput

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.interfaces import Runtime
    from clawft.host.threaded_processes import Bell

_READ_BYTES = 65536


class AsyncioStream(Stream):
    """A socket that the event loop waits for. A cancelled wait leaves the socket to whoever closes the stream.

    One task reads; writes of several go out one after the other. A wait that is cancelled or out of time may have
    taken bytes that nobody gets: such a stream can only be closed.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._loop = asyncio.get_running_loop()
        self._writing = asyncio.Lock()
        self._waits = 0
        self._is_closed = False

    async def read(self, timeout_s: float) -> bytes:
        self._waits += 1
        try:
            async with asyncio.timeout(timeout_s):
                return await self._loop.sock_recv(self._socket, _READ_BYTES)
        finally:
            self._end_wait()

    async def write(self, data: bytes, timeout_s: float) -> None:
        self._waits += 1
        try:
            async with asyncio.timeout(timeout_s), self._writing:
                await self._loop.sock_sendall(self._socket, data)
        finally:
            self._end_wait()

    def is_readable(self) -> bool:
        return is_ready_to_read(self._socket)

    def close(self) -> None:
        if self._waits == 0:
            self._socket.close()
        elif not self._is_closed:
            # The event loop watches the descriptor: this wakes who waits, and the last of them closes it.
            with contextlib.suppress(OSError):  # not connected any more
                self._socket.shutdown(socket.SHUT_RDWR)
        self._is_closed = True

    def _end_wait(self) -> None:
        self._waits -= 1
        if self._is_closed and self._waits == 0:
            self._socket.close()


class AsyncioNetwork(Network):
    """Sockets under the running event loop."""

    async def resolve(self, host: str, port: int, timeout_s: float) -> tuple[str, ...]:
        if is_address(host):
            return (host,)
        async with asyncio.timeout(timeout_s):
            found: tuple[str, ...] = await in_thread(lambda: look_up(host, port))
            return found

    async def connect(self, address: str, port: int, timeout_s: float) -> Stream:
        opened = new_socket(address)
        try:
            opened.settimeout(0)
            async with asyncio.timeout(timeout_s):
                await asyncio.get_running_loop().sock_connect(opened, (address, port))
            return AsyncioStream(opened)
        except BaseException:
            opened.close()
            raise

    async def accept(self, listening: socket.socket) -> tuple[Stream, str]:
        accepted, where = await asyncio.get_running_loop().sock_accept(listening)
        without_delay(accepted)
        return AsyncioStream(accepted), str(where[0])


async def in_thread(work: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the work gives
    """The result of blocking work, or its OSError. Cancelled or at the end of the program, the thread is left behind.

    The loop's own executor would make the program wait for it: a name server's silence would delay Ctrl-C.
    """
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Any] = loop.create_future()

    def give(value: object, error: OSError | None) -> None:
        if result.done():
            return
        if error is not None:
            result.set_exception(error)
        else:
            result.set_result(value)

    def run() -> None:
        value: object = None
        failure: OSError | None = None
        try:
            value = work()
        except OSError as error:
            failure = error
        try:
            loop.call_soon_threadsafe(give, value, failure)
        except RuntimeError:
            return  # the loop is closed: nobody waits any more

    threading.Thread(target=run, daemon=True).start()
    return await result


class AsyncioClock(SystemClock):
    """Sleeping lets other work go on."""

    async def sleep(self, duration_s: float) -> None:
        await asyncio.sleep(max(duration_s, 0.0))


class AsyncioRuntime(CPythonRuntime):
    """The world of a program that does several things at once."""

    def __init__(self, environment: dict[str, str], home: str) -> None:
        self._committing = CommittingFiles()
        super().__init__(environment, home, self._committing, AsyncioClock(), AsyncioWaiting())
        self.standard_input = AsyncioInput(self.waiting)
        self._signals = AsyncioSignals()

    @property
    def signals(self) -> AsyncioSignals:
        return self._signals

    async def end(self) -> None:
        """Finish the appends that were handed over and drop the idle connections."""
        self.close()
        await self._committing.close()

    def network(self) -> Network:
        return AsyncioNetwork()

    def _new_bell(self) -> Bell:
        from clawft.host.asyncio_bell import AsyncioBell  # noqa: PLC0415 - only on Windows

        return AsyncioBell()

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            return list(await asyncio.gather(*tasks))
        except BaseException:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            raise


def run(runtime: AsyncioRuntime, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work gives
    """Run work in a new event loop. Signals go to who waits for them, else the first cancels it, the second ends all.

    KeyboardInterrupt if the work was cancelled by a signal and did not itself return something.
    """

    async def main() -> tuple[bool, Any]:
        with runtime.signals as signals:
            try:
                return False, await work(runtime)
            except asyncio.CancelledError:
                if signals.is_cancelling:
                    return True, None
                raise
            finally:
                await runtime.end()

    is_interrupted, value = asyncio.run(main())
    if is_interrupted:
        raise KeyboardInterrupt
    return value

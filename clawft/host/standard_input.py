"""Standard input as a stream of bytes: blocking, or for the event loop by readiness where the system has it."""

from __future__ import annotations

import os
import stat
import sys

from clawft.core.errors import StorageError
from clawft.core.interfaces import InputStream

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio

    from clawft.host.waiting import Waiting

READ_BYTES = 65536


class BlockingInput(InputStream):
    """A descriptor that the whole thread waits for."""

    def __init__(self, descriptor: int = 0) -> None:
        self._descriptor = descriptor

    async def read(self) -> bytes:
        try:
            return await self._read(self._descriptor)
        except OSError as error:
            raise StorageError(f"standard input cannot be read: {error.strerror}") from error

    async def _read(self, descriptor: int) -> bytes:
        return os.read(descriptor, READ_BYTES)


class AsyncioInput(BlockingInput):
    """A descriptor that the event loop waits for, or a thread where the loop cannot watch that kind of file."""

    def __init__(self, waiting: Waiting, descriptor: int = 0) -> None:
        super().__init__(descriptor)
        self._waiting = waiting
        # A read in a thread whose caller was cancelled: what it brings is for the next one.
        self._in_thread: asyncio.Future[bytes] | None = None

    async def _read(self, descriptor: int) -> bytes:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            return os.read(descriptor, READ_BYTES)
        if sys.platform != "win32":
            try:
                # Not connect_read_pipe: it makes the descriptor non-blocking for whoever shares it, as a shell does.
                await self._waiting.ready((descriptor,), (), None)
                return os.read(descriptor, READ_BYTES)
            except PermissionError:
                pass  # the loop cannot watch it: a device that is always ready, mostly
        return await self._read_in_thread(descriptor)

    async def _read_in_thread(self, descriptor: int) -> bytes:
        import asyncio  # noqa: PLC0415 - here it runs already

        from clawft.host.asynchronous import in_thread  # noqa: PLC0415 - as above

        if self._in_thread is None:
            self._in_thread = asyncio.ensure_future(in_thread(lambda: os.read(descriptor, READ_BYTES)))
        reading = self._in_thread
        data = await asyncio.shield(reading)
        self._in_thread = None
        return data

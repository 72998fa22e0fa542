"""Standard input as lines for the event loop: by readiness where the system has it, else from a thread."""

from __future__ import annotations

import asyncio
import os
import stat
import sys

from clawft.core.errors import StorageError
from clawft.core.interfaces import Lines
from clawft.core.line_splitter import LIMIT_BYTES, LineSplitter
from clawft.host.asynchronous import in_thread

_READ_BYTES = 65536


class InputLines(Lines):
    """The lines of a descriptor. A line over the limit is passed over and raises UsageError; the next one follows."""

    def __init__(self, descriptor: int, limit_bytes: int = LIMIT_BYTES) -> None:
        self._descriptor = descriptor
        self._lines = LineSplitter(limit_bytes)

    async def next(self) -> bytes | None:
        while not self._lines.has_line():
            if self._lines.is_ended:
                return None
            self._lines.take(await self._read())
        return self._lines.next_line()

    async def _read(self) -> bytes:
        try:
            if stat.S_ISREG(os.fstat(self._descriptor).st_mode):
                return os.read(self._descriptor, _READ_BYTES)
            if sys.platform == "win32" or not await _ready(self._descriptor):
                data: bytes = await in_thread(lambda: os.read(self._descriptor, _READ_BYTES))
                return data
            return os.read(self._descriptor, _READ_BYTES)
        except OSError as error:
            raise StorageError(f"standard input cannot be read: {error.strerror}") from error


async def _ready(descriptor: int) -> bool:
    """Wait until a read will not block. False, at once, if the event loop cannot watch this kind of file."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[None] = loop.create_future()

    def wake() -> None:
        if not ready.done():
            ready.set_result(None)

    try:
        # Not connect_read_pipe: it would make the descriptor non-blocking for whoever shares it, as a shell does.
        loop.add_reader(descriptor, wake)
    except (OSError, NotImplementedError):
        return False
    try:
        await ready
    finally:
        loop.remove_reader(descriptor)
    return True

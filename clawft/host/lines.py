"""Standard input as lines for the event loop: by readiness where the system has it, else from a thread."""

from __future__ import annotations

import asyncio
import os
import stat
import sys

from clawft.core.errors import StorageError, UsageError
from clawft.core.interfaces import Lines
from clawft.host.asynchronous import in_thread

LIMIT_BYTES = 16 * 1024 * 1024
_READ_BYTES = 65536


class InputLines(Lines):
    """The lines of a descriptor. A line over the limit is passed over and raises UsageError; the next one follows."""

    def __init__(self, descriptor: int, limit_bytes: int = LIMIT_BYTES) -> None:
        self._descriptor = descriptor
        self._limit_bytes = limit_bytes
        self._lines: list[bytes] = []
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._number = 0
        self._is_ended = False

    async def next(self) -> bytes | None:
        while not self._lines:
            if self._is_ended:
                return None
            self._take(await self._read())
        line = self._lines.pop()
        self._number += 1
        if len(line) > self._limit_bytes:
            text = f"standard input: line {self._number} is longer than {self._limit_bytes} bytes and was passed over"
            raise UsageError(text)
        return line[:-1] if line.endswith(b"\r") else line

    def _take(self, data: bytes) -> None:
        if not data:
            self._is_ended = True
            self._lines = [b"".join(self._begun)] if self._begun else []
            self._begun = []
            return
        first, *others = data.split(b"\n")
        if self._begun_bytes <= self._limit_bytes:  # past the limit nothing more of a line is kept
            self._begun.append(first)
            self._begun_bytes += len(first)
        if not others:
            return
        whole = [b"".join(self._begun), *others[:-1]]
        self._lines = whole[::-1]
        self._begun = [others[-1]] if others[-1] else []
        self._begun_bytes = len(others[-1])

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

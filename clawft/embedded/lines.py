"""Standard input as lines, inside the event loop of our executables."""

from __future__ import annotations

import _weft

from clawft.core.errors import StorageError
from clawft.core.interfaces import Lines
from clawft.core.line_splitter import LIMIT_BYTES, LineSplitter
from clawft.core.storage_errors import cause_of
from clawft.embedded.loop import ready

_READ_BYTES = 65536


class InputLines(Lines):
    """The lines of a handle. A line over the limit is passed over and raises UsageError; the next one follows."""

    def __init__(self, handle: int, limit_bytes: int = LIMIT_BYTES) -> None:
        self._handle = handle
        self._lines = LineSplitter(limit_bytes)

    async def next(self) -> bytes | None:
        while not self._lines.has_line():
            if self._lines.is_ended:
                return None
            self._lines.take(await self._read())
        return self._lines.next_line()

    async def _read(self) -> bytes:
        try:
            data = _weft.read(self._handle, _READ_BYTES)
            while data is None:
                await ready(self._handle)
                data = _weft.read(self._handle, _READ_BYTES)
        except OSError as error:
            raise StorageError("standard input cannot be read: " + cause_of(error))
        piece: bytes = data
        return piece

"""Reads a stream of bytes line by line. Knows no stream of its own."""

from __future__ import annotations

from clawft.core.line_splitter import LIMIT_BYTES, LineSplitter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import InputStream


class Lines:
    """The lines of a stream. One over the limit is passed over and raises UsageError; the next one follows.

    `name` is what the error calls the stream.
    """

    def __init__(
        self, stream: InputStream, limit_bytes: int = LIMIT_BYTES, name: str = "standard input"
    ) -> None:
        self._stream = stream
        self._lines = LineSplitter(limit_bytes, name)

    async def next(self) -> bytes | None:
        """The next line without its newline, None at the end."""
        while not self._lines.has_line():
            if self._lines.is_ended:
                return None
            self._lines.take(await self._stream.read())
        return self._lines.next_line()

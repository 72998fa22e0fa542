"""Turns bytes as they come into lines. Reads nothing itself."""

from __future__ import annotations

from clawft.core.errors import UsageError

LIMIT_BYTES = 16 * 1024 * 1024


class LineSplitter:
    """Lines of a stream. One over the limit is passed over and raises UsageError; the next one follows."""

    def __init__(self, limit_bytes: int = LIMIT_BYTES, name: str = "standard input") -> None:
        self._limit_bytes = limit_bytes
        self._name = name
        self._lines: list[bytes] = []  # the last one is the next
        self._begun: list[bytes] = []
        self._begun_bytes = 0
        self._number = 0
        self.is_ended = False

    def has_line(self) -> bool:
        return bool(self._lines)

    def next_line(self) -> bytes:
        """The next line without its newline, if there is one."""
        line = self._lines.pop()
        self._number += 1
        if len(line) > self._limit_bytes:
            raise UsageError(
                f"{self._name}: line {self._number} is longer than {self._limit_bytes} bytes and was passed over"
            )
        return line[:-1] if line.endswith(b"\r") else line

    def take(self, data: bytes) -> None:
        """More bytes, only when there is no line; b"" at the end of input, which ends a last line without a newline."""
        if not data:
            self.is_ended = True
            self._lines = [b"".join(self._begun)] if self._begun else []
            self._begun = []
            return
        others = data.split(b"\n")
        first = others.pop(0)
        if self._begun_bytes <= self._limit_bytes:  # past the limit nothing more of a line is kept
            self._begun.append(first)
            self._begun_bytes += len(first)
        if not others:
            return
        last = others.pop()
        others.reverse()
        others.append(b"".join(self._begun))
        self._lines = others
        self._begun = [last] if last else []
        self._begun_bytes = len(last)

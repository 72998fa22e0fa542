"""Turns the bytes of a `text/event-stream`, split anywhere, into (event name, data) pairs. Knows no provider.

After the WHATWG rules (https://html.spec.whatwg.org/multipage/server-sent-events.html, "Interpreting an event
stream"), but for `id` and `retry`, which mean nothing without reconnection, and for bytes that are not UTF-8, which
are an error here: half a letter in an answer is a broken answer.
"""

from __future__ import annotations

from clawft.core.errors import ProviderError

EVENT_LIMIT_BYTES = 8 * 1024 * 1024


class SseParser:
    """Feed it bytes; it gives back the events they complete. Time is linear in the bytes, however they are split.

    An event over `limit_bytes` is a ProviderError. What stands after the last blank line when a stream ends is no
    event.
    """

    def __init__(self, limit_bytes: int = EVENT_LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._pieces_bytes = 0
        self._name = ""
        self._data: list[str] = []
        self._data_bytes = 0
        self._was_cr = False
        self._is_first_line = True

    def feed(self, data: bytes) -> list[tuple[str, str]]:
        """The events that these bytes complete, in order."""
        if self._was_cr and data:
            self._was_cr = False
            if data[0] == 10:  # noqa: PLR2004 - the LF of a CRLF whose CR ended the bytes before
                data = data[1:]
        if b"\r" in data:
            self._was_cr = data[-1] == 13  # noqa: PLR2004 - CR
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        lines = data.split(b"\n")
        events: list[tuple[str, str]] = []
        for line in lines[:-1]:
            if self._pieces:
                self._pieces.append(line)
                line = b"".join(self._pieces)  # noqa: PLW2901 - the line is what came before and this
                self._pieces = []
                self._pieces_bytes = 0
            event = self._take(line)
            if event is not None:
                events.append(event)
        if lines[-1]:
            self._pieces.append(lines[-1])
            self._pieces_bytes += len(lines[-1])
        if self._pieces_bytes + self._data_bytes > self._limit_bytes:
            raise self._too_long()
        return events

    def _take(self, line: bytes) -> tuple[str, str] | None:
        if self._is_first_line:
            self._is_first_line = False
            if line[:3] == b"\xef\xbb\xbf":
                line = line[3:]
        if not line:
            event = (self._name, "\n".join(self._data)) if self._data else None
            self._name = ""
            self._data = []
            self._data_bytes = 0
            return event
        if line.startswith(b"data: "):  # nearly all of them
            name, value = b"data", line[6:]
        else:
            name, _, value = line.partition(b":")
            if value[:1] == b" ":
                value = value[1:]
        if name == b"data":
            self._data_bytes += len(value) + 1
            if self._data_bytes > self._limit_bytes:
                raise self._too_long()
            self._data.append(_text(value))
        elif name == b"event":
            self._name = _text(value)
        return None

    def _too_long(self) -> ProviderError:
        return ProviderError(
            "invalid_response",
            f"the event stream holds one event over {self._limit_bytes} bytes; no model answers like that",
        )


def _text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except ValueError as error:
        raise ProviderError(
            "invalid_response", "the event stream is not UTF-8 (" + str(error) + ")", retryable=True
        )

"""One HTTP/1.1 connection: sends a request over a stream, reads its answer, and knows if it can be used again.

The protocol is h11's; here are the waits, their limits and what each failure means. Opens no connection.
"""

from __future__ import annotations

import h11

from clawft.core.errors import TransportError
from clawft.host.network import reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Clock, Timeouts
    from clawft.host.network import Stream

    Head = h11.Response | h11.InformationalResponse

HEAD_LIMIT_BYTES = 65536
INTERIM_LIMIT = 16
_PIECE_BYTES = 65536
_SWITCHING = 101


class Limits:
    """The clock of one exchange: how long the next wait may be, and what it means when that runs out."""

    __slots__ = ("_clock", "_end_limit_s", "_end_phase", "_end_s", "_origin", "timeouts")

    def __init__(self, clock: Clock, timeouts: Timeouts, origin: str) -> None:
        self._clock = clock
        self._origin = origin
        self.timeouts = timeouts
        self._end_limit_s = timeouts.total_s
        self._end_phase = "total"
        self._end_s = self.end_s(timeouts.total_s)

    def within(self, phase: str, end_s: float, limit_s: float) -> Limits:
        """The same for a part that ends at a moment: its time-outs mean `phase`."""
        part = Limits(self._clock, self.timeouts, self._origin)
        part._end_limit_s = self._end_limit_s
        part._end_phase = self._end_phase
        part._end_s = self._end_s
        if end_s < self._end_s:
            part._end_limit_s = limit_s
            part._end_phase = phase
            part._end_s = end_s
        return part

    def end_s(self, limit_s: float) -> float:
        """The moment at which a limit that starts now runs out."""
        return self._clock.monotonic_s() + limit_s

    def left_s(self, end_s: float) -> float:
        """What is left until a moment or the end of all, 0.0 at least."""
        return max(min(end_s, self._end_s) - self._clock.monotonic_s(), 0.0)

    def timed_out(self, phase: str, end_s: float, limit_s: float, *, is_sent: bool) -> TransportError:
        """The error for a wait that was to end at a moment and did."""
        if self._end_s <= end_s:
            phase = self._end_phase
            limit_s = self._end_limit_s
        text = f"{self._origin}: {_TIMED_OUT[phase]} within {limit_s:g} s"
        return TransportError(phase, text, sent=is_sent)


_TIMED_OUT = {
    "resolve": "the name was not resolved",
    "connect": "no connection",
    "tls": "TLS was not agreed on",
    "send": "the request could not be sent on",
    "first_byte": "no answer",
    "body": "the answer did not go on",
    "total": "not done",
}


class Connection:
    """One connection and where it is in HTTP/1.1. `key` says for which requests it can be used again."""

    def __init__(self, stream: Stream, key: tuple[object, ...], origin: str) -> None:
        self.stream = stream
        self.key = key
        self.is_used = False
        self.idle_since_s = 0.0
        self._origin = origin
        self._wire = h11.Connection(h11.CLIENT, max_incomplete_event_size=HEAD_LIMIT_BYTES)
        self._has_bytes = False
        self._was_cut = False

    async def send(self, head: h11.Request, body: bytes, limits: Limits) -> None:
        """Write a whole request. A connection that the server ends meanwhile may still hold its answer."""
        self._has_bytes = False
        data = self._wire.send(head) or b""
        for event in (h11.Data(data=body), h11.EndOfMessage()) if body else (h11.EndOfMessage(),):
            data += self._wire.send(event) or b""
        limit_s = limits.timeouts.between_bytes_s
        for start in range(0, len(data), _PIECE_BYTES):
            end_s = limits.end_s(limit_s)
            try:
                await self.stream.write(data[start : start + _PIECE_BYTES], limits.left_s(end_s))
            except TimeoutError:
                raise limits.timed_out("send", end_s, limit_s, is_sent=False) from None
            except ConnectionError:
                self._was_cut = True
                return
            except OSError as error:
                raise self._failed("send", error, is_sent=False) from error

    async def head(self, limits: Limits) -> Head:
        """The head of the answer, interim ones passed over but for the 101 that was asked for.

        StaleError if a used connection ended instead.
        """
        limit_s = limits.timeouts.first_byte_s
        first_end_s = limits.end_s(limit_s)
        interim = 0
        while True:
            event = self._next_event("first_byte")
            if isinstance(event, h11.Response):
                return event
            if isinstance(event, h11.InformationalResponse):
                if event.status_code == _SWITCHING:
                    return event
                interim += 1
                self._has_bytes = bool(self._wire.trailing_data[0])
                if interim > INTERIM_LIMIT:
                    raise self._not_http("first_byte", f"more than {INTERIM_LIMIT} interim answers")
                continue
            if self._has_bytes:
                await self._receive("first_byte", limits, limits.timeouts.between_bytes_s, None)
            else:
                await self._receive("first_byte", limits, limit_s, first_end_s)

    async def body(self, limits: Limits) -> bytes:
        """The next piece of the body, b"" at its end."""
        while True:
            event = self._next_event("body")
            if isinstance(event, h11.Data):
                if event.data:
                    return bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return b""
            else:
                await self._receive("body", limits, limits.timeouts.between_bytes_s, None)

    def rest(self) -> bytes:
        """What came after a 101: the first bytes of the other protocol."""
        return self._wire.trailing_data[0]

    def is_ready_again(self) -> bool:
        """Whether another request may follow: only at the clean end of an exchange, with nothing left over."""
        if self._was_cut or self._wire.our_state is not h11.DONE or self._wire.their_state is not h11.DONE:
            return False
        if self._wire.trailing_data != (b"", False):
            return False
        self._wire.start_next_cycle()
        self.is_used = True
        return True

    def close(self) -> None:
        self.stream.close()

    async def _receive(self, phase: str, limits: Limits, limit_s: float, end_s: float | None) -> None:
        end_s = limits.end_s(limit_s) if end_s is None else end_s
        try:
            data = await self.stream.read(limits.left_s(end_s))
        except TimeoutError:
            raise limits.timed_out(phase, end_s, limit_s, is_sent=not self._was_cut) from None
        except ConnectionError as error:
            if self._is_stale():
                raise StaleError from None
            raise self._failed(phase, error, is_sent=not self._was_cut) from error
        except OSError as error:
            raise self._failed(phase, error, is_sent=True) from error
        if not data and self._is_stale():
            raise StaleError
        if not data and phase == "first_byte":
            what = "in the middle of its answer's head" if self._has_bytes else "without an answer"
            raise TransportError(
                phase, f"{self._origin}: closed the connection {what}", sent=not self._was_cut
            )
        self._has_bytes = True
        self._wire.receive_data(data)

    def _is_stale(self) -> bool:
        return self.is_used and not self._has_bytes

    def _next_event(self, phase: str) -> object:
        try:
            return self._wire.next_event()
        except h11.RemoteProtocolError as error:
            raise self._not_http(phase, str(error)) from error

    def _not_http(self, phase: str, reason: str) -> TransportError:
        text = f"{self._origin}: the answer is broken or not HTTP/1.1: {reason[:200]}"
        return TransportError(phase, text, sent=True)

    def _failed(self, phase: str, error: OSError, *, is_sent: bool) -> TransportError:
        return TransportError(phase, f"{self._origin}: {reason(error)}", sent=is_sent)


class StaleError(Exception):
    """A connection that was used before turned out to be closed: nothing was answered, a new one may be tried."""

"""Runs one child to its end or to a moment: feeds it, drains both pipes, keeps the beginning of each. Starts none."""

from __future__ import annotations

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, PIECE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.child import Child
    from clawft.core.interfaces import Clock

# How long pipes are read on after the child itself has ended: what it left behind may still have them open.
LINGER_S = 0.5


class Kept:
    """What is kept of a stream: its first bytes, and how many there were in all."""

    __slots__ = ("data", "total_bytes")

    def __init__(self, data: bytes, total_bytes: int) -> None:
        self.data = data
        self.total_bytes = total_bytes

    @property
    def is_cut(self) -> bool:
        return self.total_bytes > len(self.data)


class Finished:
    """A child that has ended. `status` is its exit code, or below 0 the number of the signal that ended it.

    `is_timed_out`: it was killed because its time was up; what it had said by then is kept.
    """

    __slots__ = ("errors", "is_timed_out", "output", "status")

    def __init__(self, status: int, output: Kept, errors: Kept, *, is_timed_out: bool = False) -> None:
        self.status = status
        self.output = output
        self.errors = errors
        self.is_timed_out = is_timed_out


class _Collected:
    """Takes all that a stream gives and keeps its beginning."""

    def __init__(self, limit_bytes: int) -> None:
        self._left_bytes = limit_bytes
        self._pieces: list[bytes] = []
        self._total_bytes = 0
        self.is_open = True

    def take(self, piece: bytes) -> None:
        if not piece:
            self.is_open = False
            return
        self._total_bytes += len(piece)
        if self._left_bytes > 0:
            self._pieces.append(piece[: self._left_bytes])
            self._left_bytes -= len(self._pieces[-1])

    def kept(self) -> Kept:
        return Kept(b"".join(self._pieces), self._total_bytes)


class Run:
    """One child on its way to its end."""

    def __init__(self, child: Child, clock: Clock, given: bytes | None, limit_bytes: int) -> None:
        self._child = child
        self._clock = clock
        self._given = given or b""
        self._given_bytes = 0  # of these, how many the child has
        self._has_input = given is not None
        self._streams = {OUTPUT: _Collected(limit_bytes), ERRORS: _Collected(limit_bytes)}
        self._status: int | None = None

    async def to_its_end(self, until_s: float) -> Finished:
        await self._move_until(until_s)
        is_timed_out = self._status is None
        self._child.kill(KILL)
        if is_timed_out:
            await self._move_until(self._clock.monotonic_s() + LINGER_S)
        status = self._status if self._status is not None else -KILL
        output, errors = self._streams[OUTPUT].kept(), self._streams[ERRORS].kept()
        return Finished(status, output, errors, is_timed_out=is_timed_out)

    async def _move_until(self, until_s: float) -> None:
        """Move bytes until the child has ended and its pipes have, or a moment; soon after its own end in any case."""
        while True:
            if self._status is None:
                self._status = self._child.status()
                if self._status is not None:
                    until_s = min(until_s, self._clock.monotonic_s() + LINGER_S)
            # After the look at the status: what the child wrote before its end is there now.
            events = self._move()
            if not events or self._clock.monotonic_s() >= until_s:
                return
            await self._child.ready(events, until_s)

    def _move(self) -> tuple[str, ...]:
        """Move what can be moved without waiting; what there is to wait for then."""
        events = [] if self._status is not None else [EXIT]
        for name, stream in self._streams.items():
            if stream.is_open:
                piece = self._child.read(name)
                if piece is not None:
                    stream.take(piece)
            if stream.is_open:
                events.append(name)
        if self._has_input and self._status is None:
            self._feed()
        if self._has_input and self._status is None:
            events.append(INPUT)
        return tuple(events)

    def _feed(self) -> None:
        done = self._given_bytes
        try:
            if done < len(self._given):
                self._given_bytes += self._child.write(self._given[done : done + PIECE_BYTES])
        except OSError:
            self._given_bytes = len(
                self._given
            )  # it does not want the rest: its exit code says if that is a failure
        if self._given_bytes == len(self._given):
            self._has_input = False
            self._child.close_input()

"""Children, standard input and signals of a script, to test what stands above the runtime. Starts nothing."""

from __future__ import annotations

import errno

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, Child
from clawft.core.interfaces import InputStream, Signals
from clawft.core.processes import Processes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.fakes import FakeClock
    from clawft.core.processes import Command

    Answer = Callable[[bytes], list[bytes]]


class FakeChild(Child):
    """A child of a script: it says all pieces of `output` and `errors`, then ends with `status`, None for never.

    `answer` is called with each piece that it is given, and returns further output; while it is set, the child ends
    only with its input or by a signal, of which TERMINATE is not heard if `is_stubborn`. `lingering` streams stay
    open after its end, as if something it left behind had them. `given` and `signals` record what reached it.
    """

    def __init__(
        self,
        output: list[bytes] | None = None,
        errors: list[bytes] | None = None,
        status: int | None = 0,
        *,
        answer: Answer | None = None,
        is_stubborn: bool = False,
        lingering: tuple[str, ...] = (),
    ) -> None:
        self._pieces = {OUTPUT: list(output or []), ERRORS: list(errors or [])}
        self._status = status
        self._answer = answer
        self._is_stubborn = is_stubborn
        self._lingering = lingering
        self._killed_by = 0
        self._clock: FakeClock | None = None
        self.given = b""
        self.is_input_closed = False
        self.is_closed = False
        self.signals: list[int] = []

    def start(self, clock: FakeClock) -> None:
        self._clock = clock

    def read(self, stream: str) -> bytes | None:
        if self._pieces[stream]:
            return self._pieces[stream].pop(0)
        has_ended = self.status() is not None and stream not in self._lingering
        return b"" if has_ended else None

    def write(self, data: bytes) -> int:
        if self.is_input_closed or self._killed_by:
            raise OSError(getattr(errno, "EPIPE", errno.EINVAL), "Broken pipe")
        self.given += data
        if self._answer is not None:
            self._pieces[OUTPUT] += self._answer(bytes(data))
        return len(data)

    def close_input(self) -> None:
        self.is_input_closed = True

    def close_stream(self, stream: str) -> None:
        self._pieces[stream] = []

    def status(self) -> int | None:
        if self._killed_by:
            return -self._killed_by
        if self._answer is not None and not self.is_input_closed:
            return None
        return None if self._pieces[OUTPUT] or self._pieces[ERRORS] else self._status

    def kill(self, number: int) -> None:
        self.signals.append(number)
        if self.status() is None and not (self._is_stubborn and number != KILL):
            self._killed_by = number

    def close(self) -> None:
        self.is_closed = True

    async def ready(self, events: tuple[str, ...], until_s: float | None) -> None:
        """Time passes to `until_s` if none of the events will ever come."""
        if INPUT in events or EXIT in events and self.status() is not None:  # noqa: RUF021 - as MicroPython reads it
            return
        for stream in (OUTPUT, ERRORS):
            is_at_end = self.status() is not None and stream not in self._lingering
            if stream in events and (self._pieces[stream] or is_at_end):
                return
        if until_s is None or self._clock is None:
            raise AssertionError("the child has nothing more to say: with the fakes nothing may wait")
        self._clock.advance(until_s - self._clock.monotonic_s())


class FakeProcesses(Processes):
    """Starts the children of a script, in order; one that is an exception is raised. `commands` records what for."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock: FakeClock = clock
        self.is_windows = False
        self.children: list[FakeChild | BaseException] = []
        self.commands: list[Command] = []

    async def ready(self, wanted: list[tuple[Child, tuple[str, ...]]], until_s: float | None) -> None:
        for child, events in wanted:
            await child.ready(events, until_s)

    async def start(self, command: Command, source: tuple[Child, str] | None = None) -> Child:
        self.commands.append(command)
        if not self.children:
            raise AssertionError("no child is scripted for " + " ".join(command.argv))
        child = self.children.pop(0)
        if isinstance(child, BaseException):
            raise child
        child.start(self.clock)
        return child


class FakeInput(InputStream):
    """Standard input in pieces, then its end. A piece that is an exception is raised."""

    def __init__(self, pieces: list[bytes | BaseException] | None = None) -> None:
        self.pieces = list(pieces) if pieces is not None else []

    async def read(self) -> bytes:
        if not self.pieces:
            return b""
        piece = self.pieces.pop(0)
        if isinstance(piece, BaseException):
            raise piece
        return piece


class FakeSignals(Signals):
    """The signals of a script; more than these never come."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def next(self) -> str:
        if not self.names:
            raise AssertionError("no signal is scripted: with the fakes nothing may wait")
        return self.names.pop(0)

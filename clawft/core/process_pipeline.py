"""Children that read one another's output, run to their end together: what is kept of what they say.

Runtimes start them and join them by real pipes; no byte that goes from one to the next passes here.
"""

from __future__ import annotations

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, PIECE_BYTES
from clawft.core.errors import ProcessError
from clawft.core.process_run import LINGER_S
from clawft.core.storage_errors import cause_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.child import Child
    from clawft.core.processes import Command, Processes

NOT_STARTED = 1  # the status of a stage whose redirections failed, as shells have it


class Sink:
    """Takes what streams say; this one drops it. `is_over`: it was given more than it may hold."""

    is_over = False

    def take(self, piece: bytes) -> None:
        """One more piece."""


class Ends(Sink):
    """Keeps the first and the last bytes, `limit_bytes` together."""

    def __init__(self, limit_bytes: int) -> None:
        self._half_bytes = limit_bytes // 2
        self._head = bytearray()
        self._tail = bytearray()
        self.total_bytes = 0

    def take(self, piece: bytes) -> None:
        self.total_bytes += len(piece)
        room = self._half_bytes - len(self._head)
        if room > 0:
            self._head += piece[:room]
            piece = piece[room:]
        if len(piece) >= self._half_bytes:
            self._tail = bytearray(piece[len(piece) - self._half_bytes :])
            return
        self._tail += piece
        # Cut now and then, not for every piece.
        if len(self._tail) > self._half_bytes + PIECE_BYTES:
            self._cut()

    def _cut(self) -> None:
        if len(self._tail) > self._half_bytes:
            self._tail = self._tail[len(self._tail) - self._half_bytes :]

    def ends(self) -> tuple[bytes, int, bytes]:
        """The beginning, how many bytes were left out after it, and the end."""
        self._cut()
        left_out = self.total_bytes - len(self._head) - len(self._tail)
        return bytes(self._head), left_out, bytes(self._tail)


class Whole(Sink):
    """Keeps all of up to `limit_bytes`; a run ends when there is more."""

    def __init__(self, limit_bytes: int) -> None:
        self._left_bytes = limit_bytes
        self._pieces: list[bytes] = []

    def take(self, piece: bytes) -> None:
        self._left_bytes -= len(piece)
        self.is_over = self._left_bytes < 0
        if not self.is_over:
            self._pieces.append(piece)

    def data(self) -> bytes:
        return b"".join(self._pieces)


# Where a stage's output or errors go when the next one reads them.
NEXT = Sink()


class PipelineStage:
    """One child. `given` is its input, None for the stage before, where there is one that is `NEXT`.

    `command` is None for a stage that is not started. Output and errors that go to the same sink are joined.
    """

    __slots__ = ("command", "errors", "given", "output")

    def __init__(self, command: Command | None, given: bytes | None, output: Sink, errors: Sink) -> None:
        self.command = command
        self.given = given
        self.output = output
        self.errors = errors


class PipelineEnd:
    """`statuses` of all stages, as in `Finished`. `is_timed_out` and `is_over`: all was killed, for that reason."""

    __slots__ = ("is_over", "is_timed_out", "statuses")

    def __init__(self, statuses: list[int], *, is_timed_out: bool, is_over: bool) -> None:
        self.statuses = statuses
        self.is_timed_out = is_timed_out
        self.is_over = is_over


async def run_pipeline(processes: Processes, stages: list[PipelineStage], until_s: float) -> PipelineEnd:
    """Run all stages to their end, or to a moment. Whatever they have started and left is killed in any case.

    Raises ProcessError if one cannot be started (none of the others goes on then), and for more than one stage where
    the runtime cannot join them.
    """
    for stage in stages:
        if stage.command is not None:
            stage.command.check(is_windows=processes.is_windows)
            if len(stages) > 1 and not processes.has_pipelines:
                raise ProcessError("pipelines cannot be run on this system: run one command after the other")
    children: list[_Running] = []
    try:
        source: tuple[Child, str] | None = None
        for stage in stages:
            if source is not None and (stage.command is None or stage.given is not None):
                source[0].close_stream(source[1])
                source = None
            if stage.command is None:
                continue
            children.append(_Running(await processes.start(stage.command, source), stage))
            source = children[-1].source()
        return await _Together(processes, children).to_their_end(stages, until_s)
    except OSError as error:
        raise ProcessError("the pipes of a command failed: " + cause_of(error))
    finally:
        for running in children:
            running.child.close()


class _Running:
    """One child and what is left to move from and to it."""

    def __init__(self, child: Child, stage: PipelineStage) -> None:
        self.child = child
        self.stage = stage
        self.status: int | None = None
        self._given = stage.given or b""
        self._given_bytes = 0
        self._has_input = stage.given is not None
        self._open: dict[str, Sink] = {}
        if stage.output is not NEXT:
            self._open[OUTPUT] = stage.output
        if stage.errors is not NEXT and stage.errors is not stage.output:
            self._open[ERRORS] = stage.errors

    def source(self) -> tuple[Child, str] | None:
        """The stream that the next stage reads."""
        if self.stage.output is NEXT:
            return self.child, OUTPUT
        return (self.child, ERRORS) if self.stage.errors is NEXT else None

    @property
    def is_over(self) -> bool:
        return self.stage.output.is_over or self.stage.errors.is_over

    def move(self) -> tuple[str, ...]:
        """Move what can be moved without waiting; what there is to wait for then."""
        if self.status is None:
            self.status = self.child.status()
        # After the look at the status: what the child wrote before its end is there now.
        events = [EXIT] if self.status is None else []
        for name in list(self._open):
            piece = self.child.read(name)
            if piece == b"":
                del self._open[name]
                continue
            if piece is not None:
                self._open[name].take(piece)
            events.append(name)
        if self.status is None and self._has_input and self._feed():
            events.append(INPUT)
        return tuple(events)

    def _feed(self) -> bool:
        """Whether there is more to give."""
        try:
            if self._given_bytes < len(self._given):
                piece = self._given[self._given_bytes : self._given_bytes + PIECE_BYTES]
                self._given_bytes += self.child.write(piece)
        except OSError:  # it does not want the rest: its exit code says if that is a failure
            self._given_bytes = len(self._given)
        if self._given_bytes == len(self._given):
            self._has_input = False
            self.child.close_input()
        return self._has_input


class _Together:
    def __init__(self, processes: Processes, children: list[_Running]) -> None:
        self._processes = processes
        self._children = children
        self._is_over = False

    async def to_their_end(self, stages: list[PipelineStage], until_s: float) -> PipelineEnd:
        await self._move_until(until_s)
        is_cut_off = not self._have_ended()
        for running in self._children:
            running.child.kill(KILL)
        if is_cut_off:
            await self._move_until(self._now_s() + LINGER_S)
        left = list(self._children)
        statuses = []
        for stage in stages:
            if stage.command is None:
                statuses.append(NOT_STARTED)
            else:
                status = left.pop(0).status
                statuses.append(-KILL if status is None else status)
        return PipelineEnd(statuses, is_timed_out=is_cut_off and not self._is_over, is_over=self._is_over)

    def _now_s(self) -> float:
        return self._processes.clock.monotonic_s()

    def _have_ended(self) -> bool:
        return all(running.status is not None for running in self._children)

    async def _move_until(self, until_s: float) -> None:
        """Move bytes until all have ended and their pipes have, or a moment; soon after their own ends in any case."""
        has_ended = False
        while True:
            wanted = []
            for running in self._children:
                events = running.move()
                if events:
                    wanted.append((running.child, events))
                if running.is_over and not self._is_over:
                    self._is_over = True
                    return
            if not has_ended and self._have_ended():
                has_ended = True
                until_s = min(until_s, self._now_s() + LINGER_S)
            if not wanted or self._now_s() >= until_s:
                return
            if len(wanted) == 1:
                await wanted[0][0].ready(wanted[0][1], until_s)
            else:
                await self._processes.ready(wanted, until_s)

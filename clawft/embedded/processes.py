"""Children in our executables: `core.child.Child` over `_weft`. What becomes of them is decided in core."""

from __future__ import annotations

import _weft

from clawft.core.child import ERRORS, EXIT, INPUT, OUTPUT, Child
from clawft.core.processes import CONFINEMENT, FOLDER, LIMITS, PROGRAM, Processes, not_started
from clawft.embedded.loop import release
from clawft.embedded.waiting import ready_any

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.errors import ProcessError
    from clawft.core.interfaces import Clock
    from clawft.core.processes import Command

_READ_BYTES = 65536
_PARTS = (
    (FOLDER, "its folder: "),
    (LIMITS, "its limits: "),
    (CONFINEMENT, "its confinement: "),
    (PROGRAM, "the program: "),
)


class EmbeddedProcesses(Processes):
    """Starts children, with or without an event loop."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.is_windows = _weft.system() == "windows"
        self.has_pipelines = not self.is_windows
        self._confining: tuple[int, str] | None = None

    @property
    def confining(self) -> tuple[int, str]:
        if self._confining is None:
            self._confining = _weft.confinement_of_system()
        return self._confining

    async def start(self, command: Command, source: tuple[Any, str] | None = None) -> Child:
        flags = (_weft.SPAWN_INPUT if command.has_input else 0) | (
            _weft.SPAWN_JOINED if command.is_joined else 0
        )
        variables = tuple([name + "=" + text for name, text in command.env.items()])
        # From here on termination reaches whoever waits, instead of ending this process and leaving the child.
        _weft.signals()
        try:
            numbers = _weft.spawn(
                command.argv, command.cwd, variables, flags, command.limits.pairs(), *_more(command, source)
            )
        except OSError as error:
            raise _not_started(command, error)
        if source is not None:
            source[0].close_stream(source[1])
        return EmbeddedChild(numbers)

    async def ready(self, wanted: list[tuple[Any, tuple[str, ...]]], until_s: float | None) -> None:
        handles: list[int] = []
        for child, events in wanted:
            handles += child.handles(events)
        await ready_any(handles, until_s)


class EmbeddedChild(Child):
    """A child behind handles of `_weft`: the process and its pipes, -1 where there is none."""

    def __init__(self, numbers: tuple[int, int, int, int]) -> None:
        self._handles = dict(zip((EXIT, INPUT, OUTPUT, ERRORS), numbers))
        self._is_open = True

    def read(self, stream: str) -> bytes | None:
        handle = self._handles[stream]
        if handle < 0:
            return b""
        piece: bytes | None = _weft.read(handle, _READ_BYTES)
        return piece

    def write(self, data: bytes) -> int:
        taken: int = _weft.write(self._handles[INPUT], data)
        return taken

    def close_input(self) -> None:
        self._close(INPUT)

    def status(self) -> int | None:
        status: int | None = _weft.exit_status(self._handles[EXIT])
        return status

    def kill(self, number: int) -> None:
        _weft.kill(self._handles[EXIT], number)

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            for name in (INPUT, OUTPUT, ERRORS, EXIT):
                self._close(name)

    async def ready(self, events: tuple[str, ...], until_s: float | None) -> None:
        await ready_any(self.handles(events), until_s)

    def handles(self, events: tuple[str, ...]) -> list[int]:
        """What to wait for."""
        return [~self._handles[event] if event == INPUT else self._handles[event] for event in events]

    def handle(self, stream: str) -> int:
        """The handle of a stream."""
        return self._handles[stream]

    def close_stream(self, stream: str) -> None:
        self._close(stream)

    def _close(self, name: str) -> None:
        handle = self._handles[name]
        if handle >= 0:
            self._handles[name] = -1
            release(handle)
            _weft.close(handle)


def _more(command: Command, source: tuple[Any, str] | None) -> tuple[Any, ...]:
    """What `_weft.spawn` is told beyond what every system can do."""
    confinement = command.confinement
    if source is None and confinement is None and command.program == command.argv[0]:
        return ()
    return (
        command.program,
        source[0].handle(source[1]) if source is not None else None,
        None
        if confinement is None
        else (
            confinement.handled_files,
            confinement.handled_network,
            confinement.scopes,
            confinement.rights,
            confinement.system_calls,
        ),
    )


def _not_started(command: Command, error: OSError) -> ProcessError:
    """The error for a start that failed: the C side begins its text with what did."""
    text = str(error.args[1]) if len(error.args) > 1 else ""
    for part, beginning in _PARTS:
        if text.startswith(beginning):
            return not_started(command, part, OSError(error.args[0], text[len(beginning) :]))
    return not_started(command, PROGRAM, error)

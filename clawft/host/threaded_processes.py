"""Children on CPython where pipes cannot be polled (Windows): a thread for each pipe, and one that waits for the end.

On Windows a child is in a job (`windows_job.py`), which is its group. No test of ours runs there: they run this file
on POSIX, where a group of processes stands in for the job.
"""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import threading
import time

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, Child
from clawft.core.processes import CONFINEMENT, FOLDER, PROGRAM, Processes, not_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import IO

    from clawft.core.interfaces import Clock
    from clawft.core.processes import Command

    KillGroup = Callable[[int], None]

_READ_BYTES = 65536
# How many pieces a thread reads ahead of who takes them.
_PIECES_AHEAD = 4
# Windows does not wake a wait for Ctrl-C, so waits are cut into slices of this length.
_SLICE_S = 0.25


class Bell:
    """Rung by threads when something has changed, for one who waits: here the whole thread does."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def ring(self) -> None:
        with self._changed:
            self._changed.notify_all()

    async def wait(self, is_over: Callable[[], bool], until_s: float | None) -> None:
        with self._changed:
            while not is_over():
                left_s = _SLICE_S if until_s is None else until_s - time.monotonic()
                if left_s <= 0:
                    return
                self._changed.wait(min(left_s, _SLICE_S))


class ThreadedProcesses(Processes):
    """Starts children; `new_bell` makes what each one's threads ring."""

    def __init__(self, clock: Clock, new_bell: Callable[[], Bell]) -> None:
        self.clock = clock
        self.is_windows = sys.platform == "win32"
        self._new_bell = new_bell

    async def start(self, command: Command, source: tuple[Child, str] | None = None) -> Child:
        if source is not None or command.confinement is not None:
            part = PROGRAM if command.confinement is None else CONFINEMENT
            raise not_started(command, part, OSError(errno.ENOSYS, "not on this system"))
        try:
            popen, kill = _started(command)
        except OSError as error:
            is_folder = not os.path.isdir(command.cwd)
            raise not_started(command, FOLDER if is_folder else PROGRAM, error) from error
        return ThreadedChild(popen, kill, self._new_bell())


class ThreadedChild(Child):
    """A child whose pipes threads read and write."""

    def __init__(self, popen: subprocess.Popen[bytes], kill: KillGroup, bell: Bell) -> None:
        self._popen = popen
        self._kill = kill
        self._bell = bell
        self._is_closed = False
        self._killed_by = 0
        self._status: int | None = None
        self._writer = None if popen.stdin is None else _Writer(popen.stdin, bell)
        outputs = ((OUTPUT, popen.stdout), (ERRORS, popen.stderr))
        self._readers = {name: _Reader(pipe, bell) for name, pipe in outputs if pipe is not None}
        threading.Thread(target=self._wait_for_end, daemon=True).start()

    def _wait_for_end(self) -> None:
        code = self._popen.wait()
        # Windows knows no signals: what we ended has the code that it was ended with.
        self._status = -self._killed_by if self._killed_by else code
        self._bell.ring()

    def read(self, stream: str) -> bytes | None:
        reader = self._readers.get(stream)
        return b"" if reader is None else reader.take()

    def write(self, data: bytes) -> int:
        if self._writer is None:
            raise BrokenPipeError
        return self._writer.give(data)

    def close_input(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def close_stream(self, stream: str) -> None:
        reader = self._readers.pop(stream, None)
        if reader is not None:
            reader.close()

    def status(self) -> int | None:
        return self._status

    def kill(self, number: int) -> None:
        if self._status is None and sys.platform == "win32":
            self._killed_by = number
        self._kill(number)

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self.kill(KILL)
            self._kill(0)
            self.close_input()
            for reader in self._readers.values():
                reader.close()
            self._bell.ring()

    async def ready(self, events: tuple[str, ...], until_s: float | None) -> None:
        def is_over() -> bool:
            return (
                self._is_closed
                or (EXIT in events and self._status is not None)
                or (INPUT in events and (self._writer is None or self._writer.is_ready()))
                or any(name in events and reader.is_ready() for name, reader in self._readers.items())
            )

        await self._bell.wait(is_over, until_s)


class _Reader:
    """A thread that reads a pipe, a few pieces ahead."""

    def __init__(self, pipe: IO[bytes], bell: Bell) -> None:
        self._pipe = pipe
        self._bell = bell
        self._pieces: list[bytes] = []
        self._room = threading.Semaphore(_PIECES_AHEAD)
        self._is_closed = False
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        piece = b"?"
        while piece:
            self._room.acquire()
            if self._is_closed:
                break
            try:
                piece = os.read(self._pipe.fileno(), _READ_BYTES)
            except OSError:  # how Windows says that the other end is closed
                piece = b""
            self._pieces.append(piece)
            self._bell.ring()
        self._pipe.close()

    def is_ready(self) -> bool:
        return bool(self._pieces)

    def take(self) -> bytes | None:
        if not self._pieces:
            return None
        if not self._pieces[0]:
            return b""  # the end stays
        self._room.release()
        return self._pieces.pop(0)

    def close(self) -> None:
        self._is_closed = True
        self._room.release()


class _Writer:
    """A thread that writes to a pipe what it was given, one piece at a time."""

    def __init__(self, pipe: IO[bytes], bell: Bell) -> None:
        self._pipe = pipe
        self._bell = bell
        self._piece = b""
        self._failure: OSError | None = None
        self._wanted = threading.Semaphore(0)
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self) -> None:
        while True:
            self._wanted.acquire()
            if not self._piece:
                break  # closing, and all is written
            try:
                rest = memoryview(self._piece)
                while rest:
                    rest = rest[os.write(self._pipe.fileno(), rest) :]
            except OSError as error:
                self._failure = error
            self._piece = b""
            self._bell.ring()
        self._pipe.close()

    def is_ready(self) -> bool:
        return not self._piece

    def give(self, data: bytes) -> int:
        if self._failure is not None:
            raise BrokenPipeError(self._failure.errno, self._failure.strerror)
        if self._piece or not data:
            return 0
        self._piece = bytes(data)
        self._wanted.release()
        return len(data)

    def close(self) -> None:
        self._wanted.release()


def _started(command: Command) -> tuple[subprocess.Popen[bytes], KillGroup]:
    """The child, and what ends all of its group; called with 0 it lets go of the group."""
    if sys.platform == "win32":
        from clawft.host.windows_job import start_in_job  # noqa: PLC0415 - only there

        return start_in_job(command)
    popen = subprocess.Popen(  # noqa: S603 - what may run is decided above the runtime
        command.argv,
        cwd=command.cwd,
        env=command.env,
        bufsize=0,
        stdin=subprocess.PIPE if command.has_input else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if command.is_joined else subprocess.PIPE,
        start_new_session=True,
    )

    def kill(number: int) -> None:
        try:
            os.killpg(popen.pid, number)
        except (ProcessLookupError, PermissionError):  # nobody is left in it
            return

    return popen, kill

"""Children on CPython: `core.child.Child` over descriptors. What becomes of them is decided in core. POSIX only.

A child is not taken from the system's table (reaped) before it is closed: until then its number cannot come to mean
another process, so killing its group is always safe. Where the system cannot look without taking (macOS before
Python 3.13), it is taken when it ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, Child
from clawft.core.errors import ProcessError
from clawft.core.processes import FOLDER, LIMITS, PROGRAM, Processes, not_started

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.confinement import Confinement
    from clawft.core.interfaces import Clock
    from clawft.core.processes import Command
    from clawft.host.waiting import Waiting

_READ_BYTES = 65536
_CONFINE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "confine.py")
# Killed and closed, but not gone yet (a disk that hangs): looked at again with each start.
_dying: list[subprocess.Popen[bytes]] = []


class PosixProcesses(Processes):
    """Starts children and waits for them as the runtime does."""

    is_windows = False

    has_pipelines = True

    def __init__(self, clock: Clock, waiting: Waiting) -> None:
        self.clock = clock
        self._waiting = waiting
        self._confinement: tuple[int, str] | None = None

    @property
    def confining(self) -> tuple[int, str]:
        if self._confinement is None:
            from clawft.host.confine import confinement_of_system  # noqa: PLC0415 - ctypes is slow to import

            self._confinement = confinement_of_system()
        return self._confinement

    async def ready(self, wanted: list[tuple[Any, tuple[str, ...]]], until_s: float | None) -> None:
        reading: list[int] = []
        writing: list[int] = []
        for child, events in wanted:
            child.add_descriptors(events, reading, writing)
        await self._waiting.ready(reading, writing, until_s)

    async def start(self, command: Command, source: tuple[Any, str] | None = None) -> Child:
        _dying[:] = [one for one in _dying if one.poll() is None]
        _see_children_end()
        if source is None:
            return await self._started(command, None)
        reading = source[0].given_away(source[1])
        try:
            return await self._started(command, reading)
        finally:
            source[0].close_stream(source[1])

    async def _started(self, command: Command, given: int | None) -> Child:
        if not command.limits.pairs() and command.confinement is None:
            return PosixChild(_popen(command, command.argv, given), self._waiting)
        reading, writing = os.pipe()
        child = None
        try:
            try:
                words = _confined(command, writing)
                child = PosixChild(_popen(command, words, given, (writing,)), self._waiting)
            finally:
                os.close(writing)
            # Its other end closes when the command takes the interpreter's place.
            await self._waiting.ready((reading,), (), None)
            _check_report(command, os.read(reading, 100).decode())
        except BaseException:
            if child is not None:
                child.close()
            raise
        finally:
            os.close(reading)
        return child


class PosixChild(Child):
    """A child behind descriptors, which never block."""

    def __init__(self, popen: subprocess.Popen[bytes], waiting: Waiting) -> None:
        self._popen = popen
        self._waiting = waiting
        self._status: int | None = None
        self._streams = {INPUT: popen.stdin, OUTPUT: popen.stdout, ERRORS: popen.stderr}
        for stream in self._streams.values():
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
        self._exit = _descriptor_of_end(popen)

    def read(self, stream: str) -> bytes | None:
        descriptor = self._descriptor(stream)
        if descriptor is None:
            return b""
        try:
            return os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int:
        descriptor = self._descriptor(INPUT)
        if descriptor is None:
            raise BrokenPipeError
        try:
            return os.write(descriptor, data)
        except BlockingIOError:
            return 0

    def close_input(self) -> None:
        self._close(INPUT)

    def status(self) -> int | None:
        if self._status is None:
            self._status = _status_of(self._popen)
        return self._status

    def kill(self, number: int) -> None:
        try:
            os.killpg(self._popen.pid, number)
        except (ProcessLookupError, PermissionError):  # nobody is left in it; macOS calls that not permitted
            return

    def close(self) -> None:
        if self._exit < 0:
            return
        self.kill(KILL)
        for stream in (INPUT, OUTPUT, ERRORS):
            self._close(stream)
        self._waiting.forget((self._exit,))
        os.close(self._exit)
        self._exit = -1
        if self._popen.poll() is None:
            _dying.append(self._popen)

    def close_stream(self, stream: str) -> None:
        self._close(stream)

    def given_away(self, stream: str) -> int | None:
        """The descriptor of a stream as another child's input: programs do not expect one that never blocks."""
        descriptor = self._descriptor(stream)
        if descriptor is not None:
            os.set_blocking(descriptor, True)
        return descriptor

    async def ready(self, events: tuple[str, ...], until_s: float | None) -> None:
        reading: list[int] = []
        writing: list[int] = []
        self.add_descriptors(events, reading, writing)
        await self._waiting.ready(reading, writing, until_s)

    def add_descriptors(self, events: tuple[str, ...], reading: list[int], writing: list[int]) -> None:
        """Add what to wait for."""
        for event in events:
            descriptor = self._exit if event == EXIT else self._descriptor(event)
            if descriptor is not None:
                (writing if event == INPUT else reading).append(descriptor)

    def _descriptor(self, name: str) -> int | None:
        stream = self._streams[name]
        return None if stream is None else stream.fileno()

    def _close(self, name: str) -> None:
        stream = self._streams[name]
        if stream is not None:
            self._streams[name] = None
            self._waiting.forget((stream.fileno(),))
            stream.close()


def _popen(
    command: Command, words: tuple[str, ...], given: int | None, passed: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    given_or_none = subprocess.DEVNULL if given is None else given
    program = command.program if words is command.argv else words[0]
    try:
        return subprocess.Popen(  # noqa: S603 - what may run is decided above the runtime
            words,
            executable=program,
            cwd=command.cwd,
            env=command.env,
            bufsize=0,
            stdin=subprocess.PIPE if command.has_input else given_or_none,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if command.is_joined else subprocess.PIPE,
            # A session, not just a group: without a terminal nothing can ask the user for a password.
            start_new_session=True,
            pass_fds=passed,
        )
    except OSError as error:
        is_folder = error.filename == command.cwd
        raise not_started(command, FOLDER if is_folder else PROGRAM, error) from error
    except ValueError as error:
        raise ProcessError(f"{command.argv[0]}: cannot be started: {error}") from error


def _confined(command: Command, report: int) -> tuple[str, ...]:
    """The words that start the command by way of `confine.py`."""
    if not sys.executable:
        failure = OSError(0, "the Python that would set them cannot be found")
        raise not_started(command, LIMITS, failure)
    names = [os.fsencode(name).decode("latin-1") for name in command.env]
    confinement = command.confinement
    table = None if confinement is None else _table(confinement)
    told = json.dumps([dict(command.limits.pairs()), names, table])
    return (sys.executable, "-I", "-S", _CONFINE, str(report), told, command.program, *command.argv)


def _table(confinement: Confinement) -> list[Any]:
    handled = (confinement.handled_files, confinement.handled_network, confinement.scopes)
    return [handled, confinement.rights, confinement.system_calls.hex()]


def _check_report(command: Command, report: str) -> None:
    """Raise what `confine.py` says it failed with; it says nothing if the command runs."""
    if report:
        part, _, number = report.partition(" ")
        raise not_started(command, part, OSError(int(number), os.strerror(int(number))))


def _see_children_end() -> None:
    """Where whoever started us ignores the end of children, the system forgets how they ended."""
    if (
        signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN
        and threading.current_thread() is threading.main_thread()
    ):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)


def _descriptor_of_end(popen: subprocess.Popen[bytes]) -> int:
    """A descriptor that can be read when a child has ended."""
    try:
        return os.pidfd_open(popen.pid)
    except (AttributeError, OSError):  # not Linux, an old one, or one that refuses it
        reading, writing = os.pipe()
        threading.Thread(target=_close_at_end, args=(popen, writing), daemon=True).start()
        return reading


def _close_at_end(popen: subprocess.Popen[bytes], writing: int) -> None:
    waitid: Any = getattr(os, "waitid", None)
    if waitid is None:
        popen.wait()
    else:
        with contextlib.suppress(ChildProcessError):  # it was closed, and taken
            waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
    os.close(writing)


def _status_of(popen: subprocess.Popen[bytes]) -> int | None:
    """How a child ended, without taking it; None while it runs."""
    waitid: Any = getattr(os, "waitid", None)
    if waitid is None or popen.returncode is not None:
        return popen.poll()
    try:
        found = waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return popen.poll()  # somebody else took it
    if found is None:
        return None
    return int(found.si_status) if found.si_code == os.CLD_EXITED else -int(found.si_status)

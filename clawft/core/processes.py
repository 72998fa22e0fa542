"""Children: what is asked for, and how one is talked to. Starts none: runtimes do, and give a `core.child.Child`.

All that is decided about children is decided here and, for one that is run to its end, in `core/process_run.py`.
"""

from __future__ import annotations

from clawft.core.child import ERRORS, EXIT, INPUT, KILL, OUTPUT, PIECE_BYTES, TERMINATE
from clawft.core.errors import ProcessError
from clawft.core.interfaces import InputStream
from clawft.core.process_run import Run
from clawft.core.storage_errors import cause_and_advice, cause_of, is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.child import Child
    from clawft.core.confinement import Confinement
    from clawft.core.interfaces import Clock
    from clawft.core.process_run import Finished

_BATCH_ENDINGS = (".bat", ".cmd")

# The part of a start that failed.
FOLDER = "folder"
LIMITS = "limits"
CONFINEMENT = "confinement"
PROGRAM = "program"
_ADVICE = {
    "ENOENT": "install it or correct its path; for a script, that of the interpreter in its first line",
    "EACCES": "make it executable, or name the program that it is for",
    "ENOEXEC": "it is no program for this system; name the program that it is for",
    "EAGAIN": "too many processes run: end some",
    "ENOMEM": "too little memory is free: end some programs",
    "E2BIG": "its words and variables are too many: give it less",
}


class Limits:
    """What a child may use, None for what we may. Whole numbers; nobody can raise a limit set for this process.

    Each process has its own `cpu_s`, `memory_bytes` (of address space), `file_bytes` (the largest file it writes),
    `files` (open at once) and `core_bytes`; `processes` counts all of the user's. Windows has `cpu_s`, `memory_bytes`
    and `processes` only, each for the child and all it starts together.
    """

    __slots__ = ("core_bytes", "cpu_s", "file_bytes", "files", "memory_bytes", "processes")

    def __init__(
        self,
        *,
        cpu_s: int | None = None,
        memory_bytes: int | None = None,
        file_bytes: int | None = None,
        files: int | None = None,
        processes: int | None = None,
        core_bytes: int | None = None,
    ) -> None:
        self.cpu_s = cpu_s
        self.memory_bytes = memory_bytes
        self.file_bytes = file_bytes
        self.files = files
        self.processes = processes
        self.core_bytes = core_bytes

    def pairs(self) -> tuple[tuple[str, int], ...]:
        """Those that are set, by name."""
        named = (
            ("cpu_s", self.cpu_s),
            ("memory_bytes", self.memory_bytes),
            ("file_bytes", self.file_bytes),
            ("files", self.files),
            ("processes", self.processes),
            ("core_bytes", self.core_bytes),
        )
        return tuple([(name, value) for name, value in named if value is not None])


class Command:
    """What to start: `env` is all of its variables, `has_input` gives it a pipe instead of the null device.

    `is_joined`: its errors go where its output goes, in the order in which they are written. `program` is the file
    that is started, `argv[0]` unless it is named: some programs are several, and told which by `argv[0]`. A child
    with a confinement that cannot be applied does not start.
    """

    __slots__ = ("argv", "confinement", "cwd", "env", "has_input", "is_joined", "limits", "program")

    def __init__(
        self,
        argv: tuple[str, ...],
        cwd: str,
        env: dict[str, str],
        limits: Limits | None = None,
        *,
        has_input: bool = False,
        is_joined: bool = False,
        program: str = "",
        confinement: Confinement | None = None,
    ) -> None:
        self.program = program or (argv[0] if argv else "")
        self.confinement = confinement
        self.argv = argv
        self.cwd = cwd
        self.env = env
        self.limits = limits if limits is not None else Limits()
        self.has_input = has_input
        self.is_joined = is_joined

    def check(self, *, is_windows: bool) -> None:
        """Refuse, with ProcessError, what no system should be asked to start."""
        program = self.program
        if not _is_absolute(program, is_windows=is_windows):
            raise ProcessError(
                (program or "a command without words")
                + ": cannot be started: expected the absolute path of a program; look it up in PATH first"
            )
        if is_windows and program.rstrip(" .").lower().endswith(_BATCH_ENDINGS):
            # cmd.exe, which Windows would start for it, reads words by rules of its own: they could become commands.
            raise ProcessError(
                program + ": is not started: it is a batch file; start the program that it runs"
            )
        for text in self.argv + (program, self.cwd) + tuple(self.env) + tuple(self.env.values()):
            if "\0" in text:
                raise ProcessError(
                    program + ": cannot be started: its words, folder or variables hold a NUL character"
                )
        for name in self.env:
            if not name or "=" in name:
                raise ProcessError(
                    program
                    + ": cannot be started: a variable's name is empty or has '=' in it: "
                    + repr(name)
                )


class Processes:
    """Starts children. A runtime implements `start`.

    Each child leads a session and a group of its own, which is all that is ever killed together: what makes itself a
    new session outlives it. It gets `env` and no other variables, the folder `cwd`, three streams and nothing else
    that is open here. `argv[0]` is an absolute path: who calls looks programs up. Raises ProcessError.
    """

    clock: Clock
    is_windows: bool
    # Whether one child can read what another writes without our passing it on.
    has_pipelines: bool = False

    @property
    def confining(self) -> tuple[int, str]:
        """What confines children here: Landlock's version, 0 for none; the machine whose system calls are filtered."""
        return 0, ""

    async def start(self, command: Command, source: tuple[Child, str] | None = None) -> Child:
        """Start a command that was checked. Raises ProcessError if the program, folder, limits or confinement fail.

        `source`: the stream of another child that is its input, and nobody else's from then on.
        """
        raise NotImplementedError

    async def ready(self, wanted: list[tuple[Child, tuple[str, ...]]], until_s: float | None) -> None:
        """As `Child.ready`, for several children where `has_pipelines`."""
        raise NotImplementedError

    async def run(
        self,
        argv: tuple[str, ...],
        cwd: str,
        env: dict[str, str],
        *,
        timeout_s: float,
        limit_bytes: int,
        given: bytes | None = None,
        is_joined: bool = False,
        limits: Limits | None = None,
    ) -> Finished:
        """Run a program to its end; `given` is its input, None for none. `limit_bytes` of each stream are kept.

        When it has ended, what it left in its group is killed after half a second at most. When its time is up, or
        the caller is cancelled, all of the group is killed at once.
        """
        command = Command(tuple(argv), cwd, env, limits, has_input=given is not None, is_joined=is_joined)
        command.check(is_windows=self.is_windows)
        until_s = self.clock.monotonic_s() + timeout_s
        child = await self.start(command)
        try:
            return await Run(child, self.clock, given, limit_bytes).to_its_end(until_s)
        except OSError as error:
            raise ProcessError(command.argv[0] + ": its pipes failed: " + cause_of(error))
        finally:
            child.close()

    async def open(
        self,
        argv: tuple[str, ...],
        cwd: str,
        env: dict[str, str],
        *,
        is_joined: bool = False,
        limits: Limits | None = None,
    ) -> Process:
        """Start a program to talk to. Whoever opens it closes it."""
        command = Command(tuple(argv), cwd, env, limits, has_input=True, is_joined=is_joined)
        command.check(is_windows=self.is_windows)
        return Process(await self.start(command), command.argv[0])


class Process:
    """A child to talk to. One task at a time waits for each of: writing, its output, its errors, its end.

    Whoever reads only its output while it fills its errors' pipe (64 KB) lets it stand still: read both in tasks of
    their own, or join them.
    """

    def __init__(self, child: Child, program: str) -> None:
        self._child = child
        self._program = program
        self._is_closed = False
        self._is_input_open = True
        self.output: InputStream = _ChildStream(self, OUTPUT)
        self.errors: InputStream = _ChildStream(self, ERRORS)

    async def write(self, data: bytes) -> None:
        """Hand all of it over, waiting while the child does not read. ProcessError if it never will."""
        done = 0
        while done < len(data):
            self._check_open()
            if not self._is_input_open:
                raise ProcessError(
                    self._program + ": its input was closed; nothing more can be written to it"
                )
            try:
                taken = self._child.write(data[done : done + PIECE_BYTES])
            except OSError as error:
                why = (
                    "it does not read its input any more"
                    if is_one_of(error, ("EPIPE", "EINVAL", "ECONNRESET"))
                    else cause_of(error)
                )
                raise ProcessError(
                    self._program + ": cannot be written to: " + why + "; see what it says in its errors"
                )
            done += taken
            if not taken:
                await self._child.ready((INPUT,), None)

    def close_input(self) -> None:
        """Let the child read the end of its input. May be called again."""
        if self._is_input_open and not self._is_closed:
            self._child.close_input()
        self._is_input_open = False

    async def read(self, stream: str) -> bytes:
        """The next piece of a stream; as `output.read` and `errors.read`."""
        while True:
            self._check_open()
            try:
                piece = self._child.read(stream)
            except OSError as error:
                raise ProcessError(self._program + ": its " + stream + " cannot be read: " + cause_of(error))
            if piece is not None:
                return piece
            await self._child.ready((stream,), None)

    async def wait(self) -> int:
        """Its exit code, or below 0 the number of the signal that ended it, when it has ended."""
        while True:
            self._check_open()
            status = self._child.status()
            if status is not None:
                return status
            await self._child.ready((EXIT,), None)

    def terminate(self) -> None:
        """Ask it and what it has started to end (SIGTERM); on Windows, end them at once."""
        self._kill(TERMINATE)

    def kill(self) -> None:
        """End it and what it has started at once."""
        self._kill(KILL)

    def close(self) -> None:
        """Kill what still runs of it and let go of its pipes. Whoever waits gets a ProcessError."""
        self._is_closed = True
        self._child.close()

    def _kill(self, number: int) -> None:
        if not self._is_closed:
            self._child.kill(number)

    def _check_open(self) -> None:
        if self._is_closed:
            raise ProcessError(
                self._program + ": was closed: it has ended and nothing more can be read or written"
            )


class _ChildStream(InputStream):
    def __init__(self, process: Process, stream: str) -> None:
        self._process = process
        self._stream = stream

    async def read(self) -> bytes:
        return await self._process.read(self._stream)


def not_started(command: Command, part: str, error: OSError) -> ProcessError:
    """The error for a start of which FOLDER, LIMITS or PROGRAM failed."""
    program = command.program
    if part == FOLDER:
        return ProcessError(
            command.cwd
            + ": cannot be the folder that "
            + program
            + " runs in: "
            + cause_of(error)
            + "; make that folder or name another"
        )
    if part == LIMITS:
        return ProcessError(program + ": is not started: its limits cannot be set: " + cause_of(error))
    if part == CONFINEMENT:
        return ProcessError(program + ": is not started: it cannot be confined here: " + cause_of(error))
    for name, advice in _ADVICE.items():
        if is_one_of(error, (name,)):
            return ProcessError(program + ": cannot be started: " + cause_of(error) + "; " + advice)
    return ProcessError(program + ": cannot be started: " + cause_and_advice(error))


def _is_absolute(path: str, *, is_windows: bool) -> bool:
    if not is_windows:
        return path.startswith("/")
    path = path.replace("\\", "/")
    return path.startswith("//") or path[1:3] == ":/"

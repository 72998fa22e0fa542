"""Carries out a command plan that the policy has made: programs as children of ours, in the workspace, confined.

Decides nothing about what may run. Files that a command line names are opened here, through the workspace's folder,
and never by the children's own right: that they have none outside is what `security.confinement` is for.
"""

from __future__ import annotations

import binascii

from clawft.core.compat import json_text
from clawft.core.errors import PolicyDenied, ToolError
from clawft.core.process_pipeline import NEXT, Ends, PipelineStage, Sink, Whole, run_pipeline
from clawft.core.processes import Command, Limits
from clawft.core.utf8 import text_of
from clawft.security.command_plan import APPEND_TO, COPY_OF, NOTHING, READ_FROM, TEXT, WRITE_TO
from clawft.security.confinement import EXECUTE, PROGRAM_FOLDERS, READ_FILE, confinement
from clawft.security.paths import is_within
from clawft.tools.command_paths import check_path, folder_of
from clawft.tools.files import FILE_LIMIT_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clawft.core.confinement import Confinement
    from clawft.core.interfaces import Runtime
    from clawft.security.command_plan import CommandPlan, PlannedPipeline, PlannedRedirection, Stage
    from clawft.tools.files import Workspace
    from clawft.tools.programs import Programs

    # Puts on disk what is about to run, as JSON: for each stage the program's file and its words.
    Record = Callable[[str], Awaitable[None]]

OUTPUT_LIMIT_BYTES = 24_000  # of each stream, so that both fit a tool's result
ERRORS = 2
_OUTPUT = 1
# How many processes the user may have in all: a fork bomb ends, and a busy desktop is no hindrance.
MOST_PROCESSES = 4096
MOST_FILES = 1024
FILE_BYTES = 1 << 30
MEMORY_BYTES = 1 << 30
_MOST_ENVIRONMENT_CHARACTERS = 64
_PLAIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+./@:,="


def command_environment(environment: dict[str, str], workspace: str, path: str) -> dict[str, str]:
    """All that a command is given of variables, but for TMPDIR: its language and time zone are the user's."""
    found = {
        "PATH": path,
        "HOME": workspace,
        "TERM": "dumb",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_NOSYSTEM": "1",
        "LANG": "C.UTF-8",
    }
    for name, value in environment.items():
        if name in ("LANG", "TZ") or name.startswith("LC_"):
            is_plain = 0 < len(value) <= _MOST_ENVIRONMENT_CHARACTERS and value[0] not in "/:."
            for character in value:
                is_plain = is_plain and character in _PLAIN
            if is_plain and ".." not in value:
                found[name] = value
    return found


class CommandEnd:
    """What became of a plan. `exit_code` is the last status, -1 where `signal` (0: none) or the time limit ended it.

    Of a pipeline that is killed, the last program may well end by itself, when what it reads from is gone.
    """

    __slots__ = ("duration_ms", "errors", "exit_code", "is_timed_out", "output", "signal")

    def __init__(
        self, status: int, output: str, errors: str, duration_ms: int, *, is_timed_out: bool
    ) -> None:
        self.exit_code = status if status >= 0 and not is_timed_out else -1
        self.signal = -status if status < 0 else 0
        self.output = output
        self.errors = errors
        self.duration_ms = duration_ms
        self.is_timed_out = is_timed_out


class CommandRunner:
    """Runs plans in one workspace. `state` is our folder outside of it; the commands' temporary files are there.

    `workspaces` and `environment` are what the policy must know to judge what really runs.
    """

    def __init__(
        self,
        runtime: Runtime,
        place: Workspace,
        programs: Programs,
        state: str,
        *,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self._runtime = runtime
        self._place = place
        self._programs = programs
        self._state = state + "/commands"
        self._memory_bytes = memory_bytes
        self.environment = command_environment(runtime.environment, place.path, programs.path)
        self.environment.update(programs.environment)
        self.workspaces = (place.path,)

    def names_in(self, relative: str) -> list[str] | None:
        """The names in a folder of the workspace, for the policy's patterns; None for what is no folder of it."""
        try:
            return [name for name, _ in self._place.folder.list(self._place.inside(relative))]
        except (ToolError, PolicyDenied):
            return None

    async def run(
        self,
        plan: CommandPlan,
        timeout_s: float,
        record: Record,
        judge_again: Callable[[], CommandPlan] | None = None,
    ) -> CommandEnd:
        """Run all of a plan, within a time for all of it. `judge_again` makes the plan of the same line anew.

        Raises ToolError or PolicyDenied for what cannot run, and whatever `record` does: then nothing more starts.
        """
        self._check_place()
        folder = folder_of(self._place, plan.folder)
        clock = self._runtime.clock
        start_s = clock.monotonic_s()
        temporary = self._new_folder()
        try:
            work = _Work(self, folder, temporary, start_s + timeout_s, timeout_s, record)
            for number in range(len(plan.pipelines)):
                if number and plan.has_patterns and judge_again is not None:
                    plan = judge_again()
                await work.run(plan.pipelines[number])
                if work.is_timed_out:
                    break
        finally:
            await self._remove(temporary)
        duration_ms = int((clock.monotonic_s() - start_s) * 1000)
        return work.end(duration_ms)

    def _check_place(self) -> None:
        files = self._runtime.files
        root = self._place.folder.root
        for private in self._place.private_folders:
            real = files.real_path(private) or private
            if is_within(private, self._place.path) or is_within(real, files.real_path(root) or root):
                raise ToolError(
                    f"no command is run: {private}, which may hold keys, is in the workspace {self._place.path}, and a "
                    "command could read it; set agents.defaults.workspace to a folder without it"
                )

    def _new_folder(self) -> str:
        """A fresh folder for temporary files, "" where none could be removed again."""
        if not self._programs.removal():
            return ""
        made = self._state + "/" + binascii.hexlify(self._runtime.random_bytes(8)).decode()
        self._runtime.files.make_folder(made)
        return made

    async def _remove(self, temporary: str) -> None:
        """By a program confined to that folder: what is in it may lead anywhere."""
        if not temporary:
            return
        argv = self._programs.removal() + (temporary,)
        command = Command(argv, "/", self.environment, confinement=self._confinement((), (self._state,)))
        stage = PipelineStage(command, None, Sink(), Sink())
        until_s = self._runtime.clock.monotonic_s() + 10
        await run_pipeline(self._runtime.processes, [stage], until_s)

    def _confinement(self, programs: tuple[str, ...], changeable: tuple[str, ...]) -> Confinement | None:
        version, machine = self._runtime.processes.confining
        if version == 0 and not machine:
            return None
        made = confinement((), changeable, landlock_version=version, machine=machine)
        for program in programs:
            if made.rights and not [one for one in PROGRAM_FOLDERS if is_within(program, one)]:
                made.rights += ((program, EXECUTE | READ_FILE),)
        return made

    def command(self, stage: Stage, folder: str, temporary: str, limits: Limits) -> Command:
        """What starts a stage. Raises PolicyDenied for a program that is nowhere on the PATH."""
        program = self._programs.resolve(stage.argv[0])
        if program is None:
            raise PolicyDenied(
                "command.program",
                stage.argv[0],
                "there is no such program on the fixed PATH " + self._programs.path,
            )
        env = dict(self.environment)
        if temporary:
            env["TMPDIR"] = temporary
        env.update(stage.environment)
        is_windows = self._runtime.processes.is_windows
        changeable = (self._place.folder.root,) + ((temporary,) if temporary else ())
        return Command(
            (program if is_windows else stage.argv[0],) + tuple(stage.argv[1:]),
            self._place.folder.root + ("/" + folder if folder else ""),
            env,
            limits,
            program=program,
            confinement=self._confinement((program,), changeable),
        )

    def limits(self, timeout_s: float) -> Limits:
        """What each process may use."""
        return Limits(
            cpu_s=int(timeout_s) + 1,
            memory_bytes=self._memory_bytes,
            file_bytes=FILE_BYTES,
            files=MOST_FILES,
            processes=MOST_PROCESSES,
            core_bytes=0,
        )

    @property
    def place(self) -> Workspace:
        return self._place

    @property
    def runtime(self) -> Runtime:
        return self._runtime


class _Write:
    """A file that a stage's output goes to when its pipeline has ended."""

    def __init__(self, path: str, before: bytes) -> None:
        self.path = path
        self.before = before
        self.sink = Whole(FILE_LIMIT_BYTES - len(before))


class _Work:
    """One plan on its way: its status and what it has said so far."""

    def __init__(
        self,
        runner: CommandRunner,
        folder: str,
        temporary: str,
        until_s: float,
        timeout_s: float,
        record: Record,
    ) -> None:
        self._runner = runner
        self._folder = folder
        self._temporary = temporary
        self._until_s = until_s
        self._limits = runner.limits(timeout_s)
        self._record = record
        self._output = Ends(OUTPUT_LIMIT_BYTES)
        self._errors = Ends(OUTPUT_LIMIT_BYTES)
        self._writes: list[_Write] = []
        self._status = 0
        self.is_timed_out = False

    def end(self, duration_ms: int) -> CommandEnd:
        output, errors = shown(self._output), shown(self._errors)
        return CommandEnd(self._status, output, errors, duration_ms, is_timed_out=self.is_timed_out)

    async def run(self, pipeline: PlannedPipeline) -> None:
        """Run a pipeline if its connector says so."""
        if (pipeline.connector == "&&" and self._status != 0) or (
            pipeline.connector == "||" and self._status == 0
        ):
            return
        if len(pipeline.stages) > 1 and not self._runner.runtime.processes.has_pipelines:
            raise ToolError(
                "pipes between programs do not work on this system: use a file between two commands"
            )
        for stage in pipeline.stages:
            for operation, path in stage.paths:
                check_path(self._runner.place, operation, path)
        commands = [
            self._runner.command(stage, self._folder, self._temporary, self._limits)
            for stage in pipeline.stages
        ]
        words = [[made.program] + stage.argv for made, stage in zip(commands, pipeline.stages)]
        await self._record(json_text(words))
        self._writes = []
        last = len(commands) - 1
        stages = [
            self._connected(commands[number], stage, NEXT if number < last else self._output)
            for number, stage in enumerate(pipeline.stages)
        ]
        end = await run_pipeline(self._runner.runtime.processes, stages, self._until_s)
        self._status = end.statuses[-1]
        self.is_timed_out = end.is_timed_out
        if end.is_over:
            raise ToolError(
                f"a file would be longer than {FILE_LIMIT_BYTES} bytes: the command was ended and nothing written to it"
            )
        if not end.is_timed_out:
            self._write_files()
            if pipeline.is_negated:
                self._status = 1 if self._status == 0 else 0

    def _connected(self, command: Command, stage: Stage, output: Sink) -> PipelineStage:
        """A stage with its redirections, in their order; one that fails keeps it from starting."""
        sinks = {_OUTPUT: output, ERRORS: self._errors}
        given: bytes | None = None
        try:
            for redirection in stage.redirections:
                if redirection.fd == 0:
                    given = self._given(redirection)
                elif redirection.what == COPY_OF:
                    sinks[redirection.fd] = sinks[redirection.other]
                else:
                    sinks[redirection.fd] = self._sink(redirection)
        except (ToolError, PolicyDenied) as error:
            self._errors.take((stage.argv[0] + ": " + error.message + "\n").encode())
            return PipelineStage(None, None, Sink(), Sink())
        command.has_input = given is not None
        command.is_joined = sinks[_OUTPUT] is sinks[ERRORS]
        return PipelineStage(command, given, sinks[_OUTPUT], sinks[ERRORS])

    def _given(self, redirection: PlannedRedirection) -> bytes:
        if redirection.what == READ_FROM:
            path = self._runner.place.inside(redirection.path)
            return self._runner.place.folder.read(path, FILE_LIMIT_BYTES)
        return redirection.text.encode() if redirection.what == TEXT else b""

    def _sink(self, redirection: PlannedRedirection) -> Sink:
        if redirection.what == NOTHING:
            return Sink()
        assert redirection.what in (WRITE_TO, APPEND_TO)  # noqa: S101 - there are no others for these descriptors
        is_there = check_path(self._runner.place, "write", redirection.path, is_file=True)
        before = b""
        if is_there and redirection.what == APPEND_TO:
            before = self._runner.place.folder.read(redirection.path, FILE_LIMIT_BYTES)
        self._writes.append(_Write(redirection.path, before))
        return self._writes[-1].sink

    def _write_files(self) -> None:
        for write in self._writes:
            try:
                self._runner.place.folder.write(write.path, write.before + write.sink.data())
            except ToolError as error:
                self._errors.take((error.message + "\n").encode())
                self._status = self._status or 1


def shown(kept: Ends) -> str:
    """What a stream said, and how much of it is left out."""
    head, left_out, tail = kept.ends()
    if not left_out:
        return text_of(head + tail)
    return text_of(head) + f"\n[... {left_out} bytes left out ...]\n" + text_of(tail)

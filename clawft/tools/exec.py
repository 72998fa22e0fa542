"""The tools `exec_shell` and `spawn`: what a model asks to run, judged by the policy, then run. Starts no shell."""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.core.interfaces import Tool
from clawft.tools.command_runner import CommandRunner
from clawft.tools.exec_schemas import MOST_TIMEOUT_S, exec_shell_schema, spawn_schema
from clawft.tools.programs import Programs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clawft.core.interfaces import Runtime
    from clawft.core.messages import ToolSchema
    from clawft.security.command_plan import CommandPlan
    from clawft.security.commands import CommandPolicy
    from clawft.tools.command_runner import CommandEnd
    from clawft.tools.files import Workspace

    # (kind, subject, tool, session): on disk when it returns.
    Record = Callable[[str, str, str, str], Awaitable[None]]
    # Makes the policy of what a workspace's commands are given and where their programs are.
    NewPolicy = Callable[[CommandRunner, Programs], CommandPolicy]

DEFAULT_TIMEOUT_S = 60.0
MOST_AT_ONCE = 5


def exec_tools(
    runtime: Runtime,
    place: Workspace,
    state: str,
    new_policy: NewPolicy,
    record: Record,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> list[Tool]:
    """Both tools of one agent. `state` is our folder outside the workspace; temporary files are in it."""
    is_windows = runtime.processes.is_windows
    programs = Programs(runtime.files, place.path, runtime.environment, is_windows=is_windows)
    runner = CommandRunner(runtime, place, programs, state)
    policy = new_policy(runner, programs)
    return [ExecShell(policy, runner, record, timeout_s), Spawn(policy, runner, record, timeout_s)]


class _CommandTool(Tool):
    """What both tools are made of."""

    def __init__(
        self,
        policy: CommandPolicy,
        runner: CommandRunner,
        record: Record,
        timeout_s: float = DEFAULT_TIMEOUT_S,
    ) -> None:
        self._policy = policy
        self._runner = runner
        self._record = record
        self._timeout_s = timeout_s
        self.schema = self._new_schema(policy.programs())

    def check(self, arguments: dict[str, object]) -> None:
        _timeout_s(arguments, self._timeout_s)
        self._judged(arguments)

    def _new_schema(self, programs: list[str] | None) -> ToolSchema:
        """What models are told, with the programs that may run, None where all may that nothing denies."""
        raise NotImplementedError

    def _judged(self, arguments: dict[str, object]) -> CommandPlan:
        """What the policy makes of a call. Raises PolicyDenied."""
        raise NotImplementedError


class ExecShell(_CommandTool):
    """Runs a command line: programs, pipes, lists and redirections, without a shell."""

    def _new_schema(self, programs: list[str] | None) -> ToolSchema:
        return exec_shell_schema(programs)

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        timeout_s = _timeout_s(arguments, self._timeout_s)

        def judge() -> CommandPlan:
            return self._judged(arguments)

        async def record(subject: str) -> None:
            await self._record("command", subject, "exec_shell", session)

        end = await self._runner.run(judge(), timeout_s, record, judge)
        result: dict[str, object] = {
            "exit_code": end.exit_code,
            "stdout": end.output,
            "stderr": end.errors,
            "duration_ms": end.duration_ms,
        }
        return _with_end(result, end, timeout_s)

    def _judged(self, arguments: dict[str, object]) -> CommandPlan:
        return self._policy.judge_line(str(arguments["command"]), self._runner.names_in)


class Spawn(_CommandTool):
    """Runs one program with arguments as they are; at most MOST_AT_ONCE at the same time."""

    _running = 0

    def _new_schema(self, programs: list[str] | None) -> ToolSchema:
        return spawn_schema(programs)

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        timeout_s = _timeout_s(arguments, self._timeout_s)
        if self._running >= MOST_AT_ONCE:
            raise ToolError(
                f"{MOST_AT_ONCE} programs run already: concurrency limit reached; wait for one to end"
            )

        async def record(subject: str) -> None:
            await self._record("command", subject, "spawn", session)

        self._running += 1
        try:
            end = await self._runner.run(self._judged(arguments), timeout_s, record)
        finally:
            self._running -= 1
        result: dict[str, object] = {
            "exit_code": end.exit_code,
            "stdout": end.output,
            "stderr": end.errors,
            "command": str(arguments["command"]),
            "description": str(arguments.get("description") or ""),
        }
        return _with_end(result, end, timeout_s)

    def _judged(self, arguments: dict[str, object]) -> CommandPlan:
        given = arguments.get("args")
        words = [str(word) for word in given] if isinstance(given, list) else []
        return self._policy.judge_argv(str(arguments["command"]), words)


def _timeout_s(arguments: dict[str, object], default_s: float) -> float:
    """The time that is asked for. ToolError unless it is above 0 and at most MOST_TIMEOUT_S."""
    asked = arguments.get("timeout")
    if not isinstance(asked, (int, float)):
        return default_s
    if not 0 < asked <= MOST_TIMEOUT_S:
        raise ToolError(f"timeout: expected seconds above 0 and at most {MOST_TIMEOUT_S:g}, found {asked:g}")
    return float(asked)


def _with_end(result: dict[str, object], end: CommandEnd, timeout_s: float) -> dict[str, object]:
    if end.is_timed_out:
        result["timed_out"] = True
        result["error"] = f"timeout after {timeout_s:g} s: it was ended with all that it had started"
    elif end.signal:
        result["signal"] = end.signal
    return result

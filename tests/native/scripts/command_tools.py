"""Both tools in a place, for scenarios of commands: what a model would call, and plans that no policy has seen."""

from clawft.core.errors import PolicyDenied
from clawft.core.interfaces import Runtime
from clawft.core.processes import Processes
from clawft.security.command_plan import CommandPlan, PlannedPipeline, Stage
from clawft.security.commands import DEFAULT_ALLOWLIST, CommandPolicy
from clawft.tools.exec import exec_tools
from clawft.tools.files import Workspace

ALLOWED = list(DEFAULT_ALLOWLIST)
ALLOWED += [
    "cp",
    "cut",
    "python3 count.py",
    "findstr",
    "hostname",
    "where",
    "git",
    "mkdir",
    "rm",
    "sed",
    "seq",
    "sleep",
    "tee",
    "tr",
    "yes",
]


class Place:
    """Where scenarios run: `folder` holds `workspace`, `outside` and, later, `state`."""

    def __init__(self, folder):
        self.folder = folder
        self.workspace = folder + "/workspace"
        self.state = folder + "/state"


class Tools:
    """Both tools of a place, what was put on record, and the runner beneath them."""

    def __init__(self, runtime, place, private=(), record=None, processes=None):
        self.recorded = []
        self.workspace = Workspace(runtime.files, place.workspace, private)
        self.runtime = runtime if processes is None else Other(runtime, processes)

        async def keep(kind, subject, tool, session):
            self.recorded.append((kind, subject, tool))

        def policy(runner, programs):
            self.runner = runner
            names = (runner.workspaces, runner.environment, programs.resolve)
            return CommandPolicy("allowlist", ALLOWED, (), *names)

        self.shell, self.spawn = exec_tools(self.runtime, self.workspace, place.state, policy, record or keep)

    async def line(self, line, seconds=60.0):
        return await self.shell.call({"command": line, "timeout": seconds})

    async def planned(self, *words, timeout_s=60.0):
        """Run words that no policy has seen, as if it had been wrong."""
        plan = CommandPlan()
        plan.pipelines.append(PlannedPipeline("", is_negated=False))
        plan.pipelines[0].stages.append(Stage(list(words)))

        async def record(subject):
            self.recorded.append(("command", subject, ""))

        return await self.runner.run(plan, timeout_s, record)

    async def python(self, code, timeout_s=60.0):
        end = await self.planned("python3", "-I", "-S", "-c", code, timeout_s=timeout_s)
        return (end.output + end.errors).strip()


class Other(Runtime):
    """A runtime with other processes."""

    def __init__(self, runtime, processes):
        self.files = runtime.files
        self.clock = runtime.clock
        self.environment = runtime.environment
        self._runtime = runtime
        self._processes = processes

    def random_bytes(self, count):
        return self._runtime.random_bytes(count)

    @property
    def processes(self):
        return self._processes


class Unconfined(Processes):
    """Processes of a system that confines nothing; `confined` are those that were to be confined all the same."""

    has_pipelines = True
    is_windows = False

    def __init__(self, processes):
        self.clock = processes.clock
        self.confined = []
        self._processes = processes

    async def start(self, command, source=None):
        if command.confinement is not None:
            self.confined.append(command.program)
        return await self._processes.start(command, source)

    async def ready(self, wanted, until_s):
        await self._processes.ready(wanted, until_s)


async def refused(work, kind=PolicyDenied):
    try:
        await work
    except kind as error:
        return error.message
    raise AssertionError("it was not refused")

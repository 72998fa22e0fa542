"""What a command line will do, as the policy has judged it: all that a runner may carry out. Decides nothing."""

from __future__ import annotations

# What a redirection does with its descriptor.
READ_FROM = "read"
WRITE_TO = "write"
APPEND_TO = "append"
COPY_OF = "copy"
NOTHING = "null"
TEXT = "text"


class PlannedRedirection:
    """Done in their order, and the first that fails keeps the stage from starting. `what` is one of the above.

    `path` is relative to the workspace, `other` is the descriptor that is copied, `text` is what standard input
    holds. `NOTHING` is the null device, for reading and for writing.
    """

    __slots__ = ("fd", "other", "path", "text", "what")

    def __init__(self, fd: int, what: str, path: str = "", other: int = -1, text: str = "") -> None:
        self.fd = fd
        self.what = what
        self.path = path
        self.other = other
        self.text = text


class Stage:
    """One program to start. `path` is where it was found, "" where the policy was given no way to look.

    `environment` is added to the scrubbed one. Standard input is the stage before, a redirection, or nothing: never
    the terminal. `paths` are pairs of an operation (`read`, `write`, `remove`) and a path relative to the workspace,
    which need not be there; whoever runs the stage checks that no link on the way leads out.
    """

    __slots__ = ("argv", "environment", "path", "paths", "redirections")

    def __init__(self, argv: list[str]) -> None:
        self.argv = argv
        self.path = ""
        self.environment: dict[str, str] = {}
        self.redirections: list[PlannedRedirection] = []
        self.paths: list[tuple[str, str]] = []


class PlannedPipeline:
    """Stages joined by pipes, run if the connector says so: `;` and "" always, `&&` and `||` by the status before."""

    __slots__ = ("connector", "is_negated", "stages")

    def __init__(self, connector: str, *, is_negated: bool) -> None:
        self.connector = connector
        self.is_negated = is_negated
        self.stages: list[Stage] = []


class CommandPlan:
    """Pipelines in their order. `folder` is where they run, relative to the workspace, "" for the workspace itself.

    A folder that is none, or that a link leads to from outside, fails the plan before anything runs. Patterns are
    matched when a line is judged: where there are any (`has_patterns`), whoever runs the plan judges the line again
    before each pipeline but the first and runs that pipeline of the new plan, so that it finds what those before made.
    """

    __slots__ = ("folder", "has_patterns", "pipelines")

    def __init__(self) -> None:
        self.folder = ""
        self.has_patterns = False
        self.pipelines: list[PlannedPipeline] = []

    def programs(self) -> list[str]:
        """The names of all programs that may start, in their order."""
        return [stage.argv[0] for pipeline in self.pipelines for stage in pipeline.stages]

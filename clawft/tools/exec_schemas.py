"""What models are told of `exec_shell` and `spawn`: all that a turn needs of them in which no command runs."""

from __future__ import annotations

from clawft.tools.files import file_schema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.messages import ToolSchema

MOST_TIMEOUT_S = 300.0
_TIMEOUT = {
    "type": "number",
    "maximum": MOST_TIMEOUT_S,
    "description": "Seconds after which it is ended (default: the configured time), at most 300",
}
_PLACE = (
    "It runs in the workspace without standard input, cannot reach the network, and reads and changes only files of "
    "the workspace. Long output is cut in the middle."
)


def exec_shell_schema(programs: list[str] | None) -> ToolSchema:
    """`programs`: those that may run, None where all may that nothing denies."""
    return file_schema(
        "exec_shell",
        "Run a command line: programs with quoted arguments, pipes, ; && || !, redirections to files of the "
        "workspace, here-documents, patterns, $NAME, and `cd FOLDER &&` at its start. No loops, functions, "
        "substitutions or background jobs. " + _allowed(programs) + _PLACE,
        {"command": {"type": "string", "description": "The command line"}, "timeout": _TIMEOUT},
        ["command"],
    )


def spawn_schema(programs: list[str] | None) -> ToolSchema:
    """See `exec_shell_schema`."""
    return file_schema(
        "spawn",
        "Run one program to its end with arguments that are taken as they are: no quotes, patterns, pipes or "
        "variables. " + _allowed(programs) + _PLACE,
        {
            "command": {"type": "string", "description": "The name of the program"},
            "args": {"type": "array", "items": {"type": "string"}, "description": "Its arguments"},
            "description": {"type": "string", "description": "What it is for, in a few words"},
            "timeout": _TIMEOUT,
        },
        ["command"],
    )


def _allowed(programs: list[str] | None) -> str:
    if programs is None:
        return "Every program may run but those that are denied. "
    return "These programs may run: " + ", ".join(programs) + ". "

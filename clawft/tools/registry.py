"""Turns the names that models call into tools, and makes the built-in ones. Runs none of them."""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.core.interfaces import Tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import Files, Tool
    from clawft.core.memory import MemoryStore
    from clawft.core.messages import ToolSchema


class ToolRegistry(Tools):
    """Every tool of one agent, by name. A tool added under a name that is taken replaces the one before."""

    def __init__(self, tools: list[Tool]) -> None:
        self._tools: dict[str, Tool] = {}
        self._schemas: tuple[ToolSchema, ...] | None = None
        for tool in tools:
            self.add(tool)

    def add(self, tool: Tool) -> None:
        self._tools[tool.schema.name] = tool
        self._schemas = None

    def names(self) -> list[str]:
        return sorted(self._tools)

    def find(self, name: str) -> Tool:
        """The tool of that name. ToolError, with the near names, if there is none."""
        tool = self._tools.get(name)
        if tool is None:
            from clawft.core.near import did_you_mean  # noqa: PLC0415 - only where a name is wrong

            hint = did_you_mean(name, self.names()) or "the tools are " + ", ".join(self.names())
            raise ToolError("there is no tool " + name[:64] + "; " + hint)
        return tool

    def schemas(self) -> tuple[ToolSchema, ...]:
        """What models are told, sorted by name: the same tuple until a tool is added."""
        if self._schemas is None:
            self._schemas = tuple([self._tools[name].schema for name in self.names()])
        return self._schemas


def built_in_tools(
    files: Files,
    workspace: str,
    memory: MemoryStore,
    *,
    restrict_to_workspace: bool = True,
    private_folders: tuple[str, ...] = (),
) -> list[Tool]:
    """The tools of every agent, confined to the workspace folder, which is made when a tool first needs it.

    `restrict_to_workspace` false widens what `read_file` may read, and only that. `private_folders` (absolute)
    are never read or written, even where the workspace holds them.
    """
    from clawft.tools.files import EditFile, ListDirectory, ReadFile, Workspace, WriteFile  # noqa: PLC0415 - see below
    from clawft.tools.memory import MemoryRead, MemoryWrite  # noqa: PLC0415 - the registry alone stays light

    place = Workspace(files, workspace, private_folders)
    return [
        ReadFile(place, files if not restrict_to_workspace else None),
        WriteFile(place),
        EditFile(place),
        ListDirectory(place),
        MemoryRead(memory),
        MemoryWrite(memory),
    ]


def feature(module: str) -> Any:  # noqa: ANN401 - whatever a module has
    """A module that only some builds have, None in the others."""
    try:
        # Not an import statement: those say what is in every build.
        return __import__(module, None, None, ["*"])
    except ImportError as error:
        if module in str(error):
            return None
        raise

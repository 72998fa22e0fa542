"""Turns the names that models call into tools, and makes the built-in ones. Runs none of them."""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.core.interfaces import Tools

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Files, Tool
    from clawft.core.memory import MemoryStore
    from clawft.core.memory_search import MemorySearch
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
    search: Callable[[], MemorySearch],
    *,
    restrict_to_workspace: bool = True,
    private_folders: tuple[str, ...] = (),
) -> list[Tool]:
    """The tools of every agent, confined to the workspace folder, which is made when a tool first needs it.

    `restrict_to_workspace` false widens what `read_file` may read, and only that. `private_folders` (absolute)
    are never read or written, even where the workspace holds them.
    """
    from clawft.tools.files import EditFile, ListDirectory, ReadFile, Workspace, WriteFile  # noqa: PLC0415 - see below
    from clawft.tools.late import LateTool  # noqa: PLC0415 - the registry alone stays light
    from clawft.tools.memory_schemas import MEMORY_READ, MEMORY_WRITE  # noqa: PLC0415 - as above

    place = Workspace(files, workspace, private_folders)
    return [
        ReadFile(place, files if not restrict_to_workspace else None),
        WriteFile(place),
        EditFile(place),
        ListDirectory(place),
        LateTool(MEMORY_READ, lambda: _memory_read(memory, search)),
        LateTool(MEMORY_WRITE, lambda: _memory_write(memory)),
    ]


def _memory_read(memory: MemoryStore, search: Callable[[], MemorySearch]) -> Tool:
    from clawft.tools.memory import MemoryRead  # noqa: PLC0415 - most turns read none

    return MemoryRead(memory, search)


def _memory_write(memory: MemoryStore) -> Tool:
    from clawft.tools.memory import MemoryWrite  # noqa: PLC0415 - most turns write none

    return MemoryWrite(memory)

"""Turns what a model asks of memory into reads and writes of the memory store. Holds no format of its own."""

from __future__ import annotations

from clawft.core.errors import ConfigError, StorageError, ToolError
from clawft.core.interfaces import Tool
from clawft.core.memory_search import WORDS
from clawft.tools.memory_schemas import MEMORY_READ, MEMORY_WRITE, PATH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.memory import MemoryStore
    from clawft.core.memory_search import MemorySearch

MATCH_LIMIT = 20


class MemoryRead(Tool):
    """All notes, or the paragraphs that hold every word of a query and those that are similar to it."""

    schema = MEMORY_READ

    def __init__(self, memory: MemoryStore, search: Callable[[], MemorySearch]) -> None:
        self._memory = memory
        self._search = search

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        query = str(arguments.get("query", ""))
        try:
            if query.strip():
                return await self._found(query)
            if not self._memory.has_memory():
                return {"content": "", "message": "No memory file found"}
            return {"content": self._memory.read()}
        except (StorageError, ConfigError) as error:
            raise ToolError(error.message)

    async def _found(self, query: str) -> dict[str, object]:
        found = await self._search().search(query, MATCH_LIMIT)
        matches = [match.text for match in found if match.match == WORDS]
        result: dict[str, object] = {"query": query, "matches": matches, "count": len(matches)}
        if len(found) > len(matches):
            result["similar"] = [match.text for match in found[len(matches) :]]
        return result


class MemoryWrite(Tool):
    """Adds a note, or replaces them all."""

    schema = MEMORY_WRITE

    def __init__(self, memory: MemoryStore) -> None:
        self._memory = memory

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        content = str(arguments["content"])
        mode = str(arguments.get("mode", "append"))
        if mode not in ("append", "overwrite"):
            raise ToolError("mode: expected append or overwrite, found " + mode[:40])
        try:
            if mode == "overwrite":
                size = self._memory.overwrite(content)
            else:
                size = await self._memory.append(content)
        except StorageError as error:
            raise ToolError(error.message)
        if mode == "append" and not size:
            raise ToolError("content: has no visible text; nothing was written")
        return {"message": f"Successfully wrote {size} bytes to memory (mode: {mode})", "path": PATH}

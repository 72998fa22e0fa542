"""Turns what a model asks of memory into reads and writes of the memory store. Holds no format of its own."""

from __future__ import annotations

from clawft.core.errors import StorageError, ToolError
from clawft.core.interfaces import Tool
from clawft.core.messages import ToolSchema

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.memory import MemoryStore

PATH = "memory/MEMORY.md"
MATCH_LIMIT = 20


class MemoryRead(Tool):
    """All notes, or the paragraphs that hold every word of a query."""

    schema = ToolSchema(
        "memory_read",
        "Read your long-term notes: all of them, or with query only the paragraphs (also of the history) that hold "
        "every word of it, best first.",
        {
            "type": "object",
            "properties": {"query": {"type": "string", "description": "Words to look for"}},
            "required": [],
            "additionalProperties": False,
        },
    )

    def __init__(self, memory: MemoryStore) -> None:
        self._memory = memory

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        query = str(arguments.get("query", ""))
        try:
            if query.strip():
                matches = [match.text for match in self._memory.search(query, MATCH_LIMIT)]
                return {"query": query, "matches": matches, "count": len(matches)}
            if not self._memory.has_memory():
                return {"content": "", "message": "No memory file found"}
            return {"content": self._memory.read()}
        except StorageError as error:
            raise ToolError(error.message)


class MemoryWrite(Tool):
    """Adds a note, or replaces them all."""

    schema = ToolSchema(
        "memory_write",
        "Keep something in your long-term notes, for later conversations. Appends a paragraph, or with mode "
        "overwrite replaces all notes (the ones before are kept in " + PATH + ".previous).",
        {
            "type": "object",
            "properties": {
                "content": {"type": "string", "description": "The note"},
                "mode": {
                    "type": "string",
                    "enum": ["append", "overwrite"],
                    "description": "append if not given",
                },
            },
            "required": ["content"],
            "additionalProperties": False,
        },
    )

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

"""What models are told of `memory_read` and `memory_write`: all that a turn needs of them that calls neither."""

from __future__ import annotations

from clawft.core.messages import ToolSchema

PATH = "memory/MEMORY.md"

MEMORY_READ = ToolSchema(
    "memory_read",
    "Read your long-term notes: all of them, or with query only the paragraphs (also of the history) that hold "
    "every word of it (matches), then those that are similar to it (similar), best first.",
    {
        "type": "object",
        "properties": {"query": {"type": "string", "description": "Words to look for"}},
        "required": [],
        "additionalProperties": False,
    },
)

MEMORY_WRITE = ToolSchema(
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

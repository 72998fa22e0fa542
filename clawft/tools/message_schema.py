"""What models are told of `message`: all that a turn needs of it in which it is not called."""

from __future__ import annotations

from clawft.core.messages import ToolSchema

MESSAGE = ToolSchema(
    "message",
    "Send a message to a chat that is known, besides your answer (which needs no tool).",
    {
        "type": "object",
        "properties": {
            "channel": {"type": "string", "description": "The channel, such as telegram"},
            "chat_id": {"type": "string", "description": "The chat in it"},
            "content": {"type": "string", "description": "The text"},
        },
        "required": ["channel", "chat_id", "content"],
        "additionalProperties": False,
    },
)

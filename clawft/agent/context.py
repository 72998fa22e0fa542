"""Turns configuration, memory and the date into the system message, and marks what a model is shown of outside text.

The one place that marks: what a session or a file keeps has no marks.
"""

from __future__ import annotations

from clawft.core.compat import iso_time
from clawft.core.messages import Message
from clawft.security.untrusted import RULE, marked

MEMORY_LIMIT_CHARACTERS = 8000


def system_message(workspace: str, memory: str, now_s: float) -> Message:
    """The message that opens every model call.

    It holds the day but not the time, so that a provider's prompt cache stays valid all day. Memory over
    `MEMORY_LIMIT_CHARACTERS` keeps its newest end.
    """
    parts = [
        "You are clawft, a personal assistant. Answer helpfully and briefly; use your tools when they help.",
        "Today is "
        + iso_time(now_s)[:10]
        + " (UTC). Your workspace is the folder "
        + workspace
        + "; the paths your tools take are relative to it.",
        RULE,
    ]
    memory = memory.strip()
    if memory:
        if len(memory) > MEMORY_LIMIT_CHARACTERS:
            memory = "[older notes left out; memory_read finds them]\n" + memory[-MEMORY_LIMIT_CHARACTERS:]
        parts.append(
            "What you noted about earlier conversations (memory/MEMORY.md):\n" + marked(memory, "memory")
        )
    return Message("system", "\n\n".join(parts))


def mark_results(messages: list[Message]) -> list[Message]:
    """The same messages, those of tools marked as untrusted; each is marked once, however often it is sent."""
    shown = []
    for message in messages:
        if message.role != "tool":
            shown.append(message)
            continue
        if message.marked is None:
            message.marked = Message(
                "tool",
                marked(message.content, message.name),
                tool_call_id=message.tool_call_id,
                name=message.name,
                is_error=message.is_error,
            )
        shown.append(message.marked)
    return shown

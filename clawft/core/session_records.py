"""Messages into session records and back. Knows what a record holds, not where it is kept."""

from __future__ import annotations

from clawft.core.compat import iso_time, json_text
from clawft.core.messages import Message, ToolCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.session_lines import Record

ROLES = ("system", "user", "assistant", "tool")


def message_record(message: Message, now_s: float, extra: Record | None = None) -> Record:
    """The record that keeps a message. `extra` adds keys (`usage`, `model`; `error`: true keeps it from models)."""
    record: Record = {"role": message.role, "content": message.content, "timestamp": iso_time(now_s)}
    if message.tool_calls:
        record["tool_calls"] = [
            {"id": call.id, "name": call.name, "arguments": call.arguments} for call in message.tool_calls
        ]
    if message.tool_call_id:
        record["tool_call_id"] = message.tool_call_id
    if message.name:
        record["name"] = message.name
    if message.is_error:
        record["is_error"] = True
    if extra is not None:
        record.update(extra)
    return record


def record_message(record: Record) -> Message | None:
    """The message a record keeps; None for those no model is told of: failures, metadata, unknown roles."""
    role = record.get("role")
    if record.get("error") is True or not isinstance(role, str) or role not in ROLES:
        return None
    content = record.get("content")
    if content is None:
        content = ""
    return Message(
        role,
        content if isinstance(content, str) else json_text(content),
        tool_calls=_tool_calls(record.get("tool_calls")),
        tool_call_id=_text(record.get("tool_call_id")),
        name=_text(record.get("name")),
        is_error=record.get("is_error") is True,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _tool_calls(value: object) -> tuple[ToolCall, ...]:
    """The calls of a record; one without name or id could not be sent to any model and is left out."""
    if not isinstance(value, list):
        return ()
    return tuple(
        [
            ToolCall(entry["id"], entry["name"], _text(entry.get("arguments")) or "{}")
            for entry in value
            if isinstance(entry, dict) and _text(entry.get("id")) and _text(entry.get("name"))
        ]
    )

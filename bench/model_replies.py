"""Turns one scripted step into the bytes that the two real APIs would send, streamed or not. No sockets here."""

from __future__ import annotations

import json
from typing import Any

Step = dict[str, Any]

MOST_PIECES = 64
WORD_CHARACTERS = 16


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def text_pieces(text: str) -> list[str]:
    """A text as a model streams it: a word at a time; a very long one in 64 pieces or one more."""
    size = max(1, len(text) // MOST_PIECES)
    if size > WORD_CHARACTERS:
        return [text[start : start + size] for start in range(0, len(text), size)]
    words = text.split(" ")
    return [word + " " for word in words[:-1]] + [words[-1]] if text else []


def calls_of(step: Step) -> list[tuple[str, str, str]]:
    """The step's tool calls as (id, name, arguments text)."""
    calls = []
    for index, call in enumerate(step.get("tool_calls", [])):
        arguments = call.get("arguments", {})
        text = arguments if isinstance(arguments, str) else _dump(arguments)
        calls.append((call.get("id", f"call_{index + 1}"), call["name"], text))
    return calls


def text_of(step: Step) -> str:
    """The step's answer, or as many letters as `huge_bytes` asks for."""
    return "x" * int(step["huge_bytes"]) if "huge_bytes" in step else str(step.get("text", ""))


def usage_of(step: Step, request_bytes: int) -> dict[str, int]:
    """Token counts: the step's own, or a quarter of the bytes."""
    own = step.get("usage") or {}
    return {
        "input": own.get("input_tokens", request_bytes // 4),
        "output": own.get("output_tokens", len(text_of(step)) // 4 + 1),
        "read": own.get("cache_read_tokens", 0),
        "write": own.get("cache_write_tokens", 0),
    }


def error_body(wire: str, status: int, kind: str, message: str) -> bytes:
    """A failure in the shape of the provider."""
    error: dict[str, object] = {"type": kind, "message": message}
    if wire == "anthropic":
        return _dump({"type": "error", "error": error, "request_id": "req_fake"}).encode()
    error.update({"param": None, "code": kind if status in (401, 404, 429) else None})
    return _dump({"error": error}).encode()


def whole_body(wire: str, step: Step, model: str, request_bytes: int) -> bytes:
    """An unstreamed reply."""
    usage, text, calls = usage_of(step, request_bytes), text_of(step), calls_of(step)
    if wire == "anthropic":
        blocks: list[dict[str, Any]] = [{"type": "text", "text": text}] if text else []
        blocks += [{"type": "tool_use", "id": i, "name": n, "input": json.loads(a)} for i, n, a in calls]
        return _dump(
            {
                "id": "msg_fake",
                "type": "message",
                "role": "assistant",
                "model": model,
                "content": blocks,
                "stop_reason": step.get("finish_reason", "tool_use" if calls else "end_turn"),
                "stop_sequence": None,
                "usage": _anthropic_usage(usage),
            }
        ).encode()
    message: dict[str, Any] = {
        "role": "assistant",
        "content": text if text or not calls else None,
        "refusal": None,
    }
    if calls:
        message["tool_calls"] = [
            {"id": i, "type": "function", "function": {"name": n, "arguments": a}} for i, n, a in calls
        ]
    reply: dict[str, Any] = {
        "id": "chatcmpl-fake",
        "object": "chat.completion",
        "created": 1700000000,
        "model": model,
        "choices": [
            {
                "index": 0,
                "message": message,
                "logprobs": None,
                "finish_reason": step.get("finish_reason", "tool_calls" if calls else "stop"),
            }
        ],
        "usage": _openai_usage(usage),
    }
    return _dump(reply).encode()


def _openai_usage(usage: dict[str, int]) -> dict[str, Any]:
    return {
        "prompt_tokens": usage["input"],
        "completion_tokens": usage["output"],
        "total_tokens": usage["input"] + usage["output"],
        "prompt_tokens_details": {"cached_tokens": usage["read"]},
    }


def _anthropic_usage(usage: dict[str, int]) -> dict[str, int]:
    return {
        "input_tokens": usage["input"] - usage["read"] - usage["write"],
        "cache_creation_input_tokens": usage["write"],
        "cache_read_input_tokens": usage["read"],
        "output_tokens": usage["output"],
    }


def stream_events(wire: str, step: Step, model: str, request_bytes: int, *, with_usage: bool) -> list[bytes]:
    """A streamed reply, one server-sent event an item."""
    make = _anthropic_events if wire == "anthropic" else _openai_events
    newline = step.get("newline", "\n")
    events = []
    for name, data in make(step, model, request_bytes, with_usage=with_usage):
        lines = ([f"event: {name}"] if name else []) + [f"data: {data}", "", ""]
        if step.get("comments"):
            lines.insert(0, ": keep-alive")
        events.append(newline.join(lines).encode())
    return events


def _openai_events(step: Step, model: str, request_bytes: int, *, with_usage: bool) -> list[tuple[str, str]]:
    calls = calls_of(step)
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": None if calls else ""}]
    deltas += [{"content": piece} for piece in text_pieces(text_of(step))]
    for index, (call_id, name, arguments) in enumerate(calls):
        start = {
            "index": index,
            "id": call_id,
            "type": "function",
            "function": {"name": name, "arguments": ""},
        }
        deltas.append({"tool_calls": [start]})
        half = len(arguments) // 2
        deltas += [
            {"tool_calls": [{"index": index, "function": {"arguments": part}}]}
            for part in (arguments[:half], arguments[half:])
        ]

    def chunk(choices: list[dict[str, Any]], **extra: object) -> tuple[str, str]:
        head = {
            "id": "chatcmpl-fake",
            "object": "chat.completion.chunk",
            "created": 1700000000,
            "model": model,
        }
        return ("", _dump({**head, "choices": choices, **extra}))

    events = [chunk([{"index": 0, "delta": delta, "finish_reason": None}]) for delta in deltas]
    if "stream_error" in step:
        error = {
            "type": step["stream_error"],
            "message": step.get("message", "the model fell over"),
            "code": None,
        }
        return [*events, ("", _dump({"error": error}))]
    if step.get("finish", True):
        reason = step.get("finish_reason", "tool_calls" if calls else "stop")
        events.append(chunk([{"index": 0, "delta": {}, "finish_reason": reason}]))
    if with_usage:
        events.append(chunk([], usage=_openai_usage(usage_of(step, request_bytes))))
    if step.get("done", True):
        events.append(("", "[DONE]"))
    return events


def _anthropic_events(
    step: Step, model: str, request_bytes: int, *, with_usage: bool
) -> list[tuple[str, str]]:
    del with_usage  # this API always sends it
    usage = _anthropic_usage(usage_of(step, request_bytes))
    text, calls = text_of(step), calls_of(step)
    message: dict[str, Any] = {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": {**usage, "output_tokens": 1},
    }
    events: list[dict[str, Any]] = [{"type": "message_start", "message": message}, {"type": "ping"}]
    index = 0
    if text:
        events.append(
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
        )
        events += [
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": piece}}
            for piece in text_pieces(text)
        ]
        events.append({"type": "content_block_stop", "index": 0})
        index = 1
    for call_id, name, arguments in calls:
        block = {"type": "tool_use", "id": call_id, "name": name, "input": {}}
        events.append({"type": "content_block_start", "index": index, "content_block": block})
        half = len(arguments) // 2
        events += [
            {
                "type": "content_block_delta",
                "index": index,
                "delta": {"type": "input_json_delta", "partial_json": part},
            }
            for part in ("", arguments[:half], arguments[half:])
        ]
        events.append({"type": "content_block_stop", "index": index})
        index += 1
    if "stream_error" in step:
        error = {"type": step["stream_error"], "message": step.get("message", "Overloaded")}
        events.append({"type": "error", "error": error})
        return [(event["type"], _dump(event)) for event in events]
    if step.get("finish", True):
        reason = step.get("finish_reason", "tool_use" if calls else "end_turn")
        delta = {"stop_reason": reason, "stop_sequence": None}
        events.append(
            {"type": "message_delta", "delta": delta, "usage": {"output_tokens": usage["output_tokens"]}}
        )
    if step.get("done", True):
        events.append({"type": "message_stop"})
    return [(event["type"], _dump(event)) for event in events]

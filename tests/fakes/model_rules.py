"""Judges a model request as the two real APIs do: an (HTTP status, error type, message) or None if it is right.

Stricter than the real ones in two places, so that our own order is proved: tool results must come in the order
of their calls, and roles of Anthropic messages must alternate. No sockets here.
"""

from __future__ import annotations

import json
import re
from typing import Any

Verdict = tuple[int, str, str] | None

OPENAI_FIELDS = frozenset(
    "model messages tools tool_choice max_tokens max_completion_tokens temperature stream stream_options top_p stop"
    " n seed user metadata parallel_tool_calls response_format reasoning_effort store".split()
)
ANTHROPIC_FIELDS = frozenset(
    "model messages system tools tool_choice max_tokens temperature stream top_p top_k stop_sequences metadata"
    " thinking".split()
)
REASONING_MODEL = re.compile(r"^(o\d|gpt-5)")
NO_SAMPLING_MODEL = re.compile(r"^claude-(opus-4-[789]|\w+-5)")
TOOL_NAME = re.compile(r"^[a-zA-Z0-9_-]{1,128}$")
ANTHROPIC_ID = re.compile(r"^[a-zA-Z0-9_-]+$")


def _bad(message: str) -> Verdict:
    return (400, "invalid_request_error", message)


def judge_headers(wire: str, method: str, headers: dict[str, str], api_key: str | None) -> Verdict:
    """The rules on headers; `api_key` None accepts any key but not a missing one, "" accepts none at all."""
    if method != "POST":
        return (405, "invalid_request_error", f"Not allowed to {method} on this path")
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return (415, "invalid_request_error", "content-type must be application/json")
    if wire == "anthropic":
        if "anthropic-version" not in headers:
            return _bad("anthropic-version: header is required")
        found = headers.get("x-api-key", "")
        if api_key != "" and not found:
            return (401, "authentication_error", "x-api-key header is required")
        if api_key and found != api_key:
            return (401, "authentication_error", f"invalid x-api-key: {found}")
        return None
    scheme, _, found = headers.get("authorization", "").partition(" ")
    if api_key != "" and (scheme != "Bearer" or not found):
        return (
            401,
            "invalid_request_error",
            "You didn't provide an API key in an Authorization: Bearer header.",
        )
    if api_key and found != api_key:
        return (
            401,
            "invalid_api_key",
            f"Incorrect API key provided: {found}. You can find your API key online.",
        )
    return None


def judge_openai(body: Any) -> Verdict:
    """The rules of chat completions on a decoded body."""
    if not isinstance(body, dict):
        return _bad("We could not parse the JSON body of your request.")
    unknown = sorted(set(body) - OPENAI_FIELDS)
    if unknown:
        return _bad(f"Unrecognized request argument supplied: {unknown[0]}")
    if not isinstance(body.get("model"), str) or not body["model"]:
        return _bad("you must provide a model parameter")
    if not isinstance(body.get("messages"), list) or not body["messages"]:
        return _bad("[] is too short - 'messages'")
    if REASONING_MODEL.match(body["model"]):
        if "max_tokens" in body:
            return _bad(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens'"
                " instead."
            )
        if body.get("temperature", 1) != 1:
            return _bad(
                f"Unsupported value: 'temperature' does not support {body['temperature']} with this model. Only the"
                " default (1) value is supported."
            )
    if not 0 <= body.get("temperature", 1) <= 2:
        return _bad("Invalid 'temperature': expected a number between 0 and 2.")
    if "stream_options" in body and body.get("stream") is not True:
        return _bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.")
    return _judge_openai_tools(body) or _judge_openai_messages(body["messages"])


def _judge_openai_tools(body: dict[str, Any]) -> Verdict:
    if "tools" not in body:
        return None
    if not body["tools"]:
        return _bad("[] is too short - 'tools'")
    for index, tool in enumerate(body["tools"]):
        function = tool.get("function")
        if tool.get("type") != "function" or not isinstance(function, dict):
            return _bad(f"Missing required parameter: 'tools[{index}].function'.")
        if not TOOL_NAME.match(str(function.get("name", ""))):
            return _bad(f"Invalid 'tools[{index}].function.name': string does not match pattern.")
        if function.get("parameters", {}).get("type") != "object":
            return _bad(f"Invalid schema for function '{function['name']}': schema must have type 'object'.")
    return None


def _judge_openai_messages(
    messages: list[Any],
) -> Verdict:
    waiting: list[str] = []
    for index, message in enumerate(messages):
        role, content = message.get("role"), message.get("content")
        if role == "tool":
            found = message.get("tool_call_id")
            if not waiting:
                return _bad(
                    "messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                )
            if found != waiting[0]:
                return _bad(f"messages.[{index}].tool_call_id: expected '{waiting[0]}', found '{found}'")
            if not isinstance(content, (str, list)):
                return _bad(
                    f"Invalid value for 'content': expected a string, got null. 'messages.[{index}].content'"
                )
            waiting.pop(0)
            continue
        if waiting:
            return _unanswered_openai(waiting)
        if role not in ("system", "developer", "user", "assistant"):
            return _bad(
                f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', 'user', 'tool'."
            )
        if role != "assistant":
            if not isinstance(content, (str, list)):
                return _bad(
                    f"Invalid value for 'content': expected a string, got null. 'messages.[{index}].content'"
                )
            continue
        calls = message.get("tool_calls")
        if calls is None:
            if not isinstance(content, (str, list)):
                return _bad(
                    f"Invalid value for 'content': expected a string, got null. 'messages.[{index}].content'"
                )
            continue
        if not calls:
            return _bad(f"[] is too short - 'messages.{index}.tool_calls'")
        for call in calls:
            function = call.get("function", {})
            if (
                call.get("type") != "function"
                or not call.get("id")
                or not isinstance(function.get("arguments"), str)
            ):
                return _bad(
                    f"Invalid 'messages[{index}].tool_calls': id, type and function.arguments are required."
                )
            if not TOOL_NAME.match(str(function.get("name", ""))):
                return _bad(
                    f"Invalid 'messages[{index}].tool_calls[0].function.name': does not match pattern."
                )
        waiting = [call["id"] for call in calls]
        if len(set(waiting)) != len(waiting):
            return _bad(f"Duplicate tool call ids in 'messages.{index}.tool_calls'")
    return _unanswered_openai(waiting) if waiting else None


def _unanswered_openai(waiting: list[str]) -> Verdict:
    return _bad(
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'."
        f" The following tool_call_ids did not have response messages: {', '.join(waiting)}"
    )


def judge_anthropic(body: Any) -> Verdict:
    """The rules of the messages API on a decoded body."""
    if not isinstance(body, dict):
        return _bad("The request body is not valid JSON")
    unknown = sorted(set(body) - ANTHROPIC_FIELDS)
    if unknown:
        return _bad(f"{unknown[0]}: Extra inputs are not permitted")
    for field in ("model", "messages", "max_tokens"):
        if field not in body:
            return _bad(f"{field}: Field required")
    if not isinstance(body["max_tokens"], int) or body["max_tokens"] < 1:
        return _bad("max_tokens: Input should be greater than or equal to 1")
    if not body["messages"]:
        return _bad("messages: at least one message is required")
    if "temperature" in body:
        if NO_SAMPLING_MODEL.match(body["model"]):
            return _bad("`temperature` is deprecated for this model.")
        if not 0 <= body["temperature"] <= 1:
            return _bad("temperature: range: 0..1")
    if json.dumps(body).count('"cache_control"') > 4:
        return _bad("A maximum of 4 blocks with cache_control may be provided.")
    system = body.get("system", "x")
    for block in system if isinstance(system, list) else [{"type": "text", "text": system}]:
        if block.get("type") != "text" or not block.get("text"):
            return _bad("system: text content blocks must be non-empty")
    for index, tool in enumerate(body.get("tools", [])):
        if not TOOL_NAME.match(str(tool.get("name", ""))):
            return _bad(f"tools.{index}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'")
        if tool.get("input_schema", {}).get("type") != "object":
            return _bad(f"tools.{index}.custom.input_schema: Field required")
    return _judge_anthropic_messages(body["messages"])


def _judge_anthropic_messages(messages: list[Any]) -> Verdict:
    waiting: list[str] = []
    expected = "user"
    for index, message in enumerate(messages):
        role = message.get("role")
        if role not in ("user", "assistant"):
            return _bad(
                f'messages: Unexpected role "{role}". The Messages API accepts a top-level `system` parameter, not'
                ' "system" as an input message role.'
            )
        if role != expected:
            return _bad(
                f'messages: roles must alternate between "user" and "assistant": messages.{index} is {role}'
            )
        expected = "assistant" if role == "user" else "user"
        content = message.get("content")
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        if not isinstance(blocks, list) or not blocks:
            return _bad(f"messages.{index}: all messages must have non-empty content")
        results = [block.get("tool_use_id") for block in blocks if block.get("type") == "tool_result"]
        first = [block.get("tool_use_id") for block in blocks[: len(waiting)]]
        if first != waiting:
            return _bad(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after:"
                f" {', '.join(waiting)}. Each `tool_use` block must have a corresponding `tool_result` block in the"
                " next message."
            )
        if results != waiting:
            return _bad(
                f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {results}. Each"
                " `tool_result` block must have a corresponding `tool_use` block in the previous message."
            )
        verdict = _judge_blocks(index, role, blocks)
        if verdict is not None:
            return verdict
        waiting = [block["id"] for block in blocks if block["type"] == "tool_use"]
        if len(set(waiting)) != len(waiting):
            return _bad(f"messages.{index}: `tool_use` ids must be unique")
    return _bad("messages: final assistant `tool_use` has no `tool_result`") if waiting else None


def _judge_blocks(index: int, role: str, blocks: list[dict[str, Any]]) -> Verdict:
    for block in blocks:
        kind = block.get("type")
        if kind == "text":
            if not str(block.get("text") or "").strip():
                return _bad("messages: text content blocks must be non-empty")
        elif kind == "tool_use" and role == "assistant":
            if not ANTHROPIC_ID.match(str(block.get("id", ""))):
                return _bad(
                    f"messages.{index}.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'"
                )
            if not isinstance(block.get("input"), dict):
                return _bad(f"messages.{index}.content.0.tool_use.input: Input should be a valid dictionary")
        elif kind == "tool_result" and role == "user":
            if not isinstance(block.get("content", ""), (str, list)):
                return _bad(f"messages.{index}.content.0.tool_result.content: Input should be a valid string")
        else:
            return _bad(f"messages.{index}.content.0: Input tag '{kind}' is not allowed for role {role}")
    return None

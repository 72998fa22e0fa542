"""Turns model calls into Anthropic messages and their answers, streamed or not, into replies. No I/O.

The API wants one system text beside the messages, roles that alternate from user on, and all results of one round
of tool calls first in the next user message; a conversation is folded into that here.
"""

from __future__ import annotations

from clawft.core.compat import json_text
from clawft.core.errors import ProviderError
from clawft.core.interfaces import Request
from clawft.core.messages import Reply, ToolCall, Usage
from clawft.core.wire_format import StreamReader, WireFormat
from clawft.providers.arguments import LETTERS, arguments_object, arguments_text, call_id_for
from clawft.providers.bodies import answered, count, decoded
from clawft.providers.failures import failure_in, response_error, stream_error
from clawft.providers.limits import LearnedLimits, merged_headers
from clawft.providers.sse import SseParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.messages import Message, ModelCall

VERSION = "2023-06-01"
NO_USER_YET = "(the conversation so far begins with your answer)"

STOPS = {
    "end_turn": "end_turn",
    "max_tokens": "max_tokens",
    "model_context_window_exceeded": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_use": "tool_use",
    "refusal": "refusal",
    "pause_turn": "end_turn",
}


class AnthropicMessages(WireFormat):
    """One endpoint's dialect; `temperature_models` and learning from refusals as in `OpenAiChat`."""

    def __init__(
        self, provider: str = "anthropic", *, temperature_models: tuple[str, ...] | None = None
    ) -> None:
        self._provider = provider
        self._limits = LearnedLimits("max_tokens", temperature_models)
        self._secret = ""
        self._model = ""

    def build_request(
        self, call: ModelCall, base_url: str, api_key: str, headers: list[tuple[str, str]]
    ) -> Request:
        self._secret = api_key
        self._model = call.model
        body: dict[str, Any] = {
            "model": call.model,
            "max_tokens": self._limits.max_tokens(call),
            "messages": conversation(call.messages),
        }
        system = [
            {"type": "text", "text": message.content}
            for message in call.messages
            if message.role == "system" and message.content.strip()
        ]
        if system:
            _mark_cached(system)
            body["system"] = system
        if call.tools:
            tools: list[dict[str, Any]] = [
                {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
                for tool in call.tools
            ]
            _mark_cached(tools)
            body["tools"] = tools
        if self._limits.may_send_temperature(call) and call.temperature is not None:
            body["temperature"] = min(call.temperature, 1.0)
        if call.stream:
            body["stream"] = True
        ours = [
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream" if call.stream else "application/json"),
            ("anthropic-version", VERSION),
        ]
        if api_key:
            ours.append(("x-api-key", api_key))
        return Request(
            "POST",
            base_url.rstrip("/") + "/messages",
            merged_headers(ours, headers),
            json_text(body).encode("utf-8"),
        )

    def parse_response(self, body: bytes) -> Reply:
        value = answered(self._provider, body, self._secret)
        blocks = value.get("content")
        if not isinstance(blocks, list):
            raise ProviderError(
                "invalid_response", self._provider + ": the reply has no content", retryable=True
            )
        gathered = _Gathered(self._provider)
        gathered.start(value)
        gathered.stop_reason = str(value.get("stop_reason") or "")
        for index, block in enumerate(blocks):
            if isinstance(block, dict):
                gathered.begin_block(index, block)
        return gathered.reply()

    def parse_error(
        self, status: int, headers: list[tuple[str, str]], body: bytes, now_s: float
    ) -> ProviderError:
        error = response_error(self._provider, self._model, status, headers, body, now_s, self._secret)
        return self._limits.learn(error)

    def reader(self) -> StreamReader:
        return AnthropicReader(self._provider, self._secret)


class AnthropicReader(StreamReader):
    """Reads one streamed message."""

    def __init__(self, provider: str, secret: str) -> None:
        self._provider = provider
        self._secret = secret
        self._events = SseParser()
        self._gathered = _Gathered(provider)
        self._is_done = False

    def feed(self, data: bytes) -> list[str]:
        before = len(self._gathered.texts)
        for name, text in self._events.feed(data):
            if not self._is_done and text.strip():
                self._take(name, text)
        return self._gathered.texts[before:]

    def _take(self, name: str, text: str) -> None:
        value = decoded(self._provider, text, self._secret)
        kind = value.get("type") or name
        if kind == "error" or (kind not in EVENTS and failure_in(value) is not None):
            failure = failure_in(value)
            if failure is None:
                raise ProviderError(
                    "overloaded", self._provider + " failed while it answered", retryable=True
                )
            raise stream_error(self._provider, failure, self._secret)
        if kind == "message_stop":
            self._is_done = True
        elif kind in EVENTS:
            EVENTS[kind](self._gathered, value)

    def finish(self) -> Reply:
        if not self._is_done:
            raise ProviderError(
                "network",
                self._provider + ": the answer broke off before its end: the connection was cut",
                retryable=True,
            )
        return self._gathered.reply()


class _Use:
    """A tool call as its pieces come in; `given` is what the block began with."""

    def __init__(self, use_id: object, name: str, given: object) -> None:
        self.id = use_id
        self.name = name
        self.given = given
        self.pieces: list[str] = []


class _Gathered:
    """What has been said of a message so far, in one piece or many."""

    def __init__(self, provider: str) -> None:
        self._provider = provider
        self._reply_id = ""
        self._uses: list[_Use] = []
        self._open: dict[object, _Use] = {}
        self._counts: dict[str, int] = {}
        self.texts: list[str] = []
        self.stop_reason = ""

    def start(self, message: dict[str, Any]) -> None:
        """Take a message's own fields; its content comes by blocks."""
        self._reply_id = str(message.get("id") or "")
        self._take_usage(message.get("usage"))

    def begin_block(self, index: object, block: dict[str, Any]) -> None:
        """A block, whole or empty. Thinking and whatever is not known are not part of the answer."""
        kind = block.get("type")
        if kind == "text" and isinstance(block.get("text"), str) and block["text"]:
            self.texts.append(block["text"])
        elif kind == "tool_use":
            name = block.get("name")
            if not isinstance(name, str) or not name:
                raise ProviderError(
                    "invalid_response",
                    self._provider + ": the reply calls a tool without a name",
                    retryable=True,
                )
            use = _Use(block.get("id"), name, block.get("input"))
            self._uses.append(use)
            self._open[index] = use

    def take_start(self, value: dict[str, Any]) -> None:
        """`message_start`."""
        message = value.get("message")
        if isinstance(message, dict):
            self.start(message)

    def take_block(self, value: dict[str, Any]) -> None:
        """`content_block_start`."""
        block = value.get("content_block")
        if isinstance(block, dict):
            self.begin_block(value.get("index"), block)

    def take_delta(self, value: dict[str, Any]) -> None:
        """`content_block_delta`; thinking, signatures and citations are passed over."""
        delta = value.get("delta")
        if not isinstance(delta, dict):
            return
        if delta.get("type") == "text_delta" and isinstance(delta.get("text"), str) and delta["text"]:
            self.texts.append(delta["text"])
        elif delta.get("type") == "input_json_delta" and isinstance(delta.get("partial_json"), str):
            use = self._open.get(value.get("index"))
            if use is not None:
                use.pieces.append(delta["partial_json"])

    def take_end(self, value: dict[str, Any]) -> None:
        """`message_delta`: why it stops, and the counts so far."""
        delta = value.get("delta")
        if isinstance(delta, dict) and isinstance(delta.get("stop_reason"), str):
            self.stop_reason = delta["stop_reason"]
        self._take_usage(value.get("usage"))

    def pass_over(self, value: dict[str, Any]) -> None:
        """`ping` and `content_block_stop` say nothing more."""

    def _take_usage(self, usage: object) -> None:
        if not isinstance(usage, dict):
            return
        for name in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        ):
            if usage.get(name) is not None:
                self._counts[name] = count(usage[name])

    def reply(self) -> Reply:
        """The whole; tokens read from and written to the cache are part of the input."""
        calls: list[ToolCall] = []
        taken: list[str] = []
        for position, use in enumerate(self._uses):
            call_id = call_id_for(use.id, self._reply_id, position, taken)
            taken.append(call_id)
            pieces = "".join(use.pieces)
            calls.append(ToolCall(call_id, use.name, arguments_text(pieces if pieces.strip() else use.given)))
        read = self._counts.get("cache_read_input_tokens", 0)
        written = self._counts.get("cache_creation_input_tokens", 0)
        usage = Usage(
            self._counts.get("input_tokens", 0) + read + written,
            self._counts.get("output_tokens", 0),
            cache_read_tokens=read,
            cache_write_tokens=written,
        )
        stop_reason = STOPS.get(self.stop_reason, "end_turn")
        if calls and stop_reason == "end_turn":
            stop_reason = "tool_use"
        if not calls and stop_reason == "tool_use":
            stop_reason = "end_turn"
        return Reply("".join(self.texts), tool_calls=tuple(calls), stop_reason=stop_reason, usage=usage)


EVENTS = {
    "message_start": _Gathered.take_start,
    "content_block_start": _Gathered.take_block,
    "content_block_delta": _Gathered.take_delta,
    "content_block_stop": _Gathered.pass_over,
    "message_delta": _Gathered.take_end,
    "message_stop": _Gathered.pass_over,
    "ping": _Gathered.pass_over,
}


def conversation(messages: list[Message]) -> list[dict[str, Any]]:
    """Messages as the API wants them: neighbours of one role are one message, the first is the user's, none is empty.

    Tool call ids are made to fit (`[a-zA-Z0-9_-]`) and unique in the conversation; results follow their calls' ids.
    """
    folded: list[dict[str, Any]] = []
    renamed: dict[str, str] = {}
    taken: set[str] = set()
    for message in messages:
        if message.role == "system":
            continue
        blocks: list[dict[str, Any]] = []
        if message.role == "tool":
            result: dict[str, Any] = {
                "type": "tool_result",
                "tool_use_id": renamed.get(message.tool_call_id, _fitting(message.tool_call_id)),
                "content": message.content,
            }
            if message.is_error:
                result["is_error"] = True
            blocks.append(result)
        elif message.content.strip():
            blocks.append({"type": "text", "text": message.content})
        if message.tool_calls:
            renamed = {}
        for call in message.tool_calls:
            renamed[call.id] = _unique(_fitting(call.id), taken)
            arguments = arguments_object(call.arguments)
            blocks.append({"type": "tool_use", "id": renamed[call.id], "name": call.name, "input": arguments})
        role = "assistant" if message.role == "assistant" else "user"
        if blocks and folded and folded[-1]["role"] == role:
            folded[-1]["content"] += blocks
        elif blocks:
            folded.append({"role": role, "content": blocks})
    if folded and folded[0]["role"] == "assistant":
        folded.insert(0, {"role": "user", "content": [{"type": "text", "text": NO_USER_YET}]})
    return folded


def _fitting(call_id: str) -> str:
    return "".join([letter if letter in LETTERS or letter in "_-" else "_" for letter in call_id]) or "call"


def _unique(call_id: str, taken: set[str]) -> str:
    found = call_id
    number = 2
    while found in taken:
        found = call_id + "_" + str(number)
        number += 1
    taken.add(found)
    return found


def _mark_cached(blocks: list[dict[str, Any]]) -> None:
    """Ask the API to keep everything up to the last of these for five minutes: each round of tools sends it again."""
    blocks[-1]["cache_control"] = {"type": "ephemeral"}

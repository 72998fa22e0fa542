"""The records that travel through the agent: chat messages, tool calls, model calls, replies, usage.

Plain small classes, because this runs where dataclasses do not exist. No parsing of wire formats here.
"""

from __future__ import annotations

STOP_REASONS = ("end_turn", "max_tokens", "stop_sequence", "tool_use", "refusal")


class ToolCall:
    """One call a model asks for. `arguments` is the JSON text exactly as the model wrote it."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self, call_id: str, name: str, arguments: str) -> None:
        self.id = call_id
        self.name = name
        self.arguments = arguments


class Message:
    """One message of a conversation, as models are told it.

    `role` is system, user, assistant or tool. `tool_calls` belongs to assistant messages, `tool_call_id` and
    `name` to tool messages; `is_error` marks a tool result that reports a failure. `tokens` is kept by whoever
    estimates it, 0 until then: messages do not change, and each is estimated again for every call otherwise.
    `marked` likewise: the same message as models see it, None until somebody has marked it.
    """

    __slots__ = ("content", "is_error", "marked", "name", "role", "tokens", "tool_call_id", "tool_calls")

    def __init__(
        self,
        role: str,
        content: str,
        *,
        tool_calls: tuple[ToolCall, ...] = (),
        tool_call_id: str = "",
        name: str = "",
        is_error: bool = False,
    ) -> None:
        self.role = role
        self.content = content
        self.tool_calls = tool_calls
        self.tool_call_id = tool_call_id
        self.name = name
        self.is_error = is_error
        self.tokens = 0
        self.marked: Message | None = None


class ToolSchema:
    """What a model is told of a tool; `parameters` is a JSON Schema object. `tokens` as in Message."""

    __slots__ = ("description", "name", "parameters", "tokens")

    def __init__(self, name: str, description: str, parameters: dict[str, object]) -> None:
        self.name = name
        self.description = description
        self.parameters = parameters
        self.tokens = 0


class ModelCall:
    """One request to one model. `model` is the provider's own name for it, without our prefix."""

    __slots__ = ("max_tokens", "messages", "model", "stream", "temperature", "tools")

    def __init__(
        self,
        model: str,
        messages: list[Message],
        *,
        tools: tuple[ToolSchema, ...] = (),
        max_tokens: int = 8192,
        temperature: float | None = None,
        stream: bool = False,
    ) -> None:
        self.model = model
        self.messages = messages
        self.tools = tools
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.stream = stream


class Usage:
    """What one or more model calls used. `input_tokens` includes the cached ones.

    `cost_usd` is None when any part of it is unknown: an unknown price is never counted as 0.
    """

    __slots__ = ("cache_read_tokens", "cache_write_tokens", "cost_usd", "input_tokens", "output_tokens")

    def __init__(
        self,
        input_tokens: int = 0,
        output_tokens: int = 0,
        *,
        cache_read_tokens: int = 0,
        cache_write_tokens: int = 0,
        cost_usd: float | None = None,
    ) -> None:
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.cache_read_tokens = cache_read_tokens
        self.cache_write_tokens = cache_write_tokens
        self.cost_usd = cost_usd

    def plus(self, other: Usage) -> Usage:
        """The sum of two usages; its cost is None unless both costs are known."""
        known = self.cost_usd is not None and other.cost_usd is not None
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            cache_read_tokens=self.cache_read_tokens + other.cache_read_tokens,
            cache_write_tokens=self.cache_write_tokens + other.cache_write_tokens,
            cost_usd=(self.cost_usd or 0.0) + (other.cost_usd or 0.0) if known else None,
        )

    def to_json(self) -> dict[str, object]:
        """The object that `--json` output and session records hold."""
        return {
            "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_tokens,
            "cache_write_tokens": self.cache_write_tokens,
            "cost_usd": self.cost_usd,
        }


class Reply:
    """What a model answered: text, tool calls, or both.

    `provider` and `model` name who really answered (after failover); `stop_reason` is one of `STOP_REASONS`.
    """

    __slots__ = ("model", "provider", "stop_reason", "text", "tool_calls", "usage")

    def __init__(
        self,
        text: str,
        *,
        tool_calls: tuple[ToolCall, ...] = (),
        stop_reason: str = "end_turn",
        usage: Usage | None = None,
        provider: str = "",
        model: str = "",
    ) -> None:
        self.text = text
        self.tool_calls = tool_calls
        self.stop_reason = stop_reason
        self.usage = usage if usage is not None else Usage()
        self.provider = provider
        self.model = model


class InboundMessage:
    """A message that came in through a channel. The session key is `channel:chat_id`."""

    __slots__ = ("channel", "chat_id", "content", "id", "sender_id")

    def __init__(
        self, channel: str, chat_id: str, content: str, *, sender_id: str = "user", message_id: str = ""
    ) -> None:
        self.channel = channel
        self.chat_id = chat_id
        self.content = content
        self.sender_id = sender_id
        self.id = message_id

    @property
    def session_key(self) -> str:
        """The key of the session this message belongs to."""
        return self.channel + ":" + self.chat_id


class OutboundMessage:
    """A message that goes out through a channel. `error` is "" unless the turn failed; `reply_to` an inbound id."""

    __slots__ = ("channel", "chat_id", "content", "error", "reply_to", "usage")

    def __init__(
        self,
        channel: str,
        chat_id: str,
        content: str,
        *,
        reply_to: str = "",
        error: str = "",
        usage: Usage | None = None,
    ) -> None:
        self.channel = channel
        self.chat_id = chat_id
        self.content = content
        self.reply_to = reply_to
        self.error = error
        self.usage = usage


class TurnEvent:
    """Something a person may watch while a turn runs. `kind` is one of `KINDS`.

    text: `text` is a piece of the answer, to be shown as it comes.
    tool_call: `name` and `text` (the arguments). tool_result: `name`, `text` (the result), `is_error`.
    approval: a person is about to be asked if the call of `name` with `text` (the arguments) may happen.
    notice: `text` is for the person, not part of the answer.
    """

    KINDS = ("text", "tool_call", "approval", "tool_result", "notice")
    __slots__ = ("is_error", "kind", "name", "text")

    def __init__(self, kind: str, text: str, *, name: str = "", is_error: bool = False) -> None:
        self.kind = kind
        self.text = text
        self.name = name
        self.is_error = is_error

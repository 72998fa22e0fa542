"""Turns model calls into OpenAI chat completions and their answers, streamed or not, into replies. No I/O.

Many speak this protocol and each bends it; what is tolerated here was met in the wild: content that is null or a
list of parts, ids, indexes and models left out, all parallel calls under index 0 (Gemini), whole calls in one
piece (Ollama, Mistral), an error object with status 200 (OpenRouter), a stream without `[DONE]`.
"""

from __future__ import annotations

from clawft.core.compat import json_text
from clawft.core.errors import ProviderError
from clawft.core.interfaces import Request
from clawft.core.messages import Reply, ToolCall, Usage
from clawft.core.wire_format import StreamReader, WireFormat
from clawft.providers.arguments import arguments_object, arguments_text, call_id_for
from clawft.providers.bodies import answered, count
from clawft.providers.failures import response_error
from clawft.providers.limits import LearnedLimits, merged_headers
from clawft.providers.sse import SseParser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.messages import Message, ModelCall, ToolSchema

FINISHES = {
    "stop": "end_turn",
    "eos": "end_turn",
    "end_turn": "end_turn",
    "length": "max_tokens",
    "max_tokens": "max_tokens",
    "model_length": "max_tokens",
    "stop_sequence": "stop_sequence",
    "tool_calls": "tool_use",
    "tool_use": "tool_use",
    "function_call": "tool_use",
    "content_filter": "refusal",
    "refusal": "refusal",
    "safety": "refusal",
}


class OpenAiChat(WireFormat):
    """One endpoint's dialect. `provider` is how errors name it.

    `token_field` is what it calls the reply's limit; `temperature_models` are the beginnings of the model names
    that take a temperature, None for all. What it refuses is learnt from its errors: see `LearnedLimits`.
    `has_cost`: its usage tells the cost in US dollars.
    """

    def __init__(
        self,
        provider: str = "openai",
        *,
        token_field: str = "max_tokens",  # noqa: S107 - a field of the protocol
        temperature_models: tuple[str, ...] | None = None,
        has_cost: bool = False,
    ) -> None:
        self._provider = provider
        self._limits = LearnedLimits(token_field, temperature_models)
        self._has_cost = has_cost
        self._secret = ""
        self._model = ""
        # The tools of the last call and their text: most calls offer the same.
        self._tools: tuple[ToolSchema, ...] = ()
        self._tools_text = ""

    def build_request(
        self, call: ModelCall, base_url: str, api_key: str, headers: list[tuple[str, str]]
    ) -> Request:
        self._secret = api_key
        self._model = call.model
        said = json_text({"model": call.model, "messages": [_message(one) for one in call.messages]})
        settings: dict[str, Any] = {self._limits.token_field: self._limits.max_tokens(call)}
        if self._limits.may_send_temperature(call):
            settings["temperature"] = call.temperature
        if call.stream:
            settings["stream"] = True
            if self._limits.has_stream_options:
                settings["stream_options"] = {"include_usage": True}
        # One object, put together from the members of two and the tools.
        members = [said[:-1], json_text(settings)[1:]]
        if call.tools:
            members.insert(1, '"tools":' + self._text_of(call.tools))
        ours = [
            ("Content-Type", "application/json"),
            ("Accept", "text/event-stream" if call.stream else "application/json"),
        ]
        if api_key:
            ours.append(("Authorization", "Bearer " + api_key))
        return Request(
            "POST",
            base_url.rstrip("/") + "/chat/completions",
            merged_headers(ours, headers),
            ",".join(members).encode("utf-8"),
        )

    def _text_of(self, tools: tuple[ToolSchema, ...]) -> str:
        if tools is not self._tools:
            self._tools_text = json_text([_tool(tool) for tool in tools])
            self._tools = tools
        return self._tools_text

    def parse_response(self, body: bytes) -> Reply:
        value = answered(self._provider, body, self._secret)
        gathered = _Gathered(self._provider, self._secret, has_cost=self._has_cost)
        choice = gathered.take(value, "message")
        if choice is None:
            raise ProviderError(
                "invalid_response", self._provider + ": the reply has no choices", retryable=True
            )
        return gathered.reply()

    def parse_error(
        self, status: int, headers: list[tuple[str, str]], body: bytes, now_s: float
    ) -> ProviderError:
        error = response_error(self._provider, self._model, status, headers, body, now_s, self._secret)
        return self._limits.learn(error)

    def reader(self) -> StreamReader:
        return OpenAiChatReader(self._provider, self._secret, has_cost=self._has_cost)


class OpenAiChatReader(StreamReader):
    """Reads one streamed chat completion."""

    def __init__(self, provider: str, secret: str, *, has_cost: bool = False) -> None:
        self._provider = provider
        self._secret = secret
        self._events = SseParser()
        self._gathered = _Gathered(provider, secret, has_cost=has_cost)
        self._is_done = False

    def feed(self, data: bytes) -> list[str]:
        pieces: list[str] = []
        for _name, text in self._events.feed(data):
            said = text.strip()
            if self._is_done or not said:
                continue
            if said == "[DONE]":
                self._is_done = True
                continue
            value = answered(self._provider, text, self._secret)
            before = len(self._gathered.texts)
            self._gathered.take(value, "delta")
            pieces += self._gathered.texts[before:]
        return pieces

    def finish(self) -> Reply:
        """The reply. A stream without `[DONE]` is whole if it said why it finished; else it was cut."""
        if not self._is_done and not self._gathered.finish_reason:
            raise ProviderError(
                "network",
                self._provider + ": the answer broke off before its end: the connection was cut",
                retryable=True,
            )
        return self._gathered.reply()


class _Call:
    """A tool call as its pieces come in."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments: list[str] = []


class _Gathered:
    """What has been said of a reply so far, in one piece or many."""

    def __init__(self, provider: str, secret: str, *, has_cost: bool) -> None:
        self._provider = provider
        self._secret = secret
        self._has_cost = has_cost
        self._reply_id = ""
        self._refusals: list[str] = []
        self._calls: list[_Call] = []
        self._by_index: dict[int, _Call] = {}
        self._usage = Usage()
        self.texts: list[str] = []
        self.finish_reason = ""

    def take(self, value: dict[str, Any], part: str) -> dict[str, Any] | None:
        """Add a chunk; its first choice, None if it has none (a usage chunk)."""
        if isinstance(value.get("id"), str) and not self._reply_id:
            self._reply_id = value["id"]
        usage = value.get("usage")
        if isinstance(usage, dict):
            self._usage = _usage(usage, has_cost=self._has_cost)
        choices = value.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            return None
        choice: dict[str, Any] = choices[0]
        if isinstance(choice.get("finish_reason"), str):
            self.finish_reason = choice["finish_reason"].lower()
        said = choice.get(part)
        if isinstance(said, dict):
            self._take_said(said, is_whole=part == "message")
        return choice

    def _take_said(self, said: dict[str, Any], *, is_whole: bool) -> None:
        text = _content(said.get("content"))
        if text:
            self.texts.append(text)
        if isinstance(said.get("refusal"), str) and said["refusal"]:
            self._refusals.append(said["refusal"])
        calls = said.get("tool_calls")
        for position, piece in enumerate(calls if isinstance(calls, list) else ()):
            if isinstance(piece, dict):
                self._take_call(piece, position, is_whole=is_whole)

    def _take_call(self, piece: dict[str, Any], position: int, *, is_whole: bool) -> None:
        function = piece.get("function")
        function = function if isinstance(function, dict) else {}
        call_id, name, index = piece.get("id"), function.get("name"), piece.get("index")
        if is_whole:
            call = _Call()
            self._calls.append(call)
        else:
            call = self._call_for(call_id, name, index if isinstance(index, int) else None, position)
        if isinstance(call_id, str) and call_id and not call.id:
            call.id = call_id
        if isinstance(name, str) and name and not call.name:
            call.name = name
        arguments = function.get("arguments")
        if arguments is not None:
            call.arguments.append(arguments if isinstance(arguments, str) else json_text(arguments))

    def _call_for(self, call_id: object, name: object, index: int | None, position: int) -> _Call:
        """The call a piece belongs to: by index unless another id and name say it is a new one, then by id."""
        known = self._by_index.get(index) if index is not None else None
        is_other = bool(call_id and name and known is not None and known.id and known.id != call_id)
        if known is not None and not is_other:
            return known
        if index is None:
            for call in self._calls:
                if call_id and call.id == call_id:
                    return call
            if not call_id and not name and position < len(self._calls):
                return self._calls[-1]
        call = _Call()
        self._calls.append(call)
        if index is not None:
            self._by_index[index] = call
        return call

    def reply(self) -> Reply:
        """The whole. A reason `error` is a ProviderError."""
        if self.finish_reason == "error":
            raise ProviderError("overloaded", self._provider + " failed while it answered", retryable=True)
        calls: list[ToolCall] = []
        taken: list[str] = []
        for position, call in enumerate(self._calls):
            if not call.name:
                raise ProviderError(
                    "invalid_response",
                    self._provider + ": the reply calls a tool without a name",
                    retryable=True,
                )
            call_id = call_id_for(call.id, self._reply_id, position, taken)
            taken.append(call_id)
            calls.append(ToolCall(call_id, call.name, arguments_text("".join(call.arguments))))
        text = "".join(self.texts)
        stop_reason = FINISHES.get(self.finish_reason, "end_turn")
        if calls and stop_reason == "end_turn":
            stop_reason = "tool_use"
        if not calls and stop_reason == "tool_use":
            stop_reason = "end_turn"
        if self._refusals and not text:
            text = "".join(self._refusals)
            stop_reason = "refusal"
        return Reply(text, tool_calls=tuple(calls), stop_reason=stop_reason, usage=self._usage)


def _tool(tool: ToolSchema) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters},
    }


def _message(message: Message) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = []
    for call in message.tool_calls:
        arguments = json_text(arguments_object(call.arguments))
        calls.append(
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments}}
        )
    return {"role": message.role, "content": message.content or None, "tool_calls": calls}


def _content(content: object) -> str:
    """The text of a content that is text, null, or a list of parts; reasoning parts are not text."""
    if isinstance(content, str):
        return content
    texts = []
    for part in content if isinstance(content, list) else ():
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type") in ("text", "output_text", "refusal", None):
            text = part.get("text") or part.get("refusal")
            texts.append(text if isinstance(text, str) else "")
    return "".join(texts)


def _usage(usage: dict[str, Any], *, has_cost: bool) -> Usage:
    details = usage.get("prompt_tokens_details")
    cached = details.get("cached_tokens") if isinstance(details, dict) else None
    if cached is None:
        cached = usage.get("prompt_cache_hit_tokens", usage.get("cached_tokens"))  # DeepSeek, Moonshot
    cost = usage.get("cost") if has_cost else None
    is_cost = isinstance(cost, (int, float)) and not isinstance(cost, bool) and cost >= 0
    return Usage(
        count(usage.get("prompt_tokens")),
        count(usage.get("completion_tokens")),
        cache_read_tokens=count(cached),
        cost_usd=float(cost) if is_cost and cost is not None else None,
    )

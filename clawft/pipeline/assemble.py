"""Turns a conversation into one model call that fits the model's context window. Calls no model."""

from __future__ import annotations

from clawft.core.errors import ProviderError
from clawft.core.messages import Message, ModelCall

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.messages import ToolSchema

# A model we know nothing about is most often a local one with a small window.
UNKNOWN_WINDOW_TOKENS = 32768
# Enough of an old tool result to remember what it was.
SHORTENED_CHARACTERS = 400
# Whoever sends a tool's result puts marks around it that say where it comes from.
MARK_TOKENS = 24
INTERRUPTED_RESULT = '{"error":"interrupted before a result was recorded"}'


def assemble(
    model: str,
    system: Message,
    history: list[Message],
    tools: tuple[ToolSchema, ...],
    limits: Limits,
) -> ModelCall:
    """The call for `history`, whose last user message is the one to answer.

    System message and tools always go along. Of the history the oldest exchanges are left out first, then the
    results of this turn's oldest tool calls are shortened; an answered tool call is never parted from its result.
    Raises ProviderError (context_too_long) when the newest message alone does not fit.
    """
    window = limits.context_window_tokens or UNKNOWN_WINDOW_TOKENS
    max_tokens = min(limits.max_tokens, window // 2)
    budget = window - max_tokens - estimated_tokens(system) - sum([_schema_tokens(tool) for tool in tools])
    exchanges = _exchanges(history)
    sizes = [sum([one.tokens or estimated_tokens(one) for one in exchange]) for exchange in exchanges]
    first = 0
    total = sum(sizes)
    while total > budget and first < len(exchanges) - 1:
        total -= sizes[first]
        first += 1
    has_tools = bool([one for one in history if one.tool_calls or one.role == "tool"])
    kept: list[Message] = []
    for exchange in exchanges[first:]:
        kept.extend(_paired(exchange) if has_tools else exchange)
    if total > budget:
        kept = _shortened(kept, total - budget)
    return ModelCall(
        model,
        [system] + kept,
        tools=tools,
        max_tokens=max_tokens,
        temperature=limits.temperature,
        stream=limits.is_streamed,
    )


class Limits:
    """What bounds one call: tokens, temperature, and whether the answer is streamed."""

    __slots__ = ("context_window_tokens", "is_streamed", "max_tokens", "temperature")

    def __init__(
        self,
        context_window_tokens: int | None,
        max_tokens: int,
        temperature: float | None,
        *,
        is_streamed: bool,
    ) -> None:
        self.context_window_tokens = context_window_tokens
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.is_streamed = is_streamed


def estimated_tokens(message: Message) -> int:
    """About how many tokens a message costs, rounded up: an estimate that would rather be too high."""
    if not message.tokens:
        count = 4 + _text_tokens(message.content)
        if message.role == "tool":
            count += MARK_TOKENS
        for call in message.tool_calls:
            count += 8 + _text_tokens(call.name) + _text_tokens(call.arguments)
        message.tokens = count
    return message.tokens


def _text_tokens(text: str) -> int:
    # English takes about four bytes a token; scripts outside ASCII take two to four bytes a character and
    # about one token each, which is what three bytes a token comes to.
    size = len(text.encode())
    return size // 4 + (size - len(text)) // 3 + 1


def _schema_tokens(tool: ToolSchema) -> int:
    if not tool.tokens:
        texts = (tool.name, tool.description, str(tool.parameters))
        tool.tokens = 16 + sum([_text_tokens(text) for text in texts])
    return tool.tokens


def _exchanges(history: list[Message]) -> list[list[Message]]:
    """Split before each user message, and leave out what precedes the first: it has lost its question."""
    exchanges: list[list[Message]] = []
    for message in history:
        if message.role == "user":
            exchanges.append([message])
        elif exchanges:
            exchanges[-1].append(message)
    return exchanges


def _paired(exchange: list[Message]) -> list[Message]:
    """Every tool call followed by exactly its results: a killed process can leave calls without them."""
    paired: list[Message] = []
    position = 0
    while position < len(exchange):
        message = exchange[position]
        position += 1
        if message.role == "tool":
            continue  # an orphan: its call is not there
        paired.append(message)
        results: dict[str, Message] = {}
        while message.tool_calls and position < len(exchange) and exchange[position].role == "tool":
            results[exchange[position].tool_call_id] = exchange[position]
            position += 1
        for call in message.tool_calls:
            result = results.get(call.id)
            if result is None:
                result = Message(
                    "tool", INTERRUPTED_RESULT, tool_call_id=call.id, name=call.name, is_error=True
                )
            paired.append(result)
    return paired


def _shortened(messages: list[Message], excess_tokens: int) -> list[Message]:
    """The same messages with the oldest tool results cut until `excess_tokens` are saved."""
    shortened: list[Message] = []
    for message in messages:
        kept = message
        if excess_tokens > 0 and message.role == "tool" and len(message.content) > SHORTENED_CHARACTERS:
            text = (
                message.content[:SHORTENED_CHARACTERS]
                + " … [the rest was left out to fit; call again for less]"
            )
            kept = Message(
                "tool", text, tool_call_id=message.tool_call_id, name=message.name, is_error=message.is_error
            )
            excess_tokens -= estimated_tokens(message) - estimated_tokens(kept)
        shortened.append(kept)
    if excess_tokens > 0:
        raise ProviderError(
            "context_too_long",
            "the message is about "
            + str(excess_tokens)
            + " tokens too long for the model's context window: send less, or choose a model with a larger one",
        )
    return shortened

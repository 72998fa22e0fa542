"""Turns one inbound message into one recorded answer: ask the model, run the tools it calls, ask again."""

from __future__ import annotations

from clawft.agent.context import mark_results, system_message
from clawft.agent.tool_calls import GatedTools
from clawft.core.errors import ProviderError, StorageError, WeftError
from clawft.core.messages import Message, TurnEvent, Usage
from clawft.core.session import message_record
from clawft.pipeline.assemble import Limits, assemble
from clawft.pipeline.transport import complete_with_failover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.budget import Budget
    from clawft.agent.gate import ToolGate
    from clawft.core.interfaces import Emit, Model, Runtime, Tools
    from clawft.core.memory import MemoryStore
    from clawft.core.messages import InboundMessage, ModelCall, Reply, ToolSchema
    from clawft.core.session import Session

# A model that asks for the very same calls this often in a row is stuck.
REPEAT_LIMIT = 3
STUCK_RESULT = (
    '{"error":"you have made this very call before, with the same result: answer with what you have"}'
)
LIMIT_NOTICE = (
    "You have used all the tool calls allowed for this message. Answer now with what you have found."
)


class TurnSettings:
    """What bounds every turn. Limits in tokens, bytes and counts; `memory_window` in records."""

    __slots__ = (
        "is_streamed",
        "max_attempts",
        "max_tokens",
        "max_tool_iterations",
        "memory_window",
        "result_limit_bytes",
        "temperature",
        "workspace",
    )

    def __init__(
        self,
        workspace: str,
        *,
        max_tokens: int,
        temperature: float,
        max_tool_iterations: int,
        memory_window: int,
        result_limit_bytes: int,
        max_attempts: int,
        is_streamed: bool,
    ) -> None:
        self.workspace = workspace
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.max_tool_iterations = max_tool_iterations
        self.memory_window = memory_window
        self.result_limit_bytes = result_limit_bytes
        self.max_attempts = max_attempts
        self.is_streamed = is_streamed


class TurnParts:
    """What a turn works with; the same for every turn of an agent."""

    __slots__ = ("budget", "gate", "memory", "models", "runtime", "settings", "tools")

    def __init__(
        self,
        runtime: Runtime,
        settings: TurnSettings,
        models: list[Model],
        tools: Tools,
        gate: ToolGate,
        memory: MemoryStore,
        budget: Budget,
    ) -> None:
        self.runtime = runtime
        self.settings = settings
        self.models = models
        self.tools = tools
        self.gate = gate
        self.memory = memory
        self.budget = budget


class TurnResult:
    """What a turn came to. `error` is None unless it failed; then `text` is "". `usage` sums every model call."""

    __slots__ = ("error", "iterations", "model", "provider", "text", "usage")

    def __init__(
        self,
        text: str,
        usage: Usage,
        *,
        error: WeftError | None = None,
        provider: str = "",
        model: str = "",
        iterations: int = 0,
    ) -> None:
        self.text = text
        self.usage = usage
        self.error = error
        self.provider = provider
        self.model = model
        self.iterations = iterations


async def run_turn(parts: TurnParts, session: Session, message: InboundMessage, emit: Emit) -> TurnResult:
    """Answer one message. A failure is recorded in the session, marked so that no model is told of it.

    The message is on disk before a model is called, and the answer before this returns. Raises StorageError
    when the session itself cannot be written.
    """
    turn = _Turn(parts, session, emit)
    await turn.record([_record(parts, Message("user", message.content))])
    try:
        reply = await turn.answer()
    except WeftError as error:
        await turn.record([_record(parts, Message("assistant", error.message), {"error": True})])
        return TurnResult("", turn.usage, error=error, iterations=turn.iterations)
    return TurnResult(
        reply.text, turn.usage, provider=reply.provider, model=reply.model, iterations=turn.iterations
    )


class _Turn:
    """The state of one turn while it runs."""

    def __init__(self, parts: TurnParts, session: Session, emit: Emit) -> None:
        self._parts = parts
        self._session = session
        self._emit = emit
        self._spent_usd = _spent_usd(session)
        self._past_calls: list[list[tuple[str, str]]] = []
        self._turn_records = 0
        self.usage = Usage(cost_usd=0.0)
        self.iterations = 0

    async def record(self, records: list[dict[str, object]]) -> None:
        """Append to the session, durably."""
        await self._session.append(records)
        self._turn_records += len(records)

    async def answer(self) -> Reply:
        """Ask until a reply calls no tools; past the limit ask once more, without tools."""
        while self.iterations < self._parts.settings.max_tool_iterations:
            self.iterations += 1
            reply = await self._ask(self._parts.tools.schemas())
            await self._record_reply(reply)
            if not reply.tool_calls:
                return reply
            await self._run_tools(reply)
        self._emit(
            TurnEvent("notice", "the limit of tool calls for one message is reached; asking for an answer")
        )
        reply = await self._ask((), LIMIT_NOTICE)
        if reply.tool_calls:
            raise ProviderError(
                "invalid_response",
                "the model kept calling tools after "
                + str(self.iterations)
                + " rounds: raise agents.defaults.max_tool_iterations or ask for less at once",
            )
        await self._record_reply(reply)
        return reply

    async def _ask(self, tools: tuple[ToolSchema, ...], instruction: str = "") -> Reply:
        parts = self._parts
        parts.budget.check(self._spent_usd)
        call = self._call(tools, instruction)
        reply = await complete_with_failover(
            parts.models,
            call,
            self._emit,
            parts.runtime.clock,
            parts.runtime.random_bytes,
            parts.settings.max_attempts,
        )
        self.usage = self.usage.plus(reply.usage)
        cost_usd = reply.usage.cost_usd
        if cost_usd:
            self._spent_usd += cost_usd
            await parts.budget.add(self._session.key, reply.provider + "/" + reply.model, cost_usd)
        elif cost_usd is None and parts.budget.has_limit:
            self._emit(
                TurnEvent(
                    "notice",
                    "the price of " + reply.model + " is unknown: the spending limit cannot count it",
                )
            )
        return reply

    def _call(self, tools: tuple[ToolSchema, ...], instruction: str) -> ModelCall:
        parts = self._parts
        settings = parts.settings
        model = parts.models[0]
        # The window counts what came before this turn: however many tools it runs, its question stays in sight.
        history = self._session.messages(settings.memory_window + self._turn_records)
        if instruction:
            history.append(Message("user", instruction))
        system = system_message(settings.workspace, self._memory(), parts.runtime.clock.now_s())
        limits = Limits(
            model.context_window_tokens,
            settings.max_tokens,
            settings.temperature,
            is_streamed=settings.is_streamed,
        )
        call = assemble(model.name, system, history, tools, limits)
        call.messages = mark_results(call.messages)
        return call

    def _memory(self) -> str:
        try:
            return self._parts.memory.read()
        except StorageError as error:
            # Notes that cannot be read are no reason not to answer, but the person must know.
            self._emit(TurnEvent("notice", error.message))
            return ""

    async def _record_reply(self, reply: Reply) -> None:
        extra = {
            "model": reply.model,
            "provider": reply.provider,
            "usage": reply.usage.to_json(),
            "spent_usd": self._spent_usd,
            "stop_reason": reply.stop_reason,
        }
        answer = Message("assistant", reply.text, tool_calls=reply.tool_calls)
        await self.record([_record(self._parts, answer, extra)])

    async def _run_tools(self, reply: Reply) -> None:
        parts = self._parts
        wanted = [(call.name, call.arguments) for call in reply.tool_calls]
        self._past_calls.append(wanted)
        last = self._past_calls[-REPEAT_LIMIT:]
        if len(last) == REPEAT_LIMIT and last.count(wanted) == REPEAT_LIMIT:
            results = [
                Message("tool", STUCK_RESULT, tool_call_id=call.id, name=call.name, is_error=True)
                for call in reply.tool_calls
            ]
        else:
            gated = GatedTools(
                parts.tools, parts.gate, self._session.key, parts.settings.result_limit_bytes, self._emit
            )
            results = await parts.runtime.together([gated.run(call) for call in reply.tool_calls])
        await self.record([_record(parts, result) for result in results])


def _record(parts: TurnParts, message: Message, extra: dict[str, object] | None = None) -> dict[str, object]:
    return message_record(message, parts.runtime.clock.now_s(), extra)


def _spent_usd(session: Session) -> float:
    """What the session has cost so far: its newest assistant record that knows."""
    for record in reversed(session.recent(20)):
        spent = record.get("spent_usd")
        if isinstance(spent, (int, float)):
            return float(spent)
    return 0.0

"""Turns the tool calls of one reply into their result messages. Whatever goes wrong becomes a result to read."""

from __future__ import annotations

from clawft.agent.arguments import tool_arguments
from clawft.agent.truncation import fit
from clawft.core.errors import PolicyDenied, WeftError
from clawft.core.messages import Message, TurnEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.gate import ToolGate
    from clawft.core.interfaces import Emit, Tools
    from clawft.core.messages import ToolCall


class GatedTools:
    """The tools as one session may use them: no call has an effect before the gate has let it through.

    Results are at most `limit_bytes` of JSON.
    """

    def __init__(self, tools: Tools, gate: ToolGate, session: str, limit_bytes: int, emit: Emit) -> None:
        self._tools = tools
        self._gate = gate
        self._session = session
        self._limit_bytes = limit_bytes
        self._emit = emit

    async def run(self, call: ToolCall) -> Message:
        """The tool message that answers a call. Raises nothing but what ends the turn."""
        self._emit(TurnEvent("tool_call", call.arguments, name=call.name))
        is_error = False
        try:
            result = await self._result(call)
            is_error = "error" in result
        except PolicyDenied as denied:
            is_error = True
            result = {"error": denied.message, "denied_by": denied.rule}
        except WeftError as error:
            is_error = True
            result = {"error": error.message}
        text = fit(self._gate.without_secrets(result), self._limit_bytes)
        self._emit(TurnEvent("tool_result", text, name=call.name, is_error=is_error))
        return Message("tool", text, tool_call_id=call.id, name=call.name, is_error=is_error)

    async def _result(self, call: ToolCall) -> dict[str, object]:
        tool = self._tools.find(call.name)
        arguments = tool_arguments(call.arguments, tool.schema.parameters)
        try:
            await self._gate.admit(call, self._session, self._emit, lambda: tool.check(arguments))
            return await tool.call(arguments, self._session)
        except PolicyDenied as denied:
            await self._gate.denied(call, self._session, denied)
            raise

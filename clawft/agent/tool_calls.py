"""Turns the tool calls of one reply into their result messages. Whatever goes wrong becomes a result to read."""

from __future__ import annotations

from clawft.agent.arguments import tool_arguments
from clawft.agent.truncation import fit
from clawft.core.errors import PolicyDenied, WeftError
from clawft.core.messages import Message, TurnEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Emit, Runtime, Tools
    from clawft.core.messages import ToolCall


async def run_tool_calls(
    calls: tuple[ToolCall, ...], tools: Tools, runtime: Runtime, limit_bytes: int, emit: Emit
) -> list[Message]:
    """One tool message for each call, in the order of the calls; they run at the same time where that can be.

    Results are at most `limit_bytes` of JSON.
    """
    return await runtime.together([_run_one(call, tools, limit_bytes, emit) for call in calls])


async def _run_one(call: ToolCall, tools: Tools, limit_bytes: int, emit: Emit) -> Message:
    emit(TurnEvent("tool_call", call.arguments, name=call.name))
    is_error = False
    try:
        tool = tools.find(call.name)
        result = await tool.call(tool_arguments(call.arguments, tool.schema.parameters))
    except PolicyDenied as denied:
        is_error = True
        result = {"error": denied.message, "denied_by": denied.rule}
    except WeftError as error:
        is_error = True
        result = {"error": error.message}
    text = fit(result, limit_bytes)
    emit(TurnEvent("tool_result", text, name=call.name, is_error=is_error))
    return Message("tool", text, tool_call_id=call.id, name=call.name, is_error=is_error)

"""Turns one turn into the JSON object by which programs learn how it ended. Shows nothing itself."""

from __future__ import annotations

from clawft.core.errors import OutputClosed, WeftError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.agent import Agent
    from clawft.core.interfaces import Emit
    from clawft.core.messages import InboundMessage

    Answer = tuple[dict[str, object], WeftError | None]


def no_answer(session: str) -> dict[str, object]:
    """The object before anything is known; `session` is the key of the session."""
    return {
        "reply": None,
        "error": None,
        "usage": None,
        "provider": None,
        "model": None,
        "session": session,
        "iterations": 0,
    }


async def answer_json(agent: Agent, message: InboundMessage, emit: Emit) -> Answer:
    """The object, and what the turn failed with. Raises OutputClosed alone."""
    answer = no_answer(message.channel + ":" + message.chat_id)
    try:
        result = await agent.answer(message, emit)
    except OutputClosed:
        raise
    except WeftError as error:
        return failed(answer, error)
    answer["usage"] = result.usage.to_json()
    answer["iterations"] = result.iterations
    if result.error is not None:
        return failed(answer, result.error)
    answer["reply"] = result.text
    answer["provider"] = result.provider
    answer["model"] = result.model
    return answer, None


def failed(answer: dict[str, object], error: WeftError) -> Answer:
    """The same object, saying what went wrong."""
    answer["error"] = error.message
    return answer, error

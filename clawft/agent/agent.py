"""Answers messages: finds the session a message belongs to and runs the turn. Order and concurrency are the loop's."""

from __future__ import annotations

from clawft.agent.turn import TurnResult, run_turn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.turn import TurnParts
    from clawft.core.interfaces import Emit
    from clawft.core.messages import InboundMessage
    from clawft.core.session import Session, SessionStore

# Sessions kept open between turns, so that a busy chat is not read from disk again for every message.
OPEN_SESSIONS = 256


class Agent:
    """A configured agent. Messages of one chat must be given to it one after another."""

    def __init__(self, parts: TurnParts, sessions: SessionStore) -> None:
        self._parts = parts
        self._sessions = sessions
        self._open: dict[str, Session] = {}

    async def answer(self, message: InboundMessage, emit: Emit) -> TurnResult:
        """Answer one message. Failures of models and tools are in the result; StorageError is raised."""
        return await run_turn(self._parts, await self._session(message.session_key), message, emit)

    async def _session(self, key: str) -> Session:
        session = self._open.pop(key, None)
        if session is None:
            session = await self._sessions.open(key)
            if len(self._open) >= OPEN_SESSIONS:
                self._open.pop(next(iter(self._open)))
        self._open[key] = session
        return session

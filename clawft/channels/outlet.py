"""Turns messages that a model sends besides its answers into lines for who sits at the console."""

from __future__ import annotations

from clawft.channels.console import CHANNEL
from clawft.core.outlet import Outlet

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.session import SessionStore


class ConsoleOutlet(Outlet):
    """The one channel `cli`: its chats are those that have a session. `show` is given a chat and a text."""

    def __init__(self, sessions: SessionStore, show: Callable[[str, str], None]) -> None:
        self._sessions = sessions
        self._show = show

    def channels(self) -> tuple[str, ...]:
        return (CHANNEL,)

    def may_send(self, _channel: str, chat_id: str) -> bool:
        return self._sessions.find(CHANNEL + ":" + chat_id) is not None

    async def send(self, _channel: str, chat_id: str, content: str) -> None:
        self._show(chat_id, content)

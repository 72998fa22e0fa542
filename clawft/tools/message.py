"""Turns what a model asks to say into one message to a chat that its owner knows. Which chats those are, others say."""

from __future__ import annotations

from clawft.core.errors import ChannelError, PolicyDenied, ToolError
from clawft.core.interfaces import Tool
from clawft.core.sanitize import sanitize_content
from clawft.tools.message_schema import MESSAGE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Clock
    from clawft.core.outlet import Outlet

# A person who is told more often than that stops reading; a loop that was talked into it is stopped.
MOST_MESSAGES = 10
PERIOD_S = 60.0
MOST_CONTENT_BYTES = 32 * 1024
LONGEST_NAME = 64
LONGEST_CHAT = 256
SHOWN_CHARACTERS = 80


class SendMessage(Tool):
    """Sends to chats that an outlet knows, at most MOST_MESSAGES a minute in all."""

    schema = MESSAGE

    def __init__(self, outlet: Outlet, clock: Clock) -> None:
        self._outlet = outlet
        self._clock = clock
        self._sent_s: list[float] = []

    async def call(self, arguments: dict[str, object], _session: str = "") -> dict[str, object]:
        channel, chat_id = str(arguments["channel"]), str(arguments["chat_id"])
        self._check_target(channel, chat_id)
        content = sanitize_content(str(arguments["content"])).strip()
        size_bytes = len(content.encode())
        if not content:
            raise ToolError("content: has no visible text; nothing was sent")
        if size_bytes > MOST_CONTENT_BYTES:
            raise ToolError(f"content: has {size_bytes} bytes, expected at most {MOST_CONTENT_BYTES}")
        self._count(channel, chat_id)
        try:
            await self._outlet.send(channel, chat_id, content)
        except ChannelError as error:
            raise ToolError("the message was not sent: " + error.message)
        return {"status": "sent", "channel": channel, "chat_id": chat_id, "content_length": size_bytes}

    def check(self, arguments: dict[str, object]) -> None:
        self._check_target(str(arguments["channel"]), str(arguments["chat_id"]))

    def _check_target(self, channel: str, chat_id: str) -> None:
        """Raises PolicyDenied (message.target), in the same words for a chat that is unknown and one that is not."""
        channels = self._outlet.channels()
        if channel not in channels:
            known = "channels are " + ", ".join(channels) if channels else "there are none here"
            raise PolicyDenied("message.target", _shown(channel, LONGEST_NAME), "no such channel; " + known)
        if not (0 < len(chat_id) <= LONGEST_CHAT and self._outlet.may_send(channel, chat_id)):
            raise PolicyDenied(
                "message.target",
                channel + ":" + _shown(chat_id, SHOWN_CHARACTERS),
                "no chat that is configured or has written to this agent",
            )

    def _count(self, channel: str, chat_id: str) -> None:
        """Raises PolicyDenied (message.rate). What fails to be sent counts too."""
        now_s = self._clock.monotonic_s()
        self._sent_s = [sent_s for sent_s in self._sent_s if now_s - sent_s < PERIOD_S]
        if len(self._sent_s) >= MOST_MESSAGES:
            raise PolicyDenied(
                "message.rate",
                channel + ":" + _shown(chat_id, SHOWN_CHARACTERS),
                f"{MOST_MESSAGES} messages within {PERIOD_S:g} s are the most that is sent",
            )
        self._sent_s.append(now_s)


def _shown(text: str, limit: int) -> str:
    plain = " ".join(sanitize_content(text).split())
    return (plain[:limit] or "(nothing)") + ("..." if len(plain) > limit else "")

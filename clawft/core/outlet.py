"""Where messages may go that answer nobody: an interface, as those in `core/interfaces.py`."""

from __future__ import annotations


class Outlet:
    """Where messages may go: made by whoever runs the channels."""

    def channels(self) -> tuple[str, ...]:
        """The channels that exist, by name; () where there are none to send to."""
        raise NotImplementedError

    def may_send(self, channel: str, chat_id: str) -> bool:
        """Whether a chat of a channel is known: configured, or one that has spoken to us and may."""
        raise NotImplementedError

    async def send(self, channel: str, chat_id: str, content: str) -> None:
        """Hand over one message. Raises ChannelError."""
        raise NotImplementedError

"""`message`: only to chats that are known, only so often, and only what can be seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.errors import ChannelError, PolicyDenied, ToolError
from clawft.core.outlet import Outlet
from clawft.tools.message import MOST_CONTENT_BYTES, MOST_MESSAGES, SendMessage

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime


class TwoChats(Outlet):
    """Telegram with one known chat, and a console with the chat that is open."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.is_broken = False

    def channels(self) -> tuple[str, ...]:
        return ("cli", "telegram")

    def may_send(self, channel: str, chat_id: str) -> bool:
        return (channel, chat_id) in (("cli", "here"), ("telegram", "42"))

    async def send(self, channel: str, chat_id: str, content: str) -> None:
        if self.is_broken:
            raise ChannelError("telegram: not connected")
        self.sent.append((channel, chat_id, content))


class Nowhere(Outlet):
    def channels(self) -> tuple[str, ...]:
        return ()


async def send(tool: SendMessage, channel: str, chat_id: str, content: str = "hi") -> dict[str, object]:
    return await tool.call({"channel": channel, "chat_id": chat_id, "content": content})


async def denied(tool: SendMessage, channel: str, chat_id: str) -> PolicyDenied:
    try:
        await send(tool, channel, chat_id)
    except PolicyDenied as error:
        return error
    raise AssertionError(channel + ":" + chat_id)


async def test_a_known_chat_is_sent_to(runtime: FakeRuntime) -> None:
    outlet = TwoChats()
    result = await send(SendMessage(outlet, runtime.clock), "telegram", "42", "caf\u00e9 \u200b\u202ehi\n")
    assert result == {"status": "sent", "channel": "telegram", "chat_id": "42", "content_length": 8}
    assert outlet.sent == [("telegram", "42", "caf\u00e9 hi")]


async def test_no_other_chat_or_channel_is(runtime: FakeRuntime) -> None:
    outlet = TwoChats()
    tool = SendMessage(outlet, runtime.clock)
    for channel, chat_id in (
        ("telegram", "43"),
        ("telegram", ""),
        ("telegram", "here"),
        ("cli", "42"),
        ("slack", "42"),
        ("Telegram", "42"),
        ("", "42"),
        ("telegram", "4" * 1000),
        ("x\n" * 1000, "42"),
    ):
        error = await denied(tool, channel, chat_id)
        assert error.rule == "message.target"
        assert len(error.message) < 250 and "\n" not in error.message
    assert "channels are cli, telegram" in (await denied(tool, "slack", "1")).message
    assert "there are none here" in (await denied(SendMessage(Nowhere(), runtime.clock), "cli", "1")).message
    assert not outlet.sent


async def test_ten_messages_a_minute_are_the_most(runtime: FakeRuntime) -> None:
    outlet = TwoChats()
    tool = SendMessage(outlet, runtime.clock)
    for _ in range(MOST_MESSAGES):
        await send(tool, "telegram", "42")
        runtime.clock.advance(1.0)
    assert (await denied(tool, "cli", "here")).rule == "message.rate"
    runtime.clock.advance(50.0)  # the first is a minute old
    await send(tool, "cli", "here")
    assert (await denied(tool, "cli", "here")).rule == "message.rate"
    assert len(outlet.sent) == MOST_MESSAGES + 1


async def test_nothing_empty_or_endless_is_sent_and_failures_are_told(runtime: FakeRuntime) -> None:
    outlet = TwoChats()
    tool = SendMessage(outlet, runtime.clock)
    for content, words in (
        ("\u200b \n", "no visible text"),
        ("x" * (MOST_CONTENT_BYTES + 1), "expected at most"),
    ):
        try:
            await send(tool, "cli", "here", content)
        except ToolError as error:
            assert words in error.message
        else:
            raise AssertionError(words)
    await send(tool, "cli", "here", "x" * MOST_CONTENT_BYTES)
    outlet.is_broken = True
    try:
        await send(tool, "cli", "here")
    except ToolError as error:
        assert error.message == "the message was not sent: telegram: not connected"
    else:
        raise AssertionError("it was sent")

"""Turns lines of JSON on standard input into messages on the bus, and answers into lines of JSON on standard output."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.interfaces import Channel
from clawft.core.messages import InboundMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.bus import Bus
    from clawft.core.host import Terminal
    from clawft.core.lines import Lines
    from clawft.core.messages import OutboundMessage

CHANNEL = "cli"
DEFAULT_CHAT = "cli-session"


class Rejected(ValueError):
    """A line of input that is no message."""


class JsonlConsole(Channel):
    """Answers `{"id","chat","message"}` lines with `{"id","chat","reply","error","usage"}` lines as turns end.

    `id` may be any JSON value and is given back; `chat` defaults to `cli-session`. A line that is no message is
    answered with an error too, and counted in `rejected`.
    """

    def __init__(self, lines: Lines, terminal: Terminal) -> None:
        self._lines = lines
        self._terminal = terminal
        # The bus carries ids as text; what the line's author called the message is kept here until its answer.
        self._names: dict[str, object] = {}
        self._count = 0
        self.rejected = 0

    async def receive(self, bus: Bus) -> None:
        number = 0
        while True:
            line = await self._lines.next()
            if line is None:
                return
            number += 1
            if not line.strip():
                continue
            try:
                message = self._message(line)
            except Rejected as rejected:
                self.rejected += 1
                self._write(None, None, None, "line " + str(number) + ": " + str(rejected), None)
            else:
                await bus.inbound.put(message)

    def _message(self, line: bytes) -> InboundMessage:
        try:
            value = json_value(line.decode())
        except ValueError as error:
            raise Rejected("not JSON: " + str(error))
        if not isinstance(value, dict):
            raise Rejected('expected an object such as {"id":1,"chat":"a","message":"hello"}')
        text = value.get("message")
        chat = value.get("chat", DEFAULT_CHAT)
        if not isinstance(text, str) or not text:
            raise Rejected('"message": expected a text that is not empty')
        if not isinstance(chat, str) or not chat:
            raise Rejected('"chat": expected a text that is not empty')
        self._count += 1
        name = str(self._count)
        self._names[name] = value.get("id")
        return InboundMessage(CHANNEL, chat, text, message_id=name)

    def send(self, answer: OutboundMessage) -> None:
        usage = answer.usage.to_json() if answer.usage is not None else None
        reply = None if answer.error else answer.content
        self._write(self._names.pop(answer.reply_to), answer.chat_id, reply, answer.error or None, usage)

    def _write(
        self, name: object, chat: str | None, reply: str | None, error: str | None, usage: object
    ) -> None:
        line = {"id": name, "chat": chat, "reply": reply, "error": error, "usage": usage}
        self._terminal.write(json_text(line) + "\n")

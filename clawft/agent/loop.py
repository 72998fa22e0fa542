"""Takes messages from the bus and puts answers on it: chats at the same time, messages of one chat in order."""

from __future__ import annotations

import asyncio
from collections import deque

from clawft.core.bus import Bus
from clawft.core.errors import WeftError, without_secrets
from clawft.core.messages import OutboundMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.agent import Agent
    from clawft.core.interfaces import Channel
    from clawft.core.messages import InboundMessage, TurnEvent, Usage

# Messages of one chat that may wait for their turn; past this the whole channel waits.
CHAT_LIMIT = 1000


class Loop:
    """Runs turns for whatever comes in, at most `max_concurrent` at a time, until the bus closes."""

    def __init__(self, bus: Bus, agent: Agent, max_concurrent: int) -> None:
        self._bus = bus
        self._agent = agent
        self._max_concurrent = max_concurrent
        self._waiting: dict[str, deque[InboundMessage]] = {}
        # Strong references: a task that only the event loop knows may be collected while it runs.
        self._chats: dict[str, asyncio.Task[None]] = {}
        self._progress = asyncio.Event()
        self.failures = 0

    async def run(self) -> None:
        """Answer messages until the bus's inbound side is closed and every answer is out; then close the other side.

        Cancelling it cancels the turns that run.
        """
        try:
            message = await self._bus.next_inbound()
            while message is not None:
                await self._accept(message)
                message = await self._bus.next_inbound()
            while self._chats:
                await self._next_progress()
        finally:
            for task in list(self._chats.values()):
                task.cancel()
            self._bus.outbound.close()

    async def _accept(self, message: InboundMessage) -> None:
        key = message.session_key
        if key not in self._waiting:
            while len(self._chats) >= self._max_concurrent:
                await self._next_progress()
            self._waiting[key] = deque((), CHAT_LIMIT)
            self._waiting[key].append(message)
            self._chats[key] = asyncio.create_task(self._run_chat(key))
            return
        while key in self._waiting and len(self._waiting[key]) >= CHAT_LIMIT:
            await self._next_progress()
        if key in self._waiting:
            self._waiting[key].append(message)
        else:
            await self._accept(message)

    async def _next_progress(self) -> None:
        self._progress.clear()
        await self._progress.wait()

    async def _run_chat(self, key: str) -> None:
        try:
            waiting = self._waiting[key]
            while waiting:
                message = waiting.popleft()
                self._progress.set()
                await self._answer(message)
        finally:
            self._waiting.pop(key)
            self._chats.pop(key)
            self._progress.set()

    async def _answer(self, message: InboundMessage) -> None:
        try:
            result = await self._agent.answer(message, _discard)
        except WeftError as error:
            outbound = self._failure(message, error.message)
        except Exception as error:  # noqa: BLE001 - one of the four places: a bug in one chat must not end the others
            text = "internal error: " + type(error).__name__ + ": " + str(error)
            outbound = self._failure(message, without_secrets(text))
        else:
            if result.error is not None:
                outbound = self._failure(message, result.error.message, result.usage)
            else:
                outbound = OutboundMessage(
                    message.channel, message.chat_id, result.text, reply_to=message.id, usage=result.usage
                )
        await self._bus.outbound.put(outbound)

    def _failure(self, message: InboundMessage, text: str, usage: Usage | None = None) -> OutboundMessage:
        self.failures += 1
        return OutboundMessage(
            message.channel, message.chat_id, "", reply_to=message.id, error=text, usage=usage
        )


async def serve(agent: Agent, channel: Channel, max_concurrent: int) -> int:
    """Answer what a channel receives until it ends and every answer is delivered. The number of turns that failed."""
    bus = Bus()
    loop = Loop(bus, agent, max_concurrent)
    answering = asyncio.create_task(loop.run())
    sending = asyncio.create_task(_send_all(bus, channel))
    receiving = asyncio.create_task(_receive_all(bus, channel))
    try:
        # Whoever fails first ends the others: a channel that cannot send must not leave turns running for nobody.
        await asyncio.gather(receiving, answering, sending)
    finally:
        for task in (receiving, answering, sending):
            task.cancel()
    return loop.failures


async def _receive_all(bus: Bus, channel: Channel) -> None:
    try:
        await channel.receive(bus)
    finally:
        bus.inbound.close()


async def _send_all(bus: Bus, channel: Channel) -> None:
    answer = await bus.next_outbound()
    while answer is not None:
        channel.send(answer)
        answer = await bus.next_outbound()


def _discard(_event: TurnEvent) -> None:
    pass

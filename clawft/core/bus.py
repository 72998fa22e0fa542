"""Bounded queues between channels and the agent loop: whoever fills one waits until there is room."""

from __future__ import annotations

import asyncio
from collections import deque

from clawft.core.errors import BusFull

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.messages import InboundMessage, OutboundMessage

DEFAULT_LIMIT = 1024


class Queue:
    """First in, first out, at most `limit` items. Closing lets what is inside be taken, then yields None."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self._items: deque[object] = deque((), limit)
        self._limit = limit
        self._is_closed = False
        self._has_items = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()

    def __len__(self) -> int:
        return len(self._items)

    def put_now(self, item: object) -> None:
        """Add an item, or raise BusFull when there is no room or the queue is closed."""
        if self._is_closed or len(self._items) >= self._limit:
            state = "closed" if self._is_closed else "full (" + str(self._limit) + " messages wait)"
            raise BusFull("the queue is " + state + ": try again later")
        self._items.append(item)
        self._has_items.set()
        if len(self._items) >= self._limit:
            self._has_room.clear()

    async def put(self, item: object) -> None:
        """Add an item, waiting for room. Raises BusFull only when the queue is closed."""
        while len(self._items) >= self._limit and not self._is_closed:
            await self._has_room.wait()
        self.put_now(item)

    async def get(self) -> object:
        """The oldest item, None once the queue is closed and empty."""
        while not self._items:
            if self._is_closed:
                return None
            self._has_items.clear()
            await self._has_items.wait()
        item = self._items.popleft()
        self._has_room.set()
        return item

    def close(self) -> None:
        """Take no more items."""
        self._is_closed = True
        self._has_items.set()
        self._has_room.set()


class Bus:
    """The two queues: messages that came in, and messages that go out."""

    def __init__(self, limit: int = DEFAULT_LIMIT) -> None:
        self.inbound = Queue(limit)
        self.outbound = Queue(limit)

    async def next_inbound(self) -> InboundMessage | None:
        """The next message from a channel, None when no more will come."""
        return await self.inbound.get()  # type: ignore[return-value] # only InboundMessages are put there

    async def next_outbound(self) -> OutboundMessage | None:
        """The next message for a channel, None when no more will come."""
        return await self.outbound.get()  # type: ignore[return-value] # only OutboundMessages are put there

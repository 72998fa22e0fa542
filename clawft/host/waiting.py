"""How a runtime waits for descriptors: the whole thread does, or a task under asyncio. POSIX only."""

from __future__ import annotations

import select
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable


class Waiting:
    """Waits for descriptors. Only one task at a time may wait for one of them."""

    async def ready(self, reading: Iterable[int], writing: Iterable[int], until_s: float | None) -> None:
        """Go on when one can be read or written without waiting, or at a moment of the monotonic clock."""
        raise NotImplementedError

    def forget(self, descriptors: Iterable[int]) -> None:
        """Call before closing descriptors that a task may wait for: it goes on, and finds them closed."""
        raise NotImplementedError


class BlockingWaiting(Waiting):
    """The whole thread waits, so nobody can close what is waited for."""

    async def ready(self, reading: Iterable[int], writing: Iterable[int], until_s: float | None) -> None:
        poll = select.poll()
        for descriptor in reading:
            poll.register(descriptor, select.POLLIN)
        for descriptor in writing:
            poll.register(descriptor, select.POLLOUT)
        # Rounded up: a wait that is too short by a fraction is followed by a spin.
        poll.poll(None if until_s is None else max(int((until_s - time.monotonic()) * 1000) + 1, 0))

    def forget(self, descriptors: Iterable[int]) -> None:
        del descriptors

"""What threads ring under asyncio, where pipes cannot be polled: a task waits instead of the thread."""

from __future__ import annotations

import asyncio
import contextlib
import time

from clawft.host.threaded_processes import Bell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


class AsyncioBell(Bell):
    """Several tasks may wait; each looks for itself whether what it waits for has happened."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._waiting: set[asyncio.Future[None]] = set()

    def ring(self) -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(self._wake)

    async def wait(self, is_over: Callable[[], bool], until_s: float | None) -> None:
        # Nothing is missed: a ring comes through the loop, which does not run between this look and the wait.
        while not is_over():
            left_s = 0.0 if until_s is None else until_s - time.monotonic()
            if left_s <= 0 and until_s is not None:
                return
            woken: asyncio.Future[None] = self._loop.create_future()
            self._waiting.add(woken)
            timer = None if until_s is None else self._loop.call_later(left_s, self._wake)
            try:
                await woken
            finally:
                self._waiting.discard(woken)
                if timer is not None:
                    timer.cancel()

    def _wake(self) -> None:
        for woken in self._waiting:
            if not woken.done():
                woken.set_result(None)

"""How a task waits for descriptors under asyncio. POSIX only: Windows's event loop watches none."""

from __future__ import annotations

import asyncio
import time

from clawft.host.waiting import Waiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class AsyncioWaiting(Waiting):
    """Waits side by side with other tasks."""

    def __init__(self) -> None:
        self._wakes: dict[int, Callable[[], None]] = {}

    async def ready(self, reading: Iterable[int], writing: Iterable[int], until_s: float | None) -> None:
        loop = asyncio.get_running_loop()
        woken: asyncio.Future[None] = loop.create_future()
        readers, writers = tuple(reading), tuple(writing)
        if not self._wakes.keys().isdisjoint(readers + writers):
            raise RuntimeError("two tasks wait for one descriptor")

        def wake() -> None:
            if not woken.done():
                woken.set_result(None)

        timer = None if until_s is None else loop.call_later(max(until_s - time.monotonic(), 0.0), wake)
        try:
            for descriptor in readers + writers:
                add = loop.add_reader if descriptor in readers else loop.add_writer
                add(descriptor, wake)
                self._wakes[descriptor] = wake
            await woken
        finally:
            if timer is not None:
                timer.cancel()
            for descriptor in readers + writers:
                self._unwatch(descriptor)

    def forget(self, descriptors: Iterable[int]) -> None:
        for descriptor in descriptors:
            wake = self._wakes.get(descriptor)
            if wake is not None:
                self._unwatch(descriptor)
                wake()

    def _unwatch(self, descriptor: int) -> None:
        # Only what is still ours: once it was closed, its number may be another one's.
        if self._wakes.pop(descriptor, None) is not None:
            loop = asyncio.get_running_loop()
            loop.remove_reader(descriptor)
            loop.remove_writer(descriptor)

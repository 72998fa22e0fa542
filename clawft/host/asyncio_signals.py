"""SIGINT and SIGTERM under asyncio: handed to who waits for them, or ending the work. Knows no work."""

from __future__ import annotations

import asyncio
import signal
import threading

from clawft.core.interfaces import Signals
from clawft.host.signals import NAMES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Self


class AsyncioSignals(Signals):
    """While entered, signals go to who waits in `next`; when nobody does, the first cancels the task that entered."""

    def __init__(self) -> None:
        self.is_cancelling = False
        self._before: dict[int, Any] = {}
        self._waiting: list[asyncio.Future[str]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        if threading.current_thread() is threading.main_thread():
            for number in NAMES:
                # Not loop.add_signal_handler: Windows has none, and it is deaf while the loop is busy.
                self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    async def next(self) -> str:
        told: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting.append(told)
        try:
            return await told
        finally:
            if told in self._waiting:
                self._waiting.remove(told)

    def _receive(self, number: int, _frame: FrameType | None) -> None:
        """Called between two steps of whatever Python runs in the main thread."""
        if self._loop is None:
            return
        if self._waiting:
            told, self._waiting = self._waiting, []
            self._loop.call_soon_threadsafe(self._deliver, told, NAMES[number])
            return
        self._cancel()

    def _deliver(self, told: list[asyncio.Future[str]], name: str) -> None:
        waiting = [future for future in told if not future.done()]
        for future in waiting:
            future.set_result(name)
        if not waiting:  # all were cancelled in the meantime
            self._cancel()

    def _cancel(self) -> None:
        self.is_cancelling = True
        for number in self._before:
            signal.signal(number, signal.SIG_DFL)
        if self._task is not None and self._loop is not None:
            self._loop.call_soon_threadsafe(self._task.cancel)

"""Standard input and signals in our executables: `core.interfaces.InputStream` and `Signals` over `_weft`."""

from __future__ import annotations

import _weft

from clawft.core.errors import StorageError
from clawft.core.interfaces import INTERRUPT, TERMINATE, InputStream, Signals
from clawft.core.storage_errors import cause_of
from clawft.embedded.loop import current_task, wake
from clawft.embedded.waiting import pause, ready

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.embedded.loop import Task

_READ_BYTES = 65536
_NAMES = {2: INTERRUPT, 15: TERMINATE}


class StandardInput(InputStream):
    """The standard input of this process, opened when it is first read."""

    async def read(self) -> bytes:
        try:
            handle = _weft.standard_input()
            data = _weft.read(handle, _READ_BYTES)
            while data is None:
                await ready(handle)
                data = _weft.read(handle, _READ_BYTES)
        except OSError as error:
            raise StorageError("standard input cannot be read: " + cause_of(error))
        piece: bytes = data
        return piece


class LoneSignals(Signals):
    """Signals where there is no event loop: nothing else is waited for meanwhile."""

    async def next(self) -> str:
        handle = _weft.signals()
        numbers = _weft.read(handle, 1)
        while not numbers:
            await ready(handle)
            numbers = _weft.read(handle, 1)
        return _NAMES[numbers[0]]


class LoopSignals(Signals):
    """Signals that the event loop hands over (`deliver`) to the tasks that wait for them."""

    def __init__(self) -> None:
        self._waiting: list[_Waiter] = []

    async def next(self) -> str:
        waiter = _Waiter()
        self._waiting.append(waiter)
        try:
            while not waiter.name:
                waiter.task.place = waiter
                await pause()
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)
        return waiter.name

    def deliver(self, number: int) -> bool:
        """Tell those who wait; False if nobody does."""
        told = [waiter for waiter in self._waiting if not waiter.is_cancelled]
        self._waiting = []
        for waiter in told:
            waiter.name = _NAMES[number]
            wake(waiter.task)
        return bool(told)


class _Waiter:
    """A task that waits for a signal, and the one it got."""

    __slots__ = ("is_cancelled", "name", "task")

    def __init__(self) -> None:
        self.task: Task = current_task()
        self.name = ""
        self.is_cancelled = False

    def remove(self, _task: Task) -> None:
        """Called when the task is cancelled: a signal that comes before it has ended is not for it."""
        self.is_cancelled = True

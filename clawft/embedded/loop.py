"""The event loop of our executables: tasks that wait for handles, times and each other, all in `_weft.wait`.

It stands in for `asyncio` (`shims/asyncio.py`), with the few names that `core/bus.py` and `agent/loop.py` use and
their CPython meaning. What a task can wait for stands in `waiting.py`. Here is no I/O and no policy.
"""

from __future__ import annotations

import heapq

import _weft

from clawft.embedded.waiting import ms_until, pause

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from clawft.embedded.waiting import Asked, Coroutine

# A pass that found work to do asks the system for news only so often: each question is a system call.
_PASSES_WITHOUT_NEWS = 8


class CancelledError(BaseException):
    """Thrown into a task that was cancelled, where it waits."""


class Task:
    """A coroutine that runs beside others. Awaiting it gives its result, or raises what it raised."""

    __slots__ = (
        "_coroutine",
        "_error",
        "_is_done",
        "_thrown",
        "_value",
        "is_limited",
        "is_queued",
        "place",
        "waiting",
    )

    def __init__(self, coroutine: Coroutine) -> None:
        self._coroutine = coroutine
        self._is_done = False
        self.is_queued = False
        self.is_limited = False  # whether it waits for several things at once
        self._value: Any = None
        self._error: BaseException | None = None
        self._thrown: BaseException | None = None
        self.place: Any = None  # what it waits in: anything with `remove(task)`
        self.waiting: list[Task] = []  # tasks that wait for this one

    def done(self) -> bool:
        return self._is_done

    def cancel(self) -> bool:
        """Throw CancelledError into it where it waits; False if it has ended."""
        if self._is_done:
            return False
        self._thrown = CancelledError()
        if self.place is not None:
            self.place.remove(self)
        _loop.wake(self)
        return True

    def result(self) -> Any:  # noqa: ANN401 - what the coroutine returned
        """What it returned; raises what it raised. Only for a task that is done."""
        if self._error is not None:
            raise self._error
        return self._value

    def step(self) -> Asked | None:
        """Run to the next wait; what it waits for."""
        thrown = self._thrown
        self._thrown = None
        try:
            asked: Asked | None = (
                self._coroutine.send(None) if thrown is None else self._coroutine.throw(thrown)
            )
        except StopIteration as end:
            self._end(end.value, None)
        except (KeyboardInterrupt, SystemExit) as error:
            self._end(None, error)
            raise
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever awaits this task
            self._end(None, error)
        else:
            return asked
        return None

    def _end(self, value: Any, error: BaseException | None) -> None:  # noqa: ANN401 - what the coroutine returned
        self._value = value
        self._error = error
        self._is_done = True
        for task in self.waiting:
            task.place = None
            _loop.wake(task)
        self.waiting = []

    def __await__(self) -> Any:  # noqa: ANN401 - an iterator for the driver
        return _Gathering([self], is_list=False)

    def __iter__(self) -> Any:  # noqa: ANN401 - as `__await__`
        return _Gathering([self], is_list=False)


class _Gathering:
    """Awaited, it goes on when all of its tasks have ended, or one has failed; cancelled, it cancels them."""

    __slots__ = ("_is_list", "_tasks")

    def __init__(self, tasks: list[Task], *, is_list: bool) -> None:
        self._tasks = tasks
        self._is_list = is_list

    def __await__(self) -> Any:  # noqa: ANN401 - an iterator for the driver
        return self

    def __iter__(self) -> _Gathering:
        return self

    def __next__(self) -> None:
        missing = [task for task in self._tasks if not task.done()]
        for task in self._tasks:
            if task.done():
                task.result()
        if not missing:
            values = [task.result() for task in self._tasks]
            raise StopIteration(values if self._is_list else values[0])
        current = _loop.current
        for task in missing:
            if current not in task.waiting:
                task.waiting.append(current)
        current.place = self

    def remove(self, waiting: Task) -> None:
        """Called when the task that waits here is cancelled."""
        for task in self._tasks:
            if waiting in task.waiting:
                task.waiting.remove(waiting)
            task.cancel()


class Event:
    """A flag that tasks can wait for."""

    def __init__(self) -> None:
        self._is_set = False
        self._waiting: list[Task] = []

    def is_set(self) -> bool:
        return self._is_set

    def set(self) -> None:
        self._is_set = True
        for task in self._waiting:
            task.place = None
            _loop.wake(task)
        self._waiting = []

    def clear(self) -> None:
        self._is_set = False

    async def wait(self) -> bool:
        """As asyncio's: set once is enough, even if it is cleared before this task runs again."""
        if not self._is_set:
            self._waiting.append(_loop.current)
            _loop.current.place = self._waiting
            await pause()
        return True


class _Loop:
    """What is to run, and what waits for what. `current` is the task that runs."""

    def __init__(self) -> None:
        self.current: Any = None
        self._queued: list[Task] = []
        self._at_end: list[Callable[[], None]] = []
        self._by_handle: dict[int, Task] = {}
        self._timers: list[tuple[float, int, Task]] = []
        self._count = 0
        self._tasks: list[Task] = []

    def start(self, coroutine: Coroutine) -> Task:
        task = Task(coroutine)
        self._tasks.append(task)
        self.wake(task)
        return task

    def wake(self, task: Task) -> None:
        """Let a task run in the next pass."""
        task.place = None
        if not task.is_queued:
            task.is_queued = True
            self._queued.append(task)

    def after_pass(self, work: Callable[[], None]) -> None:
        """Call something once, when every task that can run now has run."""
        self._at_end.append(work)

    def remove(self, task: Task) -> None:
        """Forget what a task waits for in the system: it was cancelled."""
        for handle in list(self._by_handle):
            if self._by_handle[handle] is task:
                del self._by_handle[handle]
        kept = [timer for timer in self._timers if timer[2] is not task]
        if len(kept) != len(self._timers):
            self._timers = kept
            heapq.heapify(self._timers)

    def drive(self, main: Task, on_signal: Callable[[int], None]) -> None:
        """Run all tasks until one has ended."""
        signals = _weft.signals()
        passes = 0
        while not main.done():
            self._pass()
            passes += 1
            if main.done() or (self._queued and passes % _PASSES_WITHOUT_NEWS):
                continue
            self._take_news(signals, on_signal)

    def _pass(self) -> None:
        queued = self._queued
        self._queued = []
        queued.reverse()
        try:
            while queued:
                self._step(queued.pop())
        finally:
            # Only where an interrupt ended the pass: the others are still to be cancelled.
            queued.reverse()
            self._queued = queued + self._queued
        self.current = None
        if not self._queued and self._at_end:
            at_end = self._at_end
            self._at_end = []
            for work in at_end:
                work()

    def _step(self, task: Task) -> None:
        task.is_queued = False
        if task.done():
            return
        self.current = task
        asked = None
        try:
            asked = task.step()
        finally:
            if task.done():
                self._tasks.remove(task)
        if asked is not None:
            self._wait(task, asked)

    def _wait(self, task: Task, asked: Asked) -> None:
        task.place = self
        task.is_limited = isinstance(asked, tuple)
        for one in asked if isinstance(asked, tuple) else (asked,):
            if isinstance(one, int):
                self._wait_for(task, one)
            else:
                self._wait_until(task, one)

    def _wait_for(self, task: Task, asked: int) -> None:
        if asked in self._by_handle:
            raise RuntimeError("two tasks wait for one handle")
        self._by_handle[asked] = task
        if asked >= 0:
            _weft.want_read(asked, True)
        else:
            _weft.want_write(~asked, True)
            # What comes meanwhile and nobody reads must not end every wait.
            _weft.want_read(~asked, ~asked in self._by_handle)

    def _wait_until(self, task: Task, moment_s: float) -> None:
        self._count += 1
        heapq.heappush(self._timers, (moment_s, self._count, task))

    def _arrived(self, task: Task) -> None:
        """What a task waited for has happened."""
        if task.is_limited:
            task.is_limited = False
            self.remove(task)
        self.wake(task)

    def _take_news(self, signals: int, on_signal: Callable[[int], None]) -> None:
        timeout_ms = -1
        if self._queued:
            timeout_ms = 0
        elif self._timers:
            timeout_ms = ms_until(self._timers[0][0])
        for handle in _weft.wait(timeout_ms):
            if handle == signals:
                for number in _weft.read(signals, 16) or b"":
                    on_signal(number)
            else:
                self._happened(handle)
        while self._timers and ms_until(self._timers[0][0]) == 0:
            self._arrived(heapq.heappop(self._timers)[2])

    def _happened(self, handle: int) -> None:
        """A handle can be read or written, which is not known: who waits for either tries."""
        reader = self._by_handle.pop(handle, None)
        writer = self._by_handle.pop(~handle, None)
        if reader is not None:
            self._arrived(reader)
        else:
            # Nobody waits for it just now: it must not end every wait at once.
            _weft.want_read(handle, False)
        if writer is not None:
            self._arrived(writer)
        _weft.want_write(handle, False)

    def release(self, handle: int) -> None:
        """Let the tasks go on that wait for a handle: it is about to be closed."""
        for asked in (handle, ~handle):
            if asked in self._by_handle:
                self._arrived(self._by_handle.pop(asked))

    def end(self, on_signal: Callable[[int], None]) -> None:
        """Cancel what still runs, and let it clean up."""
        for task in list(self._tasks):
            task.cancel()
        while self._tasks:
            self.drive(self._tasks[0], on_signal)


_loop = _Loop()


def create_task(coroutine: Coroutine) -> Task:
    """Run a coroutine beside the others."""
    return _loop.start(coroutine)


def current_task() -> Task:
    """The task that runs."""
    task: Task = _loop.current
    return task


def wake(task: Task) -> None:
    """Let a task that paused go on."""
    _loop.wake(task)


def release(handle: int) -> None:
    """Let the tasks go on that wait for a handle, as if something had happened: it is about to be closed."""
    _loop.release(handle)


def after_pass(work: Callable[[], None]) -> None:
    """Call something once, when every task that can run now has run: what they asked for can then be done together."""
    _loop.after_pass(work)


def gather(*work: Any) -> _Gathering:  # noqa: ANN401 - tasks and coroutines
    """Awaited, the results of tasks and coroutines in order. The first failure is raised, the others go on."""
    return _Gathering([one if isinstance(one, Task) else create_task(one) for one in work], is_list=True)


def run(coroutine: Coroutine, on_signal: Callable[[Task, int], None]) -> Any:  # noqa: ANN401 - what it returns
    """Run a coroutine to its end, then cancel what else runs. `on_signal` gets the coroutine's task and each signal."""
    global _loop  # noqa: PLW0603 - one loop at a time, as one thread has it
    _loop = _Loop()
    main = _loop.start(coroutine)

    def receive(number: int) -> None:
        on_signal(main, number)

    try:
        _loop.drive(main, receive)
    finally:
        _loop.end(receive)
    return main.result()

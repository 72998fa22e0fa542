"""Durable appends for the event loop: all that wait are written, then synced together. No file format.

While one batch is on its way to the disk the next one gathers, so chats that run at the same time share the wait.
That is on a quick disk in the event loop itself, since handing it to a thread and back takes longer than the disk; on
a slow one (or behind another process's lock) in a thread, so that no chat waits for another one's disk.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from clawft.core.errors import StorageError
from clawft.core.files import BlockingFiles
from clawft.core.group_commit import RETRY_S, Append, commit
from clawft.host import system_calls

SYNCS_AT_ONCE = 4
# What a file may keep the event loop waiting. An SSD needs a fifth of it, an SD card ten times as much.
QUICK_S = 0.001


class _Append(Append):
    """An append and the future that waits for it."""

    __slots__ = ("future", "loop")

    def __init__(self, path: str, data: bytes, expected_bytes: int, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(system_calls, path, data, expected_bytes)
        self.loop = loop
        self.future: asyncio.Future[int] = loop.create_future()


class CommittingFiles(BlockingFiles):
    """Files for asyncio. Call `close` before the loop ends; what is not acknowledged by then may be lost.

    A task that is cancelled while it waits does not stop its append: it happens whole or not at all.
    """

    def __init__(self) -> None:
        super().__init__(system_calls, time.sleep)
        self._queue: queue.SimpleQueue[_Append | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._gathered: list[_Append] = []
        self._in_thread = 0
        self._syncers = ThreadPoolExecutor(SYNCS_AT_ONCE - 1, "syncer")  # its threads start when first needed
        # Assumed until a disk has shown what it can: the first append is made before anybody else is there to wait.
        self._is_quick = True

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        append = _Append(path, data, expected_bytes, asyncio.get_running_loop())
        # What the thread has not finished goes first, or the appends of one file could change places.
        if self._in_thread or not self._is_quick:
            self._hand_over([append])
        else:
            self._gathered.append(append)
            if len(self._gathered) == 1:
                append.loop.call_soon(self._commit_here)
        return await append.future

    def _commit_here(self) -> None:
        """Commit what every task that could run has brought together in the meantime."""
        appends, self._gathered = self._gathered, []
        self._commit(appends)
        _resolve([append for append in appends if append.outcome is not None])
        self._hand_over([append for append in appends if append.outcome is None])

    def _commit(self, appends: list[_Append]) -> None:
        started_s = time.monotonic()
        commit(system_calls, self._sync_all, appends)
        files = len({append.path for append in appends})
        self._is_quick = time.monotonic() - started_s < QUICK_S * max(files, 1)

    def _sync_all(self, fds: list[int]) -> list[tuple[int, str] | None]:
        """A disk can sync several files in little more time than one: its journal takes them together."""
        others = [
            self._syncers.submit(_synced, fds[first::SYNCS_AT_ONCE])
            for first in range(1, min(SYNCS_AT_ONCE, len(fds)))
        ]
        found: list[tuple[int, str] | None] = [None] * len(fds)
        found[::SYNCS_AT_ONCE] = _synced(fds[::SYNCS_AT_ONCE])
        for first, other in enumerate(others, 1):
            found[first::SYNCS_AT_ONCE] = other.result()
        return found

    def _hand_over(self, appends: list[_Append]) -> None:
        if appends and (self._thread is None or not self._thread.is_alive()):
            self._thread = threading.Thread(target=self._work, name="committer", daemon=True)
            self._thread.start()
        for append in appends:
            self._in_thread += 1
            self._queue.put(append)

    def _back(self, appends: list[_Append]) -> None:
        self._in_thread -= len(appends)
        _resolve(appends)

    def _acknowledge(self, appends: list[_Append]) -> None:
        """Called in the thread: let the event loop tell those who wait."""
        by_loop: dict[asyncio.AbstractEventLoop, list[_Append]] = {}
        for append in appends:
            by_loop.setdefault(append.loop, []).append(append)
        for loop, acknowledged in by_loop.items():
            try:
                loop.call_soon_threadsafe(self._back, acknowledged)
            except RuntimeError:
                self._in_thread -= len(
                    acknowledged
                )  # the loop has ended: nobody is left to be told, or to count

    async def close(self) -> None:
        """Finish every append that was handed over, and end the thread. May be called twice."""
        if self._gathered:
            self._commit_here()
        thread = self._thread
        if thread is not None:
            self._thread = None
            self._queue.put(None)
            await asyncio.get_running_loop().run_in_executor(None, thread.join)
        self._syncers.shutdown()

    def _work(self) -> None:
        waiting: list[_Append] = []
        is_open = True
        try:
            while is_open or waiting:
                is_open = self._gather(waiting) and is_open
                self._commit(waiting)
                self._acknowledge([append for append in waiting if append.outcome is not None])
                waiting = [append for append in waiting if append.outcome is None]
        finally:
            for append in waiting:  # only if this thread dies of a fault of ours: nobody may wait for ever
                append.outcome = StorageError(f"{append.path}: the writing thread has failed; start again")
            self._acknowledge(waiting)

    def _gather(self, waiting: list[_Append]) -> bool:
        """Add all that is queued, waiting for it if nothing else is left to do. False when no more will come."""
        try:
            append = self._queue.get(timeout=RETRY_S if waiting else None)
            while append is not None:
                waiting.append(append)
                append = self._queue.get_nowait()
        except queue.Empty:
            return True
        return False


def _synced(fds: list[int]) -> list[tuple[int, str] | None]:
    found: list[tuple[int, str] | None] = []
    for fd in fds:
        try:
            system_calls.fd_sync(fd)
        except OSError as error:
            found.append((error.errno or 0, error.strerror or ""))
        else:
            found.append(None)
    return found


def _resolve(appends: list[_Append]) -> None:
    for append in appends:
        if append.future.done():
            continue  # cancelled
        if isinstance(append.outcome, int):
            append.future.set_result(append.outcome)
        elif append.outcome is not None:
            append.future.set_exception(append.outcome)

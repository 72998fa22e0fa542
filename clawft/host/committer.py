"""Durable appends for the event loop: all that wait are written, then synced together. No file format.

Group commit: while one batch is on its way to the disk the next one gathers, so chats that run at the same time
share the wait. An append counts only when its file is synced, wherever that is done: on a quick disk in the event
loop itself, since handing it to a thread and back takes longer than the disk; on a slow one (or behind another
process's lock) in a thread, so that no chat waits for another one's disk.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from clawft.core.errors import FileChanged, StorageError
from clawft.core.storage_errors import FileBusy
from clawft.host.files import BlockingFiles
from clawft.host.locked_file import LOCK_WAIT_S, open_locked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.host.locked_file import LockedFile

# As many files are open at once: far below the usual limit of 256 (macOS) to 1024 descriptors.
FILES_AT_ONCE = 64
RETRY_S = 0.005
SYNCS_AT_ONCE = 4
# What a file may keep the event loop waiting. An SSD needs a fifth of it, an SD card ten times as much.
QUICK_S = 0.001


class _Append:
    """One append on its way. `outcome` is the new size or the error, None as long as neither is known."""

    __slots__ = ("data", "deadline_s", "expected_bytes", "future", "loop", "outcome", "path")

    def __init__(self, path: str, data: bytes, expected_bytes: int, loop: asyncio.AbstractEventLoop) -> None:
        self.path = path
        self.data = data
        self.expected_bytes = expected_bytes
        self.loop = loop
        self.future: asyncio.Future[int] = loop.create_future()
        self.deadline_s = time.monotonic() + LOCK_WAIT_S
        self.outcome: int | StorageError | None = None


class CommittingFiles(BlockingFiles):
    """Files for asyncio. Call `close` before the loop ends; what is not acknowledged by then may be lost.

    A task that is cancelled while it waits does not stop its append: it happens whole or not at all.
    """

    def __init__(self) -> None:
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
        _commit(appends, self._syncers)
        files = len({append.path for append in appends})
        self._is_quick = time.monotonic() - started_s < QUICK_S * max(files, 1)

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


def _commit(appends: list[_Append], syncers: ThreadPoolExecutor) -> None:
    """Give appends their outcome, in order for each file; those to a file locked elsewhere stay without one."""
    by_path: dict[str, list[_Append]] = {}
    for append in appends:
        by_path.setdefault(append.path, []).append(append)
    paths = list(by_path)
    for start in range(0, len(paths), FILES_AT_ONCE):
        written: list[tuple[LockedFile, list[_Append]]] = []
        try:
            for path in paths[start : start + FILES_AT_ONCE]:
                _write(path, by_path[path], written)
            if len(written) > 1:
                # A disk can sync several files in little more time than one: its journal takes them together.
                parts = [written[first::SYNCS_AT_ONCE] for first in range(1, SYNCS_AT_ONCE)]
                others = [syncers.submit(_sync_each, part) for part in parts if part]
                _sync_each(written[::SYNCS_AT_ONCE])
                for other in others:
                    other.result()
            else:
                _sync_each(written)
        finally:
            for locked, _ in written:
                locked.close()


def _write(path: str, appends: list[_Append], written: list[tuple[LockedFile, list[_Append]]]) -> None:
    locked = None
    done: list[_Append] = []
    for append in appends:
        try:
            if locked is None:
                locked = open_locked(path, may_create=append.expected_bytes == 0, wait_s=0)
                if locked is None:
                    raise FileChanged(path, 0)
                written.append((locked, done))
            locked.expect(append.expected_bytes)
            locked.append(append.data)
            done.append(append)
        except FileBusy as error:
            if time.monotonic() < append.deadline_s:
                return  # with all that follow for this file: order is kept
            append.outcome = error
        except StorageError as error:
            append.outcome = error


def _sync_each(written: list[tuple[LockedFile, list[_Append]]]) -> None:
    for locked, done in written:
        _sync(locked, done)


def _sync(locked: LockedFile, done: list[_Append]) -> None:
    if not done:
        return
    try:
        locked.sync()
    except StorageError as error:
        for append in done:
            append.outcome = StorageError(error.message)
        return
    for append in done:
        append.outcome = append.expected_bytes + len(append.data)


def _resolve(appends: list[_Append]) -> None:
    for append in appends:
        if append.future.done():
            continue  # cancelled
        if isinstance(append.outcome, int):
            append.future.set_result(append.outcome)
        elif append.outcome is not None:
            append.future.set_exception(append.outcome)

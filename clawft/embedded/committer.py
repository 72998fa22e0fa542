"""Durable appends for the event loop: all that tasks ask for in one pass are written, then synced. No file format.

Group commit: whatever could run has run before the disk is waited for, so chats that run at the same time share the
wait. An append counts only when its file is synced.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import FileChanged, StorageError
from clawft.core.storage_errors import FileBusy
from clawft.embedded.files import BlockingFiles
from clawft.embedded.locked_file import LOCK_WAIT_S, open_locked
from clawft.embedded.loop import after_pass, create_task, current_task, now_s, pause, sleep, wake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.embedded.locked_file import LockedFile
    from clawft.embedded.loop import Task

# As many files are open at once: far below the usual limit of 256 (macOS) to 1024 descriptors.
FILES_AT_ONCE = 64
RETRY_S = 0.005


class _Append:
    """One append on its way. `outcome` is the new size or the error, None as long as neither is known."""

    __slots__ = ("data", "deadline_s", "expected_bytes", "outcome", "path", "task")

    def __init__(self, path: str, data: bytes, expected_bytes: int) -> None:
        self.path = path
        self.data = data
        self.expected_bytes = expected_bytes
        self.task: Task | None = current_task()
        self.deadline_s = now_s() + LOCK_WAIT_S
        self.outcome: int | StorageError | None = None

    def remove(self, _task: Task) -> None:
        """Called when the task that waits here is cancelled: the append happens all the same."""
        self.task = None


class CommittingFiles(BlockingFiles):
    """Files for the event loop. Call `commit` before it ends; what is not acknowledged by then may be lost.

    A task that is cancelled while it waits does not stop its append: it happens whole or not at all.
    """

    def __init__(self) -> None:
        self._gathered: list[_Append] = []
        self._is_due = False

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        append = _Append(path, data, expected_bytes)
        self._gathered.append(append)
        self._make_due()
        while append.outcome is None:
            current_task().place = append
            await pause()
        if isinstance(append.outcome, StorageError):
            raise append.outcome
        return append.outcome

    def _make_due(self) -> None:
        if not self._is_due:
            self._is_due = True
            after_pass(self._commit)

    def _commit(self) -> None:
        self._is_due = False
        if self.commit():
            create_task(self._again())

    async def _again(self) -> None:
        await sleep(RETRY_S)
        self._make_due()

    def commit(self) -> bool:
        """Commit all that is gathered. True if a file was locked by another process: those wait on."""
        appends = self._gathered
        self._gathered = []
        _commit(appends)
        for append in appends:
            if append.outcome is None:
                self._gathered.append(append)
            elif append.task is not None:
                wake(append.task)
        return bool(self._gathered)


def _commit(appends: list[_Append]) -> None:
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
            _sync_all(written)
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
            if now_s() < append.deadline_s:
                return  # with all that follow for this file: order is kept
            append.outcome = error
        except StorageError as error:
            append.outcome = error


def _sync_all(written: list[tuple[LockedFile, list[_Append]]]) -> None:
    """Make files durable together, and their new names with them. What fails is cut off again."""
    changed = [(locked, done) for locked, done in written if done]
    failures = _weft.sync_all([locked.fd for locked, _ in changed]) if len(changed) > 1 else ()
    for index, (locked, done) in enumerate(changed):
        try:
            if failures:
                locked.sync(is_synced=True, failure=failures[index])
            else:
                locked.sync()
        except StorageError as error:
            for append in done:
                append.outcome = StorageError(error.message)
            continue
        for append in done:
            append.outcome = append.expected_bytes + len(append.data)

"""Durable appends for the event loop: all that tasks ask for in one pass are written, then synced. No file format.

Whatever could run has run before the disk is waited for, so chats that run at the same time share the wait.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import StorageError
from clawft.core.files import BlockingFiles
from clawft.core.group_commit import RETRY_S, Append, commit
from clawft.embedded.loop import after_pass, create_task, current_task, wake
from clawft.embedded.waiting import pause, pause_alone, sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.embedded.loop import Task


class _Append(Append):
    """An append and the task that waits for it, None once that was cancelled."""

    __slots__ = ("task",)

    def __init__(self, path: str, data: bytes, expected_bytes: int) -> None:
        super().__init__(_weft, path, data, expected_bytes)
        self.task: Task | None = current_task()

    def remove(self, _task: Task) -> None:
        """Called when the task that waits here is cancelled: the append happens all the same."""
        self.task = None


class CommittingFiles(BlockingFiles):
    """Files for the event loop. Call `commit` before it ends; what is not acknowledged by then may be lost.

    A task that is cancelled while it waits does not stop its append: it happens whole or not at all.
    """

    def __init__(self) -> None:
        super().__init__(_weft, pause_alone)
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
        commit(_weft, _weft.sync_all, appends)
        for append in appends:
            if append.outcome is None:
                self._gathered.append(append)
            elif append.task is not None:
                wake(append.task)
        return bool(self._gathered)

"""Durable appends of many tasks: all are written, then synced together, and each learns what came of it. No waiting.

An append counts only when its file is synced. When to commit, and who is told, is for each runtime's committer.
"""

from __future__ import annotations

from clawft.core.errors import FileChanged, StorageError
from clawft.core.locked_file import LOCK_WAIT_MS, open_locked
from clawft.core.storage_errors import FileBusy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from clawft.core.locked_file import LockedFile
    from clawft.core.system_calls import SystemCalls

    # For each of some descriptors None once it is on the disk, or the errno and text of its failure.
    SyncAll = Callable[[list[int]], Sequence[tuple[int, str] | None]]

# As many files are open at once: far below the usual limit of 256 (macOS) to 1024 descriptors.
FILES_AT_ONCE = 64
RETRY_S = 0.005


class Append:
    """One append on its way. `outcome` is the new size or the error, None as long as neither is known."""

    __slots__ = ("data", "deadline_ms", "expected_bytes", "outcome", "path")

    def __init__(self, calls: SystemCalls, path: str, data: bytes, expected_bytes: int) -> None:
        self.path = path
        self.data = data
        self.expected_bytes = expected_bytes
        self.deadline_ms = calls.monotonic_ms() + LOCK_WAIT_MS
        self.outcome: int | StorageError | None = None


def commit(calls: SystemCalls, sync_all: SyncAll, appends: Sequence[Append]) -> None:
    """Give appends their outcome, in order for each file; those to a file locked elsewhere stay without one."""
    by_path: dict[str, list[Append]] = {}
    for append in appends:
        by_path.setdefault(append.path, []).append(append)
    paths = list(by_path)
    for start in range(0, len(paths), FILES_AT_ONCE):
        written: list[tuple[LockedFile, list[Append]]] = []
        try:
            for path in paths[start : start + FILES_AT_ONCE]:
                _write(calls, path, by_path[path], written)
            _sync(sync_all, [(locked, done) for locked, done in written if done])
        finally:
            for locked, _ in written:
                locked.close()


def _write(
    calls: SystemCalls, path: str, appends: list[Append], written: list[tuple[LockedFile, list[Append]]]
) -> None:
    locked = None
    done: list[Append] = []
    for append in appends:
        try:
            if locked is None:
                locked = open_locked(calls, path, None, may_create=append.expected_bytes == 0)
                if locked is None:
                    raise FileChanged(path, 0)
                written.append((locked, done))
            locked.expect(append.expected_bytes)
            locked.append(append.data)
            done.append(append)
        except FileBusy as error:
            if calls.monotonic_ms() < append.deadline_ms:
                return  # with all that follow for this file: order is kept
            append.outcome = error
        except StorageError as error:
            append.outcome = error


def _sync(sync_all: SyncAll, written: list[tuple[LockedFile, list[Append]]]) -> None:
    """Make files durable together, and their new names with them. What fails is cut off again."""
    failures = sync_all([locked.fd for locked, _ in written]) if len(written) > 1 else None
    for index, (locked, done) in enumerate(written):
        try:
            if failures is None:
                locked.sync()
            else:
                locked.settle(failures[index])
        except StorageError as error:
            for append in done:
                append.outcome = StorageError(error.message)
            continue
        for append in done:
            append.outcome = append.expected_bytes + len(append.data)

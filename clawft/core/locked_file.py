"""A file under its lock, for durable appends, and the steps that all our file code shares. Knows no file format.

Written over `core.system_calls.SystemCalls`, on every runtime and system; where systems differ, it says why.
"""

from __future__ import annotations

import errno

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import FileStat
from clawft.core.storage_errors import file_busy, is_one_of, storage_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Final

    from clawft.core.system_calls import Facts, Pause, SystemCalls

LOCK_WAIT_MS = 10_000
TEMPORARY_PREFIX = ".weft-"
TEMPORARY_SUFFIX = ".tmp"
ABSENT = ("ENOENT", "ENOTDIR")
READ_BYTES = 65536
# Where facts have what.
KIND: Final = 0
SIZE: Final = 1
MODIFIED: Final = 2
DEVICE: Final = 3
INODE: Final = 4
LINKS: Final = 5
MODE: Final = 6


def is_windows(calls: SystemCalls) -> bool:
    return calls.system() == "windows"


def split(calls: SystemCalls, path: str) -> tuple[str, str]:
    """The folder a path is in, without a slash at its end unless it is the root, and the name in it."""
    end = max(path.rfind("/"), path.rfind("\\") if is_windows(calls) else -1)
    if end < 0:
        return ".", path
    return path[: end or 1], path[end + 1 :]


def joined(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else folder + "/" + name


def write_all(calls: SystemCalls, fd: int, data: bytes) -> None:
    """Every byte, however many calls it takes (a signal or a nearly full disk shortens a write)."""
    done = calls.fd_write(fd, data)
    while done < len(data):
        done += calls.fd_write(fd, memoryview(data)[done:])


def read_all(calls: SystemCalls, fd: int) -> bytes:
    """What is left in an open file."""
    parts = []
    part = calls.fd_read(fd, READ_BYTES)
    while part:
        parts.append(part)
        part = calls.fd_read(fd, READ_BYTES)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def sync_folder(calls: SystemCalls, folder: str | int) -> None:
    """Make the names in a folder, given by path or descriptor, durable where the file system can."""
    if is_windows(calls):
        return  # it has no such call: its file systems journal names
    if isinstance(folder, str):
        fd = calls.open(folder, calls.O_RDONLY | calls.O_DIRECTORY, 0)
        try:
            sync_folder(calls, fd)
        finally:
            calls.fd_close(fd)
        return
    try:
        calls.folder_sync(folder)
    except OSError as error:
        # Some network and FUSE file systems refuse to sync folders; there is nothing better to do there.
        if not is_one_of(error, ("EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EROFS")):
            raise


def new_file_flags(calls: SystemCalls) -> int:
    """To open a file for writing that nobody else has made."""
    return calls.O_WRONLY | calls.O_CREAT | calls.O_EXCL | calls.O_NOFOLLOW


def is_temporary(name: str) -> bool:
    """If a file is an unfinished write of ours."""
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)


def fact(found: Facts) -> FileStat:
    kind = found[KIND]
    return FileStat(
        kind if kind in {"file", "folder"} else "other", found[SIZE], found[MODIFIED], found[MODE]
    )


def is_same(found: Facts, other: Facts) -> bool:
    """Whether two facts are of one file, whatever its name."""
    return found[DEVICE] == other[DEVICE] and found[INODE] == other[INODE]


def _wait_for_lock(calls: SystemCalls, fd: int, path: str, pause: Pause | None) -> None:
    """Polls, because a wait in the kernel could not be given up: a stopped process must not stop this one."""
    deadline_ms = None
    pause_s = 0.001
    while not calls.lock(fd):
        now_ms = calls.monotonic_ms()
        if deadline_ms is None:
            deadline_ms = now_ms + LOCK_WAIT_MS
        if pause is None or now_ms >= deadline_ms:
            raise file_busy(path, LOCK_WAIT_MS / 1000)
        pause(pause_s)
        pause_s = min(pause_s * 2, 0.02)


def _open_or_create(calls: SystemCalls, path: str, *, may_create: bool) -> int | None:
    flags = calls.O_RDWR | calls.O_APPEND | calls.O_NOFOLLOW
    while True:
        try:
            return calls.open(path, flags, 0)
        except OSError as error:
            if not is_one_of(error, ("ENOENT",)):
                raise
            if not may_create:
                return None
        try:
            return calls.open(path, flags | calls.O_CREAT | calls.O_EXCL, 0o600)
        except OSError as error:
            if not is_one_of(error, ("EEXIST",)):
                raise


class LockedFile:
    """An open file under its lock, for appending and cutting. `size_bytes` is its length now."""

    __slots__ = ("calls", "fd", "path", "size_bytes", "start_bytes")

    def __init__(self, calls: SystemCalls, fd: int, path: str, size_bytes: int) -> None:
        self.calls = calls
        self.fd = fd
        self.path = path
        self.size_bytes = size_bytes
        self.start_bytes = size_bytes

    def expect(self, expected_bytes: int) -> None:
        """FileChanged unless the file is this long."""
        if self.size_bytes != expected_bytes:
            raise FileChanged(self.path, self.size_bytes)

    def append(self, data: bytes) -> None:
        """Write at the end, not yet durably. Whatever stops it halfway, what was written is cut off again."""
        is_whole = False
        try:
            write_all(self.calls, self.fd, data)
            is_whole = True
        except OSError as error:
            raise storage_error(self.path, "append", error)
        finally:
            if not is_whole:
                self.cut_back(self.size_bytes)
        self.size_bytes += len(data)

    def sync(self) -> None:
        """Make the appends since the lock was taken durable, or cut them all off again."""
        is_synced = False
        try:
            self.calls.fd_sync(self.fd)
            is_synced = True
        except OSError as error:
            raise self._not_durable(error)
        finally:
            if not is_synced:
                self.cut_back(self.start_bytes)
        self._sync_name()

    def settle(self, failure: tuple[int, str] | None) -> None:
        """What `sync` does, for a file whose data were synced elsewhere. `failure`: errno and text, if that failed."""
        if failure is not None:
            self.cut_back(self.start_bytes)
            raise self._not_durable(OSError(failure[0], failure[1]))
        self._sync_name()

    def _sync_name(self) -> None:
        if self.start_bytes:  # its name was durable before
            return
        is_durable = False
        try:
            sync_folder(self.calls, split(self.calls, self.path)[0])
            is_durable = True
        except OSError as error:
            raise self._not_durable(error)
        finally:
            if not is_durable:
                self.cut_back(0)

    def _not_durable(self, error: OSError) -> StorageError:
        return storage_error(self.path, "make the append durable", error)

    def cut_back(self, size_bytes: int) -> None:
        """Shorten, as well as a failing disk allows: what remains of a torn line is recovered when it is read."""
        try:
            self.calls.truncate(self.fd, size_bytes)
            self.calls.fd_sync(self.fd)
        except OSError:
            return
        self.size_bytes = size_bytes

    def close(self) -> None:
        """Give up lock and file."""
        self.calls.fd_close(self.fd)


def open_locked(
    calls: SystemCalls, path: str, pause: Pause | None, *, may_create: bool = False
) -> LockedFile | None:
    """The file under its lock, None if there is none and it may not be made.

    FileBusy if another process keeps it, at once if there is no `pause` to wait with.
    """
    while True:
        try:
            fd = _open_or_create(calls, path, may_create=may_create)
        except OSError as error:
            raise storage_error(path, "open it for writing", error)
        if fd is None:
            return None
        is_kept = False
        try:
            _wait_for_lock(calls, fd, path, pause)
            opened = calls.fstat(fd)
            if opened[KIND] != "file":
                raise StorageError(path + ": expected a file, found something else; move it away")
            # While we waited the file may have been deleted or replaced: then the lock is on nothing.
            if _is_still_named(calls, path, opened):
                is_kept = True
                return LockedFile(calls, fd, path, opened[SIZE])
        except OSError as error:
            raise storage_error(path, "lock it", error)
        finally:
            if not is_kept:
                calls.fd_close(fd)


def _is_still_named(calls: SystemCalls, path: str, opened: Facts) -> bool:
    try:
        found = calls.stat(path, False)
    except OSError as error:
        if is_one_of(error, ABSENT):
            return False
        raise
    if found[KIND] == "link":  # opened through it, where the system cannot be told not to
        raise OSError(errno.ELOOP, "Is a symbolic link")
    return is_same(found, opened)

"""System calls on one file over `_weft`: durable writes, its lock, what a folder holds. Knows no file format.

The counterpart of `host/locked_file.py`; what a failed call means is said in `core/storage_errors.py` for both.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import FileStat
from clawft.core.storage_errors import file_busy, is_one_of, storage_error
from clawft.embedded.loop import now_s, wait_alone

LOCK_WAIT_S = 10.0
STALE_AFTER_S = 3600.0
TEMPORARY_PREFIX = ".weft-"
TEMPORARY_SUFFIX = ".tmp"
ABSENT = ("ENOENT", "ENOTDIR")
IS_WINDOWS = _weft.system() == "windows"
# Where a stat tuple has what.
KIND, SIZE, MODIFIED, DEVICE, INODE, MODE = 0, 1, 2, 3, 4, 6
READ_BYTES = 65536


def folder_of(path: str) -> str:
    """The folder a path is in, without a slash at its end unless it is the root."""
    end = max(path.rfind("/"), path.rfind("\\") if IS_WINDOWS else -1)
    if end < 0:
        return "."
    return path[: end or 1]


def joined(folder: str, name: str) -> str:
    return folder + name if folder.endswith("/") else folder + "/" + name


def write_all(fd: int, data: bytes) -> None:
    """Every byte, however many calls it takes (a signal or a nearly full disk shortens a write)."""
    done = _weft.fd_write(fd, data)
    while done < len(data):
        done += _weft.fd_write(fd, data[done:])


def read_all(fd: int, limit_bytes: int) -> bytes:
    """What is left in an open file, at most so much."""
    parts = []
    while limit_bytes > 0:
        part = _weft.fd_read(fd, min(limit_bytes, READ_BYTES))
        if not part:
            break
        parts.append(part)
        limit_bytes -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def sync_folder_fd(fd: int) -> None:
    """Make the names in an open folder durable, where the file system can."""
    try:
        _weft.fd_sync(fd)
    except OSError as error:
        # Some network and FUSE file systems refuse to sync folders; there is nothing better to do there.
        if not is_one_of(error, ("EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "EROFS")):
            raise


def sync_folder(path: str) -> None:
    """Make the names in a folder durable. Windows has no such call: its file systems journal names."""
    if IS_WINDOWS:
        return
    fd = _weft.open(path, _weft.O_RDONLY | _weft.O_DIRECTORY, 0)
    try:
        sync_folder_fd(fd)
    finally:
        _weft.fd_close(fd)


def temporary_name() -> str:
    """A name for a file being written, that `is_temporary` knows again after a crash."""
    middle: str = _weft.random(8).hex()
    return TEMPORARY_PREFIX + middle + TEMPORARY_SUFFIX


def is_temporary(name: str) -> bool:
    """If a file is an unfinished write of ours."""
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)


def remove_stale(folder: str) -> None:
    """Remove writes of ours that a crash left unfinished; only old ones, as others may be at work right now."""
    for name, _ in _weft.listdir(folder):
        if is_temporary(name):
            path = joined(folder, name)
            try:
                if _weft.now() - _weft.stat(path, False)[MODIFIED] > STALE_AFTER_S:
                    _weft.unlink(path)
            except OSError:
                continue  # another process was faster, or may not: it is ignored wherever names are listed


def fact(found: tuple) -> FileStat:  # type: ignore[type-arg] # what the C module gives
    kind = found[KIND]
    return FileStat(kind if kind in {"file", "folder"} else "other", found[SIZE], found[MODIFIED])


def unlink_quietly(path: str) -> None:
    try:
        _weft.unlink(path)
    except OSError:
        return


def wait_for_lock(fd: int, path: str, wait_s: float) -> None:
    """Polls, because a wait in the kernel could not be given up: a stopped process must not stop this one."""
    deadline_s = None
    pause_s = 0.001
    while not _weft.lock(fd):
        if deadline_s is None:
            deadline_s = now_s() + wait_s
        if now_s() >= deadline_s:
            raise file_busy(path, wait_s)
        wait_alone(now_s() + pause_s)
        pause_s = min(pause_s * 2, 0.02)


def _open_or_create(path: str, *, may_create: bool) -> int | None:
    flags = _weft.O_RDWR | _weft.O_APPEND | _weft.O_NOFOLLOW
    while True:
        try:
            fd: int = _weft.open(path, flags, 0)
        except OSError as error:
            if not is_one_of(error, ("ENOENT",)):
                raise
            if not may_create:
                return None
        else:
            return fd
        try:
            made: int = _weft.open(path, flags | _weft.O_CREAT | _weft.O_EXCL, 0o600)
        except OSError as error:
            if not is_one_of(error, ("EEXIST",)):
                raise
        else:
            return made


class LockedFile:
    """An open file under its lock, for appending and cutting. `size_bytes` is its length now."""

    __slots__ = ("fd", "path", "size_bytes", "start_bytes")

    def __init__(self, fd: int, path: str, size_bytes: int) -> None:
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
            write_all(self.fd, data)
            is_whole = True
        except OSError as error:
            raise storage_error(self.path, "append", error)
        finally:
            if not is_whole:
                self.cut_back(self.size_bytes)
        self.size_bytes += len(data)

    def sync(self, *, is_synced: bool = False, failure: tuple[int, str] | None = None) -> None:
        """Make the appends since the lock was taken durable, or cut them all off again.

        `is_synced`: its data were synced before, and `failure` says how that failed, if it did.
        """
        is_durable = False
        try:
            if not is_synced:
                _weft.fd_sync(self.fd)
            if failure is not None:
                raise OSError(failure[0], failure[1])  # noqa: TRY301 - it failed, only elsewhere
            if self.start_bytes == 0:
                sync_folder(folder_of(self.path))
            is_durable = True
        except OSError as error:
            raise storage_error(self.path, "make the append durable", error)
        finally:
            if not is_durable:
                self.cut_back(self.start_bytes)

    def cut_back(self, size_bytes: int) -> None:
        """Shorten, as well as a failing disk allows: what remains of a torn line is recovered when it is read."""
        try:
            _weft.truncate(self.fd, size_bytes)
            _weft.fd_sync(self.fd)
        except OSError:
            return
        self.size_bytes = size_bytes

    def close(self) -> None:
        """Give up lock and file."""
        _weft.fd_close(self.fd)


def open_locked(path: str, *, may_create: bool = False, wait_s: float = LOCK_WAIT_S) -> LockedFile | None:
    """The file under its lock, None if there is none and it may not be made. FileBusy after `wait_s`."""
    while True:
        try:
            fd = _open_or_create(path, may_create=may_create)
        except OSError as error:
            raise storage_error(path, "open it for writing", error)
        if fd is None:
            return None
        is_kept = False
        try:
            wait_for_lock(fd, path, wait_s)
            opened = _weft.fstat(fd)
            if opened[KIND] != "file":
                raise StorageError(path + ": expected a file, found something else; move it away")
            # While we waited the file may have been deleted or replaced: then the lock is on nothing.
            if _is_still_named(path, opened):
                is_kept = True
                return LockedFile(fd, path, opened[SIZE])
        except OSError as error:
            raise storage_error(path, "lock it", error)
        finally:
            if not is_kept:
                _weft.fd_close(fd)


def _is_still_named(path: str, opened: tuple) -> bool:  # type: ignore[type-arg] # what the C module gives
    try:
        found = _weft.stat(path, False)
    except OSError as error:
        if is_one_of(error, ABSENT):
            return False
        raise
    return bool(found[DEVICE] == opened[DEVICE] and found[INODE] == opened[INODE])

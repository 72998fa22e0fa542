"""System calls on one file: durable writes, its lock, and what a failure means. Knows no file format.

Everything here works on Linux, macOS and Windows; where they differ, it says why.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import time

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import FileStat
from clawft.core.storage_errors import file_busy, storage_error

LOCK_WAIT_S = 10.0
STALE_AFTER_S = 3600.0
TEMPORARY_PREFIX = ".weft-"
TEMPORARY_SUFFIX = ".tmp"

# Flags that some systems lack are 0 there: the checks after opening do not depend on them.
BASE_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)

# Windows locks byte ranges, not files: one byte where no data will ever be.
WINDOWS_LOCK_OFFSET = 0x7FFF_FFFF_0000


def write_all(fd: int, data: bytes) -> None:
    """Every byte, however many calls it takes (a signal or a nearly full disk shortens a write)."""
    done = os.write(fd, data)
    while done < len(data):
        done += os.write(fd, memoryview(data)[done:])


def sync_data(fd: int) -> None:
    """Wait until a file's bytes and length are on the disk itself."""
    if hasattr(os, "fdatasync"):
        os.fdatasync(fd)
        return
    if sys.platform != "win32":
        import fcntl  # noqa: PLC0415 - does not exist on Windows

        # On macOS fsync stops at the drive's cache.
        full_sync = getattr(fcntl, "F_FULLFSYNC", None)
        if full_sync is not None:
            try:
                fcntl.fcntl(fd, full_sync)
            except OSError as error:
                if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                    raise
            else:
                return
    os.fsync(fd)


def sync_folder_fd(fd: int) -> None:
    """Make the names in an open folder durable, where the file system can."""
    try:
        os.fsync(fd)
    except OSError as error:
        # Some network and FUSE file systems refuse to sync folders; there is nothing better to do there.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EROFS):
            raise


def sync_folder(path: str) -> None:
    """Make the names in a folder durable. Windows has no such call: its file systems journal names."""
    if sys.platform == "win32":
        return
    fd = os.open(path, os.O_RDONLY | BASE_FLAGS)
    try:
        sync_folder_fd(fd)
    finally:
        os.close(fd)


def temporary_name() -> str:
    """A name for a file being written, that `is_temporary` knows again after a crash."""
    return TEMPORARY_PREFIX + os.urandom(8).hex() + TEMPORARY_SUFFIX


def is_temporary(name: str) -> bool:
    """If a file is an unfinished write of ours."""
    return name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX)


def remove_stale(folder: str | int) -> None:
    """Remove writes of ours that a crash left unfinished; only old ones, as others may be at work right now."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if is_temporary(entry.name):
                try:
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > STALE_AFTER_S:
                        os.unlink(entry.path, dir_fd=folder if isinstance(folder, int) else None)
                except OSError:
                    continue  # another process was faster, or may not: it is ignored wherever names are listed


def fact(found: os.stat_result) -> FileStat:
    kinds = {stat.S_IFREG: "file", stat.S_IFDIR: "folder"}
    return FileStat(kinds.get(stat.S_IFMT(found.st_mode), "other"), found.st_size, found.st_mtime)


def _try_lock(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            os.lseek(fd, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - does not exist on Windows

            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES, errno.EDEADLK):
            return False
        raise
    return True


def _wait_for_lock(fd: int, path: str, wait_s: float) -> None:
    """Polls, because a wait in the kernel could not be given up: a stopped process must not stop this one."""
    deadline_s = None
    pause_s = 0.0005
    while not _try_lock(fd):
        now_s = time.monotonic()
        if deadline_s is None:
            deadline_s = now_s + wait_s
        if now_s >= deadline_s:
            raise file_busy(path, wait_s)
        time.sleep(pause_s)
        pause_s = min(pause_s * 2, 0.02)


def _open_or_create(path: str, *, may_create: bool) -> int | None:
    flags = os.O_RDWR | os.O_APPEND | BASE_FLAGS | NO_FOLLOW
    while True:
        try:
            return os.open(path, flags)
        except FileNotFoundError:
            if not may_create:
                return None
        try:
            return os.open(path, flags | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            continue


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
            raise storage_error(self.path, "append", error) from error
        finally:
            if not is_whole:
                self.cut_back(self.size_bytes)
        self.size_bytes += len(data)

    def sync(self) -> None:
        """Make the appends since the lock was taken durable, or cut them all off again."""
        is_durable = False
        try:
            sync_data(self.fd)
            if self.start_bytes == 0:
                sync_folder(os.path.dirname(self.path))
            is_durable = True
        except OSError as error:
            raise storage_error(self.path, "make the append durable", error) from error
        finally:
            if not is_durable:
                self.cut_back(self.start_bytes)

    def cut_back(self, size_bytes: int) -> None:
        """Shorten, as well as a failing disk allows: what remains of a torn line is recovered when it is read."""
        try:
            os.ftruncate(self.fd, size_bytes)
            sync_data(self.fd)
        except OSError:
            return
        self.size_bytes = size_bytes

    def close(self) -> None:
        """Give up lock and file."""
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - exists on Windows only

            os.lseek(self.fd, WINDOWS_LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(self.fd, msvcrt.LK_UNLCK, 1)
        os.close(self.fd)


def open_locked(path: str, *, may_create: bool = False, wait_s: float = LOCK_WAIT_S) -> LockedFile | None:
    """The file under its lock, None if there is none and it may not be made. FileBusy after `wait_s`."""
    while True:
        try:
            fd = _open_or_create(path, may_create=may_create)
        except OSError as error:
            raise storage_error(path, "open it for writing", error) from error
        if fd is None:
            return None
        is_kept = False
        try:
            _wait_for_lock(fd, path, wait_s)
            opened = os.fstat(fd)
            if not stat.S_ISREG(opened.st_mode):
                raise StorageError(f"{path}: expected a file, found something else; move it away")
            # While we waited the file may have been deleted or replaced: then the lock is on nothing.
            if _is_still_named(path, opened):
                is_kept = True
                return LockedFile(fd, path, opened.st_size)
        except OSError as error:
            raise storage_error(path, "lock it", error) from error
        finally:
            if not is_kept:
                os.close(fd)


def _is_still_named(path: str, opened: os.stat_result) -> bool:
    try:
        return os.path.samestat(os.lstat(path), opened)
    except FileNotFoundError:
        return False

"""The system calls of `core.system_calls` on CPython: each name of our C module over `os`, with the same meaning."""

from __future__ import annotations

import errno
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.system_calls import Facts

# What a system lacks is 0 there: no check in core depends on these alone.
O_RDONLY, O_WRONLY, O_RDWR = os.O_RDONLY, os.O_WRONLY, os.O_RDWR
O_APPEND, O_CREAT, O_EXCL = os.O_APPEND, os.O_CREAT, os.O_EXCL
O_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
O_DIRECTORY = getattr(os, "O_DIRECTORY", 0)
O_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
O_NOCTTY = getattr(os, "O_NOCTTY", 0)
_ALWAYS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOINHERIT", 0)

# Windows locks byte ranges, not files: one byte where no data will ever be. The same in embedded/port.
_WINDOWS_LOCK_OFFSET = 0x7FFF_FFFF_0000
_KINDS = {0o100000: "file", 0o040000: "folder", 0o120000: "link"}

now = time.time
random = os.urandom
fd_read = os.read
fd_write = os.write
truncate = os.ftruncate
mkdir = os.mkdir
link = os.link
unlink = os.unlink


def system() -> str:
    if sys.platform == "win32":
        return "windows"
    return "macos" if sys.platform == "darwin" else "linux"


def monotonic_ms() -> int:
    return time.monotonic_ns() // 1_000_000


def open(path: str, flags: int, mode: int) -> int:  # noqa: A001 - the table's name
    return os.open(path, flags | _ALWAYS, mode)


# ---- facts


def _facts(found: os.stat_result) -> Facts:
    return (
        _KINDS.get(found.st_mode & 0o170000, "other"),
        found.st_size,
        found.st_mtime,
        found.st_dev,
        found.st_ino,
        found.st_nlink,
        found.st_mode & 0o7777,
    )


def stat(path: str, follow: bool) -> Facts:  # noqa: FBT001 - as in C
    return _facts(os.stat(path, follow_symlinks=follow))


def fstat(fd: int) -> Facts:
    return _facts(os.fstat(fd))


# ---- names


def realpath(path: str) -> str:
    return os.path.realpath(path, strict=True)


def listdir(where: str | int) -> list[tuple[str, str]]:
    with os.scandir(where) as entries:
        return [(_lossy(entry.name), _kind(entry)) for entry in entries]


def _kind(entry: os.DirEntry[str]) -> str:
    if entry.is_symlink():
        return "link"
    if entry.is_file():
        return "file"
    return "folder" if entry.is_dir() else "other"


def _lossy(name: str) -> str:
    return name if _is_text(name) else os.fsencode(name).decode("utf-8", "replace")


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeError:
        return False
    return True


# ---- what the systems have under names of their own


if sys.platform == "win32":
    import msvcrt

    HERE = -1
    _locked: set[int] = set()

    def rename(path: str, target: str) -> None:
        """A reader (or a virus scanner) that has the target open makes it wait a little."""
        for _ in range(50):
            try:
                os.replace(path, target)
            except PermissionError:
                time.sleep(0.01)
            else:
                return
        os.replace(path, target)

    def openat(_here: int, name: str, flags: int, mode: int) -> int:
        return open(name, flags, mode)

    def statat(_here: int, name: str, follow: bool) -> Facts:  # noqa: FBT001 - as in C
        return stat(name, follow)

    def renameat(_here: int, name: str, _also_here: int, target: str) -> None:
        rename(name, target)

    def unlinkat(_here: int, name: str) -> None:
        os.unlink(name)

    def fd_pread(fd: int, count: int, offset: int) -> bytes:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.read(fd, count)

    def fd_sync(fd: int) -> None:
        os.fsync(fd)

    def lock(fd: int) -> bool:
        os.lseek(fd, _WINDOWS_LOCK_OFFSET, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in {errno.EAGAIN, errno.EACCES, errno.EDEADLK}:
                return False
            raise
        _locked.add(fd)
        return True

    def fd_close(fd: int) -> None:
        """Windows gives up a lock some time after its file was closed: it is done here before."""
        if fd in _locked:
            _locked.remove(fd)
            os.lseek(fd, _WINDOWS_LOCK_OFFSET, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_UNLCK, 1)
        os.close(fd)

else:
    import fcntl

    HERE = -2 if sys.platform == "darwin" else -100  # AT_FDCWD
    rename = os.replace
    fd_pread = os.pread
    fd_close = os.close
    fchmod = os.fchmod

    def openat(folder: int, name: str, flags: int, mode: int) -> int:
        return os.open(name, flags | _ALWAYS, mode, dir_fd=folder)

    def open_beneath(_folder: int, _path: str, _flags: int) -> None:
        """CPython has no openat2, and ctypes would cost every start more than the walk ever saves."""

    def statat(folder: int, name: str, follow: bool) -> Facts:  # noqa: FBT001 - as in C
        return _facts(os.stat(name, dir_fd=folder, follow_symlinks=follow))

    def mkdirat(folder: int, name: str, mode: int) -> None:
        os.mkdir(name, mode, dir_fd=folder)

    def renameat(folder: int, name: str, target_folder: int, target: str) -> None:
        os.replace(name, target, src_dir_fd=folder, dst_dir_fd=target_folder)

    def unlinkat(folder: int, name: str) -> None:
        os.unlink(name, dir_fd=folder)

    def readlinkat(folder: int, name: str) -> str | bytes:
        target = os.readlink(name, dir_fd=folder)
        return target if _is_text(target) else os.fsencode(target)

    def is_writable(folder: int, name: str) -> bool:
        return os.access(name, os.W_OK, dir_fd=folder, effective_ids=os.access in os.supports_effective_ids)

    def lock(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if sys.platform == "darwin":

        def fd_sync(fd: int) -> None:
            """There, fsync stops at the drive's cache; some file systems know no better."""
            try:
                fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            except OSError as error:
                if error.errno not in {errno.ENOTSUP, errno.EINVAL, errno.ENOTTY}:
                    raise
                os.fsync(fd)

        folder_sync = fd_sync
    else:
        fd_sync = os.fdatasync
        folder_sync = os.fsync

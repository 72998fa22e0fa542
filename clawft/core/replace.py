"""Replaces a file in one durable step, in a folder known by its path or by its descriptor. Knows no file format.

The data are on the disk under a name of ours before they get theirs, and the folder is synced after that: whenever
the power fails, either the old file is there or the new one, whole.
"""

from __future__ import annotations

from clawft.core.locked_file import (
    MODIFIED,
    TEMPORARY_PREFIX,
    TEMPORARY_SUFFIX,
    is_temporary,
    joined,
    new_file_flags,
    sync_folder,
    write_all,
)
from clawft.core.storage_errors import is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.system_calls import SystemCalls

STALE_AFTER_S = 3600.0


def temporary_name(calls: SystemCalls) -> str:
    """A name for a file being written, that `is_temporary` knows again after a crash."""
    return TEMPORARY_PREFIX + calls.random(8).hex() + TEMPORARY_SUFFIX


def replace(
    calls: SystemCalls, folder: str | int, name: str, data: bytes, mode: int, exact_mode: int | None = None
) -> None:
    """Write a file of that name, a new one with `mode` less the user's mask, or with `exact_mode` (not on Windows).

    A link that was put there is replaced, not followed.
    """
    at, start = _place(calls, folder)
    temporary = temporary_name(calls)
    is_placed = False
    try:
        _write_new(calls, at, start + temporary, data, mode, exact_mode)
        calls.renameat(at, start + temporary, at, start + name)
        is_placed = True
        _settle(calls, folder)
    finally:
        if not is_placed:
            _unlink_quietly(calls, at, start + temporary)


def write_new(calls: SystemCalls, folder: str, name: str, data: bytes) -> None:
    """Write a file of that name (0600); OSError (EEXIST) if there is one."""
    path = joined(folder, name)
    temporary = joined(folder, temporary_name(calls))
    try:
        _write_new(calls, calls.HERE, temporary, data, 0o600, None)
        try:
            calls.link(temporary, path)
        except OSError as error:
            if not is_one_of(error, ("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL")):
                raise
            # No hard links here (FAT): take the name first. A crash just now leaves an empty file.
            calls.fd_close(calls.open(path, new_file_flags(calls), 0o600))
            calls.rename(temporary, path)
    finally:
        _unlink_quietly(calls, calls.HERE, temporary)
    _settle(calls, folder)


def _place(calls: SystemCalls, folder: str | int) -> tuple[int, str]:
    """A descriptor, and what comes before a name that is looked up from there."""
    return (calls.HERE, joined(folder, "")) if isinstance(folder, str) else (folder, "")


def _write_new(
    calls: SystemCalls, at: int, temporary: str, data: bytes, mode: int, exact_mode: int | None
) -> None:
    fd = calls.openat(at, temporary, new_file_flags(calls), mode)
    try:
        write_all(calls, fd, data)
        if exact_mode is not None:
            calls.fchmod(fd, exact_mode)
        calls.fd_sync(fd)
    finally:
        calls.fd_close(fd)


def _settle(calls: SystemCalls, folder: str | int) -> None:
    """Make the new name durable, then remove writes of ours that a crash left unfinished.

    Only old ones, as others may be at work right now.
    """
    sync_folder(calls, folder)
    at, start = _place(calls, folder)
    for name, _ in calls.listdir(folder):
        if is_temporary(name):
            try:
                if calls.now() - calls.statat(at, start + name, False)[MODIFIED] > STALE_AFTER_S:
                    calls.unlinkat(at, start + name)
            except OSError:
                continue  # another process was faster, or may not: it is ignored wherever names are listed


def _unlink_quietly(calls: SystemCalls, at: int, name: str) -> None:
    try:
        calls.unlinkat(at, name)
    except OSError:
        return

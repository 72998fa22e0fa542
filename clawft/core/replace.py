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
    from collections.abc import Callable

    from clawft.core.system_calls import SystemCalls

STALE_AFTER_S = 3600.0


def temporary_name(calls: SystemCalls) -> str:
    """A name for a file being written, that `is_temporary` knows again after a crash."""
    return TEMPORARY_PREFIX + calls.random(8).hex() + TEMPORARY_SUFFIX


def replace(
    calls: SystemCalls,
    folder: str | int,
    name: str,
    data: bytes,
    mode: int,
    *,
    exact_mode: int | None = None,
    is_new: bool = False,
    check: Callable[[], None] | None = None,
) -> None:
    """Write a file of that name, with `mode` less the user's mask, or with `exact_mode` (not on Windows).

    `check` is called when only the renaming is left to do; what it raises stops that.

    A link that was put there is replaced, not followed. `is_new`: OSError (EEXIST) if there is something; the folder
    is given by its path then.
    """
    at, start = (calls.HERE, joined(folder, "")) if isinstance(folder, str) else (folder, "")
    temporary = start + temporary_name(calls)
    is_placed = False
    try:
        fd = calls.openat(at, temporary, new_file_flags(calls), mode)
        try:
            write_all(calls, fd, data)
            if exact_mode is not None:
                calls.fchmod(fd, exact_mode)
            calls.fd_sync(fd)
        finally:
            calls.fd_close(fd)
        if check is not None:
            check()
        if is_new:
            _place_new(calls, temporary, start + name)
        else:
            calls.renameat(at, temporary, at, start + name)
        is_placed = True
        sync_folder(calls, folder)
        _remove_stale(calls, folder, at, start)
    finally:
        if not is_placed:
            unlink_quietly(calls, at, temporary)


def _place_new(calls: SystemCalls, temporary: str, path: str) -> None:
    """Give a finished file its name, unless that is taken (EEXIST)."""
    try:
        calls.link(temporary, path)
    except OSError as error:
        if not is_one_of(error, ("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EINVAL")):
            raise
        # No hard links here (FAT): take the name first. A crash just now leaves an empty file.
        calls.fd_close(calls.open(path, new_file_flags(calls), 0o600))
        calls.rename(temporary, path)
    else:
        calls.unlink(temporary)


def _remove_stale(calls: SystemCalls, folder: str | int, at: int, start: str) -> None:
    """Remove writes of ours that a crash left unfinished; only old ones, as others may be at work right now."""
    for name, _ in calls.listdir(folder):
        if is_temporary(name):
            try:
                if calls.now() - calls.statat(at, start + name, False)[MODIFIED] > STALE_AFTER_S:
                    calls.unlinkat(at, start + name)
            except OSError:
                continue  # another process was faster, or may not: it is ignored wherever names are listed


def unlink_quietly(calls: SystemCalls, at: int, name: str) -> None:
    """Remove a name, if that can be done."""
    try:
        calls.unlinkat(at, name)
    except OSError:
        return

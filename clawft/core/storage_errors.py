"""Turns what a system call failed with into a StorageError that says what to do. Knows no runtime and opens no file."""

from __future__ import annotations

import errno

from clawft.core.errors import StorageError

# By name: the numbers differ between systems, and some systems lack some.
ADVICE = {
    "ENOSPC": "free some space on this disk and try again",
    "EDQUOT": "your disk quota is used up: free some space and try again",
    "EFBIG": "the file has reached the largest size allowed here (see `ulimit -f`)",
    "EROFS": "this disk is mounted read-only: mount it writable or use another folder",
    "EACCES": "give yourself permission for it or use another folder",
    "EPERM": "give yourself permission for it or use another folder",
    "EISDIR": "there is a folder where a file is expected: move it away",
    "ENOTDIR": "a part of the path is a file where a folder is expected: move it away",
    "ENOENT": "a folder on the way to it is missing: make it and try again",
    "ENAMETOOLONG": "use a shorter folder path",
    "EMFILE": "too many files are open: raise the limit with `ulimit -n`",
    "ENFILE": "the whole system has too many files open: close some programs",
    "ELOOP": "it is a symbolic link, which is not followed here: put the file itself in its place",
    "EIO": "the disk reports an error: look at the system's log and save what you can",
    "ENOLCK": "this file system cannot lock files: use a folder on a local disk",
    "EBUSY": "another program is using it: close that and try again",
}


class FileBusy(StorageError):
    """Another process holds the lock of a file for longer than we wait."""


def is_one_of(error: OSError, names: tuple[str, ...]) -> bool:
    """Whether a system call failed for one of these reasons (`ENOENT` and so on)."""
    return any(error.errno == getattr(errno, name, -1) for name in names)


def cause_of(error: OSError) -> str:
    """What the system said: `No space left on device`."""
    if len(error.args) > 1 and error.args[1]:
        return str(error.args[1])
    return str(errno.errorcode.get(error.errno or 0, "unknown error"))


def cause_and_advice(error: OSError) -> str:
    """What the system said, and what to do if we know: `No space left on device; free some space ...`."""
    for name, advice in ADVICE.items():
        if error.errno == getattr(errno, name, -1):
            return cause_of(error) + "; " + advice
    return cause_of(error)


def storage_error(path: str, doing: str, error: OSError) -> StorageError:
    """The error for a failed system call; `doing` completes "cannot ..."."""
    return StorageError(path + ": cannot " + doing + ": " + cause_and_advice(error))


def file_busy(path: str, wait_s: float) -> FileBusy:
    """The error for a lock that another process does not give up."""
    return FileBusy(path + f": another process has kept this file locked for {wait_s:g} s; end that process")

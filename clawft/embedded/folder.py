"""A folder that nothing leads out of, in our executables: `core.interfaces.Folder`. Decides on the file really opened.

The walk of `host/folder.py` over `_weft`: every step of a path is opened by itself, relative to the folder before it
and without following links, so no exchange of a name between a check and its use can lead outside.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import ToolError
from clawft.core.interfaces import Folder
from clawft.core.storage_errors import cause_and_advice, is_one_of
from clawft.embedded.locked_file import (
    IS_WINDOWS,
    KIND,
    MODE,
    MODIFIED,
    SIZE,
    STALE_AFTER_S,
    fact,
    is_temporary,
    sync_folder_fd,
    temporary_name,
    write_all,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import FileStat

    Stat = tuple[Any, ...]

MAX_LINKS = 40
FOLDER_FLAGS = _weft.O_RDONLY | _weft.O_DIRECTORY
# Without O_NONBLOCK a pipe that slipped in after the check would make `open` wait for its other end.
READ_FLAGS = _weft.O_RDONLY | _weft.O_NONBLOCK | _weft.O_NOCTTY | _weft.O_NOFOLLOW
# What the system answers when a name is not what it was, or was never there.
ABSENT = ("ENOENT", "ENOTDIR", "EEXIST", "ELOOP", "EISDIR", "ENXIO", "EINVAL")


def no_such_file(path: str) -> ToolError:
    """The one answer for what is outside, missing or not a regular file: nothing outside can be told by it."""
    return ToolError(path + ": no such file in the workspace")


def too_large(path: str, size_bytes: int, limit_bytes: int) -> ToolError:
    """The answer for a file over the limit."""
    return ToolError(
        path + f": is {size_bytes} bytes long, at most {limit_bytes} can be read; ask for less of it"
    )


def tool_error(path: str, doing: str, error: OSError) -> ToolError:
    """What a failed system call means to the model; `doing` completes "cannot be ..."."""
    if is_one_of(error, ABSENT):
        return no_such_file(path)
    return ToolError(path + ": cannot be " + doing + ": " + cause_and_advice(error))


def open_folder(path: str) -> Folder:
    """A confined view of a folder that exists."""
    if IS_WINDOWS:
        from clawft.embedded.folder_by_path import CheckedFolder  # noqa: PLC0415 - Windows

        return CheckedFolder(path)
    return ConfinedFolder(path)


def components(path: str) -> list[str]:
    """The names a relative path leads through; the uniform ToolError for any that could lead outside."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise no_such_file(path)
    return parts


class _Walk:
    """One path on its way from the root: the open folders it went through and the names still to come.

    It stops before its last name, which is in `folder_fd` and is no link, as far as anyone can know before opening.
    """

    def __init__(self, root: str, path: str, *, makes_folders: bool) -> None:
        self._path = path
        self._root = root
        self._makes_folders = makes_folders
        self._names = components(path)
        self._links = 0
        try:
            self._fds = [_weft.open(root, FOLDER_FLAGS, 0)]
        except OSError as error:
            raise ToolError("the workspace " + root + " cannot be opened: " + cause_and_advice(error))

    def __enter__(self) -> _Walk:  # noqa: PYI034 - Self needs an import from typing
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._fds:
            _weft.fd_close(fd)

    @property
    def folder_fd(self) -> int:
        fd: int = self._fds[-1]
        return fd

    def to_last(self) -> tuple[str, Stat | None]:
        """The last name and what it is, None if missing; "." is the folder reached (the root, or out of a link)."""
        while self._names:
            name = self._names.pop(0)
            if name == "..":  # out of a link only
                self._leave()
                continue
            found = self._look(name)
            if found is not None and found[KIND] == "link":
                self._follow(name)
            elif self._names:
                self._enter(name, is_missing=found is None)
            else:
                return name, found
        return ".", _weft.fstat(self.folder_fd)

    def _look(self, name: str) -> Stat | None:
        try:
            found: Stat = _weft.statat(self.folder_fd, name, False)
        except OSError as error:
            if is_one_of(error, ("ENOENT",)):
                return None
            raise
        return found

    def _enter(self, name: str, *, is_missing: bool) -> None:
        if is_missing and self._makes_folders:
            try:
                _weft.mkdirat(self.folder_fd, name, 0o777)
            except OSError as error:
                # Somebody else made it just now: it is opened and judged like any other.
                if not is_one_of(error, ("EEXIST",)):
                    raise
            else:
                sync_folder_fd(self.folder_fd)
        self._fds.append(_weft.openat(self.folder_fd, name, FOLDER_FLAGS | _weft.O_NOFOLLOW, 0))

    def _leave(self) -> None:
        if len(self._fds) == 1:
            raise no_such_file(self._path)
        _weft.fd_close(self._fds.pop())

    def _follow(self, name: str) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise no_such_file(self._path)
        target = _weft.readlinkat(self.folder_fd, name)
        if not isinstance(target, str):  # not UTF-8: no name of ours leads through it
            raise no_such_file(self._path)
        if target.startswith("/"):
            inside = self._inside_root(target)
            while len(self._fds) > 1:
                _weft.fd_close(self._fds.pop())
            target = inside
        self._names = [part for part in target.split("/") if part not in {"", "."}] + self._names

    def _inside_root(self, target: str) -> str:
        """What is left of an absolute link target below the root. Names alone: the walk decides where they lead."""
        for root in (self._root, _weft.realpath(self._root)):
            start = (root[:-1] if root.endswith("/") else root) + "/"
            if (target + "/").startswith(start):
                return target[len(start) :]
        raise no_such_file(self._path)


def read_regular(fd: int, path: str, limit_bytes: int) -> bytes:
    """Everything in an open file, if that is a regular one and within the limit."""
    opened = _weft.fstat(fd)
    if opened[KIND] != "file":
        raise no_such_file(path)
    if opened[SIZE] > limit_bytes:
        raise too_large(path, opened[SIZE], limit_bytes)
    # One byte more than allowed: the file may be growing, or one of those in /proc that claim to be empty.
    data = b""
    while len(data) <= limit_bytes:
        part = _weft.fd_read(fd, min(limit_bytes + 1 - len(data), max(opened[SIZE], 4095) + 1))
        if not part:
            return data
        data = data + part if data else part
    raise too_large(path, max(_weft.fstat(fd)[SIZE], len(data)), limit_bytes)


class ConfinedFolder(Folder):
    """A folder on a system with `openat`. It is opened by its path for each use, so it may be moved and replaced.

    A file with several hard links is read like any other: who could make the link could read the file.
    """

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, path: str, limit_bytes: int) -> bytes:
        try:
            with _Walk(self.root, path, makes_folders=False) as walk:
                name, found = walk.to_last()
                # Devices and pipes are not even opened, as that alone can have effects; the file opened decides.
                if found is None or found[KIND] != "file":
                    raise no_such_file(path)
                fd = _weft.openat(walk.folder_fd, name, READ_FLAGS, 0)
                try:
                    return read_regular(fd, path, limit_bytes)
                finally:
                    _weft.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "read", error)

    def write(self, path: str, data: bytes) -> None:
        try:
            with _Walk(self.root, path, makes_folders=True) as walk:
                name, found = walk.to_last()
                if found is not None and found[KIND] != "file":
                    raise no_such_file(path)
                if found is not None and not _weft.is_writable(walk.folder_fd, name):
                    raise ToolError(
                        path + ": cannot be written: it is read-only here; its owner can change that"
                    )
                _replace_in(walk.folder_fd, name, data, found)
        except OSError as error:
            raise tool_error(path, "written", error)

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            with _Walk(self.root, path, makes_folders=False) as walk:
                name, found = walk.to_last()
                if found is None or found[KIND] != "folder":
                    raise no_such_file(path)
                fd = _weft.openat(walk.folder_fd, name, FOLDER_FLAGS | _weft.O_NOFOLLOW, 0)
                try:
                    return _facts_in(fd)
                finally:
                    _weft.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "listed", error)

    def stat(self, path: str) -> FileStat:
        try:
            with _Walk(self.root, path, makes_folders=False) as walk:
                _, found = walk.to_last()
        except OSError as error:
            raise tool_error(path, "looked up", error)
        if found is None or found[KIND] not in {"file", "folder"}:
            raise no_such_file(path)
        return fact(found)


def _facts_in(fd: int) -> list[tuple[str, FileStat]]:
    found = []
    for name in sorted([name for name, _ in _weft.listdir(fd)]):
        if is_temporary(name):
            continue
        try:
            found.append((name, fact(_weft.statat(fd, name, False))))
        except OSError as error:
            if not is_one_of(error, ("ENOENT",)):  # removed since it was listed
                raise
    return found


def _replace_in(folder_fd: int, name: str, data: bytes, before: Stat | None) -> None:
    """Write a file of that name in one durable step. A link put there meanwhile is replaced, not followed."""
    temporary = temporary_name()
    flags = _weft.O_WRONLY | _weft.O_CREAT | _weft.O_EXCL | _weft.O_NOFOLLOW
    fd = _weft.openat(folder_fd, temporary, flags, 0o666 if before is None else 0o600)
    is_placed = False
    try:
        try:
            write_all(fd, data)
            if before is not None:
                _weft.fchmod(fd, before[MODE] & 0o777)
            _weft.fd_sync(fd)
        finally:
            _weft.fd_close(fd)
        _weft.renameat(folder_fd, temporary, folder_fd, name)
        is_placed = True
        sync_folder_fd(folder_fd)
        _remove_stale(folder_fd)
    finally:
        if not is_placed:
            _unlink_quietly(folder_fd, temporary)


def _remove_stale(folder_fd: int) -> None:
    for name, _ in _weft.listdir(folder_fd):
        if is_temporary(name):
            try:
                if _weft.now() - _weft.statat(folder_fd, name, False)[MODIFIED] > STALE_AFTER_S:
                    _weft.unlinkat(folder_fd, name)
            except OSError:
                continue  # another process was faster, or may not: it is ignored wherever names are listed


def _unlink_quietly(folder_fd: int, name: str) -> None:
    try:
        _weft.unlinkat(folder_fd, name)
    except OSError:
        return

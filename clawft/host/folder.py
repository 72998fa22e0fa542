"""A folder that nothing leads out of, on CPython: `core.interfaces.Folder`. Decides on the file really opened.

Every step of a path is opened by itself, relative to the folder before it and without following links, so no
exchange of a name between a check and its use can lead outside. Links are read and walked here, from the root.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from clawft.core.errors import ToolError
from clawft.core.interfaces import Folder
from clawft.core.storage_errors import cause_and_advice
from clawft.host.locked_file import (
    BASE_FLAGS,
    NO_FOLLOW,
    fact,
    is_temporary,
    remove_stale,
    sync_data,
    sync_folder_fd,
    temporary_name,
    write_all,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Self

    from clawft.core.interfaces import FileStat

MAX_LINKS = 40
FOLDER_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | BASE_FLAGS
# Without O_NONBLOCK a pipe that slipped in after the check would make `open` wait for its other end.
READ_FLAGS = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | BASE_FLAGS | NO_FOLLOW
# What the system answers when a name is not what it was, or was never there.
ABSENT = (
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EEXIST,
    errno.ELOOP,
    errno.EISDIR,
    errno.ENXIO,
    errno.EINVAL,
)


def no_such_file(path: str) -> ToolError:
    """The one answer for what is outside, missing or not a regular file: nothing outside can be told by it."""
    return ToolError(path + ": no such file in the workspace")


def too_large(path: str, size_bytes: int, limit_bytes: int) -> ToolError:
    """The answer for a file over the limit."""
    return ToolError(
        f"{path}: is {size_bytes} bytes long, at most {limit_bytes} can be read; ask for less of it"
    )


def tool_error(path: str, doing: str, error: OSError) -> ToolError:
    """What a failed system call means to the model; `doing` completes "cannot be ..."."""
    if error.errno in ABSENT:
        return no_such_file(path)
    return ToolError(f"{path}: cannot be {doing}: {cause_and_advice(error)}")


def open_folder(path: str) -> Folder:
    """A confined view of a folder that exists."""
    if os.open in os.supports_dir_fd and os.readlink in os.supports_dir_fd and NO_FOLLOW:
        return ConfinedFolder(path)
    from clawft.host.folder_by_path import CheckedFolder  # noqa: PLC0415 - Windows

    return CheckedFolder(path)


def components(path: str) -> list[str]:
    """The names a relative path leads through; the uniform ToolError for any that could lead outside."""
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise no_such_file(path)
    try:
        os.fsencode(path)
    except UnicodeError:
        raise no_such_file(path) from None
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
            self._fds = [os.open(root, FOLDER_FLAGS)]
        except OSError as error:
            raise ToolError(f"the workspace {root} cannot be opened: {cause_and_advice(error)}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._fds:
            os.close(fd)

    @property
    def folder_fd(self) -> int:
        return self._fds[-1]

    def to_last(self) -> tuple[str, os.stat_result | None]:
        """The last name and what it is, None if missing; "." is the folder reached (the root, or out of a link)."""
        while self._names:
            name = self._names.pop(0)
            if name == "..":  # out of a link only
                self._leave()
                continue
            found = self._look(name)
            if found is not None and stat.S_ISLNK(found.st_mode):
                self._follow(name)
            elif self._names:
                self._enter(name, is_missing=found is None)
            else:
                return name, found
        return ".", os.fstat(self.folder_fd)

    def _look(self, name: str) -> os.stat_result | None:
        try:
            return os.stat(name, dir_fd=self.folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def _enter(self, name: str, *, is_missing: bool) -> None:
        if is_missing and self._makes_folders:
            try:
                os.mkdir(name, dir_fd=self.folder_fd)
            except FileExistsError:
                pass  # somebody else made it just now: it is opened and judged like any other
            else:
                sync_folder_fd(self.folder_fd)
        self._fds.append(os.open(name, FOLDER_FLAGS | NO_FOLLOW, dir_fd=self.folder_fd))

    def _leave(self) -> None:
        if len(self._fds) == 1:
            raise no_such_file(self._path)
        os.close(self._fds.pop())

    def _follow(self, name: str) -> None:
        self._links += 1
        if self._links > MAX_LINKS:
            raise no_such_file(self._path)
        target = os.readlink(name, dir_fd=self.folder_fd)
        if target.startswith("/"):
            inside = self._inside_root(target)
            while len(self._fds) > 1:
                os.close(self._fds.pop())
            target = inside
        self._names[:0] = [part for part in target.split("/") if part not in ("", ".")]

    def _inside_root(self, target: str) -> str:
        """What is left of an absolute link target below the root. Names alone: the walk decides where they lead."""
        for root in (os.path.abspath(self._root), os.path.realpath(self._root)):
            start = root.rstrip("/") + "/"
            if (target + "/").startswith(start):
                return target[len(start) :]
        raise no_such_file(self._path)


def read_regular(fd: int, path: str, limit_bytes: int) -> bytes:
    """Everything in an open file, if that is a regular one and within the limit."""
    opened = os.fstat(fd)
    if not stat.S_ISREG(opened.st_mode):
        raise no_such_file(path)
    if opened.st_size > limit_bytes:
        raise too_large(path, opened.st_size, limit_bytes)
    # One byte more than allowed: the file may be growing, or one of those in /proc that claim to be empty.
    data = b""
    while len(data) <= limit_bytes:
        part = os.read(fd, limit_bytes + 1 - len(data))
        if not part:
            return data
        data = data + part if data else part
    raise too_large(path, max(os.fstat(fd).st_size, len(data)), limit_bytes)


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
                if found is None or not stat.S_ISREG(found.st_mode):
                    raise no_such_file(path)
                fd = os.open(name, READ_FLAGS, dir_fd=walk.folder_fd)
                try:
                    return read_regular(fd, path, limit_bytes)
                finally:
                    os.close(fd)
        except OSError as error:
            raise tool_error(path, "read", error) from error

    def write(self, path: str, data: bytes) -> None:
        try:
            with _Walk(self.root, path, makes_folders=True) as walk:
                name, found = walk.to_last()
                if found is not None and not stat.S_ISREG(found.st_mode):
                    raise no_such_file(path)
                if found is not None and not os.access(name, os.W_OK, dir_fd=walk.folder_fd):
                    raise ToolError(
                        f"{path}: cannot be written: it is read-only here; its owner can change that"
                    )
                _replace_in(walk.folder_fd, name, data, found)
        except OSError as error:
            raise tool_error(path, "written", error) from error

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            with _Walk(self.root, path, makes_folders=False) as walk:
                name, found = walk.to_last()
                if found is None or not stat.S_ISDIR(found.st_mode):
                    raise no_such_file(path)
                fd = os.open(name, FOLDER_FLAGS | NO_FOLLOW, dir_fd=walk.folder_fd)
                try:
                    return _facts_in(fd)
                finally:
                    os.close(fd)
        except OSError as error:
            raise tool_error(path, "listed", error) from error

    def stat(self, path: str) -> FileStat:
        try:
            with _Walk(self.root, path, makes_folders=False) as walk:
                _, found = walk.to_last()
        except OSError as error:
            raise tool_error(path, "looked up", error) from error
        if found is None or not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise no_such_file(path)
        return fact(found)


def _facts_in(fd: int) -> list[tuple[str, FileStat]]:
    found = []
    for name in sorted(os.listdir(fd)):
        if is_temporary(name):
            continue
        try:
            found.append((name, fact(os.stat(name, dir_fd=fd, follow_symlinks=False))))
        except FileNotFoundError:
            continue  # removed since it was listed
    return found


def _replace_in(folder_fd: int, name: str, data: bytes, before: os.stat_result | None) -> None:
    """Write a file of that name in one durable step. A link put there meanwhile is replaced, not followed."""
    temporary = temporary_name()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS | NO_FOLLOW
    fd = os.open(temporary, flags, 0o666 if before is None else 0o600, dir_fd=folder_fd)
    is_placed = False
    try:
        try:
            write_all(fd, data)
            if before is not None and sys.platform != "win32":
                os.fchmod(fd, before.st_mode & 0o777)
            sync_data(fd)
        finally:
            os.close(fd)
        os.replace(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
        is_placed = True
        sync_folder_fd(folder_fd)
        remove_stale(folder_fd)
    finally:
        if not is_placed:
            _unlink_quietly(temporary, folder_fd)


def _unlink_quietly(name: str, folder_fd: int) -> None:
    try:
        os.unlink(name, dir_fd=folder_fd)
    except OSError:
        return

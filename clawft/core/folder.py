"""A folder that nothing leads out of: `core.interfaces.Folder` on every runtime. Decides on the file really opened.

Every step of a path is opened by itself, relative to the folder before it and without following links, so no
exchange of a name between a check and its use can lead outside. Links are read and walked here, from the root.
Which files may be used at all is said by `expect_file`, and nowhere else.
"""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.core.folder_names import has_name_outside
from clawft.core.interfaces import FileStat, Folder
from clawft.core.locked_file import (
    KIND,
    LINKS,
    MODE,
    SIZE,
    fact,
    is_temporary,
    is_windows,
    joined,
    sync_folder,
)
from clawft.core.replace import replace
from clawft.core.storage_errors import cause_and_advice, is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.system_calls import Facts, SystemCalls

MAX_LINKS = 40
NOT_UTF8 = "\ufffd"
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


def open_folder(calls: SystemCalls, path: str) -> Folder:
    """A confined view of a folder that exists."""
    if is_windows(calls):
        from clawft.core.folder_by_path import CheckedFolder  # noqa: PLC0415 - Windows

        return CheckedFolder(calls, path)
    return ConfinedFolder(calls, path)


def components(path: str) -> list[str]:
    """The names a relative path leads through; the uniform ToolError for any that could lead outside."""
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise no_such_file(path)
    try:
        path.encode()
    except UnicodeError:
        raise no_such_file(path)
    return parts


def expect_file(found: Facts | None, path: str) -> Facts:
    """The one answer unless this is a regular file: devices and pipes are not even opened, as that can have effects."""
    if found is None or found[KIND] != "file":
        raise no_such_file(path)
    return found


def linked(path: str) -> ToolError:
    """The answer for a file that is as much outside as it is inside."""
    return ToolError(path + ": has other names (hard links) outside the workspace; put a copy in its place")


def expect_own(calls: SystemCalls, root: str, found: Facts, path: str) -> None:
    """ToolError for a file that has another name outside, where it is worth more than it looks."""
    if has_name_outside(calls, root, found):
        raise linked(path)


def kind_of(calls: SystemCalls, root: str, found: Facts | None) -> str:
    """What `Folder.look` answers."""
    if found is None:
        return "missing"
    if has_name_outside(calls, root, found):
        return "linked"
    return found[KIND] if found[KIND] in {"file", "folder"} else "other"


def changed(path: str) -> ToolError:
    """The answer for a file that is not what it was when it was read."""
    return ToolError(path + ": has changed since it was read; read it again")


def read_flags(calls: SystemCalls) -> int:
    """Without O_NONBLOCK a pipe that slipped in after the check would make `open` wait for its other end."""
    return calls.O_RDONLY | calls.O_NONBLOCK | calls.O_NOCTTY | calls.O_NOFOLLOW


def read_only(path: str) -> ToolError:
    """The answer for a file that may not be replaced."""
    return ToolError(path + ": cannot be written: it is read-only here; its owner can change that")


class _Walk:
    """One path on its way from the root: the open folders it went through and the names still to come.

    It stops before its last name, which is in `folder_fd` and is no link, as far as anyone can know before opening.
    """

    def __init__(self, calls: SystemCalls, root: str, path: str, *, makes_folders: bool) -> None:
        self._calls = calls
        self._path = path
        self._root = root
        self._makes_folders = makes_folders
        self._names = components(path)
        self._links = 0
        self._entered: list[str] = []  # the names that were gone through
        self._leapt: list[str] = []  # those of them that were gone through in one step
        try:
            self._fds = [calls.open(root, calls.O_RDONLY | calls.O_DIRECTORY, 0)]
        except OSError as error:
            raise ToolError("the workspace " + root + " cannot be opened: " + cause_and_advice(error))
        self._leap()

    def __enter__(self) -> _Walk:  # noqa: PYI034 - Self needs an import from typing
        return self

    def __exit__(self, *_: object) -> None:
        for fd in self._fds:
            self._calls.fd_close(fd)

    @property
    def folder_fd(self) -> int:
        return self._fds[-1]

    def walked(self, name: str) -> str:
        """The path of something in the folder that was reached, without links."""
        return joined(self._root, "/".join(self._entered + [name]))

    def to_last(self) -> tuple[str, Facts | None]:
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
        return ".", self._calls.fstat(self.folder_fd)

    def _leap(self) -> None:
        """Go to the last folder in one step of the kernel's, where it can and no link is on the way."""
        folders = self._names[:-1]
        if folders:
            calls = self._calls
            fd = calls.open_beneath(self.folder_fd, "/".join(folders), calls.O_RDONLY | calls.O_DIRECTORY)
            if fd is not None:
                self._fds.append(fd)
                self._entered = list(folders)
                self._leapt = folders
                self._names = self._names[-1:]

    def _look(self, name: str) -> Facts | None:
        try:
            return self._calls.statat(self.folder_fd, name, False)
        except OSError as error:
            if is_one_of(error, ("ENOENT",)):
                return None
            raise

    def _enter(self, name: str, *, is_missing: bool) -> None:
        if is_missing and self._makes_folders:
            try:
                self._calls.mkdirat(self.folder_fd, name, 0o777)
            except OSError as error:
                # Somebody else made it just now: it is opened and judged like any other.
                if not is_one_of(error, ("EEXIST",)):
                    raise
            else:
                sync_folder(self._calls, self.folder_fd)
        self.enter(name)

    def enter(self, name: str) -> int:
        """Open a folder that is no link and go on from there."""
        calls = self._calls
        flags = calls.O_RDONLY | calls.O_DIRECTORY | calls.O_NOFOLLOW
        self._fds.append(calls.openat(self.folder_fd, name, flags, 0))
        self._entered.append(name)
        return self.folder_fd

    def _leave(self) -> None:
        if len(self._fds) == 1:
            raise no_such_file(self._path)
        self._calls.fd_close(self._fds.pop())
        self._entered.pop()

    def _leave_all(self) -> None:
        while len(self._fds) > 1:
            self._calls.fd_close(self._fds.pop())
        self._entered = []
        self._leapt = []

    def _follow(self, name: str) -> None:
        if self._leapt:  # the link may lead through one of the folders that were leapt over
            self._names = self._leapt + [name] + self._names
            self._leave_all()
            return
        self._links += 1
        if self._links > MAX_LINKS:
            raise no_such_file(self._path)
        target = self._calls.readlinkat(self.folder_fd, name)
        if not isinstance(target, str):  # not UTF-8: no name of ours leads through it
            raise no_such_file(self._path)
        if target.startswith("/"):
            inside = self._inside_root(target)
            self._leave_all()
            target = inside
        self._names = [part for part in target.split("/") if part not in {"", "."}] + self._names

    def _inside_root(self, target: str) -> str:
        """What is left of an absolute link target below the root. Names alone: the walk decides where they lead."""
        for root in (self._root, self._calls.realpath(self._root)):
            start = (root[:-1] if root.endswith("/") else root) + "/"
            if (target + "/").startswith(start):
                return target[len(start) :]
        raise no_such_file(self._path)


def read_regular(calls: SystemCalls, fd: int, path: str, limit_bytes: int) -> bytes:
    """Everything in an open file, if that is one that may be used and within the limit."""
    size_bytes = expect_file(calls.fstat(fd), path)[SIZE]
    if size_bytes > limit_bytes:
        raise too_large(path, size_bytes, limit_bytes)
    # One byte more than allowed: the file may be growing, or one of those in /proc that claim to be empty.
    data = b""
    while len(data) <= limit_bytes:
        part = calls.fd_read(fd, min(limit_bytes + 1 - len(data), max(size_bytes, 4095) + 1))
        if not part:
            return data
        data = data + part if data else part
    raise too_large(path, max(calls.fstat(fd)[SIZE], len(data)), limit_bytes)


def expect_content(calls: SystemCalls, folder: int, name: str, path: str, expected: bytes | None) -> None:
    """ToolError unless a file holds what it held when it was read; without `expected` it may hold anything."""
    if expected is None:
        return
    fd = calls.openat(folder, name, read_flags(calls), 0)
    try:
        # Longer by a byte would be too large: that is a change too, told in the same words.
        if expect_file(calls.fstat(fd), path)[SIZE] != len(expected) or (
            read_regular(calls, fd, path, len(expected)) != expected
        ):
            raise changed(path)
    finally:
        calls.fd_close(fd)


def read_judged(calls: SystemCalls, path: str, limit_bytes: int, judge: Callable[[str], object]) -> bytes:
    """See `Files.read_judged`. What is opened is in the folder that was walked to, whatever its path leads to now."""
    try:
        if is_windows(calls):
            from clawft.core.folder_by_path import read_judged_by_path  # noqa: PLC0415 - Windows

            return read_judged_by_path(calls, path, limit_bytes, judge)
        with _Walk(calls, "/", path[1:], makes_folders=False) as walk:
            name, found = walk.to_last()
            judge(walk.walked(name))
            if expect_file(found, path)[LINKS] > 1:  # one of the others may be what nobody may read
                raise linked(path)
            fd = calls.openat(walk.folder_fd, name, read_flags(calls), 0)
            try:
                return read_regular(calls, fd, path, limit_bytes)
            finally:
                calls.fd_close(fd)
    except OSError as error:
        raise tool_error(path, "read", error)


class ConfinedFolder(Folder):
    """A folder on a system with `openat`. It is opened by its path for each use, so it may be moved and replaced."""

    def __init__(self, calls: SystemCalls, root: str) -> None:
        self._calls = calls
        self.root = root

    def read(self, path: str, limit_bytes: int) -> bytes:
        try:
            with _Walk(self._calls, self.root, path, makes_folders=False) as walk:
                name, found = walk.to_last()
                expect_file(found, path)
                fd = self._calls.openat(walk.folder_fd, name, read_flags(self._calls), 0)
                try:
                    expect_own(self._calls, self.root, self._calls.fstat(fd), path)
                    return read_regular(self._calls, fd, path, limit_bytes)
                finally:
                    self._calls.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "read", error)

    def write(self, path: str, data: bytes, expected: bytes | None = None) -> None:
        calls = self._calls
        try:
            with _Walk(self._calls, self.root, path, makes_folders=True) as walk:
                name, found = walk.to_last()
                folder = walk.folder_fd
                if found is None:
                    if expected is not None:
                        raise changed(path)
                    replace(calls, folder, name, data, 0o666)
                    return
                mode = expect_file(found, path)[MODE] & 0o777
                expect_own(calls, self.root, found, path)
                if not calls.is_writable(folder, name):
                    raise read_only(path)
                replace(
                    calls,
                    folder,
                    name,
                    data,
                    0o600,
                    exact_mode=mode,
                    check=lambda: expect_content(calls, folder, name, path, expected),
                )
        except OSError as error:
            raise tool_error(path, "written", error)

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            with _Walk(self._calls, self.root, path, makes_folders=False) as walk:
                name, found = walk.to_last()
                if found is None or found[KIND] != "folder":
                    raise no_such_file(path)
                return _facts_in(self._calls, walk.enter(name))
        except OSError as error:
            raise tool_error(path, "listed", error)

    def stat(self, path: str) -> FileStat:
        try:
            with _Walk(self._calls, self.root, path, makes_folders=False) as walk:
                _, found = walk.to_last()
        except OSError as error:
            raise tool_error(path, "looked up", error)
        if found is None or found[KIND] not in {"file", "folder"}:
            raise no_such_file(path)
        return fact(found)

    def look(self, path: str) -> str:
        try:
            with _Walk(self._calls, self.root, path, makes_folders=False) as walk:
                return kind_of(self._calls, self.root, walk.to_last()[1])
        except OSError as error:
            if is_one_of(error, ("ENOENT", "ENOTDIR")):
                return "missing"
            raise tool_error(path, "looked up", error)


def _facts_in(calls: SystemCalls, fd: int) -> list[tuple[str, FileStat]]:
    found = []
    for name, kind in sorted(calls.listdir(fd)):
        if is_temporary(name):
            continue
        try:
            found.append((name, fact(calls.statat(fd, name, False))))
        except OSError as error:
            if not is_one_of(error, ("ENOENT",)):
                raise
            # Removed since it was listed, or not UTF-8 and out of reach: that is still seen.
            if NOT_UTF8 in name:
                found.append((name, FileStat(kind if kind in {"file", "folder"} else "other", 0, 0.0)))
    return found

"""Files in memory with the semantics of the real ones, for tests. Touches no disk and knows no other fake."""

from __future__ import annotations

from clawft.core.errors import FileChanged, StorageError, ToolError
from clawft.core.interfaces import Files, FileStat, Folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.errors import WeftError
    from clawft.core.interfaces import Clock


class FakeFiles(Files):
    """`contents` maps absolute paths to bytes, `folders` holds every folder, `modes` is for tests to set.

    `calls` records every change that was made, as (operation, path), in order.
    """

    def __init__(self, clock: Clock) -> None:
        self.contents: dict[str, bytes] = {}
        self.folders = {"/"}
        self.modes: dict[str, int] = {}  # of files that are not 0600
        self.calls: list[tuple[str, str]] = []
        self._clock = clock
        self._modified_s: dict[str, float] = {}
        self._failures: list[tuple[str, WeftError]] = []

    def fail_next(self, operation: str, error: WeftError) -> None:
        """Let the next call of a method (by its name) raise an error, before it does anything."""
        self._failures.append((operation, error))

    def add(self, path: str, data: bytes) -> None:
        """Put a file there as if another program had written it, with its folders; nothing is recorded."""
        self._add_folders(_parent(path))
        self._put(_plain(path), data)

    def read(self, path: str) -> bytes | None:
        self._enter("read")
        path = _plain(path)
        if path in self.folders:
            raise StorageError(path + ": is a folder, expected a file; remove it or choose another path")
        return self.contents.get(path)

    def read_range(self, path: str, offset_bytes: int, size_bytes: int) -> bytes:
        self._enter("read_range")
        path = _plain(path)
        if path not in self.contents:
            raise StorageError(path + ": no such file")
        return self.contents[path][offset_bytes : offset_bytes + size_bytes]

    def read_judged(self, path: str, limit_bytes: int, judge: Callable[[str], object]) -> bytes:
        judge(_plain(path))
        try:
            return FakeFolder(self, "/").read(_plain(path)[1:], limit_bytes)
        except ToolError as error:
            raise ToolError("/" + error.message.replace(" in the workspace", ""))

    def stat(self, path: str) -> FileStat | None:
        self._enter("stat")
        path = _plain(path)
        if path in self.folders:
            return FileStat("folder", 0, self._modified_s.get(path, 0.0))
        if path in self.contents:
            mode = self.modes.get(path, 0o600)
            return FileStat("file", len(self.contents[path]), self._modified_s[path], mode)
        return None

    def real_path(self, path: str) -> str | None:
        return path if self.stat(path) is not None else None

    def list(self, path: str) -> list[str]:
        self._enter("list")
        path = _plain(path)
        start = path if path == "/" else path + "/"
        names = set()
        for inside in list(self.contents) + list(self.folders):
            if inside.startswith(start) and inside != "/":
                names.add(inside[len(start) :].split("/")[0])
        return sorted(names)

    def make_folder(self, path: str) -> None:
        self._enter("make_folder")
        path = _plain(path)
        if path not in self.folders:
            self._add_folders(path)
            self.calls.append(("make_folder", path))

    def write_atomic(
        self, path: str, data: bytes, *, is_new: bool = False, expected_bytes: int | None = None
    ) -> None:
        self._enter("write_atomic")
        path = _plain(path)
        before = self.contents.get(path)
        if is_new and before is not None:
            raise FileChanged(path, len(before))
        if expected_bytes is not None and (before is None or len(before) != expected_bytes):
            raise FileChanged(path, len(before or b""))
        self._need_parent(path)
        self._put(path, data)
        self.calls.append(("write_atomic", path))

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        self._enter("append_durable")
        path = _plain(path)
        before = self.contents.get(path, b"")
        if len(before) != expected_bytes:
            raise FileChanged(path, len(before))
        self._need_parent(path)
        self._put(path, before + data)
        self.calls.append(("append_durable", path))
        return len(before) + len(data)

    def cut(self, path: str, size_bytes: int, expected_bytes: int) -> None:
        self._enter("cut")
        path = _plain(path)
        before = self.contents.get(path, b"")
        if path not in self.contents or len(before) != expected_bytes:
            raise FileChanged(path, len(before))
        self._put(path, before[:size_bytes])
        self.calls.append(("cut", path))

    def rename(self, path: str, target: str) -> None:
        self._enter("rename")
        path = _plain(path)
        target = _plain(target)
        if path not in self.contents:
            raise FileChanged(path, 0)
        if target in self.contents or target in self.folders:
            raise FileChanged(target, len(self.contents.get(target, b"")))
        self._need_parent(target)
        self._put(target, self.contents.pop(path))
        self.calls.append(("rename", path))

    def remove(self, path: str) -> bool:
        self._enter("remove")
        path = _plain(path)
        if path not in self.contents:
            return False
        del self.contents[path]
        self.calls.append(("remove", path))
        return True

    def folder(self, path: str) -> Folder:
        self._enter("folder")
        self._add_folders(_plain(path))
        return FakeFolder(self, _plain(path))

    def _enter(self, operation: str) -> None:
        for index in range(len(self._failures)):
            if self._failures[index][0] == operation:
                raise self._failures.pop(index)[1]

    def _put(self, path: str, data: bytes) -> None:
        if path in self.folders:
            raise StorageError(path + ": is a folder, expected a file; remove it or choose another path")
        self.contents[path] = bytes(data)
        self._modified_s[path] = self._clock.now_s()

    def _need_parent(self, path: str) -> None:
        if _parent(path) not in self.folders:
            raise StorageError(path + ": its folder is missing; make it first")

    def _add_folders(self, path: str) -> None:
        missing = []
        while path not in self.folders:
            if path in self.contents:
                raise StorageError(path + ": is a file, expected a folder; remove it or choose another path")
            missing.append(path)
            path = _parent(path)
        for folder in missing:
            self.folders.add(folder)
            self._modified_s[folder] = self._clock.now_s()


class FakeFolder(Folder):
    """A confined view of a `FakeFiles`. There are no links in it, so names alone decide what is inside."""

    def __init__(self, files: FakeFiles, root: str) -> None:
        self.root = root
        self._files = files

    def read(self, path: str, limit_bytes: int) -> bytes:
        inside = self._inside(path)
        if inside not in self._files.contents:
            raise _no_such_file(path)
        data = self._files.contents[inside]
        if len(data) > limit_bytes:
            raise ToolError(
                f"{path}: is {len(data)} bytes long, at most {limit_bytes} can be read; ask for less of it"
            )
        return data

    def write(self, path: str, data: bytes, expected: bytes | None = None) -> None:
        inside = self._inside(path)
        if expected is not None and self._files.contents.get(inside) != expected:
            raise ToolError(path + ": has changed since it was read; read it again")
        if inside in self._files.folders:
            raise _no_such_file(path)
        self._files._enter("write")  # noqa: SLF001 - one fake in two classes
        try:
            self._files.add(inside, data)
        except StorageError:
            raise _no_such_file(path)  # a file where a folder is needed
        self._files.calls.append(("write", inside))

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        inside = self._inside(path)
        if inside not in self._files.folders:
            raise _no_such_file(path)
        start = inside if inside.endswith("/") else inside + "/"
        found = []
        for name in self._files.list(inside):
            facts = self._files.stat(start + name)
            if facts is not None:
                found.append((name, facts))
        return found

    def stat(self, path: str) -> FileStat:
        facts = self._files.stat(self._inside(path))
        if facts is None:
            raise _no_such_file(path)
        return facts

    def look(self, path: str) -> str:
        facts = self._files.stat(self._inside(path))
        return facts.kind if facts is not None else "missing"

    def _inside(self, path: str) -> str:
        if path.startswith("/") or "\0" in path:
            raise _no_such_file(path)
        parts = [part for part in path.split("/") if part not in ("", ".")]
        if ".." in parts:
            raise _no_such_file(path)
        return _plain(self.root + "/" + "/".join(parts))


def _no_such_file(path: str) -> ToolError:
    return ToolError(path + ": no such file in the workspace")


def _plain(path: str) -> str:
    if not path.startswith("/"):
        raise StorageError(path + ": expected an absolute path")
    return "/" + "/".join([part for part in path.split("/") if part not in ("", ".")])


def _parent(path: str) -> str:
    return "/" + "/".join([part for part in path.split("/") if part][:-1])

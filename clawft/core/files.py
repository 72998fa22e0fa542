"""Files by plain system calls: what `core.interfaces.Files` promises, on every runtime. Knows no file format."""

from __future__ import annotations

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import Files
from clawft.core.locked_file import (
    ABSENT,
    KIND,
    SIZE,
    fact,
    is_temporary,
    is_windows,
    new_file_flags,
    open_locked,
    read_all,
    split,
    sync_folder,
)
from clawft.core.storage_errors import is_one_of, storage_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import FileStat, Folder
    from clawft.core.locked_file import LockedFile
    from clawft.core.system_calls import Pause, SystemCalls


class BlockingFiles(Files):
    """Files over a runtime's system calls. `append_durable` waits for the disk where it is called."""

    def __init__(self, calls: SystemCalls, pause: Pause) -> None:
        self.calls = calls
        self._pause = pause

    def read(self, path: str) -> bytes | None:
        calls = self.calls
        try:
            fd = calls.open(path, calls.O_RDONLY, 0)
            try:
                return read_all(calls, fd)
            finally:
                calls.fd_close(fd)
        except OSError as error:
            if is_one_of(error, ABSENT):
                return None
            raise storage_error(path, "read it", error)

    def read_range(self, path: str, offset_bytes: int, size_bytes: int) -> bytes:
        calls = self.calls
        try:
            fd = calls.open(path, calls.O_RDONLY, 0)
            try:
                # Asked also for nothing: only reading says that a folder is no file.
                part = calls.fd_pread(fd, size_bytes, offset_bytes)
                parts = []
                while part:
                    parts.append(part)
                    offset_bytes += len(part)
                    size_bytes -= len(part)
                    part = calls.fd_pread(fd, size_bytes, offset_bytes) if size_bytes else b""
                return parts[0] if len(parts) == 1 else b"".join(parts)
            finally:
                calls.fd_close(fd)
        except OSError as error:
            raise storage_error(path, "read it", error)

    def read_judged(self, path: str, limit_bytes: int, judge: Callable[[str], object]) -> bytes:
        from clawft.core.folder import read_judged  # noqa: PLC0415 - only where users allowed it

        return read_judged(self.calls, path, limit_bytes, judge)

    def stat(self, path: str) -> FileStat | None:
        try:
            found = fact(self.calls.stat(path, True))
        except OSError as error:
            if is_one_of(error, ABSENT):
                return None
            raise storage_error(path, "look it up", error)
        if is_windows(self.calls):
            found.mode = None
        return found

    def real_path(self, path: str) -> str | None:
        try:
            return self.calls.realpath(path)
        except OSError:
            return None

    def list(self, path: str) -> list[str]:
        try:
            names = self.calls.listdir(path)
        except OSError as error:
            if is_one_of(error, ("ENOENT",)):
                return []
            raise storage_error(path, "list it", error)
        return sorted([name for name, _ in names if not is_temporary(name)])

    def make_folder(self, path: str) -> None:
        for folder in missing_folders(self.calls, path):
            try:
                make_durable_folder(self.calls, folder, 0o700)
            except OSError as error:
                raise storage_error(folder, "make this folder", error)

    def write_atomic(
        self, path: str, data: bytes, *, is_new: bool = False, expected_bytes: int | None = None
    ) -> None:
        if expected_bytes is None:
            self._write_atomic(path, data, is_new=is_new)
            return
        locked = self._locked(path)
        try:
            locked.expect(expected_bytes)
            self._write_atomic(path, data, is_new=False)
        finally:
            locked.close()

    def _write_atomic(self, path: str, data: bytes, *, is_new: bool) -> None:
        calls = self.calls
        try:
            from clawft.core.replace import replace  # noqa: PLC0415 - most turns only append

            folder, name = split(calls, path)
            replace(calls, folder, name, data, 0o600, is_new=is_new)
        except OSError as error:
            if is_new and is_one_of(error, ("EEXIST",)):
                raise FileChanged(path, calls.stat(path, False)[SIZE])
            raise storage_error(path, "write it", error)

    def _locked(self, path: str, *, may_create: bool = False) -> LockedFile:
        """The file under its lock; FileChanged, as it is 0 bytes long, if there is none and it may not be made."""
        locked = open_locked(self.calls, path, self._pause, may_create=may_create)
        if locked is None:
            raise FileChanged(path, 0)
        return locked

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        locked = self._locked(path, may_create=expected_bytes == 0)
        try:
            locked.expect(expected_bytes)
            locked.append(data)
            locked.sync()
            return locked.size_bytes
        finally:
            locked.close()

    def cut(self, path: str, size_bytes: int, expected_bytes: int) -> None:
        locked = self._locked(path)
        try:
            locked.expect(expected_bytes)
            self.calls.truncate(locked.fd, size_bytes)
            self.calls.fd_sync(locked.fd)
        except OSError as error:
            raise storage_error(path, "shorten it", error)
        finally:
            locked.close()

    def rename(self, path: str, target: str) -> None:
        calls = self.calls
        locked = open_locked(calls, path, self._pause)
        if locked is None:
            raise StorageError(path + ": cannot rename it: there is no such file")
        try:
            # Taking the name first makes two renames to one name collide instead of one losing its file.
            calls.fd_close(calls.open(target, new_file_flags(calls), 0o600))
            if is_windows(calls):
                locked.close()
                locked = None
            calls.rename(path, target)
            sync_folder(calls, split(calls, target)[0])
        except OSError as error:
            if is_one_of(error, ("EEXIST",)):
                raise FileChanged(target, calls.stat(target, False)[SIZE])
            raise storage_error(path, "rename it", error)
        finally:
            if locked is not None:
                locked.close()

    def remove(self, path: str) -> bool:
        calls = self.calls
        try:
            calls.unlink(path)
            sync_folder(calls, split(calls, path)[0])
        except OSError as error:
            if is_one_of(error, ABSENT):
                return False
            raise storage_error(path, "delete it", error)
        return True

    def folder(self, path: str) -> Folder:
        from clawft.core.folder import open_folder  # noqa: PLC0415 - only runs that use file tools need it

        self.make_folder(path)
        return open_folder(self.calls, path)


def missing_folders(calls: SystemCalls, path: str) -> list[str]:
    """What is not there of a folder and those it is in, outermost first."""
    missing: list[str] = []
    current = path[:-1] if path.endswith("/") and len(path) > 1 else path
    while not _is_folder(calls, current):
        missing.insert(0, current)
        parent = split(calls, current)[0]
        if parent == current:
            break
        current = parent
    return missing


def make_durable_folder(calls: SystemCalls, path: str, mode: int) -> None:
    """Make one folder, unless somebody else did just now."""
    try:
        calls.mkdir(path, mode)
    except OSError as error:
        if not (is_one_of(error, ("EEXIST",)) and _is_folder(calls, path)):
            raise
    else:
        sync_folder(calls, split(calls, path)[0])


def _is_folder(calls: SystemCalls, path: str) -> bool:
    try:
        return calls.stat(path, True)[KIND] == "folder"
    except OSError:
        return False

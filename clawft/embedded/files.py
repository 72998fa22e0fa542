"""Files in our executables: what `core.interfaces.Files` promises, over `_weft`. Knows no file format."""

from __future__ import annotations

import _weft

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import Files
from clawft.core.storage_errors import is_one_of, storage_error
from clawft.embedded.locked_file import (
    ABSENT,
    IS_WINDOWS,
    KIND,
    SIZE,
    fact,
    folder_of,
    is_temporary,
    joined,
    open_locked,
    read_all,
    remove_stale,
    sync_folder,
    temporary_name,
    unlink_quietly,
    write_all,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import FileStat, Folder

NEW = _weft.O_WRONLY | _weft.O_CREAT | _weft.O_EXCL | _weft.O_NOFOLLOW


def _place_new(temporary: str, path: str) -> None:
    """Give a finished file its name, unless that is taken (EEXIST)."""
    try:
        _weft.link(temporary, path)
    except OSError as error:
        if not is_one_of(error, ("EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS")):
            raise
        # No hard links here (FAT, Windows): take the name first. A crash just now leaves an empty file.
        _weft.fd_close(_weft.open(path, NEW, 0o600))
        _weft.rename(temporary, path)
    else:
        _weft.unlink(temporary)


class BlockingFiles(Files):
    """Files by plain system calls. `append_durable` waits for the disk where it is called."""

    def read(self, path: str) -> bytes | None:
        try:
            fd = _weft.open(path, _weft.O_RDONLY, 0)
            try:
                return read_all(fd, 1 << 62)
            finally:
                _weft.fd_close(fd)
        except OSError as error:
            if is_one_of(error, ABSENT):
                return None
            raise storage_error(path, "read it", error)

    def read_range(self, path: str, offset_bytes: int, size_bytes: int) -> bytes:
        try:
            fd = _weft.open(path, _weft.O_RDONLY, 0)
            try:
                # Asked also for nothing: only reading says that a folder is no file.
                part = _weft.fd_pread(fd, size_bytes, offset_bytes)
                parts = []
                while part:
                    parts.append(part)
                    offset_bytes += len(part)
                    size_bytes -= len(part)
                    part = _weft.fd_pread(fd, size_bytes, offset_bytes) if size_bytes else b""
                return parts[0] if len(parts) == 1 else b"".join(parts)
            finally:
                _weft.fd_close(fd)
        except OSError as error:
            raise storage_error(path, "read it", error)

    def stat(self, path: str) -> FileStat | None:
        try:
            return fact(_weft.stat(path, True))
        except OSError as error:
            if is_one_of(error, ABSENT):
                return None
            raise storage_error(path, "look it up", error)

    def list(self, path: str) -> list[str]:
        try:
            names = _weft.listdir(path)
        except OSError as error:
            if is_one_of(error, ("ENOENT",)):
                return []
            raise storage_error(path, "list it", error)
        return sorted([name for name, _ in names if not is_temporary(name)])

    def make_folder(self, path: str) -> None:
        missing = []
        current = path[:-1] if path.endswith("/") and len(path) > 1 else path
        while not _is_folder(current):
            missing.append(current)
            parent = folder_of(current)
            if parent == current:
                break
            current = parent
        for folder in reversed(missing):
            try:
                _weft.mkdir(folder, 0o700)
                sync_folder(folder_of(folder))
            except OSError as error:
                if not (is_one_of(error, ("EEXIST",)) and _is_folder(folder)):
                    raise storage_error(folder, "make this folder", error)

    def write_atomic(
        self, path: str, data: bytes, *, is_new: bool = False, expected_bytes: int | None = None
    ) -> None:
        if expected_bytes is None:
            self._write_atomic(path, data, is_new=is_new)
            return
        locked = open_locked(path)
        if locked is None:
            raise FileChanged(path, 0)
        try:
            locked.expect(expected_bytes)
            self._write_atomic(path, data, is_new=False)
        finally:
            locked.close()

    def _write_atomic(self, path: str, data: bytes, *, is_new: bool) -> None:
        folder = folder_of(path)
        temporary = joined(folder, temporary_name())
        is_placed = False
        try:
            fd = _weft.open(temporary, NEW, 0o600)
            try:
                write_all(fd, data)
                _weft.fd_sync(fd)
            finally:
                _weft.fd_close(fd)
            if is_new:
                _place_new(temporary, path)
            else:
                _weft.rename(temporary, path)
            is_placed = True
            sync_folder(folder)
            remove_stale(folder)
        except OSError as error:
            if is_new and is_one_of(error, ("EEXIST",)):
                raise FileChanged(path, _weft.stat(path, False)[SIZE])
            raise storage_error(path, "write it", error)
        finally:
            if not is_placed:
                unlink_quietly(temporary)

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        locked = open_locked(path, may_create=expected_bytes == 0)
        if locked is None:
            raise FileChanged(path, 0)
        try:
            locked.expect(expected_bytes)
            locked.append(data)
            locked.sync()
            return locked.size_bytes
        finally:
            locked.close()

    def cut(self, path: str, size_bytes: int, expected_bytes: int) -> None:
        locked = open_locked(path)
        if locked is None:
            raise FileChanged(path, 0)
        try:
            locked.expect(expected_bytes)
            _weft.truncate(locked.fd, size_bytes)
            _weft.fd_sync(locked.fd)
        except OSError as error:
            raise storage_error(path, "shorten it", error)
        finally:
            locked.close()

    def rename(self, path: str, target: str) -> None:
        locked = open_locked(path)
        if locked is None:
            raise StorageError(path + ": cannot rename it: there is no such file")
        try:
            # Taking the name first makes two renames to one name collide instead of one losing its file.
            _weft.fd_close(_weft.open(target, NEW, 0o600))
            if IS_WINDOWS:
                locked.close()
                locked = None
            _weft.rename(path, target)
            sync_folder(folder_of(target))
        except OSError as error:
            if is_one_of(error, ("EEXIST",)):
                raise FileChanged(target, _weft.stat(target, False)[SIZE])
            raise storage_error(path, "rename it", error)
        finally:
            if locked is not None:
                locked.close()

    def remove(self, path: str) -> bool:
        try:
            _weft.unlink(path)
            sync_folder(folder_of(path))
        except OSError as error:
            if is_one_of(error, ABSENT):
                return False
            raise storage_error(path, "delete it", error)
        return True

    def folder(self, path: str) -> Folder:
        from clawft.embedded.folder import open_folder  # noqa: PLC0415 - only runs that use file tools need it

        self.make_folder(path)
        return open_folder(path)


def _is_folder(path: str) -> bool:
    try:
        return bool(_weft.stat(path, True)[KIND] == "folder")
    except OSError:
        return False

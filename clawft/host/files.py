"""Files on CPython: what `core.interfaces.Files` promises, on Linux, macOS and Windows. Knows no file format."""

from __future__ import annotations

import errno
import os
import sys
import time

from clawft.core.errors import FileChanged, StorageError
from clawft.core.interfaces import Files
from clawft.core.storage_errors import storage_error
from clawft.host.locked_file import (
    BASE_FLAGS,
    NO_FOLLOW,
    fact,
    is_temporary,
    open_locked,
    remove_stale,
    sync_data,
    sync_folder,
    temporary_name,
    write_all,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import FileStat, Folder


def _replace(source: str, target: str) -> None:
    """`os.replace`; on Windows a reader (or a virus scanner) that has the target open makes it wait a little."""
    for _ in range(50 if sys.platform == "win32" else 0):
        try:
            os.replace(source, target)
        except PermissionError:
            time.sleep(0.01)
        else:
            return
    os.replace(source, target)


def _place_new(temporary: str, path: str) -> None:
    """Give a finished file its name, unless that is taken (FileExistsError)."""
    if sys.platform == "win32":
        os.rename(temporary, path)
        return
    try:
        os.link(temporary, path)
    except OSError as error:
        if error.errno not in (errno.EPERM, errno.ENOTSUP, errno.ENOSYS):
            raise
        # No hard links here (FAT): take the name first. A crash just now leaves an empty file.
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS, 0o600))
        os.replace(temporary, path)
    else:
        os.unlink(temporary)


class BlockingFiles(Files):
    """Files by plain system calls. `append_durable` waits for the disk where it is called."""

    def read(self, path: str) -> bytes | None:
        try:
            with open(path, "rb") as file:
                return file.read()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(path, "read it", error) from error

    def read_range(self, path: str, offset_bytes: int, size_bytes: int) -> bytes:
        try:
            with open(path, "rb", buffering=0) as file:
                file.seek(offset_bytes)
                parts = []
                while size_bytes > 0:
                    part = file.read(size_bytes)
                    if not part:
                        break
                    parts.append(part)
                    size_bytes -= len(part)
                return parts[0] if len(parts) == 1 else b"".join(parts)
        except OSError as error:
            raise storage_error(path, "read it", error) from error

    def stat(self, path: str) -> FileStat | None:
        try:
            return fact(os.stat(path))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise storage_error(path, "look it up", error) from error

    def list(self, path: str) -> list[str]:
        try:
            names = os.listdir(path)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise storage_error(path, "list it", error) from error
        return sorted(name for name in names if not is_temporary(name))

    def make_folder(self, path: str) -> None:
        missing = []
        current = os.path.abspath(path)
        while not os.path.isdir(current):
            missing.append(current)
            parent = os.path.dirname(current)
            if parent == current:
                break
            current = parent
        for folder in reversed(missing):
            try:
                os.mkdir(folder, 0o700)
                sync_folder(os.path.dirname(folder))
            except OSError as error:
                if not (error.errno == errno.EEXIST and os.path.isdir(folder)):
                    raise storage_error(folder, "make this folder", error) from error

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
        folder = os.path.dirname(path) or "."
        temporary = os.path.join(folder, temporary_name())
        is_placed = False
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS | NO_FOLLOW, 0o600)
            try:
                write_all(fd, data)
                sync_data(fd)
            finally:
                os.close(fd)
            if is_new:
                _place_new(temporary, path)
            else:
                _replace(temporary, path)
            is_placed = True
            sync_folder(folder)
            remove_stale(folder)
        except FileExistsError:
            raise FileChanged(path, os.lstat(path).st_size) from None
        except OSError as error:
            raise storage_error(path, "write it", error) from error
        finally:
            if not is_placed:
                _unlink_quietly(temporary)

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
            os.ftruncate(locked.fd, size_bytes)
            sync_data(locked.fd)
        except OSError as error:
            raise storage_error(path, "shorten it", error) from error
        finally:
            locked.close()

    def rename(self, path: str, target: str) -> None:
        locked = open_locked(path)
        if locked is None:
            raise StorageError(f"{path}: cannot rename it: there is no such file")
        try:
            # Taking the name first makes two renames to one name collide instead of one losing its file.
            os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS, 0o600))
            if sys.platform == "win32":
                locked.close()
                locked = None
            _replace(path, target)
            sync_folder(os.path.dirname(target) or ".")
        except FileExistsError:
            raise FileChanged(target, os.lstat(target).st_size) from None
        except OSError as error:
            raise storage_error(path, "rename it", error) from error
        finally:
            if locked is not None:
                locked.close()

    def remove(self, path: str) -> bool:
        try:
            os.unlink(path)
            sync_folder(os.path.dirname(path) or ".")
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise storage_error(path, "delete it", error) from error
        return True

    def folder(self, path: str) -> Folder:
        from clawft.host.folder import open_folder  # noqa: PLC0415 - only runs that use file tools need it

        self.make_folder(path)
        return open_folder(path)


def _unlink_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return

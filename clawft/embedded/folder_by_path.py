"""A confined folder for systems without `openat` (Windows): judged by its real path before and after opening.

Weaker than `folder.py`: a name exchanged between the two checks is found out only after it was opened. It still
refuses whatever the opened file is not.
"""

from __future__ import annotations

import _weft

from clawft.core.interfaces import Folder
from clawft.core.storage_errors import is_one_of
from clawft.embedded.files import BlockingFiles
from clawft.embedded.folder import READ_FLAGS, components, no_such_file, read_regular, tool_error
from clawft.embedded.locked_file import (
    DEVICE,
    INODE,
    KIND,
    fact,
    folder_of,
    is_temporary,
    joined,
    temporary_name,
    unlink_quietly,
    write_all,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import FileStat

# In a name these start a drive, a stream of a file, or a device path.
REFUSED_CHARACTERS = "\\:"
# Windows takes these for devices in every folder, whatever comes after the first dot.
DEVICES = ("con", "prn", "aux", "nul", "conin$", "conout$")


class CheckedFolder(Folder):
    """A folder on a system where paths can only be opened whole."""

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, path: str, limit_bytes: int) -> bytes:
        try:
            real = self._real(path)
            before = _weft.stat(real, False)
            if before[KIND] != "file":
                raise no_such_file(path)
            fd = _weft.open(real, READ_FLAGS, 0)
            try:
                opened = _weft.fstat(fd)
                if self._real(path) != real or (before[DEVICE], before[INODE]) != (
                    opened[DEVICE],
                    opened[INODE],
                ):
                    raise no_such_file(path)
                return read_regular(fd, path, limit_bytes)
            finally:
                _weft.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "read", error)

    def write(self, path: str, data: bytes) -> None:
        try:
            real = self._real(path)
            before = _stat_or_none(real)
            if before is not None and before[KIND] != "file":
                raise no_such_file(path)
            if before is None and not components(path):
                raise no_such_file(path)
            BlockingFiles().make_folder(folder_of(real))
            if self._real(path) != real:
                raise no_such_file(path)
            _replace_at(real, data)
        except OSError as error:
            raise tool_error(path, "written", error)

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            real = self._real(path)
            found = []
            for name in sorted([name for name, _ in _weft.listdir(real)]):
                known = None if is_temporary(name) else _stat_or_none(joined(real, name))
                if known is not None:
                    found.append((name, fact(known)))
        except OSError as error:
            raise tool_error(path, "listed", error)
        return found

    def stat(self, path: str) -> FileStat:
        try:
            found = _weft.stat(self._real(path), False)
        except OSError as error:
            raise tool_error(path, "looked up", error)
        if found[KIND] not in {"file", "folder"}:
            raise no_such_file(path)
        return fact(found)

    def _real(self, path: str) -> str:
        """The real path of something inside; what is missing has the real path it would have."""
        parts = components(path)
        for part in parts:
            stem = part.split(".")[0].rstrip(" ").lower()
            is_port = len(stem) == 4 and stem[:3] in {"com", "lpt"} and not stem[3].isalpha()  # noqa: PLR2004 - COM1
            if is_port or stem in DEVICES or any(character in part for character in REFUSED_CHARACTERS):
                raise no_such_file(path)
        root: str = _weft.realpath(self.root).replace("\\", "/")
        real = root
        for index, part in enumerate(parts):
            try:
                real = _weft.realpath(joined(real, part)).replace("\\", "/")
            except OSError as error:
                if not is_one_of(error, ("ENOENT",)):
                    raise
                real = "/".join([real] + parts[index:])
                break
        start = root if root.endswith("/") else root + "/"
        if real != root and not real.startswith(start):
            raise no_such_file(path)
        return real


def _stat_or_none(path: str) -> tuple[Any, ...] | None:
    try:
        found: tuple[Any, ...] = _weft.stat(path, False)
    except OSError as error:
        if is_one_of(error, ("ENOENT",)):
            return None
        raise
    return found


def _replace_at(real: str, data: bytes) -> None:
    temporary = joined(folder_of(real), temporary_name())
    fd = _weft.open(temporary, _weft.O_WRONLY | _weft.O_CREAT | _weft.O_EXCL, 0o666)
    is_placed = False
    try:
        try:
            write_all(fd, data)
            _weft.fd_sync(fd)
        finally:
            _weft.fd_close(fd)
        _weft.rename(temporary, real)
        is_placed = True
    finally:
        if not is_placed:
            unlink_quietly(temporary)

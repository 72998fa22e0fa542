"""A confined folder for systems without `openat` (Windows): judged by its real path before and after opening.

Weaker than `folder.py`: a name exchanged between the two checks is found out only after it was opened. It still
refuses whatever the opened file is not, and a later version opens by handle instead.
"""

from __future__ import annotations

import os
import stat
import sys

from clawft.core.errors import ToolError
from clawft.core.interfaces import Folder
from clawft.host.folder import READ_FLAGS, components, no_such_file, read_regular, tool_error
from clawft.host.locked_file import BASE_FLAGS, fact, is_temporary, sync_data, temporary_name, write_all

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import FileStat

# In a name these start a drive, a stream of a file, or a device path.
REFUSED_CHARACTERS = "\\:" if sys.platform == "win32" else ""
# Windows takes these for devices in every folder, whatever comes after the first dot.
DEVICES = ("con", "prn", "aux", "nul", "conin$", "conout$")


class CheckedFolder(Folder):
    """A folder on a system where paths can only be opened whole."""

    def __init__(self, root: str) -> None:
        self.root = root

    def read(self, path: str, limit_bytes: int) -> bytes:
        try:
            real = self._real(path)
            if not stat.S_ISREG(os.lstat(real).st_mode):
                raise no_such_file(path)
            fd = os.open(real, READ_FLAGS)
            try:
                if self._real(path) != real or not os.path.samestat(os.lstat(real), os.fstat(fd)):
                    raise no_such_file(path)
                return read_regular(fd, path, limit_bytes)
            finally:
                os.close(fd)
        except OSError as error:
            raise tool_error(path, "read", error) from error

    def write(self, path: str, data: bytes) -> None:
        try:
            real = self._real(path)
            if os.path.lexists(real):
                if not stat.S_ISREG(os.lstat(real).st_mode):
                    raise no_such_file(path)
                if not os.access(real, os.W_OK):
                    raise ToolError(
                        f"{path}: cannot be written: it is read-only here; its owner can change that"
                    )
            elif not components(path):
                raise no_such_file(path)
            os.makedirs(os.path.dirname(real), exist_ok=True)
            if self._real(path) != real:
                raise no_such_file(path)
            _replace_at(real, data)
        except OSError as error:
            raise tool_error(path, "written", error) from error

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            with os.scandir(self._real(path)) as entries:
                found = [
                    (entry.name, fact(entry.stat(follow_symlinks=False)))
                    for entry in entries
                    if not is_temporary(entry.name)
                ]
        except OSError as error:
            raise tool_error(path, "listed", error) from error
        return sorted(found, key=lambda pair: pair[0])

    def stat(self, path: str) -> FileStat:
        try:
            found = os.lstat(self._real(path))
        except OSError as error:
            raise tool_error(path, "looked up", error) from error
        if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
            raise no_such_file(path)
        return fact(found)

    def _real(self, path: str) -> str:
        """The real path of something inside; what is missing has the real path it would have."""
        parts = components(path)
        for part in parts:
            stem = part.split(".")[0].rstrip(" ").lower()
            is_port = len(stem) == 4 and stem[:3] in ("com", "lpt") and not stem[3].isalpha()  # noqa: PLR2004 - COM1
            if any(character in part for character in REFUSED_CHARACTERS) or stem in DEVICES or is_port:
                raise no_such_file(path)
        root = os.path.realpath(self.root)
        real = os.path.realpath(os.path.join(root, *parts))
        if real != root and not real.startswith(root.rstrip(os.sep) + os.sep):
            raise no_such_file(path)
        return real


def _replace_at(real: str, data: bytes) -> None:
    temporary = os.path.join(os.path.dirname(real), temporary_name())
    fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BASE_FLAGS, 0o666)
    is_placed = False
    try:
        try:
            write_all(fd, data)
            sync_data(fd)
        finally:
            os.close(fd)
        if os.path.exists(real):
            os.chmod(temporary, os.stat(real).st_mode & 0o777)
        os.replace(temporary, real)
        is_placed = True
    finally:
        if not is_placed:
            _unlink_quietly(temporary)


def _unlink_quietly(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return

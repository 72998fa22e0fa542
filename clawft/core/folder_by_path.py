"""A confined folder for systems without `openat` (Windows): judged by its real path before and after opening.

Weaker than `folder.py`: a name exchanged between the two checks is found out only after it was opened. It still
refuses whatever the opened file is not.
"""

from __future__ import annotations

from clawft.core.files import make_durable_folder, missing_folders
from clawft.core.folder import (
    components,
    expect_file,
    no_such_file,
    read_flags,
    read_only,
    read_regular,
    tool_error,
)
from clawft.core.interfaces import Folder
from clawft.core.locked_file import KIND, MODE, fact, is_same, is_temporary, is_windows, joined, split
from clawft.core.replace import replace
from clawft.core.storage_errors import is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import FileStat
    from clawft.core.system_calls import Facts, SystemCalls

# In a name these start a drive, a stream of a file, or a device path.
REFUSED_CHARACTERS = "\\:"
# Windows takes these for devices in every folder, whatever comes after the first dot.
DEVICES = ("con", "prn", "aux", "nul", "conin$", "conout$")


class CheckedFolder(Folder):
    """A folder on a system where paths can only be opened whole."""

    def __init__(self, calls: SystemCalls, root: str) -> None:
        self._calls = calls
        self.root = root

    def read(self, path: str, limit_bytes: int) -> bytes:
        try:
            real = self._real(path)
            before = expect_file(self._calls.stat(real, False), path)
            fd = self._calls.open(real, read_flags(self._calls), 0)
            try:
                if self._real(path) != real or not is_same(before, self._calls.fstat(fd)):
                    raise no_such_file(path)
                return read_regular(self._calls, fd, path, limit_bytes)
            finally:
                self._calls.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "read", error)

    def write(self, path: str, data: bytes) -> None:
        try:
            parts = components(path)
            real = self._real(path)
            before = self._stat_or_none(real)
            if before is not None and not expect_file(before, path)[MODE] & 0o222:
                raise read_only(path)
            if not parts:
                raise no_such_file(path)
            folder, name = split(self._calls, real)
            for missing in missing_folders(self._calls, folder):
                make_durable_folder(self._calls, missing, 0o777)
            if self._real(path) != real:
                raise no_such_file(path)
            exact_mode = None if before is None or is_windows(self._calls) else before[MODE] & 0o777
            replace(self._calls, folder, name, data, 0o666, exact_mode=exact_mode)
        except OSError as error:
            raise tool_error(path, "written", error)

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        try:
            real = self._real(path)
            found = []
            for name in sorted([name for name, _ in self._calls.listdir(real)]):
                known = None if is_temporary(name) else self._stat_or_none(joined(real, name))
                if known is not None:
                    found.append((name, fact(known)))
        except OSError as error:
            raise tool_error(path, "listed", error)
        return found

    def stat(self, path: str) -> FileStat:
        try:
            found = self._calls.stat(self._real(path), False)
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
        root = self._calls.realpath(self.root).replace("\\", "/")
        real = root
        for index, part in enumerate(parts):
            try:
                real = self._calls.realpath(joined(real, part)).replace("\\", "/")
            except OSError as error:
                if not is_one_of(error, ("ENOENT",)):
                    raise
                real = "/".join([real] + parts[index:])
                break
            self._expect_inside(root, real, path)
        self._expect_inside(root, real, path)
        return real

    def _expect_inside(self, root: str, real: str, path: str) -> None:
        if real != root and not real.startswith(root if root.endswith("/") else root + "/"):
            raise no_such_file(path)

    def _stat_or_none(self, path: str) -> Facts | None:
        try:
            return self._calls.stat(path, False)
        except OSError as error:
            if is_one_of(error, ("ENOENT",)):
                return None
            raise

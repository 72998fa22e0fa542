"""A confined folder for systems without `openat` (Windows): judged by its real path before and after opening.

Weaker than `folder.py`: a name exchanged between the two checks is found out only after it was opened. It still
refuses whatever the opened file is not.
"""

from __future__ import annotations

from clawft.core.files import make_durable_folder, missing_folders
from clawft.core.folder import (
    changed,
    components,
    expect_content,
    expect_file,
    expect_own,
    kind_of,
    linked,
    no_such_file,
    read_flags,
    read_only,
    read_regular,
    tool_error,
)
from clawft.core.interfaces import Folder
from clawft.core.locked_file import KIND, LINKS, MODE, fact, is_same, is_temporary, is_windows, joined, split
from clawft.core.replace import replace
from clawft.core.storage_errors import is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import FileStat
    from clawft.core.system_calls import Facts, SystemCalls

# In a name these start a drive, a stream of a file, or a device path.
REFUSED_CHARACTERS = "\\:"
NUMBERED_LENGTH = 4
SHORT_LENGTH = 8
# Windows takes these for devices in every folder, whatever comes after the first dot.
DEVICES = ("con", "prn", "aux", "nul", "conin$", "conout$")


def has_other_meaning(name: str) -> bool:
    """Whether Windows reads a name as a device, a stream, a drive, another name without its end, or a short one."""
    stem = name.partition(".")[0].rstrip(" ").lower()
    is_port = len(stem) == NUMBERED_LENGTH and stem[:3] in {"com", "lpt"} and not stem[3].isalpha()
    return (
        is_port
        or stem in DEVICES
        or name[-1] in ". "
        or is_short_name(name)
        or any(character in name for character in REFUSED_CHARACTERS)
    )


def is_short_name(name: str) -> bool:
    """Whether a name has the form of one that Windows makes up (8.3), such as CLAWFT~1: it may be another file's."""
    stem = name.partition(".")[0]
    start, tilde, number = stem.rpartition("~")
    return bool(tilde and start and len(stem) <= SHORT_LENGTH and number) and all(
        "0" <= digit <= "9" for digit in number
    )


def read_judged_by_path(
    calls: SystemCalls, path: str, limit_bytes: int, judge: Callable[[str], object]
) -> bytes:
    """See `Files.read_judged`; what was opened must still be what the judged path means."""
    real = calls.realpath(path).replace("\\", "/")
    judge(real)
    before = expect_file(calls.stat(real, False), path)
    if before[LINKS] > 1:  # one of the others may be what nobody may read
        raise linked(path)
    fd = calls.open(real, read_flags(calls), 0)
    try:
        if calls.realpath(real).replace("\\", "/") != real or not is_same(before, calls.fstat(fd)):
            raise no_such_file(path)
        return read_regular(calls, fd, path, limit_bytes)
    finally:
        calls.fd_close(fd)


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
                expect_own(self._calls, self.root, before, path)
                return read_regular(self._calls, fd, path, limit_bytes)
            finally:
                self._calls.fd_close(fd)
        except OSError as error:
            raise tool_error(path, "read", error)

    def write(self, path: str, data: bytes, expected: bytes | None = None) -> None:
        calls = self._calls
        try:
            parts = components(path)
            real = self._real(path)
            before = self._stat_or_none(real)
            if before is None and expected is not None:
                raise changed(path)
            if before is not None and not expect_file(before, path)[MODE] & 0o222:
                raise read_only(path)
            if not parts:
                raise no_such_file(path)
            if before is not None:
                expect_own(self._calls, self.root, before, path)
            folder, name = split(self._calls, real)
            for missing in missing_folders(self._calls, folder):
                make_durable_folder(self._calls, missing, 0o777)
            if self._real(path) != real:
                raise no_such_file(path)
            exact_mode = None if before is None or is_windows(self._calls) else before[MODE] & 0o777
            replace(
                calls,
                folder,
                name,
                data,
                0o666,
                exact_mode=exact_mode,
                check=lambda: expect_content(calls, calls.HERE, real, path, expected),
            )
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

    def look(self, path: str) -> str:
        try:
            found = self._stat_or_none(self._real(path))
            if found is not None and found[KIND] == "link":  # to nothing: who knows where
                raise no_such_file(path)
            return kind_of(self._calls, self.root, found)
        except OSError as error:
            if is_one_of(error, ("ENOENT", "ENOTDIR")):
                return "missing"
            raise tool_error(path, "looked up", error)

    def _real(self, path: str) -> str:
        """The real path of something inside; what is missing has the real path it would have."""
        parts = components(path)
        for part in parts:
            if has_other_meaning(part):
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

"""Where programs are: on a fixed PATH of the system's folders, never in the workspace, whatever our own PATH says."""

from __future__ import annotations

from clawft.security.paths import is_within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files

FOLDERS = ("/usr/local/bin", "/usr/bin", "/bin")
# Where a program may be named by its path, though it is not looked for there.
_NAMED_FOLDERS = ("/usr/local/sbin", "/usr/sbin", "/sbin")
_WINDOWS_ENDINGS = ("", ".exe", ".com")


class Programs:
    """Finds programs outside `workspace`. `environment` is what their system itself needs of variables."""

    def __init__(
        self, files: Files, workspace: str, environment: dict[str, str], *, is_windows: bool
    ) -> None:
        self._files = files
        self._workspace = workspace
        self._is_windows = is_windows
        self._folders: tuple[str, ...] = FOLDERS
        self.environment: dict[str, str] = {}
        if is_windows:
            root = environment.get("SystemRoot", "C:\\Windows").replace("\\", "/")
            self._folders = (root + "/System32", root)
            self.environment = {"SystemRoot": root.replace("/", "\\")}
        self.path = ";".join(self._folders).replace("/", "\\") if is_windows else ":".join(self._folders)

    def resolve(self, name: str) -> str | None:
        """The real path of a program by its name, or by its path in one of the folders; None for none."""
        name = name.replace("\\", "/") if self._is_windows else name
        folder, slash, last = name.rpartition("/")
        if last in ("", ".", ".."):
            return None
        if slash:
            is_known = folder in self._folders or (not self._is_windows and folder in _NAMED_FOLDERS)
            return self._outside(name) if is_known else None
        for folder in self._folders:
            for ending in _WINDOWS_ENDINGS if self._is_windows else ("",):
                real = self._outside(folder + "/" + last + ending)
                if real is not None:
                    return real
        return None

    def _outside(self, path: str) -> str | None:
        found = self._files.stat(path)
        real = self._files.real_path(path) if found is not None and found.kind == "file" else None
        if real is None:
            return None
        for workspace in (self._workspace, self._files.real_path(self._workspace) or self._workspace):
            if is_within(real, workspace):
                return None
        return real

    def removal(self) -> tuple[str, ...]:
        """The words that remove a folder and all in it, before its path; () where there is no such program."""
        program = None if self._is_windows else self.resolve("rm")
        return () if program is None else (program, "-rf", "--")

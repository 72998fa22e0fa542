"""Which of upstream's session files are upstream's: those that were there, as they were, before anything of ours ran.

They lie in the workspace, where a model's tools may write: what is put there later would be a conversation that
nobody had. So they are written down, with their hashes, before the first session of ours is made.
"""

from __future__ import annotations

import binascii
import hashlib

from clawft.core.compat import json_text, json_value
from clawft.core.errors import FileChanged, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files

SUFFIX = ".jsonl"
RECORD = "upstream.json"


class UpstreamSessions:
    """`folder` is where our sessions are: it is made with the first of them, and never removed."""

    def __init__(self, files: Files, folder: str, legacy_folders: list[str]) -> None:
        self._files = files
        self._folder = folder
        self._legacy_folders = legacy_folders
        self._record = folder + "/" + RECORD
        self._known: dict[str, object] | None = None

    def note(self) -> None:
        """Write down what is there, if nothing of ours has ever run.

        Where nothing can be written, no session of ours can be made: what is there now is then known to this process.
        """
        if self._known is not None or not self._legacy_folders or self._files.stat(self._folder) is not None:
            return
        found: dict[str, object] = {}
        for folder in self._legacy_folders:
            for name in self._files.list(folder):
                if name.endswith(SUFFIX):
                    path = folder + "/" + name
                    found[path] = self._hash(path)
        self._known = found
        if not found:
            return  # our folder alone will say that there was nothing
        try:
            self._files.make_folder(self._folder)
            self._files.write_atomic(self._record, json_text(found).encode(), is_new=True)
        except FileChanged:
            self._known = None  # another process was faster
        except StorageError:
            return

    def is_original(self, path: str) -> bool:
        """Whether a file of upstream's is as it was then. Raises StorageError."""
        self.note()
        if self._known is None:
            self._known = self._recorded()
        expected = self._known.get(path)
        return expected is not None and expected == self._hash(path)

    def _recorded(self) -> dict[str, object]:
        data = self._files.read(self._record)
        if data is None:
            return {}
        try:
            found = json_value(data.decode())
        except (ValueError, UnicodeError):
            found = None
        if not isinstance(found, dict):
            raise StorageError(
                self._record + ": is damaged; delete it, and upstream's sessions are not read any more"
            )
        return found

    def _hash(self, path: str) -> str:
        data = self._files.read(path)
        return "" if data is None else binascii.hexlify(hashlib.sha256(data).digest()).decode()

"""Turns notes into two Markdown files, MEMORY.md and HISTORY.md. Knows no model, no tool and no search.

Both are appended to durably and never lose text: replacing MEMORY.md keeps the one before as MEMORY.md.previous.
Where ours is absent, upstream's is read, and carried over by the first write.
"""

from __future__ import annotations

from clawft.core.errors import FileChanged, StorageError, ToolError
from clawft.core.sanitize import sanitize_content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files, Folder

MEMORY = "MEMORY.md"
HISTORY = "HISTORY.md"
PREVIOUS = "MEMORY.md.previous"
MEMORY_LIMIT_BYTES = 1024 * 1024
HISTORY_READ_BYTES = 8 * 1024 * 1024
APPEND_ATTEMPTS = 10


class MemoryStore:
    """The notes in one folder. `legacy_folder` is upstream's, "" for none; it is never written.

    Files are opened through a confined view of the folder, so that a link put there leads nowhere.
    """

    def __init__(self, files: Files, folder: str, legacy_folder: str = "") -> None:
        self.folder = folder
        self.legacy_folder = legacy_folder
        self._files = files
        self._views: dict[str, Folder] = {}

    def read(self) -> str:
        """All of MEMORY.md; "" if there is none. StorageError if it is too long or not UTF-8."""
        return self._text(MEMORY)

    def has_memory(self) -> bool:
        """Whether there is a MEMORY.md, ours or upstream's, even an empty one."""
        return self._place(MEMORY) != ""

    def history(self) -> str:
        """HISTORY.md, or of a long one the last HISTORY_READ_BYTES, from a whole line on; "" if there is none."""
        place = self._place(HISTORY)
        if not place:
            return ""
        size = self._size(place, HISTORY)
        if size <= HISTORY_READ_BYTES:
            return _decoded(self._bytes(place, HISTORY, HISTORY_READ_BYTES), place + "/" + HISTORY)
        end = self._files.read_range(place + "/" + HISTORY, size - HISTORY_READ_BYTES, HISTORY_READ_BYTES)
        return _decoded(end[end.find(b"\n") + 1 :], place + "/" + HISTORY)

    async def append(self, text: str) -> int:
        """Add a note to MEMORY.md, a blank line between; on disk when this returns. The note's size in bytes.

        Nothing is written for a note without visible text. StorageError if the file would get too long.
        """
        return await self._append(MEMORY, text, MEMORY_LIMIT_BYTES)

    async def append_history(self, text: str) -> int:
        """Add an entry to HISTORY.md, a blank line between; on disk when this returns. Its size in bytes."""
        return await self._append(HISTORY, text, None)

    def overwrite(self, text: str) -> int:
        """Replace MEMORY.md in one step, the one before kept as MEMORY.md.previous. The new size in bytes."""
        data = sanitize_content(text).encode()
        if len(data) > MEMORY_LIMIT_BYTES:
            raise _too_long(self.folder + "/" + MEMORY, len(data))
        place = self._place(MEMORY)
        before = self._bytes(place, MEMORY, HISTORY_READ_BYTES) if place else b""
        if before.strip() and before != data:
            self._view(self.folder).write(PREVIOUS, before)
        self._view(self.folder).write(MEMORY, data)
        return len(data)

    def entries(self) -> list[tuple[str, str]]:
        """Every paragraph and the file it stands in, those of MEMORY.md first."""
        found = []
        for source, text in ((MEMORY, self.read()), (HISTORY, self.history())):
            found += [(paragraph, source) for paragraph in paragraphs(text)]
        return found

    def _place(self, name: str) -> str:
        """The folder that holds a file: ours, else upstream's, "" if neither does."""
        for place in (self.folder, self.legacy_folder):
            if place and self._files.stat(place + "/" + name) is not None:
                return place
        return ""

    def _view(self, place: str) -> Folder:
        if place not in self._views:
            self._views[place] = self._files.folder(place)
        return self._views[place]

    def _size(self, place: str, name: str) -> int:
        try:
            return self._view(place).stat(name).size_bytes
        except ToolError as error:
            raise StorageError(place + "/" + name + ": expected a plain file: " + error.message)

    def _bytes(self, place: str, name: str, limit_bytes: int) -> bytes:
        size = self._size(place, name)
        if size > limit_bytes:
            raise _too_long(place + "/" + name, size)
        try:
            return self._view(place).read(name, limit_bytes)
        except ToolError as error:
            raise StorageError(place + "/" + name + ": expected a plain file: " + error.message)

    def _text(self, name: str) -> str:
        place = self._place(name)
        return _decoded(self._bytes(place, name, MEMORY_LIMIT_BYTES), place + "/" + name) if place else ""

    async def _append(self, name: str, text: str, limit_bytes: int | None) -> int:
        note = sanitize_content(text).strip().encode()
        if not note:
            return 0
        self._carry_over(name)
        path = self.folder + "/" + name
        for _ in range(APPEND_ATTEMPTS):
            size = 0
            end = b""
            if self._files.stat(path) is not None:
                size = self._size(self.folder, name)
                end = self._files.read_range(path, max(size - 2, 0), 2)
            gap = b"" if not size or end == b"\n\n" else b"\n" if end[-1:] == b"\n" else b"\n\n"
            if limit_bytes is not None and size + len(gap) + len(note) + 1 > limit_bytes:
                raise _too_long(path, size + len(gap) + len(note) + 1)
            try:
                await self._files.append_durable(path, gap + note + b"\n", size)
            except FileChanged:  # another process wrote a note of its own: go after it
                continue
            return len(note)
        raise StorageError(path + ": other processes keep changing this file; try again later")

    def _carry_over(self, name: str) -> None:
        """Make the folder, and begin our file with upstream's text, so that ours does not hide it."""
        self._files.make_folder(self.folder)
        place = self._place(name)
        if place and place != self.folder:
            data = self._bytes(place, name, HISTORY_READ_BYTES)
            try:
                self._files.write_atomic(self.folder + "/" + name, data, is_new=True)
            except FileChanged:
                return  # another process did it


def paragraphs(text: str) -> list[str]:
    """The pieces of a text between blank lines, without white space around them."""
    found = []
    lines: list[str] = []
    for line in text.replace("\r\n", "\n").split("\n") + [""]:
        if line.strip():
            lines.append(line)
        elif lines:
            found.append("\n".join(lines).strip())
            lines = []
    return found


def _decoded(data: bytes, path: str) -> str:
    try:
        return data.decode()
    except UnicodeError:
        raise StorageError(path + ": expected UTF-8 text, found other bytes; convert the file to UTF-8")


def _too_long(path: str, size_bytes: int) -> StorageError:
    return StorageError(
        f"{path}: expected at most {MEMORY_LIMIT_BYTES} bytes, found {size_bytes}; shorten it or move notes elsewhere"
    )

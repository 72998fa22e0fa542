"""Conversations on disk: one file of JSON lines each, appended durably, read from its end. Never rewrites to append.

The first line is metadata and never changes; further metadata lines may follow, the last one wins.
"""

from __future__ import annotations

from clawft.core.compat import iso_time
from clawft.core.errors import FileChanged, StorageError, UsageError
from clawft.core.session_files import session_file_name, upstream_file_name, upstream_key
from clawft.core.session_lines import FileView, is_metadata, line_of, read_back, read_forward, record_of
from clawft.core.session_records import message_record, record_message

__all__ = ["Session", "SessionStore", "message_record", "record_message"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from clawft.core.interfaces import Clock, Files
    from clawft.core.messages import Message
    from clawft.core.session_lines import Record
    from clawft.core.session_list import SessionSummary
    from clawft.core.session_upstream import UpstreamSessions

    Report = Callable[[str], None]

VERSION = 2
# Records kept in memory for each open session, unless more were asked for at once.
WINDOW_RECORDS = 128
# Each failed attempt means that another process has made one: so many in a row mean that something is wrong.
ATTEMPTS = 1000


class SessionStore:
    """The sessions in a folder. `legacy_folders` hold upstream's, which are read but never changed.

    `report` is called with a sentence for people whenever something had to be recovered or could not be read.
    """

    def __init__(
        self, files: Files, clock: Clock, folder: str, legacy_folders: list[str], report: Report
    ) -> None:
        self.files = files
        self.clock = clock
        self.folder = folder
        self.legacy_folders = legacy_folders
        self._report = report
        self._reported: set[str] = set()
        self._upstream: UpstreamSessions | None = None

    @property
    def upstream(self) -> UpstreamSessions:
        """What is known of upstream's files."""
        if self._upstream is None:
            from clawft.core.session_upstream import UpstreamSessions  # noqa: PLC0415 - not where ours are there

            self._upstream = UpstreamSessions(self.files, self.folder, self.legacy_folders)
        return self._upstream

    async def open(self, key: str) -> Session:
        """The session of a key, new if there is none; what a crash has left is recovered and reported.

        Raises StorageError if its file cannot be read, UsageError for the empty key.
        """
        if self.files.stat(self.path(key)) is None:
            self.upstream.note()
        session = Session(self, key)
        session.load()
        return session

    def path(self, key: str) -> str:
        """Where the file of a session of ours is or would be."""
        try:
            return self.folder + "/" + session_file_name(key)
        except ValueError:
            raise UsageError("a session key may not be empty: give a name, as in cli:work")

    def find(self, key: str) -> str | None:
        """The file that holds a session now, ours or upstream's; None if there is none."""
        path = self.path(key)
        return path if self.files.stat(path) is not None else self.legacy_path(key)

    def legacy_path(self, key: str) -> str | None:
        """Upstream's file of a key. One that could belong to several keys is reported and not taken."""
        name = upstream_file_name(key)
        if name is None:
            return None
        for folder in self.legacy_folders:
            # By listing: a file system that ignores case would take one chat's file for another's.
            if name in self.files.list(folder):
                path = folder + "/" + name
                if upstream_key(name) == key:
                    if self.is_upstreams(path, key):
                        return path
                    continue
                if upstream_key(name) is None:
                    self.report(
                        path
                        + ": this older session is not used, as its name could stand for several chats; if it "
                        "belongs to " + key + ", copy it to " + self.path(key)
                    )
        return None

    def is_upstreams(self, path: str, key: str) -> bool:
        """Whether an older session is really one; what was put there, or changed, since is reported and not taken."""
        if self.upstream.is_original(path):
            return True
        self.report(
            path
            + ": this session is not used: it was not there, or was another, when this agent first ran; if it "
            "is yours, copy it to " + self.path(key)
        )
        return False

    def metadata(self, key: str) -> Record | None:
        """The metadata of a session (`created_at` and so on; later lines win), {} if it has none; None without one."""
        path = self.find(key)
        if path is None:
            return None
        latest: Record = {}
        for _, _, record in read_forward(self.view(path), self.unreadable(path)):
            if is_metadata(record):
                latest.update(record)
        return latest

    def records(self, key: str) -> Iterator[tuple[int, Record]]:
        """Every message record of a session with its line number, read as it is asked for; none without a session."""
        path = self.find(key)
        if path is not None:
            for number, _, record in read_forward(self.view(path), self.unreadable(path)):
                if not is_metadata(record):
                    yield number, record

    def list(self) -> list[SessionSummary]:
        """Every session, sorted by key; each file is read to count its messages."""
        from clawft.core.session_list import summaries  # noqa: PLC0415 - a turn of conversation lists nothing

        return summaries(self)

    def delete(self, key: str) -> bool:
        """Delete a session for good; False if there was none.

        Upstream's file of the same session goes too, and is reported: it would come back as this session.
        """
        path = self.path(key)
        is_deleted = self.files.remove(path)
        name = path[len(self.folder) + 1 :]
        for kept in self.files.list(self.folder):
            if kept.startswith(name + "."):  # what recovery has kept aside
                self.files.remove(self.folder + "/" + kept)
        while True:
            legacy = self.legacy_path(key)
            if legacy is None or not self.files.remove(legacy):
                return is_deleted
            self.report(legacy + ": this older file of the session " + key + " was deleted as well")
            is_deleted = True

    def view(self, path: str) -> FileView:
        """A file as it is now, empty if it is missing."""
        facts = self.files.stat(path)
        if facts is not None and facts.kind != "file":
            raise StorageError(path + ": expected a session file, found a " + facts.kind + "; move it away")
        return FileView(self.files, path, facts.size_bytes if facts is not None else 0)

    def report(self, sentence: str) -> None:
        """Tell people something, once."""
        if sentence not in self._reported:
            self._reported.add(sentence)
            self._report(sentence)

    def unreadable(self, path: str) -> Callable[[int, int], None]:
        """What to do about an unreadable line: `read_forward` and `read_back` call it."""

        def tell(number: int, offset_bytes: int) -> None:
            where = "line " + str(number) if number else "the line at byte " + str(offset_bytes)
            self.report(path + ": " + where + " is unreadable and left out; it stays in the file")

        return tell


class Session:
    """One conversation. Other processes may append to it too: each append finds out and counts theirs in."""

    def __init__(self, store: SessionStore, key: str) -> None:
        self.key = key
        self.path = store.path(key)
        self._store = store
        self._source = self.path
        self._size_bytes = 0
        self._is_stale = True
        self._first: Record = {}  # the metadata on the first line
        self._lacks_newline = False
        # The last records, each with the offset of its line; all lines from `_window_start` on are in it.
        self._window: list[tuple[int, Record]] = []
        self._window_start = 0
        self._window_records = WINDOW_RECORDS
        # What the window's records tell a model, by offset: made once, for a turn asks for all of them again.
        self._told: dict[int, Message | None] = {}

    def load(self) -> None:
        """Look at the file as it is now, both ends of it, and recover what is broken there."""
        for _ in range(ATTEMPTS):
            try:
                self._load()
            except FileChanged:
                continue
            return
        raise self._restless()

    def _load(self) -> None:
        store = self._store
        self._source = self.path
        view = store.view(self.path)
        if view.size_bytes == 0:
            legacy = store.legacy_path(self.key) if store.files.stat(self.path) is None else None
            if legacy is not None:
                self._source = legacy
                view = store.view(legacy)
        is_ours = self._source == self.path
        first = view.first_line() if view.size_bytes else b""
        last = view.unfinished_line() if view.size_bytes else b""
        self._lacks_newline = last != b"" and record_of(last) is not None
        if last and not self._lacks_newline and is_ours:
            from clawft.core.session_recovery import cut_torn_line  # noqa: PLC0415 - whole files never need it

            cut_torn_line(store, self.path, view.size_bytes, last)
            raise FileChanged(self.path, view.size_bytes - len(last))
        header = record_of(first)
        if first and header is None and is_ours:
            from clawft.core.session_recovery import set_aside  # noqa: PLC0415 - whole files never need it

            set_aside(store, self.path, view, self._header({}))
            raise FileChanged(self.path, view.size_bytes)
        self._first = header if header is not None and is_metadata(header) else {}
        self._check_header()
        self._size_bytes = view.size_bytes
        self._window = []
        self._told = {}
        self._window_start = view.size_bytes
        self._is_stale = False

    def _check_header(self) -> None:
        version = self._first.get("version", 1)
        if not isinstance(version, int) or version > VERSION:
            raise StorageError(
                f"{self._source}: expected a session of version {VERSION} or older, found {version}; "
                "use the newer weft that wrote it"
            )
        key = self._first.get("key", self.key)
        if key != self.key:
            raise StorageError(
                f"{self._source}: expected the session {self.key}, found that of {key}; move it back to its own name"
            )

    def _refresh(self) -> None:
        """Load again if anybody has changed the file since."""
        if not self._is_stale:
            facts = self._store.files.stat(self.path)
            if self._source != self.path:
                self._is_stale = facts is not None
            else:
                self._is_stale = (facts.size_bytes if facts is not None else 0) != self._size_bytes
        if self._is_stale:
            self.load()

    def recent(self, limit: int) -> list[Record]:
        """The last `limit` message records, oldest first. Reads no more of the file than that takes."""
        return [record for _, record in self._recent(limit)]

    def messages(self, limit: int) -> list[Message]:
        """What a model is told of the last `limit` records, oldest first; see `record_message`."""
        messages = []
        recent = self._recent(limit)
        told = self._told
        for offset_bytes, record in recent:
            if offset_bytes in told:
                message = told[offset_bytes]
            else:
                message = told[offset_bytes] = record_message(record)
            if message is not None:
                messages.append(message)
        return messages

    def _recent(self, limit: int) -> list[tuple[int, Record]]:
        if limit <= 0:
            return []
        for _ in range(ATTEMPTS):
            try:
                self._refresh()
                self._read_back(limit)
            except FileChanged:
                self._is_stale = True
                continue
            return self._window[-limit:]
        raise self._restless()

    def _read_back(self, limit: int) -> None:
        self._window_records = max(self._window_records, limit)
        view = FileView(self._store.files, self._source, self._size_bytes)
        tell = self._store.unreadable(self._source)
        while len(self._window) < limit and self._window_start > 0:
            wanted = limit - len(self._window)
            older, self._window_start = read_back(view, 0, self._window_start, wanted, tell)
            self._window = [pair for pair in older if not is_metadata(pair[1])] + self._window

    async def append(self, records: list[Record]) -> None:
        """Add records at the end, all in one write; they are on disk when this returns.

        If the task is cancelled meanwhile, all of them may have been written, or none.
        """
        if not records:
            return
        lines = [line_of(record) for record in records]
        for _ in range(ATTEMPTS):
            try:
                if self._is_stale:
                    self.load()
                self._is_stale = True  # until it is known how the write ended
                if self._source != self.path:
                    self._adopt(lines)
                    continue_at = None
                else:
                    continue_at = await self._append(lines)
            except FileChanged:
                continue
            if continue_at is not None:
                self._extend(records, lines, continue_at)
            return
        raise self._restless()

    async def _append(self, lines: list[bytes]) -> int:
        """Write lines, after a header if they are the first. The offset where they begin."""
        files = self._store.files
        before = b"\n" if self._lacks_newline else b""
        if self._size_bytes == 0:
            files.make_folder(self._store.folder)
            before = self._header({})
        start_bytes = self._size_bytes
        self._size_bytes = await files.append_durable(self.path, before + b"".join(lines), start_bytes)
        self._is_stale = False
        self._lacks_newline = False
        return start_bytes + len(before)

    def _extend(self, records: list[Record], lines: list[bytes], offset_bytes: int) -> None:
        for index in range(len(records)):
            self._window.append((offset_bytes, records[index]))
            offset_bytes += len(lines[index])
        if len(self._window) > 2 * self._window_records:
            self._window = self._window[-self._window_records :]
            self._window_start = self._window[0][0]
            self._told = {}

    def _adopt(self, lines: list[bytes]) -> None:
        """Copy upstream's records, and the new ones after them, into a file of ours in one step."""
        kept = []
        view = self._store.view(self._source)
        for _, line, record in read_forward(view, self._store.unreadable(self._source)):
            if not is_metadata(record):
                kept.append(line + b"\n")
        self._store.files.make_folder(self._store.folder)
        content = self._header(self._first) + b"".join(kept) + b"".join(lines)
        self._store.files.write_atomic(self.path, content, is_new=True)

    def _header(self, earlier: Record) -> bytes:
        """The first line of a new file; `earlier` is the metadata of the file it takes over from."""
        created_at = earlier.get("created_at")
        header: Record = {
            "_type": "metadata",
            "version": VERSION,
            "key": self.key,
            "created_at": created_at if isinstance(created_at, str) else iso_time(self._store.clock.now_s()),
        }
        for name in ("metadata", "last_consolidated"):
            if earlier.get(name):
                header[name] = earlier[name]
        return line_of(header)

    def _restless(self) -> StorageError:
        return StorageError(
            self.path + ": other processes keep changing this session, so nothing could be added; end them"
        )

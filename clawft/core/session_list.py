"""Session files into a list for people. Reads every file, changes none."""

from __future__ import annotations

from clawft.core.errors import StorageError
from clawft.core.session_files import SUFFIX, is_hashed_name, session_key, upstream_key
from clawft.core.session_lines import is_metadata, read_forward, record_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.session import SessionStore


class SessionSummary:
    """What a list says of a session. `state` is one of `STATES`; `updated_s` is Unix time.

    legacy: upstream's file, not ours yet. corrupt: its first line is unreadable. ambiguous: upstream's, and nobody
    can tell whose; then `key` is its file name without ending. unreadable: the system refuses to read it.
    """

    STATES = ("ok", "legacy", "corrupt", "ambiguous", "unreadable")
    __slots__ = ("key", "message_count", "path", "size_bytes", "state", "updated_s")

    def __init__(
        self, key: str, path: str, state: str, *, message_count: int, size_bytes: int, updated_s: float
    ) -> None:
        self.key = key
        self.path = path
        self.state = state
        self.message_count = message_count
        self.size_bytes = size_bytes
        self.updated_s = updated_s


def summaries(store: SessionStore) -> list[SessionSummary]:
    """Every session, sorted by key; each file is read to count its messages."""
    found = []
    for name in store.files.list(store.folder):
        if name.endswith(SUFFIX):
            key = session_key(name)
            if key is not None or is_hashed_name(name):
                found.append(_summary(store, store.folder + "/" + name, key, "ok"))
    known = {summary.key for summary in found}
    for folder in store.legacy_folders:
        for name in store.files.list(folder):
            if not name.endswith(SUFFIX) or name == SUFFIX:
                continue
            key = upstream_key(name)
            if key is None:
                found.append(_summary(store, folder + "/" + name, name[: -len(SUFFIX)], "ambiguous"))
            elif key not in known and store.is_upstreams(folder + "/" + name, key):
                known.add(key)
                found.append(_summary(store, folder + "/" + name, key, "legacy"))
    return sorted(found, key=lambda summary: (summary.key, summary.path))


def _summary(store: SessionStore, path: str, key: str | None, state: str) -> SessionSummary:
    """`key` is None when only the header can tell it; failing that, the file's name stands for it."""
    facts = store.files.stat(path)
    summary = SessionSummary(
        key if key is not None else path.rsplit("/", 1)[-1],
        path,
        state,
        message_count=0,
        size_bytes=facts.size_bytes if facts is not None else 0,
        updated_s=facts.modified_s if facts is not None else 0.0,
    )
    try:
        view = store.view(path)
        first = view.first_line() if view.size_bytes else b""
        header = record_of(first)
        if header is None and first:
            summary.state = "corrupt"
        if header is not None and key is None and isinstance(header.get("key"), str):
            summary.key = str(header["key"])
        for _, _, record in read_forward(view, _ignore):
            if not is_metadata(record):
                summary.message_count += 1
    except StorageError as error:
        store.report(error.message)
        summary.state = "unreadable"
    return summary


def _ignore(number: int, offset_bytes: int) -> None:
    """Unreadable lines are not worth a word in a list."""

"""Puts right what a crash or a failing disk has left in a session file; the bytes it takes out are kept aside.

Nothing is changed before a copy of it is on disk, and only if no other process has been faster (FileChanged).
"""

from __future__ import annotations

from clawft.core.compat import iso_time
from clawft.core.errors import FileChanged
from clawft.core.session_lines import is_metadata, read_forward

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.session import SessionStore
    from clawft.core.session_lines import FileView


def cut_torn_line(store: SessionStore, path: str, size_bytes: int, torn: bytes) -> None:
    """Keep the unfinished last line aside and take it off the file, which ends with a whole line then."""
    kept = _keep_aside(store, path, "torn", torn)
    try:
        store.files.cut(path, size_bytes - len(torn), size_bytes)
    except FileChanged:
        # It was not torn: another process was just writing it, or has recovered it first.
        store.files.remove(kept)
        raise
    store.report(
        f"{path}: recovered from an interrupted write: the unfinished last line ({len(torn)} bytes) was moved to "
        f"{kept}; every message that was confirmed is still there"
    )


def set_aside(store: SessionStore, path: str, view: FileView, header: bytes) -> None:
    """Keep a file with an unreadable first line aside, and begin it anew with all messages that can be read."""
    whole = b"".join(
        [
            view.bytes_at(start, min(65536, view.size_bytes - start))
            for start in range(0, view.size_bytes, 65536)
        ]
    )
    lost: list[int] = []
    saved = [
        line + b"\n"
        for _, line, record in read_forward(view, lambda number, _: lost.append(number))
        if not is_metadata(record)
    ]
    kept = _keep_aside(store, path, "corrupt", whole)
    try:
        store.files.write_atomic(path, header + b"".join(saved), expected_bytes=view.size_bytes)
    except FileChanged:
        store.files.remove(kept)
        raise
    store.report(
        f"{path}: its first line was unreadable, so the file was set aside as {kept}; "
        f"{len(saved)} messages were copied out of it, {len(lost)} lines could not be read"
    )


def _keep_aside(store: SessionStore, path: str, why: str, data: bytes) -> str:
    stamp = iso_time(store.clock.now_s()).replace("-", "").replace(":", "").replace(".", "")
    number = 1
    while True:
        target = path + "." + why + "-" + stamp + ("-" + str(number) if number > 1 else "")
        try:
            store.files.write_atomic(target, data, is_new=True)
        except FileChanged:
            number += 1
        else:
            return target

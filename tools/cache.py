"""Turns this machine's conventions into the folder that keeps what is expensive: sources, objects, executables.

Everything in it is named by the digest of what it was made from, so it may be thrown away at any time, and several
builds may use it at once. Writes are atomic. Nothing here knows what is kept.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VARIABLE = "CLAWFT_CACHE"


def cache_folder() -> Path:
    """`$CLAWFT_CACHE`, else `clawft` in the platform's cache folder. It need not exist yet."""
    asked = os.environ.get(VARIABLE)
    if asked:
        return Path(asked).expanduser().resolve()
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "clawft"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "clawft" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "clawft"


def digest(*parts: bytes | str) -> str:
    """SHA-256 of the parts, each with its length, so that no two lists of parts run together."""
    state = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        state.update(b"%d:" % len(data))
        state.update(data)
    return state.hexdigest()


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to: it takes the name when all went well, and goes away otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    written = Path(name)
    written.chmod(0o644)  # a temporary file is for nobody else, what it becomes is
    try:
        yield written
        written.replace(path)
    finally:
        written.unlink(missing_ok=True)


def write(path: Path, data: bytes | str) -> None:
    """The whole file, at once or not at all; left alone if it holds this already."""
    content = data.encode() if isinstance(data, str) else data
    if path.is_file() and path.read_bytes() == content:
        return
    with replacing(path) as written:
        written.write_bytes(content)

"""Tells if a file has a name outside a folder: a hard link, which no path shows. Most files have one name."""

from __future__ import annotations

from clawft.core.locked_file import KIND, LINKS, is_same, joined
from clawft.core.storage_errors import is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.system_calls import Facts, SystemCalls

MOST_NAMES = 50_000


def has_name_outside(calls: SystemCalls, root: str, found: Facts) -> bool:
    """Whether a file in the folder `root` has more names than are in it. Past MOST_NAMES nobody knows: True."""
    wanted = found[LINKS]
    if found[KIND] != "file" or wanted <= 1:
        return False
    seen = 0
    folders = [root]
    while folders:
        folder = folders.pop()
        for name, kind in _names(calls, folder):
            seen += 1
            if seen > MOST_NAMES:
                return True
            if kind == "folder":
                folders.append(joined(folder, name))
            elif kind != "link" and _is_name_of(calls, joined(folder, name), found):
                wanted -= 1
                if not wanted:
                    return False
    return True


def _names(calls: SystemCalls, folder: str) -> list[tuple[str, str]]:
    try:
        return calls.listdir(folder)
    except OSError:
        return []  # removed, or not ours to list: what is in there does not count as inside


def _is_name_of(calls: SystemCalls, path: str, found: Facts) -> bool:
    try:
        return is_same(found, calls.stat(path, False))  # noqa: FBT003 - as in C
    except OSError as error:
        if is_one_of(error, ("ENOENT", "ENOTDIR", "EACCES", "EINVAL")):
            return False
        raise

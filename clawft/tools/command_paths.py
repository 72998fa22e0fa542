"""Whether the paths of a command stay in the workspace, as far as links go: asked of its folder before anything runs.

Names may change afterwards; that then nothing outside is reached is for `security.confinement`.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import FileStat
    from clawft.tools.files import Workspace


def folder_of(place: Workspace, relative: str) -> str:
    """Where a plan runs. ToolError if it is no folder of the workspace."""
    inside = place.inside(relative)
    if inside and place.folder.stat(inside).kind != "folder":
        raise ToolError(inside + ": is no folder")
    return inside


def check_path(place: Workspace, operation: str, relative: str, *, is_file: bool = False) -> bool:
    """Whether there is something at a path. Raises PolicyDenied (path.*) where a link on its way leads out.

    A last name that is only removed may be any link. `is_file`: ToolError if it is something else, or is in no folder.
    """
    names = place.inside(relative).split("/")
    path = ""
    for number, name in enumerate(names):
        before = path
        path = path + "/" + name if path else name
        is_last = number == len(names) - 1
        if is_last and operation == "remove":
            return True
        found = _found(place, path)
        if found is None:
            if _is_listed(place, before, name):
                raise PolicyDenied("path.outside", relative, "it leads out of the workspace, or nowhere")
            if is_file and not is_last:
                raise ToolError(relative + ": there is no folder " + path)
            return False
        if is_file and is_last and found.kind != "file":
            raise ToolError(relative + ": is a folder")
    return True


def _found(place: Workspace, path: str) -> FileStat | None:
    try:
        return place.folder.stat(path)
    except ToolError:
        return None


def _is_listed(place: Workspace, folder: str, name: str) -> bool:
    try:
        return name in [one for one, _ in place.folder.list(folder)]
    except ToolError:
        return False

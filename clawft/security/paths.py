"""Turns a path a model wrote into one relative to the workspace, or refuses it. Decides on text alone: no I/O.

The file really opened is judged again by `core.interfaces.Folder`, which is what stops links and races. What is
refused here depends only on the text, so a refusal never tells if something exists outside the workspace.
"""

from __future__ import annotations

from clawft.core.compat import lower_text
from clawft.core.errors import PolicyDenied

OUTSIDE = "no such file in the workspace (paths are relative to the workspace and never lead out of it)"
COMPONENT_LIMIT_BYTES = 255
PATH_LIMIT_BYTES = 4096

# Trojan Source (CVE-2021-42574): characters that reorder what a person sees of a name.
BIDI_CONTROLS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
INVISIBLE = BIDI_CONTROLS + "\u200b\u200c\u200d\u200e\u200f\u2060\u206a\u206b\u206c\u206d\u206e\u206f\ufeff"
# What becomes ASCII when case is ignored (CaseFolding.txt), beside ASCII itself.
FOLDED = (
    ("\u017f", "s"), ("\u00df", "ss"), ("\u1e9e", "ss"), ("\u212a", "k"), ("\ufb00", "ff"), ("\ufb01", "fi"),
    ("\ufb02", "fl"), ("\ufb03", "ffi"), ("\ufb04", "ffl"), ("\ufb05", "st"), ("\ufb06", "st"),
)  # fmt: skip
# learn.microsoft.com/windows/win32/fileio/naming-a-file: reserved with any extension; superscript digits count.
WINDOWS_DEVICES = ("con", "prn", "aux", "nul", "conin$", "conout$")
WINDOWS_NUMBERED_DEVICES = ("com", "lpt")
WINDOWS_DEVICE_DIGITS = "0123456789\u00b9\u00b2\u00b3"
SHORT_LENGTH = 8
_PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./"
WINDOWS_REFUSED = '<>"|?*:'
# Folders that hold configuration and keys, wherever they are, and kernel views that show a process's secrets.
PRIVATE_NAMES = (".clawft", ".nanobot")
PRIVATE_ROOTS = ("proc", "sys", "dev")


def relative_path(path: str, *workspaces: str) -> str:
    """The path relative to the workspace, with `/` and without `.`; "" is the workspace itself.

    An absolute path is accepted if it lies, as text, inside one of `workspaces` (the same folder under its
    several names). Raises PolicyDenied: path.outside for what leads out, path.name for names that do not travel.
    Names that only Windows refuses are refused where the first workspace is a Windows path.
    """
    is_windows = _has_drive(workspaces[0]) if workspaces else False
    # Most paths are of plain characters, and short, where only the names of folders are left to look at.
    if not is_windows and len(path) <= COMPONENT_LIMIT_BYTES and not path.strip(_PLAIN) and path[:1] != "/":
        names = _components(path)
        if ".." not in names:
            return "/".join(names)
    _refuse_characters(path)
    if "\\" in path:
        if not is_windows:
            raise PolicyDenied(
                "path.name", _shown(path), "write folders with / and names without a backslash"
            )
        path = path.replace("\\", "/")
    if path.startswith("/") or _has_drive(path):
        components = _inside(path, workspaces)
        if components is None:
            raise PolicyDenied("path.outside", _shown(path), OUTSIDE)
    else:
        components = _components(path)
        if components and components[0] == "~":
            raise PolicyDenied("path.outside", _shown(path), OUTSIDE)
    # Also `.//C:`: what is left must mean the same when it is judged again.
    if ".." in components or (components and _has_drive(components[0])):
        raise PolicyDenied("path.outside", _shown(path), OUTSIDE)
    for component in components:
        _refuse_name(path, component, is_windows=is_windows)
    return "/".join(components)


def folded(path: str) -> str:
    """A path as file systems compare it that ignore case, and characters that nobody sees (HFS+, CVE-2014-9390)."""
    seen = "".join([character for character in lower_text(path) if character not in INVISIBLE])
    for character, means in FOLDED:
        seen = seen.replace(character, means)
    return seen


def inside_path(path: str, workspaces: tuple[str, ...], private_folders: tuple[str, ...] = ()) -> str:
    """The path as `relative_path` has it. PolicyDenied (path.private) also for what may hold keys, inside or not."""
    relative = relative_path(path, *workspaces)
    for name in folded(relative).split("/"):
        if name in PRIVATE_NAMES:  # a workspace may be a home folder, which holds our keys
            raise PolicyDenied("path.private", _shown(relative), "it may hold keys; tools never touch it")
    workspace = folded(workspaces[0])
    for private in private_folders:
        hidden = folded(private)
        if is_within(workspace + "/" + folded(relative), hidden) and not is_within(workspace, hidden):
            raise PolicyDenied("path.private", _shown(relative), "it may hold keys; tools never touch it")
    return relative


def is_within(path: str, folder: str) -> bool:
    """Whether an absolute path is a folder or lies in it, as text; Windows paths compare without case."""
    return _inside(path.replace("\\", "/") if _has_drive(folder) else path, (folder,)) is not None


def outside_path(path: str, private_folders: tuple[str, ...] = ()) -> str:
    """An absolute path, checked for reading outside the workspace, where the user allowed that; "" is never given.

    Raises PolicyDenied: path.outside for what is not plainly absolute, path.private for what may hold secrets
    (`private_folders`, the state folders wherever they are mounted, /proc, /sys and /dev).
    """
    _refuse_characters(path)
    is_windows = _has_drive(path)
    plain = path.replace("\\", "/") if is_windows else path
    components = _components(plain)
    if not (plain.startswith("/") or is_windows) or plain.startswith("//") or ".." in components:
        raise PolicyDenied("path.outside", _shown(path), OUTSIDE)
    for component in components[1:] if is_windows else components:
        _refuse_name(path, component, is_windows=is_windows)
        name = folded(component)
        has_short_name = is_windows and "~" in name  # CLAWFT~1 is another name of .clawft
        if name in PRIVATE_NAMES or has_short_name:
            raise PolicyDenied("path.private", _shown(path), "it may hold keys; tools never read it")
    if components and not is_windows and components[0].lower() in PRIVATE_ROOTS:
        raise PolicyDenied("path.private", _shown(path), "it is not a stored file; tools never read it")
    for folder in private_folders:
        if is_within(folded(plain), folded(folder)):
            raise PolicyDenied("path.private", _shown(path), "it may hold keys; tools never read it")
    return ("" if is_windows else "/") + "/".join(components)


def _components(path: str) -> list[str]:
    return [component for component in path.split("/") if component not in ("", ".")]


def _has_drive(path: str) -> bool:
    return len(path) > 1 and path[1] == ":" and ("a" <= path[0] <= "z" or "A" <= path[0] <= "Z")


def _inside(path: str, workspaces: tuple[str, ...]) -> list[str] | None:
    """What is left of an absolute path after the first workspace that begins it, None if there is none."""
    components = _components(path)
    for workspace in workspaces:
        is_windows = _has_drive(workspace)
        root = _components(workspace.replace("\\", "/") if is_windows else workspace)
        start = components[: len(root)]
        if is_windows:
            root = [component.lower() for component in root]
            start = [component.lower() for component in start]
        if (
            start == root
            and _has_drive(path) == is_windows
            and path.startswith("//") == workspace.startswith("//")
        ):
            return components[len(root) :]
    return None


def _refuse_characters(path: str) -> None:
    for character in path:
        code = ord(character)
        is_control = code < 0x20 or 0x7F <= code < 0xA0 or character in BIDI_CONTROLS  # noqa: PLR2004 - Unicode's own
        if is_control or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - surrogates: Unicode's own figures
            raise PolicyDenied("path.name", _shown(path), "a name may not hold control characters")
    if len(path.encode()) > PATH_LIMIT_BYTES:
        raise PolicyDenied("path.name", _shown(path), f"expected at most {PATH_LIMIT_BYTES} bytes")


def _refuse_name(path: str, name: str, *, is_windows: bool) -> None:
    if len(name.encode()) > COMPONENT_LIMIT_BYTES:
        raise PolicyDenied(
            "path.name", _shown(path), f"each name may have at most {COMPONENT_LIMIT_BYTES} bytes"
        )
    if not is_windows:
        return
    stem = name.partition(".")[0].rstrip(" ").lower()
    before, tilde, number = stem.rpartition("~")
    if tilde and before and number.isdigit() and len(stem) <= SHORT_LENGTH:  # 8.3: CLAWFT~1 is .clawft too
        raise PolicyDenied("path.name", _shown(path), "it may be Windows' short name of another file")
    is_device = stem in WINDOWS_DEVICES or (
        len(stem) == 4 and stem[:3] in WINDOWS_NUMBERED_DEVICES and stem[3] in WINDOWS_DEVICE_DIGITS  # noqa: PLR2004
    )
    if is_device or name[-1] in ". ":
        raise PolicyDenied("path.name", _shown(path), "Windows gives this name another meaning")
    for character in WINDOWS_REFUSED:
        if character in name:
            raise PolicyDenied(
                "path.name", _shown(path), "Windows names may not hold any of " + WINDOWS_REFUSED
            )


def _shown(path: str) -> str:
    """A path as a refusal shows it: on one line, without what could forge one, at most 200 characters."""
    shown = []
    for character in path[:200]:
        code = ord(character)
        is_visible = 0x20 <= code < 0x7F or (code >= 0xA0 and not 0xD800 <= code < 0xE000)  # noqa: PLR2004
        shown.append(character if is_visible and character not in BIDI_CONTROLS else "?")
    return "".join(shown) + ("..." if len(path) > 200 else "")  # noqa: PLR2004 - as the docstring says

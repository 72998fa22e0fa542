"""Whatever a model writes as a path: what comes back stays below the workspace, as the system itself resolves it."""

from __future__ import annotations

import ntpath
import posixpath

from hypothesis import example, given
from hypothesis import strategies as st

from clawft.core.errors import PolicyDenied
from clawft.security.paths import outside_path, relative_path

HOME = "/home/user/workspace"
WINDOWS = "C:\\Users\\Me\\work"
PIECES = [
    "..",
    ".",
    "/",
    "\\",
    "a",
    "b.txt",
    "C:",
    "~",
    "",
    " ",
    "\0",
    "con",
    ":",
    "…",
    "é",
    HOME,
    "//",
    "%2e%2e",
    WINDOWS,
]
PATHS = st.builds("".join, st.lists(st.sampled_from(PIECES), max_size=12)) | st.text(max_size=40)


@given(PATHS)
@example(".//C:")
def test_an_accepted_path_stays_below_a_posix_workspace(path: str) -> None:
    try:
        relative = relative_path(path, HOME)
    except PolicyDenied:
        return
    resolved = posixpath.normpath(posixpath.join(HOME, relative))
    assert resolved == HOME or resolved.startswith(HOME + "/")
    assert relative_path(relative, HOME) == relative
    if path.startswith("/"):
        assert posixpath.normpath(path) == resolved
    else:
        assert posixpath.normpath(posixpath.join(HOME, path)) == resolved


@given(PATHS)
def test_an_accepted_path_stays_below_a_windows_workspace(path: str) -> None:
    try:
        relative = relative_path(path, WINDOWS)
    except PolicyDenied:
        return
    resolved = ntpath.normpath(ntpath.join(WINDOWS, relative))
    assert resolved == WINDOWS or resolved.startswith(WINDOWS + "\\")
    assert not ntpath.splitdrive(relative)[0]


@given(PATHS)
def test_a_wide_path_is_absolute_and_plain(path: str) -> None:
    try:
        found = outside_path(path)
    except PolicyDenied:
        return
    assert found.startswith("/") or ntpath.splitdrive(found)[0]
    assert ".." not in found.split("/")

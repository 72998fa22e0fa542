"""Paths: the rules, and the walk over a real folder with ways out of it, which nothing ever takes."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path

from clawft.core.errors import PolicyDenied, ToolError
from clawft.core.folder import open_folder
from clawft.host import system_calls
from clawft.security.paths import outside_path, relative_path
from tests.fuzz.texts import text_of

LIMIT_BYTES = 100
WORKSPACE = "/home/user/work"
WINDOWS = "C:\\Users\\Me\\work"
INSIDE = (b"inside", b"below", b"new")
# Name in the workspace, what it points to.
LINKS = {
    "out": "../outside",
    "out_file": "../outside/secret",
    "absolute": "{root}/outside/secret",
    "back": "{root}/inside/a",
    "in": "sub/b",
    "loop": "loop",
    "far": "sub/up",
    "sub/up": "..",
    "sub/over": "../../outside",
    "sub/twice": "../sub/up/out",
}


class Tree:
    """A workspace beside a folder that must stay as it is."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="clawft-fuzz-"))
        atexit.register(shutil.rmtree, self.root, ignore_errors=True)
        (self.root / "outside").mkdir()
        (self.root / "outside" / "secret").write_bytes(b"outside")
        self.make()

    def make(self):
        work = self.root / "inside"
        shutil.rmtree(work, ignore_errors=True)
        (work / "sub").mkdir(parents=True)
        (work / "a").write_bytes(b"inside")
        (work / "sub" / "b").write_bytes(b"below")
        os.mkfifo(work / "pipe")
        for name, target in LINKS.items():
            (work / name).symlink_to(target.format(root=self.root))

    def check_outside(self):
        assert {path.name for path in self.root.iterdir()} == {"outside", "inside"}
        assert [path.name for path in (self.root / "outside").iterdir()] == ["secret"]
        assert (self.root / "outside" / "secret").read_bytes() == b"outside"


_trees: list[Tree] = []


def seeds():
    pieces = [
        "a",
        "sub/b",
        "..",
        ".",
        "",
        "/",
        "~",
        "C:",
        "con",
        "nul.txt",
        "a/../b",
        ".//C:",
        "pipe",
        "sub/../../outside",
    ]
    pieces += ["/home/user/work/a", "//etc/passwd", "sub/new/x", "…/é", "a\\b", "x\0y", *LINKS]
    pieces += [name + "/secret" for name in LINKS] + [name + "/../outside/secret" for name in LINKS]
    return [mode + piece.encode() for piece in pieces for mode in (b"r", b"w")]


def check(data):
    text = text_of(data[1:])
    check_rules(text)
    if not _trees:
        _trees.append(Tree())
    tree = _trees[0]
    folder = open_folder(system_calls, str(tree.root / "inside"))
    if data[:1] == b"w":
        if attempt(lambda: folder.write(text, b"new")) is not ToolError:
            tree.check_outside()
        tree.make()
        return
    found = attempt(lambda: folder.read(text, LIMIT_BYTES))
    assert found is ToolError or found in INSIDE, found
    names = attempt(lambda: [name for name, _ in folder.list(text)])
    assert names is ToolError or "secret" not in names
    facts = attempt(lambda: folder.stat(text))
    assert facts is ToolError or facts.kind in ("file", "folder")


def check_rules(text):
    for workspace in (WORKSPACE, WINDOWS):
        try:
            relative = relative_path(text, workspace)
        except PolicyDenied as denied:
            assert denied.rule in ("path.outside", "path.name")
            assert "\n" not in denied.subject
            continue
        assert not relative.startswith("/")
        assert ".." not in relative.split("/")
        assert len(relative) <= len(text)
        assert relative_path(relative, workspace) == relative
    try:
        absolute = outside_path(text, ("/home/user/.clawft",))
    except PolicyDenied:
        return
    assert outside_path(absolute, ("/home/user/.clawft",)) == absolute
    assert not absolute.startswith(("/proc/", "/sys/", "/dev/", "/home/user/.clawft"))


def attempt(action):
    """What it returns; ToolError, the class, for the only error that a model may see."""
    try:
        return action()
    except ToolError:
        return ToolError

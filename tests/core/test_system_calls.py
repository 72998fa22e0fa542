"""Both sets of system calls answer alike: the same files made of them, the same calls on two equal folders."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from clawft.core.errors import WeftError
from clawft.core.fakes import run
from clawft.core.files import BlockingFiles
from clawft.host import system_calls
from tests.native import fake_weft

NAMES = st.sampled_from(
    ["a", "b", "sub/c", "sub", "link", "loop", "none/x", "../out", "/etc/passwd", "pipe", ""]
)
SIZES = st.integers(0, 12)
DATA = st.binary(max_size=8)
CALLS = st.one_of(
    st.tuples(st.just("read"), NAMES),
    st.tuples(st.just("read_range"), NAMES, SIZES, SIZES),
    st.tuples(st.just("stat"), NAMES),
    st.tuples(st.just("list"), NAMES),
    st.tuples(st.just("make_folder"), NAMES),
    st.tuples(st.just("write_atomic"), NAMES, DATA),
    st.tuples(st.just("write_new"), NAMES, DATA),
    st.tuples(st.just("write_expected"), NAMES, DATA, SIZES),
    st.tuples(st.just("append_durable"), NAMES, DATA, SIZES),
    st.tuples(st.just("cut"), NAMES, SIZES, SIZES),
    st.tuples(st.just("rename"), NAMES, NAMES),
    st.tuples(st.just("remove"), NAMES),
    st.tuples(st.just("folder_read"), NAMES, SIZES),
    st.tuples(st.just("folder_write"), NAMES, DATA),
    st.tuples(st.just("folder_list"), NAMES),
    st.tuples(st.just("folder_stat"), NAMES),
)


def make_world(root):
    """A folder with a file, a folder, links in and out, and a pipe."""
    Path(root, "in/sub").mkdir(parents=True)
    Path(root, "in/a").write_bytes(b"12345")
    Path(root, "in/sub/c").write_bytes(b"in sub")
    Path(root, "out").write_bytes(b"outside")
    Path(root, "in/link").symlink_to("sub/c")
    Path(root, "in/loop").symlink_to("loop")
    os.mkfifo(f"{root}/in/pipe")


def answer(files, root, call):
    """What a call gives, with its errors and paths made comparable."""
    name, first, *rest = call
    path = f"{root}/in/{first}"
    try:
        if name.startswith("folder_"):
            found = getattr(files.folder(f"{root}/in"), name.removeprefix("folder_"))(first, *rest)
        elif first.startswith(("/", "..")) or not first:
            return None  # only folders judge paths
        elif name in {"read", "stat", "list", "make_folder", "remove"} and first == "pipe":
            return None  # reading it would wait for its other end, on both
        elif name == "read_range" and first == "pipe":
            return None
        elif name == "write_new":
            found = files.write_atomic(path, *rest, is_new=True)
        elif name == "write_expected":
            found = files.write_atomic(path, rest[0], expected_bytes=rest[1])
        elif name == "append_durable":
            found = run(files.append_durable(path, *rest))
        elif name == "rename":
            found = files.rename(path, f"{root}/in/{rest[0] or 'd'}" if not rest[0].startswith(".") else path)
        else:
            found = getattr(files, name)(path, *rest)
    except WeftError as error:
        return type(error).__name__, error.message.replace(str(root), "ROOT")
    return plain(found)


def plain(found):
    if isinstance(found, list):
        return [plain(one) for one in found]
    if isinstance(found, tuple):
        return tuple(plain(one) for one in found)
    if hasattr(found, "size_bytes"):
        return found.kind, found.size_bytes if found.kind == "file" else 0
    return found


def tree(root):
    found = []
    for path in sorted(Path(root).rglob("*")):
        facts = path.lstat()
        content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
        found.append((str(path.relative_to(root)), oct(facts.st_mode), content))
    return found


@settings(max_examples=150, deadline=None)
@given(st.lists(CALLS, max_size=8))
@example([("read_range", "sub", 0, 0)])
def test_every_call_answers_as_on_cpython(calls):
    folder = tempfile.mkdtemp()
    try:
        roots = [f"{folder}/host", f"{folder}/weft"]
        for root in roots:
            make_world(root)
        for call in calls:
            on_host = answer(BlockingFiles(system_calls, time.sleep), roots[0], call)
            on_weft = answer(BlockingFiles(fake_weft, time.sleep), roots[1], call)
            assert on_weft == on_host, call
            assert tree(roots[1]) == tree(roots[0]), call
    finally:
        shutil.rmtree(folder)

"""The files of the executables do what CPython's do: the same calls on two equal folders, the same answers."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clawft.core.errors import FileChanged, StorageError, WeftError
from clawft.embedded import committer
from clawft.embedded import files as embedded
from clawft.embedded import locked_file as embedded_locked_file
from clawft.embedded.loop import create_task, gather, run, run_alone, sleep
from clawft.host import files as host
from clawft.host.locked_file import temporary_name
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


def answer(files, root, call, drive):
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
            found = drive(files.append_durable(path, *rest))
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
        roots = [f"{folder}/host", f"{folder}/embedded"]
        for root in roots:
            make_world(root)
        for call in calls:
            on_host = answer(host.BlockingFiles(), roots[0], call, asyncio.run)
            on_embedded = answer(embedded.BlockingFiles(), roots[1], call, run_alone)
            assert on_embedded == on_host, call
            assert tree(roots[1]) == tree(roots[0]), call
    finally:
        shutil.rmtree(folder)


def test_an_unfinished_write_of_a_crash_is_removed_once_it_is_old(tmp_path):
    old, new = tmp_path / temporary_name(), tmp_path / temporary_name()
    for path in (old, new):
        path.write_bytes(b"x")
    os.utime(old, (1, time.time() - 2 * embedded_locked_file.STALE_AFTER_S))
    embedded.BlockingFiles().write_atomic(str(tmp_path / "a"), b"y")
    assert not old.exists()
    assert new.exists()
    assert embedded.BlockingFiles().list(str(tmp_path)) == ["a"]


def test_a_lock_that_another_process_holds_is_waited_for_and_then_named(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x")
    with path.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(StorageError, match="another process has kept this file locked for 0 s"):
            embedded_locked_file.open_locked(str(path), wait_s=0)


def drive(work):
    return run(work, lambda _task, _number: None)


def all_bytes(paths):
    return [Path(path).read_bytes() for path in paths]


def test_appends_of_one_pass_are_all_there_when_any_is_acknowledged(tmp_path):
    files = committer.CommittingFiles()
    paths = [str(tmp_path / name) for name in "abc"]

    async def append(path):
        size_bytes = await files.append_durable(path, b"one", 0)
        assert all_bytes(paths) == [b"one"] * 3
        return size_bytes

    async def main():
        return await gather(*[append(path) for path in paths])

    assert drive(main()) == [3, 3, 3]


def test_appends_to_one_file_keep_their_order_and_a_wrong_size_fails_alone(tmp_path):
    files = committer.CommittingFiles()
    path = str(tmp_path / "a")
    found = []

    async def append(data, expected_bytes):
        try:
            found.append(await files.append_durable(path, data, expected_bytes))
        except FileChanged as error:
            found.append(error.size_bytes)

    async def main():
        await gather(append(b"ab", 0), append(b"x", 7), append(b"c", 2))

    drive(main())
    assert sorted(found) == [2, 2, 3]
    assert Path(path).read_bytes() == b"abc"


def test_a_cancelled_append_still_happens(tmp_path):
    files = committer.CommittingFiles()
    path = str(tmp_path / "a")

    async def append():
        await files.append_durable(path, b"x", 0)

    async def cancel(task):
        task.cancel()

    async def main():
        task = create_task(append())
        create_task(cancel(task))
        await sleep(0.001)
        assert task.done()

    drive(main())
    assert Path(path).read_bytes() == b"x"


def test_an_append_waits_for_another_process_without_holding_up_the_rest(tmp_path):
    files = committer.CommittingFiles()
    path = tmp_path / "a"
    path.write_bytes(b"")
    order = []

    async def blocked():
        await files.append_durable(str(path), b"x", 0)
        order.append("blocked")

    async def free(held):
        await files.append_durable(str(tmp_path / "b"), b"y", 0)
        order.append("free")
        held.close()

    async def main():
        held = path.open("rb")
        fcntl.flock(held, fcntl.LOCK_EX)
        await gather(blocked(), free(held))

    drive(main())
    assert order == ["free", "blocked"]


def test_a_disk_that_fails_one_file_takes_back_that_append_alone(tmp_path, monkeypatch):
    files = committer.CommittingFiles()
    good, bad = str(tmp_path / "good"), str(tmp_path / "bad")
    failed = []

    def sync_all(fds):
        paths = [str(Path(f"/proc/self/fd/{fd}").readlink()) for fd in fds]
        return tuple((5, "Input/output error") if path == bad else None for path in paths)

    monkeypatch.setattr(fake_weft, "sync_all", sync_all)

    async def append(path):
        try:
            return await files.append_durable(path, b"x", 0)
        except StorageError as error:
            failed.append(str(error))

    async def main():
        return await gather(append(good), append(bad))

    assert drive(main()) == [1, None]
    assert failed[0].startswith(f"{bad}: cannot make the append durable: Input/output error; the disk")
    assert Path(bad).read_bytes() == b""
    assert Path(good).read_bytes() == b"x"

"""Files on a real disk, over both sets of system calls."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawft.core import storage_errors
from clawft.core.errors import FileChanged, StorageError
from clawft.core.fakes import run
from clawft.core.files import BlockingFiles
from clawft.core.locked_file import open_locked
from clawft.core.replace import temporary_name

ROOT = Path(__file__).parents[2]


def names(folder):
    return sorted(entry.name for entry in folder.iterdir())


def append(files, path, data, expected_bytes):
    return run(files.append_durable(str(path), data, expected_bytes))


def test_a_missing_file_reads_as_none_and_lists_as_nothing(files, tmp_path):
    assert files.read(str(tmp_path / "none")) is None
    assert files.stat(str(tmp_path / "none")) is None
    assert files.list(str(tmp_path / "none")) == []
    assert files.remove(str(tmp_path / "none")) is False


def test_a_missing_file_cannot_be_read_in_part(files, tmp_path):
    with pytest.raises(StorageError, match="No such file"):
        files.read_range(str(tmp_path / "none"), 0, 1)


def test_a_range_ends_where_the_file_ends(files, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"0123456789")
    assert files.read_range(str(path), 2, 3) == b"234"
    assert files.read_range(str(path), 8, 30) == b"89"
    assert files.read_range(str(path), 99, 3) == b""


def test_a_folder_is_made_with_its_parents_for_its_owner_alone(files, tmp_path):
    target = tmp_path / "a" / "b"
    files.make_folder(str(target))
    files.make_folder(str(target))
    assert target.is_dir()
    assert target.stat().st_mode & 0o777 == 0o700
    assert target.parent.stat().st_mode & 0o777 == 0o700


def test_a_file_in_the_place_of_a_folder_is_named(files, tmp_path):
    (tmp_path / "a").write_bytes(b"")
    with pytest.raises(StorageError, match=r"a: cannot make this folder"):
        files.make_folder(str(tmp_path / "a"))


def test_an_atomic_write_replaces_and_leaves_nothing_else(files, tmp_path):
    path = tmp_path / "a"
    files.write_atomic(str(path), b"one")
    files.write_atomic(str(path), b"two")
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["a"]


def test_a_new_file_never_replaces_one(files, tmp_path):
    path = tmp_path / "a"
    files.write_atomic(str(path), b"one", is_new=True)
    with pytest.raises(FileChanged) as refused:
        files.write_atomic(str(path), b"two", is_new=True)
    assert refused.value.size_bytes == 3
    assert path.read_bytes() == b"one"
    assert names(tmp_path) == ["a"]


def test_a_replacement_with_an_expected_size_refuses_another_size(files, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one")
    with pytest.raises(FileChanged):
        files.write_atomic(str(path), b"two", expected_bytes=2)
    with pytest.raises(FileChanged):
        files.write_atomic(str(tmp_path / "none"), b"two", expected_bytes=2)
    files.write_atomic(str(path), b"two", expected_bytes=3)
    assert path.read_bytes() == b"two"
    assert names(tmp_path) == ["a"]


def test_unfinished_writes_are_not_listed_and_old_ones_are_removed(files, tmp_path):
    young, old = tmp_path / temporary_name(files.calls), tmp_path / temporary_name(files.calls)
    young.write_bytes(b"half")
    old.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert files.list(str(tmp_path)) == []
    files.write_atomic(str(tmp_path / "a"), b"")
    assert files.list(str(tmp_path)) == ["a"]
    assert young.exists()
    assert not old.exists()


def test_an_append_returns_the_new_size(files, tmp_path):
    path = tmp_path / "a"
    assert append(files, path, b"one\n", 0) == 4
    assert append(files, path, b"two\n", 4) == 8
    assert path.read_bytes() == b"one\ntwo\n"
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("expected_bytes", [0, 3, 5])
def test_an_append_to_a_file_of_another_size_writes_nothing(files, tmp_path, expected_bytes):
    path = tmp_path / "a"
    path.write_bytes(b"four")
    with pytest.raises(FileChanged) as refused:
        append(files, path, b"more", expected_bytes)
    assert refused.value.size_bytes == 4
    assert path.read_bytes() == b"four"


def test_an_append_to_a_missing_file_makes_it_only_when_nothing_is_expected(files, tmp_path):
    with pytest.raises(FileChanged):
        append(files, tmp_path / "a", b"more", 4)
    assert not (tmp_path / "a").exists()


def test_an_append_does_not_follow_a_link(files, tmp_path):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(StorageError, match="symbolic link"):
        append(files, tmp_path / "link", b"more", 0)
    assert (tmp_path / "real").read_bytes() == b""


def test_a_cut_shortens_only_the_file_it_expects(files, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one\ntw")
    with pytest.raises(FileChanged):
        files.cut(str(path), 4, 5)
    files.cut(str(path), 4, 6)
    assert path.read_bytes() == b"one\n"


def test_a_rename_never_replaces_a_file(files, tmp_path):
    (tmp_path / "a").write_bytes(b"one")
    (tmp_path / "b").write_bytes(b"two")
    with pytest.raises(FileChanged):
        files.rename(str(tmp_path / "a"), str(tmp_path / "b"))
    files.rename(str(tmp_path / "a"), str(tmp_path / "c"))
    assert (tmp_path / "b").read_bytes() == b"two"
    assert (tmp_path / "c").read_bytes() == b"one"
    assert not (tmp_path / "a").exists()


def test_a_write_that_the_disk_refuses_halfway_is_cut_off_again(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"one\n")
    program = (
        "import asyncio, resource, sys\n"
        "from clawft.core.errors import StorageError\n"
        "from tests.fakes.host_files import HostFiles\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10))\n"
        "try:\n"
        "    asyncio.run(HostFiles().append_durable(sys.argv[1], b'x' * 100, 4))\n"
        "except StorageError as error:\n"
        "    print(error)\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert "cannot append: File too large; the file has reached the largest size allowed here" in said.stdout
    assert path.read_bytes() == b"one\n"
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 10


def test_a_lock_that_is_never_given_back_is_an_error_and_not_a_hang(files, tmp_path):
    path = str(tmp_path / "a")
    held = open_locked(files.calls, path, None, may_create=True)
    assert held is not None
    with pytest.raises(storage_errors.FileBusy, match="another process"):
        open_locked(files.calls, path, None)
    held.close()
    again = open_locked(files.calls, path, None)
    assert again is not None
    again.close()


def test_a_lock_on_a_file_that_was_deleted_meanwhile_is_not_taken_for_the_new_one(files, tmp_path):
    path = str(tmp_path / "a")
    held = open_locked(files.calls, path, None, may_create=True)
    assert held is not None
    (tmp_path / "a").unlink()
    append(files, path, b"new\n", 0)
    held.append(b"old\n")
    held.close()
    assert (tmp_path / "a").read_bytes() == b"new\n"


def test_a_folder_where_a_file_is_expected_is_named_with_advice(files, tmp_path):
    with pytest.raises(StorageError, match=r"cannot open it for writing: Is a directory; .* move it away"):
        append(files, tmp_path, b"x", 0)
    with pytest.raises(StorageError, match="Is a directory"):
        files.read(str(tmp_path))


def test_a_pipe_in_the_place_of_a_session_file_is_refused_without_waiting(files, tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(StorageError, match="expected a file"):
        append(files, tmp_path / "a", b"x", 0)


@pytest.mark.parametrize("name", sorted(storage_errors.ADVICE))
def test_every_cause_we_know_says_what_to_do(name):
    number = getattr(errno, name)
    text = str(storage_errors.storage_error("/a/b", "append", OSError(number, os.strerror(number))))
    assert text.startswith("/a/b: cannot append: " + os.strerror(number) + "; ")


def test_a_cause_that_we_do_not_know_is_still_named():
    assert (
        str(storage_errors.storage_error("/a", "read it", OSError(errno.EXDEV, "odd")))
        == "/a: cannot read it: odd"
    )


@settings(max_examples=30, deadline=None)
@given(pieces=st.lists(st.binary(max_size=300), max_size=8))
def test_appends_add_up(files, tmp_path_factory, pieces):
    path = tmp_path_factory.mktemp("appends") / "a"
    size_bytes = 0
    for piece in pieces:
        size_bytes = append(files, path, piece, size_bytes)
    assert (path.read_bytes() if pieces else b"") == b"".join(pieces)


def test_appends_of_many_processes_never_mix(tmp_path):
    path = tmp_path / "a"
    program = (
        "import asyncio, sys\n"
        "from clawft.core.errors import FileChanged\n"
        "from tests.fakes.host_files import HostFiles\n"
        "files, path, size, left = HostFiles(), sys.argv[1], 0, 100\n"
        "line = (sys.argv[2] * 50 + '\\n').encode()\n"
        "while left:\n"
        "    try:\n"
        "        size = asyncio.run(files.append_durable(path, line, size))\n"
        "        left -= 1\n"
        "    except FileChanged as changed:\n"
        "        size = changed.size_bytes\n"
    )
    workers = [
        subprocess.Popen([sys.executable, "-c", program, str(path), letter], cwd=ROOT) for letter in "abc"
    ]
    assert [worker.wait(60) for worker in workers] == [0, 0, 0]
    lines = path.read_bytes().decode().split("\n")
    assert lines.pop() == ""
    assert sorted(lines) == ["a" * 50] * 100 + ["b" * 50] * 100 + ["c" * 50] * 100


class WithoutLinks:
    """A disk that has no hard links (FAT), and a system that follows a link when told not to."""

    def __init__(self, calls):
        self._calls = calls
        self.O_NOFOLLOW = 0

    def __getattr__(self, name):
        return getattr(self._calls, name)

    def link(self, path, target):
        raise OSError(errno.EPERM, "Operation not permitted")


def test_a_new_file_never_replaces_one_where_there_are_no_hard_links(calls, tmp_path):
    files = BlockingFiles(WithoutLinks(calls), time.sleep)
    files.write_atomic(str(tmp_path / "a"), b"one", is_new=True)
    with pytest.raises(FileChanged) as refused:
        files.write_atomic(str(tmp_path / "a"), b"two", is_new=True)
    assert refused.value.size_bytes == 3
    assert (tmp_path / "a").read_bytes() == b"one"
    assert names(tmp_path) == ["a"]


def test_an_append_through_a_link_is_refused_even_where_opening_follows_it(calls, tmp_path):
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    with pytest.raises(StorageError, match="symbolic link"):
        append(BlockingFiles(WithoutLinks(calls), time.sleep), tmp_path / "link", b"more", 0)
    assert (tmp_path / "real").read_bytes() == b""

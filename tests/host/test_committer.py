"""Group commit, on a quick disk in the event loop and on a slow one in a thread: nothing lost, nothing reordered."""

from __future__ import annotations

import asyncio
import errno
import itertools
import os
from pathlib import Path

import pytest

from clawft.core import group_commit
from clawft.core.errors import FileChanged, StorageError
from clawft.core.locked_file import open_locked
from clawft.core.storage_errors import FileBusy
from clawft.host import committer, system_calls
from clawft.host.committer import CommittingFiles


@pytest.fixture(autouse=True, params=["quick", "slow", "changing"])
def disk(request, monkeypatch):
    """Every test on each kind of disk; the last one changes its mind with every batch."""
    if request.param == "changing":
        verdicts = itertools.cycle([False, True])
        changing = property(lambda _: next(verdicts), lambda *_: None)
        monkeypatch.setattr(CommittingFiles, "_is_quick", changing, raising=False)
    else:
        monkeypatch.setattr(committer, "QUICK_S", 1e9 if request.param == "quick" else 0.0)


def test_appends_of_many_tasks_keep_their_order_in_each_file(tmp_path):
    async def write(files, name):
        size_bytes = 0
        for number in range(50):
            size_bytes = await files.append_durable(str(tmp_path / name), f"{number}\n".encode(), size_bytes)

    async def everything():
        files = CommittingFiles()
        await asyncio.gather(*[write(files, str(name)) for name in range(group_commit.FILES_AT_ONCE + 20)])
        await files.close()

    asyncio.run(everything())
    for name in range(group_commit.FILES_AT_ONCE + 20):
        assert (tmp_path / str(name)).read_text() == "".join(f"{number}\n" for number in range(50))


def test_appends_to_one_file_can_be_handed_over_without_waiting(tmp_path):
    async def everything():
        files = CommittingFiles()
        path = str(tmp_path / "a")
        sizes = await asyncio.gather(*[files.append_durable(path, b"ab", size) for size in (0, 2, 4)])
        await files.close()
        return sizes

    assert asyncio.run(everything()) == [2, 4, 6]
    assert (tmp_path / "a").read_bytes() == b"ababab"


def test_a_failure_concerns_only_its_own_append(tmp_path):
    async def everything():
        files = CommittingFiles()
        good, bad = str(tmp_path / "a"), str(tmp_path / "none" / "a")
        answers = await asyncio.gather(
            files.append_durable(good, b"ab", 0),
            files.append_durable(bad, b"ab", 0),
            files.append_durable(good, b"ab", 99),
            files.append_durable(good, b"cd", 2),
            return_exceptions=True,
        )
        await files.close()
        return answers

    first, missing, changed, last = asyncio.run(everything())
    assert (first, last) == (2, 4)
    assert isinstance(missing, StorageError)
    assert "a folder on the way to it is missing" in str(missing)
    assert isinstance(changed, FileChanged)
    assert changed.size_bytes == 2
    assert (tmp_path / "a").read_bytes() == b"abcd"


def test_a_locked_file_delays_its_own_appends_only(tmp_path):
    async def everything():
        files = CommittingFiles()
        path = str(tmp_path / "a")
        held = open_locked(system_calls, path, None, may_create=True)
        assert held is not None
        waiting = [
            asyncio.ensure_future(files.append_durable(path, b"ab", 0)),
            asyncio.ensure_future(files.append_durable(path, b"cd", 2)),
        ]
        assert await files.append_durable(str(tmp_path / "b"), b"x", 0) == 1
        assert not [one for one in waiting if one.done()]
        held.close()
        assert await asyncio.gather(*waiting) == [2, 4]
        await files.close()

    asyncio.run(everything())
    assert (tmp_path / "a").read_bytes() == b"abcd"


def test_a_lock_that_is_never_given_back_becomes_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(group_commit, "LOCK_WAIT_MS", 0)

    async def everything():
        files = CommittingFiles()
        path = str(tmp_path / "a")
        held = open_locked(system_calls, path, None, may_create=True)
        assert held is not None
        with pytest.raises(FileBusy, match="for 10 s"):
            await files.append_durable(path, b"ab", 0)
        held.close()
        await files.close()

    asyncio.run(everything())


def test_a_cancelled_append_happens_whole_or_not_at_all_and_later_ones_follow(tmp_path):
    async def everything():
        files = CommittingFiles()
        path = str(tmp_path / "a")
        cancelled = asyncio.ensure_future(files.append_durable(path, b"ab", 0))
        await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        try:
            await files.append_durable(path, b"cd", 0)
        except FileChanged:
            await files.append_durable(path, b"cd", 2)
        await files.close()

    asyncio.run(everything())
    assert (tmp_path / "a").read_bytes() in (b"abcd", b"cd")


def test_closing_finishes_what_was_handed_over_and_may_be_repeated(tmp_path):
    async def everything():
        files = CommittingFiles()
        path = str(tmp_path / "a")
        waiting = asyncio.gather(*[files.append_durable(path, b"ab", size) for size in range(0, 200, 2)])
        await asyncio.sleep(0)
        await files.close()
        await files.close()
        assert (tmp_path / "a").stat().st_size == 200
        assert len(await waiting) == 100
        assert await files.append_durable(path, b"ab", 200) == 202  # a thread begins anew
        await files.close()

    asyncio.run(everything())


def test_a_disk_that_fails_one_file_takes_back_that_append_alone(tmp_path, monkeypatch):
    good, bad = str(tmp_path / "good"), str(tmp_path / "bad")
    sync = system_calls.fd_sync

    def fd_sync(fd):
        if (tmp_path / "bad").exists() and os.path.samestat(os.fstat(fd), Path(bad).stat()):
            raise OSError(errno.EIO, "Input/output error")
        sync(fd)

    monkeypatch.setattr(system_calls, "fd_sync", fd_sync)

    async def everything():
        files = CommittingFiles()
        answers = await asyncio.gather(
            *[files.append_durable(path, b"x", 0) for path in (good, bad)], return_exceptions=True
        )
        await files.close()
        return answers

    first, failed = asyncio.run(everything())
    assert first == 1
    assert str(failed).startswith(f"{bad}: cannot make the append durable: Input/output error; the disk")
    assert (tmp_path / "good").read_bytes() == b"x"
    assert (tmp_path / "bad").read_bytes() == b""

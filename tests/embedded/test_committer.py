"""Group commit in the event loop of the executables; what files do by themselves is tested in tests/core, for both."""

from __future__ import annotations

import fcntl
from pathlib import Path

from clawft.core.errors import FileChanged, StorageError
from clawft.embedded import committer
from clawft.embedded.loop import create_task, gather, run
from clawft.embedded.waiting import sleep
from tests.native import fake_weft


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

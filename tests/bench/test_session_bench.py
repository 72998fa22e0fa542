"""How fast sessions are appended to and opened. `pytest tests/bench/test_session_bench.py`; asserts no time.

The plain loop is the same number of writes and fdatasyncs without any of our code: compare with it, not with a clock.
"""

from __future__ import annotations

import asyncio
import os

import pytest

from clawft.core.fakes import FakeClock, run
from clawft.core.messages import Message
from clawft.core.session import SessionStore, message_record
from clawft.core.session_lines import line_of
from clawft.host.committer import CommittingFiles
from tests.fakes.host_files import HostFiles

APPENDS = 512
RECORD = message_record(Message("user", "x" * 100), 1790000000.0)
LINE = line_of(RECORD)


def plain(folder, chats):
    opened = [
        os.open(folder / f"plain{chat}", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        for chat in range(chats)
    ]
    for number in range(APPENDS):
        os.write(opened[number % chats], LINE)
        os.fdatasync(opened[number % chats])
    for fd in opened:
        os.close(fd)


async def append_all(files, folder, chats):
    async def chat(number):
        store = SessionStore(files, FakeClock(), str(folder), [], print)
        session = await store.open(f"chat:{number}")
        for _ in range(APPENDS // chats):
            await session.append([RECORD])

    await asyncio.gather(*[chat(number) for number in range(chats)])


def blocking(folder, chats):
    asyncio.run(append_all(HostFiles(), folder, chats))


def committing(folder, chats):
    async def everything():
        files = CommittingFiles()
        await append_all(files, folder, chats)
        await files.close()

    asyncio.run(everything())


@pytest.mark.parametrize("chats", [1, 16, 64])
@pytest.mark.parametrize("way", [plain, blocking, committing])
def test_512_appends(benchmark, tmp_path, way, chats):
    benchmark.group = f"{APPENDS} appends, {chats} chats"
    benchmark.pedantic(way, (tmp_path, chats), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("messages", [10, 1_000, 100_000])
def test_open_and_read_the_last_50(benchmark, tmp_path, messages):
    store = SessionStore(HostFiles(), FakeClock(), str(tmp_path), [], print)
    session = run(store.open("cli:work"))
    run(session.append([RECORD] * messages))
    benchmark.group = "open and read the last 50 messages"
    found = benchmark(lambda: run(store.open("cli:work")).recent(50))
    assert len(found) == min(messages, 50)

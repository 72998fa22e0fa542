"""A program that appends to a session, for tests that watch, crowd or kill it. Run as a module, with arguments.

crowd FOLDER NAME: 150 pairs of messages. once FOLDER, once-concurrent FOLDER: one message. run FOLDER BYTES: up to
1,000 messages from wherever the session stands, or killed in the middle of a write after so many bytes. fill FOLDER:
until the disk is full. look FOLDER: whatever a disk allows. Each says on standard output what is durable.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

from clawft.core.errors import StorageError, ToolError
from clawft.core.fakes import FakeClock, run
from clawft.core.files import BlockingFiles
from clawft.core.messages import Message
from clawft.core.session import SessionStore, message_record
from clawft.host import system_calls
from clawft.host.committer import CommittingFiles
from tests.fakes.host_files import HostFiles

if TYPE_CHECKING:
    from collections.abc import Callable


def store_of(folder, said=None, files=None):
    reports: list[str] = said if said is not None else []
    return SessionStore(files or HostFiles(), FakeClock(), str(folder), [], reports.append)


def record(text, role="user"):
    return message_record(Message(role, text), 1790000000.0)


def say(*words):
    os.write(1, (" ".join(str(word) for word in words) + "\n").encode())


def crowd(folder, name):
    said: list[str] = []
    session = run(store_of(folder, said).open("cli:work"))
    for number in range(150):
        run(session.append([record(f"{name} {number} ask"), record(f"{name} {number} reply")]))
    say(len(said))


def run_on(folder, bytes_to_live):
    """Append until 1,000 messages are there, or kill this process in the middle of a write."""
    left = int(bytes_to_live)

    def write_until_killed(fd, data):
        nonlocal left
        os.write(fd, data[:left])
        if left < len(data):
            os.kill(os.getpid(), signal.SIGKILL)
        left -= len(data)
        return len(data)

    deadly = SimpleNamespace(**{**vars(system_calls), "fd_write": write_until_killed})
    said: list[str] = []
    session = run(store_of(folder, said, BlockingFiles(deadly, time.sleep)).open("cli:work"))
    last = session.recent(1)
    number = int(str(last[0]["content"]).split()[0]) + 1 if last else 0
    say("start", number, len(said))
    while number < 1000:
        run(session.append([record(f"{number} {'x' * (number % 7 * 150)}")]))
        say("ack", number)
        number += 1


def once(folder):
    session = run(store_of(folder).open("cli:work"))
    run(session.append([record("the message")]))
    say("durable")


def once_concurrent(folder):
    async def append():
        files = CommittingFiles()
        session = await store_of(folder, files=files).open("cli:work")
        await session.append([record("the message")])
        say("durable")
        await files.close()

    asyncio.run(append())


def fill(folder):
    """Append until the disk is full, make room, append again; say what went wrong and what is left."""
    ballast = Path(folder, "ballast")
    ballast.write_bytes(bytes(16_000))
    session = run(store_of(folder + "/sessions").open("cli:work"))
    acknowledged = 0
    try:
        while acknowledged < 1000:
            run(session.append([record(f"{acknowledged} " + "x" * 3000)]))
            acknowledged += 1
    except StorageError as error:
        say(error)
    told: list[str] = []
    say(acknowledged, len(run(store_of(folder + "/sessions", told).open("cli:work")).recent(9999)), len(told))
    ballast.unlink()
    run(session.append([record("after")]))
    say([str(one["content"]).split()[0] for one in session.recent(2)])


def look(folder):
    """Read a session, then try to change it, and a file of the workspace; say how each went."""
    files = HostFiles()
    try:
        session = run(store_of(folder + "/sessions").open("cli:work"))
        say(len(session.recent(9)), "messages")
        run(session.append([record("more")]))
        say("appended")
    except StorageError as error:
        say(error)
    for work in (
        lambda: files.write_atomic(folder + "/state", b"new"),
        lambda: files.folder(folder).write("note", b"new"),
        lambda: say(files.folder(folder).read("note", 99)),
    ):
        try:
            work()
            say("done")
        except (StorageError, ToolError) as error:
            say(error)


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {
        "crowd": crowd,
        "fill": fill,
        "look": look,
        "once": once,
        "once-concurrent": once_concurrent,
        "run": run_on,
    }
    commands[sys.argv[1]](*sys.argv[2:])

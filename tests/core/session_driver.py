"""A program that appends to a session, for tests that watch, crowd or kill it. Run as a module, with arguments.

crowd FOLDER NAME: 150 pairs of messages. once FOLDER: one message. run FOLDER BYTES: up to 1,000 messages from
wherever the session stands, or killed in the middle of a write after so many bytes. Each says on standard output
what is durable.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import TYPE_CHECKING

from clawft.core.fakes import FakeClock, run
from clawft.core.messages import Message
from clawft.core.session import SessionStore, message_record
from clawft.host import locked_file
from clawft.host.files import BlockingFiles

if TYPE_CHECKING:
    from collections.abc import Callable


def store_of(folder, said=None, files=None):
    reports: list[str] = said if said is not None else []
    return SessionStore(files or BlockingFiles(), FakeClock(), str(folder), [], reports.append)


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

    locked_file.write_all = write_until_killed
    said: list[str] = []
    session = run(store_of(folder, said).open("cli:work"))
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


if __name__ == "__main__":
    commands: dict[str, Callable[..., None]] = {"crowd": crowd, "run": run_on, "once": once}
    commands[sys.argv[1]](*sys.argv[2:])

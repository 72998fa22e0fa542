"""Turns a session that waits into what it has resident: before any message, after a thousand, after ten thousand.

The session is `weft agent --jsonl` without a model: every message goes through channel, bus, loop and pipeline into a
durable session. The slope between the last two says what a message leaves behind. Judges nothing.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from bench.launcher import SAID_BYTES, CannotRun
from bench.readings import Found

if TYPE_CHECKING:
    from typing import IO, Self

    from bench.start_up import Subject

IDLE = "idle"
FEW, MANY = 1_000, 10_000
TIMES = 3
"""Sessions that are only started; one of them goes on to the messages."""
CHATS = 16
AT_ONCE = 64
"""Messages without an answer at any time: what fits into a pipe is never waited for by both sides."""
LIMIT_S = 60.0
POLL_S = 0.002
READ_BYTES = 1 << 16
# What is durable shall not wait for a disk: only memory is measured.
MEMORY_FOLDER = Path("/dev/shm")  # noqa: S108 - a folder of random name is made in it


class Resident(NamedTuple):
    """What a process has resident, counted now, and the most that it had, as the system estimated it."""

    now_bytes: int
    peak_bytes: int


class Session:
    """A started `agent --jsonl` and its pipes. CannotRun with what it said if it ends or is silent for a minute."""

    def __init__(self, command: list[str], environment: dict[str, str], home: Path) -> None:
        self._command = [*command, "agent", "--jsonl", "--max-concurrent", str(CHATS)]
        self._environment = environment
        self._home = home
        self._sent = 0
        self._answered = 0
        self._unread = b""

    def __enter__(self) -> Self:
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command,
            env=self._environment,
            cwd=self._home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._input = cast("IO[bytes]", self._process.stdin)
        self._output = cast("IO[bytes]", self._process.stdout)
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()
        self._errors.close()

    def answer(self, count: int) -> None:
        """Says things until so many messages are answered in all."""
        while self._answered < count:
            more = min(AT_ONCE, count - self._sent)
            lines = [self._line(self._sent + number) for number in range(more)]
            try:
                self._input.write(b"".join(lines))
                self._input.flush()
            except OSError:
                raise self._failed("ended") from None
            self._sent += more
            while self._answered < self._sent:
                self._read_answer()

    def resident(self) -> Resident:
        """What it has once it waits for the next message."""
        deadline_s = time.monotonic() + LIMIT_S
        place = Path(f"/proc/{self._process.pid}")
        while True:
            # The state stands behind the name, which may hold anything.
            state = (place / "stat").read_text("ascii").rpartition(") ")[2][:1]
            if state == "S":
                break
            if state in ("Z", "X") or time.monotonic() > deadline_s:
                raise self._failed(f"is in state {state} and does not wait")
            time.sleep(POLL_S)
        now = _kib((place / "smaps_rollup").read_text("ascii"), "Rss:") * 1024
        return Resident(now, max(now, _kib((place / "status").read_text("ascii"), "VmHWM:") * 1024))

    @staticmethod
    def _line(number: int) -> bytes:
        line = {"id": number, "chat": f"chat-{number % CHATS}", "message": f"message {number}"}
        return json.dumps(line).encode() + b"\n"

    def _read_answer(self) -> None:
        while b"\n" not in self._unread:
            ready, _, _ = select.select([self._output], [], [], LIMIT_S)
            data = os.read(self._output.fileno(), READ_BYTES) if ready else b""
            if not data:
                raise self._failed("ended" if ready else f"said nothing for {LIMIT_S:g} s")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        found = json.loads(line)
        if found.get("error") or not found.get("reply"):
            raise self._failed(f"answered {line.decode('utf-8', 'replace')}")
        self._answered += 1

    def _failed(self, how: str) -> CannotRun:
        self._errors.seek(0)
        said = self._errors.read()[-SAID_BYTES:].decode("utf-8", "replace").strip()
        return CannotRun(f"{' '.join(self._command)} {how} after {self._answered} answers: {said}")


def _kib(text: str, name: str) -> int:
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(name))


def measure(subject: Subject, few: int = FEW, many: int = MANY) -> Found:
    """`idle` and, by the number of messages, `idle_1000` and the like; bytes a message of what is between the two.

    An emulated executable has no figures, and lacks none: they would be the emulator's.
    """
    found = Found()
    if subject.is_emulated:
        return found
    place = MEMORY_FOLDER if MEMORY_FOLDER.is_dir() else None
    peaks = []
    try:
        for number in range(TIMES):
            with tempfile.TemporaryDirectory(prefix="weft-", dir=place) as name:
                home = Path(name)
                with Session(list(subject.command), subject.environment(home), home) as session:
                    # The first answer shows that it has started; before it, it waits for other things as well.
                    session.answer(1)
                    peaks.append(session.resident().peak_bytes)
                    if number == 0:
                        _after_messages(found, subject.artifact, session, few, many)
    except CannotRun as error:
        found.lack(subject.artifact, IDLE, "*", str(error))
        return found
    found.add(subject.artifact, IDLE, "peak_rss", "max", peaks)
    return found


def _after_messages(found: Found, artifact: str, session: Session, few: int, many: int) -> None:
    sizes = {}
    for count in (few, many):
        session.answer(count)
        sizes[count] = session.resident().now_bytes
        found.add(artifact, f"{IDLE}_{count}", "idle_rss", "max", [sizes[count]])
    slope = (sizes[many] - sizes[few]) / (many - few)
    found.add(artifact, IDLE, "bytes_per_message", "median", [slope])

"""Runs bench/mock_llm.py as a process of its own, and says what it takes of the machine and how fast it could be."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench import mock_llm
from bench.slices import SliceFailed

if TYPE_CHECKING:
    from typing import Self

ROOT = Path(__file__).resolve().parents[1]
LIMIT_S = 30
# How many ask at once for the server's own maximum.
CONNECTIONS = 8
# A conversation's latest messages, as the agent sends them by default.
MESSAGES = 50


class ServerFailed(SliceFailed):
    """The model server did not start, died, or refused what it was asked."""


class Counts(NamedTuple):
    """What the server has served since it started."""

    requests: int
    request_bytes: int
    refused: int
    connections: int


class MockProcess:
    """The server, between `__enter__` and `__exit__`."""

    def __init__(self, settings: mock_llm.Settings | None = None) -> None:
        self.settings = settings or mock_llm.Settings()
        options = [f"--{name.replace('_', '-')}={value}" for name, value in self.settings._asdict().items()]
        self._command = [sys.executable, "-m", "bench.mock_llm", *options]
        self.base_url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None  # noqa: S101 - it was asked for
        self.base_url = self._process.stdout.readline().strip()
        if not self.base_url:
            self.__exit__()
            raise ServerFailed(f"{' '.join(self._command)} ended with {self._process.returncode}")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    @property
    def port(self) -> int:
        return int(self.base_url.removesuffix("/v1").rpartition(":")[2])

    @property
    def reply(self) -> str:
        """What every turn ends with."""
        return mock_llm.reply_text(self.settings.words)

    def cpu_s(self) -> float:
        """The processor time it has used so far."""
        return process_cpu_s(self._process.pid)

    def counts(self) -> Counts:
        """What it has served so far. ServerFailed if it does not answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_S)
        try:
            connection.request("GET", "/v1/counts")
            return Counts(**json.loads(connection.getresponse().read()))
        except (OSError, ValueError) as error:
            raise ServerFailed(f"the model server at {self.base_url} does not answer: {error}") from error
        finally:
            connection.close()

    def maximum_per_s(self, requests: int = 4000, request_bytes: int = 16_000) -> float:
        """The most requests of that size a second that it can answer, streamed: by the processor time that they take.

        More than one processor it cannot use. One request at a time on each connection, as agents ask. ServerFailed if
        one was refused.
        """
        request = sized_request(request_bytes)
        length = self._answer_bytes(request)
        before, started = self.counts(), self.cpu_s()
        links = [socket.create_connection(("127.0.0.1", self.port), LIMIT_S) for _ in range(CONNECTIONS)]
        for _ in range(max(1, requests // CONNECTIONS)):
            for link in links:
                link.sendall(request)
            for link in links:
                _receive(link, length)
        used_s = self.cpu_s() - started
        for link in links:
            link.close()
        after = self.counts()
        if after.refused > before.refused:
            raise ServerFailed(
                f"the model server refused {after.refused - before.refused} requests of its own benchmark"
            )
        return (after.requests - before.requests) / used_s

    def _answer_bytes(self, request: bytes) -> int:
        """How long the response is: the same for every such request."""
        with socket.create_connection(("127.0.0.1", self.port), LIMIT_S) as link:
            link.sendall(request)
            received = b""
            while not received.endswith(b"\r\n0\r\n\r\n"):
                received += _receive(link, 1)
            return len(received)


def _receive(link: socket.socket, count: int) -> bytes:
    received = bytearray()
    while len(received) < count:
        data = link.recv(count - len(received))
        if not data:
            raise ServerFailed(f"the model server closed a connection after {len(received)} of {count} bytes")
        received += data
    return bytes(received)


def sized_request(size_bytes: int) -> bytes:
    """A streamed chat completion of a long conversation, about so many bytes."""
    text = "x" * max(1, size_bytes // MESSAGES - 30)
    messages = [
        {"role": ("user", "assistant")[number % 2], "content": text} for number in range(MESSAGES + 1)
    ]
    body = json.dumps({"model": mock_llm.TEXT_MODEL, "messages": messages, "stream": True}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def process_cpu_s(pid: int) -> float:
    """The processor time of all threads of a running process of ours, to the nanosecond. Linux only.

    The clock of another process is its id, inverted, over three bits: see clock_getcpuclockid(3) and the kernel's
    include/linux/posix-timers.h (CPUCLOCK_SCHED, the whole process). /proc/PID/stat counts in hundredths of a second.
    """
    return time.clock_gettime_ns((~pid << 3) | 2) / 1e9

"""Measures the time to the first token: from Return, in a conversation on a terminal, to the answer's first word on it.

The model says its first word at once and pauses before the next, so that whoever shows an answer only when it is whole
is found out. One slice is one conversation; its first turn, which loads and connects, does not count.
"""

from __future__ import annotations

import os
import pty
import select
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench import mock_llm
from bench.slices import CONTROL, SliceFailed
from bench.throughput import LIMIT_S, SAID_BYTES, Load, environment, run_control

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from bench.mock_process import MockProcess

PROMPT = b"> "
READ_BYTES = 1 << 16
TURNS = 20
LOAD = Load(1, TURNS, mock_llm.PAUSE_MODEL)
METRIC = "time_to_first_token"
# No terminal and no words: a turn of what does the least, to see what disturbs the machine.
CONTROL_LOAD = Load(1, 100)


def arms(
    commands: Mapping[str, list[str]], server: MockProcess
) -> dict[str, Callable[[], Mapping[str, float]]]:
    """What plays a slice of each command, by arm, and of the control beside them: see bench/slices.py."""

    def slice_of(command: list[str]) -> Callable[[], Mapping[str, float]]:
        return lambda: {METRIC: statistics.median(run_slice(command, server))}

    made = {arm: slice_of(command) for arm, command in commands.items()}
    return {**made, CONTROL: lambda: {METRIC: run_control(CONTROL_LOAD, server).figures()["latency_p50"]}}


def run_slice(
    command: list[str], server: MockProcess, turns: int = TURNS, limit_s: float = LIMIT_S
) -> list[float]:
    """The time of each turn, in seconds. SliceFailed if one is not answered within `limit_s`, or not word by word."""
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        home = Path(name)
        env = environment(home, server, LOAD) | {"TERM": "xterm", "COLUMNS": "80", "LINES": "24"}
        try:
            process, master = _on_terminal([*command, "agent"], env, home)
            try:
                return _converse(_Screen(master, limit_s), server, turns)
            finally:
                process.kill()
                process.wait()
                os.close(master)
        except (SliceFailed, OSError) as failure:
            raise SliceFailed(f"{command[0]}: {failure}") from failure


def _on_terminal(argv: list[str], env: dict[str, str], home: Path) -> tuple[subprocess.Popen[bytes], int]:
    """A process on a terminal of its own, and our end of that. OSError if it cannot be started."""
    master, slave = pty.openpty()
    try:
        process = subprocess.Popen(
            argv, env=env, cwd=home, stdin=slave, stdout=slave, stderr=slave, start_new_session=True
        )
    except OSError:
        os.close(master)
        raise
    finally:
        os.close(slave)
    return process, master


def _converse(screen: _Screen, server: MockProcess, turns: int) -> list[float]:
    last = server.reply.rpartition(" ")[2].encode()
    screen.wait_for(PROMPT)
    found = [_turn(screen, last) for _ in range(turns + 1)][1:]
    # Of one turn it may be us who came late.
    growing_s = statistics.median(whole - first for first, whole in found)
    if growing_s < server.settings.pause_s / 2:
        raise SliceFailed(
            f"the last word came {growing_s:.4f} s after the first: an answer is shown when it is whole"
        )
    return [first for first, _ in found]


def _turn(screen: _Screen, last: bytes) -> tuple[float, float]:
    """Seconds from Return to the first and to the last word."""
    screen.write(b"hello")
    screen.wait_for(b"hello")  # the line editor has it: what is measured begins with Return
    started = time.perf_counter()
    screen.write(b"\r")
    first = screen.wait_for(mock_llm.FIRST_WORD.encode()) - started
    whole = screen.wait_for(last) - started
    screen.wait_for(PROMPT)
    return first, whole


class _Screen:
    """What a terminal is sent."""

    def __init__(self, master: int, limit_s: float) -> None:
        self._master = master
        self._limit_s = limit_s
        self._seen = b""

    def write(self, data: bytes) -> None:
        os.write(self._master, data)

    def wait_for(self, text: bytes) -> float:
        """When a text came (monotonic); what stands up to it is forgotten. SliceFailed if it does not come."""
        while text not in self._seen:
            ready, _, _ = select.select([self._master], [], [], self._limit_s)
            if not ready:
                raise SliceFailed(
                    f"{text!r} did not come within {self._limit_s:g} s, but {self._seen[-SAID_BYTES:]!r}"
                )
            try:
                self._seen += os.read(self._master, READ_BYTES)
            except OSError:  # EIO: nobody holds the other end any more
                raise SliceFailed(f"ended before {text!r} came, but {self._seen[-SAID_BYTES:]!r}") from None
        now = time.perf_counter()
        self._seen = self._seen.partition(text)[2]
        return now

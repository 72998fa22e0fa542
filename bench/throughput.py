"""Measures turns a second and their latencies through `weft agent --jsonl` and the mock model: one slice at a time.

A slice is one process of one command: every chat says one thing first, so that sessions, connections and caches are
there; then each says its next message as soon as it has its answer, until all turns are through. Each goes through
channel, bus, loop, pipeline, HTTP and a durable session, and every answer is checked. Slices of different commands are
to be compared in pairs, one soon after the other; bench/bare_agent.py is their inert control.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bench import bare_agent, mock_llm
from bench.mock_process import MockProcess, process_cpu_s
from bench.slices import CONTROL as CONTROL_ARM
from bench.slices import NEW, Rounds, SliceFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    from bench.mock_process import Counts

LIMIT_S = 60.0
"""So long may a command say nothing."""
OWN_SHARE = 0.5
"""Of one processor; if the model server or this process is busier, it decides on the figures itself."""
SAID_BYTES = 2000
READ_BYTES = 1 << 16


class Load(NamedTuple):
    """What is asked of a command: so many turns in all after the first ones, by so many chats at once."""

    chats: int
    turns: int
    model: str = mock_llm.TEXT_MODEL
    wire: Literal["openai", "anthropic"] = "openai"
    is_streamed: bool = True

    @property
    def requests(self) -> int:
        """What the model is asked in all: a turn with tool calls asks once more, with their results."""
        return (self.chats + self.turns) * (2 if self.model == mock_llm.TOOLS_MODEL else 1)


# The slices are short, so that what disturbs the machine disturbs neighbours alike.
SCENARIOS: Mapping[str, Load] = {
    "turns_1": Load(1, 200),
    "turns_8": Load(8, 400),
    "turns_16": Load(16, 400),
    "turns_64": Load(64, 640),
    "turns_64_thinking": Load(64, 640, mock_llm.THINK_MODEL),
    "turns_8_whole": Load(8, 400, is_streamed=False),
    "turns_8_anthropic": Load(8, 400, wire="anthropic"),
    "tools_8": Load(8, 120, mock_llm.TOOLS_MODEL),
}


@dataclass(frozen=True)
class Slice:
    """What one slice found. `latencies_s` are those of its turns, in the order of their answers.

    `cpu_s` is the agent's processor time over these turns. The shares say how much of one processor the model server
    and whoever asked took meanwhile.
    """

    load: Load
    seconds: float
    latencies_s: tuple[float, ...]
    cpu_s: float
    server_share: float
    asking_share: float
    tool_calls: int

    def figures(self) -> dict[str, float]:
        """One sample of each metric."""
        points = statistics.quantiles(self.latencies_s, n=100, method="inclusive")
        turns = len(self.latencies_s)
        found = {
            "turns_per_second": turns / self.seconds,
            "latency_p50": points[49],
            "latency_p95": points[94],
            "latency_p99": points[98],
            "cpu_time": self.cpu_s / turns,
        }
        if self.tool_calls:
            found["tool_calls_per_second"] = self.tool_calls / self.seconds
        return found


def metrics(load: Load) -> tuple[str, ...]:
    """What a slice of a load has samples of: a slice that failed has none, and each of these is missing."""
    usual = ("turns_per_second", "latency_p50", "latency_p95", "latency_p99", "cpu_time")
    return (*usual, "tool_calls_per_second") if load.model == mock_llm.TOOLS_MODEL else usual


# Does what every agent must, and nothing else: no change of ours makes it faster or slower.
CONTROL = [sys.executable, "-I", bare_agent.__file__]


def environment(home: Path, server: MockProcess, load: Load) -> dict[str, str]:
    """All that a measured process is started with: nothing of ours leaks in."""
    return {
        "HOME": str(home),
        "PATH": os.defpath,
        "NO_COLOR": "1",
        "CLAWFT__PROVIDERS__CUSTOM__API_BASE": server.base_url,
        "CLAWFT__PROVIDERS__CUSTOM__API_KEY": "test-key",
        "CLAWFT__PROVIDERS__CUSTOM__FORMAT": load.wire,
        "CLAWFT__AGENTS__DEFAULTS__MODEL": f"custom/{load.model}",
        "CLAWFT__AGENTS__DEFAULTS__STREAM": "true" if load.is_streamed else "false",
    }


def run_slice(command: list[str], load: Load, server: MockProcess, limit_s: float = LIMIT_S) -> Slice:
    """One slice of a command (`["/.../weft"]`, `["/.../python", "-I", "-m", "clawft"]`) in a home of its own.

    SliceFailed if not every turn was answered as it must be, if the command says nothing for `limit_s`, or if what
    measures was too busy itself.
    """
    # Equally long for all: a path is copied, hashed and printed.
    with tempfile.TemporaryDirectory(prefix="load-") as name:
        home = Path(name)
        workspace = home / ".clawft" / "workspace"
        workspace.mkdir(parents=True)
        (workspace / mock_llm.NOTE).write_text(mock_llm.NOTE_TEXT, "utf-8")
        before = server.counts()
        found = _measure([*command, *_options(load)], load, server, home, limit_s)
        _check_served(before, server.counts(), load)
    check_shares(found)
    return found


def run_control(load: Load, server: MockProcess) -> Slice:
    """One slice of the control beside those of a load. It takes one turn after the other: the model must not think."""
    model = mock_llm.TEXT_MODEL if load.model == mock_llm.THINK_MODEL else load.model
    return run_slice(CONTROL, load._replace(model=model), server)


def arms(
    commands: Mapping[str, list[str]], load: Load, server: MockProcess
) -> dict[str, Callable[[], Mapping[str, float]]]:
    """What plays a slice of each command, by arm, and of the control beside them: see bench/slices.py."""

    def slice_of(command: list[str]) -> Callable[[], Mapping[str, float]]:
        return lambda: run_slice(command, load, server).figures()

    made = {arm: slice_of(command) for arm, command in commands.items()}
    return {**made, CONTROL_ARM: lambda: run_control(load, server).figures()}


def check_shares(found: Slice) -> None:
    """SliceFailed if what measures was so busy that the figures are its own."""
    for who, share in (("the model server", found.server_share), ("asking", found.asking_share)):
        if share > OWN_SHARE:
            raise SliceFailed(
                f"{who} took {share:.0%} of a processor, more than {OWN_SHARE:.0%}: what was measured is not the agent"
            )


def _options(load: Load) -> list[str]:
    return ["agent", "--jsonl", "--max-concurrent", str(load.chats)]


def _measure(argv: list[str], load: Load, server: MockProcess, home: Path, limit_s: float) -> Slice:
    env, pipe = environment(home, server, load), subprocess.PIPE
    with (home / "errors").open("w+b") as errors:
        try:
            with subprocess.Popen(
                argv, env=env, cwd=home, stdin=pipe, stdout=pipe, stderr=errors, bufsize=0
            ) as process:
                try:
                    return _measure_running(process, load, server, limit_s)
                finally:
                    process.kill()
        except (SliceFailed, OSError) as failure:
            raise SliceFailed(f"{argv[0]}: {failure}{_said(errors)}") from failure


def _measure_running(
    process: subprocess.Popen[bytes], load: Load, server: MockProcess, limit_s: float
) -> Slice:
    talk = _Talk(process, server.reply, limit_s)
    talk.run(load.chats, load.chats)

    def clocks() -> tuple[float, float, float, float]:
        return process_cpu_s(process.pid), server.cpu_s(), time.process_time(), time.perf_counter()

    starts = clocks()
    latencies = talk.run(load.chats, load.turns)
    agent_s, server_s, own_s, seconds = (end - start for end, start in zip(clocks(), starts, strict=True))
    talk.end()
    calls = load.turns * server.settings.tool_calls if load.model == mock_llm.TOOLS_MODEL else 0
    return Slice(load, seconds, tuple(latencies), agent_s, server_s / seconds, own_s / seconds, calls)


def _said(errors: IO[bytes]) -> str:
    errors.seek(0)
    text = errors.read().decode("utf-8", "replace").strip()
    return f"; it said: {text[-SAID_BYTES:]}" if text else ""


def _check_served(before: Counts, after: Counts, load: Load) -> None:
    """SliceFailed unless the model was asked exactly as often as the turns need: no retries, no shortcuts."""
    served = after.requests - before.requests
    if after.refused > before.refused:
        raise SliceFailed(f"the model refused {after.refused - before.refused} of {served} requests")
    if served != load.requests:
        raise SliceFailed(f"the model was asked {served} times, not {load.requests}")


class _Talk:
    """The other end of a process's pipes: says messages, and takes the answers apart."""

    def __init__(self, process: subprocess.Popen[bytes], reply: str, limit_s: float) -> None:
        assert process.stdin is not None  # noqa: S101 - it was asked for
        assert process.stdout is not None  # noqa: S101 - it was asked for
        self._process = process
        self._input = process.stdin.fileno()
        self._output = process.stdout.fileno()
        self._reply = reply
        self._limit_s = limit_s
        self._rest = b""
        self._count = 0
        self._asked_s: dict[int, float] = {}
        self._chats: dict[int, str] = {}

    def run(self, chats: int, turns: int) -> list[float]:
        """So many turns; whichever chat has its answer asks on. Their latencies in seconds."""
        latencies: list[float] = []
        for number in range(min(chats, turns)):
            self._say(f"chat-{number}")
        left = turns - min(chats, turns)
        while self._asked_s:
            lines = self._answers()
            now = time.perf_counter()
            for line in lines:
                number, chat = self._take(line)
                latencies.append(now - self._asked_s.pop(number))
                if left:
                    left -= 1
                    self._say(chat)
        return latencies

    def end(self) -> None:
        """Nothing more is said: the process must end well, without another word. SliceFailed."""
        assert self._process.stdin is not None  # noqa: S101 - it was asked for
        self._process.stdin.close()
        said = self._rest + self._read()
        code = self._exit_code()
        if code != 0 or said:
            raise SliceFailed(f"ended with {code} and {said[:SAID_BYTES]!r} instead of 0 and nothing more")

    def _say(self, chat: str) -> None:
        self._count += 1
        line = json.dumps(
            {"id": self._count, "chat": chat, "message": f"message {self._count} of this slice"}
        )
        self._chats[self._count] = chat
        self._asked_s[self._count] = time.perf_counter()
        os.write(self._input, line.encode() + b"\n")

    def _take(self, line: bytes) -> tuple[int, str]:
        """Number and chat of the message that a line answers. SliceFailed if it is no right answer."""
        try:
            answer: dict[str, Any] = json.loads(line)
            number, chat = answer["id"], answer["chat"]
        except (ValueError, LookupError, TypeError):
            raise SliceFailed(f"answered {line[:SAID_BYTES]!r}, which is no line of --jsonl") from None
        if answer.get("error") or answer.get("reply") != self._reply:
            raise SliceFailed(f"answered {line[:SAID_BYTES]!r}, not {self._reply!r}")
        if not isinstance(number, int) or number not in self._asked_s or self._chats[number] != chat:
            raise SliceFailed(f"answered message {number!r} of {chat!r}, which is not waiting for an answer")
        return number, chat

    def _answers(self) -> list[bytes]:
        """The lines that are there, one at least. SliceFailed if none comes, or the process has ended."""
        while True:
            data = self._read()
            if not data:
                raise SliceFailed(
                    f"ended with {self._exit_code()} before {len(self._asked_s)} of its answers"
                )
            *lines, self._rest = (self._rest + data).split(b"\n")
            if lines:
                return lines

    def _exit_code(self) -> int:
        try:
            return self._process.wait(self._limit_s)
        except subprocess.TimeoutExpired:
            raise SliceFailed(f"closed its output and did not end within {self._limit_s:g} s") from None

    def _read(self) -> bytes:
        """What the process has said, empty at its end. SliceFailed if it says nothing for too long."""
        ready, _, _ = select.select([self._output], [], [], self._limit_s)
        if not ready:
            raise SliceFailed(f"said nothing for {self._limit_s:g} s")
        return os.read(self._output, READ_BYTES)


def main() -> int:
    """Print the medians of a few slices of each load, beside those of the control."""
    parser = argparse.ArgumentParser(
        description="Turns a second through `weft agent --jsonl`, beside an inert control."
    )
    parser.add_argument(
        "--weft", default=f"{sys.executable} -I -m clawft", help="the command; default: on CPython"
    )
    parser.add_argument("--rounds", type=int, default=3, help="slices of each (default: 3)")
    parser.add_argument("scenario", nargs="*", help=f"of {', '.join(SCENARIOS)}; default: all")
    asked = parser.parse_args()
    unknown = set(asked.scenario) - set(SCENARIOS)
    if unknown or asked.rounds < 1:
        parser.error(f"there is no {', '.join(unknown)}" if unknown else "--rounds: 1 at least")
    first, *rest = shlex.split(asked.weft)
    weft = [str(Path(first).absolute()), *rest]
    with MockProcess() as server:
        print(f"the model server itself: at most {server.maximum_per_s():.0f} answers a second")
        for name in asked.scenario or SCENARIOS:
            rounds = Rounds(arms({NEW: weft}, SCENARIOS[name], server))
            for _ in range(asked.rounds):
                rounds.play((NEW, CONTROL_ARM))
            for metric, found in rounds.samples.items():
                print(
                    f"{name:<20}{metric:<24}",
                    *(f"{arm} {_shown(metric, one):<12}" for arm, one in found.items()),
                )
    return 0


def _shown(metric: str, samples: list[float]) -> str:
    value = statistics.median(samples)
    return f"{value:.0f}/s" if metric.endswith("per_second") else f"{value * 1e3:.2f} ms"


if __name__ == "__main__":
    sys.exit(main())

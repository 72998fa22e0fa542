"""Prints what an executable costs beside /bin/true and CPython: time, memory, size, turns a second, in one run.

`python -m tests.bench.native [--weft COMMAND] [--rounds N] [--turns N] [--json FILE]`. Every process is started by
bench/launcher.c. A ratio is taken to /bin/true in the same round, beside an empty static program: what the system
itself takes. For what takes a millisecond the low quantile counts, not the median. The goal stands beside each figure,
and what misses it says by how much. Nothing here fails on a slow machine: tests assert no time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.measured import (
    FIRST_ROUNDS,
    Figure,
    Launcher,
    ServerProcess,
    empty_program,
    model_settings,
    print_figures,
)
from tests.bench.measured import environment as bare_environment
from tests.bench.terminal import idle_kib

ROOT = Path(__file__).resolve().parents[2]
EXECUTABLE = ROOT / "dist" / "x86_64-linux-musl" / "weft"
TLS = ROOT / "tests" / "fakes" / "tls"
# What a turn makes durable, one after the other: the user's message, then the reply.
APPENDS_A_TURN = 2
APPEND_SAMPLES = 5
MEMORY_SAMPLES = 5


def main() -> int:
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weft", default=str(EXECUTABLE), help="the command, default: the built executable")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    weft = shlex.split(asked.weft)
    if not Path(weft[0]).is_file():
        parser.error(f"there is no {weft[0]}; make it with nox -s build -- --host")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        launcher = Launcher(folder)
        empty = empty_program(folder)
        with ServerProcess() as plain, ServerProcess(certificate=TLS / "server.pem") as tls:
            figures = [
                *wall_figures(launcher, weft, empty, plain, folder / "wall", asked.rounds),
                *memory_figures(launcher, weft, empty, plain, tls, folder / "memory"),
                Figure("idle interactive session", idle_kib(weft, folder / "idle") / 1024, "MiB", 1.5),
                *size_figures(weft),
                *throughput_figures(weft, plain, folder / "turns", asked.turns),
            ]
    print_figures(figures)
    if asked.json is not None:
        facts = {
            "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.release()}",
            "weft": weft,
        }
        rows = [figure.as_json() for figure in figures]
        asked.json.write_text(json.dumps({**facts, "figures": rows}, indent=1) + "\n", "utf-8")
    return 0


def wall_figures(
    launcher: Launcher, weft: list[str], empty: Path, server: ServerProcess, folder: Path, rounds: int
) -> list[Figure]:
    """Ratios of wall time, case by case, in rounds that start with another case each."""
    online = bare_environment(folder / "home", **model_settings(server.base_url))
    cases: dict[str, list[str]] = {
        "true": ["/bin/true"],
        "empty": [str(empty)],
        "python": [sys.executable, "-I", "-S", "-c", "pass"],
        "version": [*weft, "--version"],
        "turn": [*weft, "agent", "-m", "hi", "--session"],
    }
    names = list(cases)
    walls: dict[str, list[float]] = {name: [] for name in (*names, "append")}
    for number in range(rounds + FIRST_ROUNDS):
        found = {}
        for name in names[number % len(names) :] + names[: number % len(names)]:
            argv = [*cases[name], f"round-{number}"] if name == "turn" else cases[name]
            found[name] = launcher.run(argv, online)["wall_ns"]
        written = folder / "home" / ".clawft" / "state" / "sessions" / f"cli%3Around-{number}.jsonl"
        found["append"] = synced_append_ns(written.parent, written.stat().st_size // APPENDS_A_TURN)
        if number >= FIRST_ROUNDS:
            for name, wall in found.items():
                walls[name].append(wall)

    def figure(title: str, goal: float | None, values: list[float]) -> Figure:
        return Figure.of_ratios(title, values, walls["true"], goal)

    bare = [
        turn - APPENDS_A_TURN * append for turn, append in zip(walls["turn"], walls["append"], strict=True)
    ]
    milliseconds = {name: [wall / 1e6 for wall in found] for name, found in walls.items()}
    return [
        Figure.of_samples("/bin/true, wall", milliseconds["true"], "ms", None),
        figure("CPython -I -S -c pass, wall / true", None, walls["python"]),
        figure("an empty static program, wall / true", None, walls["empty"]),
        figure("weft --version, wall / true", 0.2, walls["version"]),
        Figure.of_ratios("weft --version, wall / empty", walls["version"], walls["empty"], None),
        figure("weft agent -m hi over HTTP, wall / true", None, walls["turn"]),
        figure("  less the fdatasync of its two appends", 4, bare),
        Figure.of_samples("  write + fdatasync of one such append", milliseconds["append"], "ms", None),
    ]


def synced_append_ns(folder: Path, size_bytes: int) -> float:
    """The median time of a plain write + fdatasync of so many bytes at the end of a file."""
    times = []
    handle = os.open(folder / "equal-append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(APPEND_SAMPLES):
        started = time.perf_counter_ns()
        os.write(handle, b"x" * size_bytes)
        os.fdatasync(handle)
        times.append(time.perf_counter_ns() - started)
    os.close(handle)
    return statistics.median(times)


def memory_figures(
    launcher: Launcher, weft: list[str], empty: Path, plain: ServerProcess, tls: ServerProcess, folder: Path
) -> list[Figure]:
    """Peak resident memory, through a launcher that is smaller than all of them."""
    online = bare_environment(folder / "plain", **model_settings(plain.base_url))
    secret = bare_environment(
        folder / "tls", SSL_CERT_FILE=str(TLS / "root.pem"), **model_settings(tls.base_url)
    )
    turn = [*weft, "agent", "-m", "hi"]
    cases: list[tuple[str, list[str], dict[str, str], float | None]] = [
        ("/bin/true, peak resident", ["/bin/true"], online, None),
        ("CPython -I -S -c pass, peak resident", [sys.executable, "-I", "-S", "-c", "pass"], online, None),
        ("an empty static program, peak resident", [str(empty)], online, None),
        ("weft --version, peak resident", [*weft, "--version"], online, 0.7),
        ("weft agent -m hi over HTTP, peak resident", turn, online, 2.5),
        ("weft agent -m hi over HTTPS, peak resident", turn, secret, 3),
    ]
    figures = [Figure("the launcher itself, resident", launcher.floor_kib / 1024, "MiB", None)]
    for title, argv, env, goal in cases:
        sizes = [
            launcher.peak_mib([*argv, *(["--session", f"n-{n}"] if "agent" in argv else [])], env)
            for n in range(MEMORY_SAMPLES)
        ]
        figures.append(Figure.of_samples(title, sizes, "MiB", goal))
    return figures


def size_figures(weft: list[str]) -> list[Figure]:
    """The size of the file, and of its components where it was built with --sizes."""
    if len(weft) > 1:
        return []
    path = Path(weft[0]).resolve()
    record = path.parents[1] / "build.json"
    entries = json.loads(record.read_text("utf-8"))["targets"] if record.is_file() else []
    components = next(
        (row.get("component_bytes", {}) for row in entries if row["target"] == path.parent.name), {}
    )
    return [
        Figure("file size", path.stat().st_size / 1e6, "MB", 1.1),
        *(Figure(f"  {name}", size / 1e6, "MB", None) for name, size in components.items()),
    ]


def throughput_figures(weft: list[str], server: ServerProcess, folder: Path, turns: int) -> list[Figure]:
    """Turns a second through --jsonl, over HTTP, each durable; and the processor time that a turn takes.

    The server and the disk decide on the first as well; the second is the agent's own.
    """
    figures = []
    for chats, goal in ((1, 500.0), (16, 1000.0)):
        env = bare_environment(folder / f"{chats}", **model_settings(server.base_url))
        lines = "".join(
            json.dumps({"id": n, "chat": f"chat-{n % chats}", "message": f"message {n}"}) + "\n"
            for n in range(turns)
        )
        argv = [*weft, "agent", "--jsonl", "--max-concurrent", str(chats)]
        server_s, agent_s = server.cpu_s(), _children_cpu_s()
        started = time.perf_counter()
        done = subprocess.run(argv, env=env, input=lines.encode(), capture_output=True, check=False)
        elapsed = time.perf_counter() - started
        server_s, agent_s = server.cpu_s() - server_s, _children_cpu_s() - agent_s
        answers: list[dict[str, Any]] = [json.loads(line) for line in done.stdout.splitlines()]
        if done.returncode != 0 or len(answers) != turns or any(answer["error"] for answer in answers):
            raise SystemExit(
                f"--jsonl failed with {done.returncode}, {len(answers)} answers: {done.stderr.decode()[-2000:]}"
            )
        appends = 1e9 / synced_append_ns(Path(env["HOME"]), 200)
        title = f"turns a second over HTTP, {chats} chat{'s' if chats > 1 else ''}"
        figures.append(Figure(title, turns / elapsed, "/s", goal, is_more_better=True))
        figures.append(Figure("  CPU of the agent per turn", agent_s / turns * 1e6, "us", None))
        figures.append(Figure("  CPU of the model server per turn", server_s / turns * 1e6, "us", None))
        figures.append(Figure("  bare synced appends a second, for scale", appends, "/s", None))
    return figures


def _children_cpu_s() -> float:
    """What children that have ended used: user and system time."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    raise SystemExit(main())

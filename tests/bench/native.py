"""Prints what an executable costs beside /bin/true and CPython: time, memory and size, in one run.

`python -m tests.bench.native [--weft COMMAND] [--rounds N] [--json FILE]`. Every process is started by
bench/launcher.c. A ratio is taken to /bin/true in the same round, beside an empty static program: what the system
itself takes. For what takes a millisecond the low quantile counts, not the median. The goal stands beside each figure,
and what misses it says by how much. Nothing here fails on a slow machine: tests assert no time.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.launcher import Launcher, control_program
from tests.bench.measured import (
    FIRST_ROUNDS,
    Figure,
    ServerProcess,
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
MIB = 1024 * 1024


def main() -> int:
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weft", default=str(EXECUTABLE), help="the command, default: the built executable")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    weft = shlex.split(asked.weft)
    if not Path(weft[0]).is_file():
        parser.error(f"there is no {weft[0]}; make it with nox -s build -- --host")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        launcher, empty = Launcher(), control_program()
        with ServerProcess() as plain, ServerProcess(certificate=TLS / "server.pem") as tls:
            figures = [
                *wall_figures(launcher, weft, empty, plain, folder / "wall", asked.rounds),
                *memory_figures(launcher, weft, empty, plain, tls, folder / "memory"),
                Figure("idle interactive session", idle_kib(weft, folder / "idle") / 1024, "MiB", 1.5),
                *size_figures(weft),
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
            found[name] = launcher.run(argv, online, cwd=folder / "home").wall_s
        written = folder / "home" / ".clawft" / "state" / "sessions" / f"cli%3Around-{number}.jsonl"
        found["append"] = synced_append_s(written.parent, written.stat().st_size // APPENDS_A_TURN)
        if number >= FIRST_ROUNDS:
            for name, wall in found.items():
                walls[name].append(wall)

    def figure(title: str, goal: float | None, values: list[float]) -> Figure:
        return Figure.of_ratios(title, values, walls["true"], goal)

    bare = [
        turn - APPENDS_A_TURN * append for turn, append in zip(walls["turn"], walls["append"], strict=True)
    ]
    milliseconds = {name: [wall * 1e3 for wall in found] for name, found in walls.items()}
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


def synced_append_s(folder: Path, size_bytes: int) -> float:
    """The median time of a plain write + fdatasync of so many bytes at the end of a file."""
    times = []
    handle = os.open(folder / "equal-append", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for _ in range(APPEND_SAMPLES):
        started = time.perf_counter()
        os.write(handle, b"x" * size_bytes)
        os.fdatasync(handle)
        times.append(time.perf_counter() - started)
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
    floor = launcher.run(["/bin/true"], {}).floor_bytes
    figures = [Figure("the launcher itself, resident", floor / MIB, "MiB", None)]
    for title, argv, env, goal in cases:
        sizes = []
        for n in range(MEMORY_SAMPLES):
            command = [*argv, *(["--session", f"n-{n}"] if "agent" in argv else [])]
            cost = launcher.run(command, env, cwd=Path(env["HOME"]), counts_pages=True)
            sizes.append(cost.peak_bytes / MIB)
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


if __name__ == "__main__":
    raise SystemExit(main())

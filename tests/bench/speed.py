# ruff: noqa: T201 - printing its figures is what this does
"""Prints how fast the CPython agent starts: whole-process ratios measured side by side.

`python -m tests.bench.speed [--rounds N] [--json FILE]`, run by `nox -s speed`. A ratio is the median, over
rounds, of a command's wall time to that of `python -I -S -c pass` in the same round; the goal stands beside it.
Nothing here fails on a slow machine: tests assert no time.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fakes.model_server import ModelServer

BASE = "python -I -S -c pass"


def main() -> int:
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, ModelServer() as server:
        startup = measure_startup(Path(folder), server.base_url, arguments.rounds)
    print_startup(startup)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"startup": startup}, indent=1) + "\n")
    return 0


def environment(home: Path, **more: str) -> dict[str, str]:
    """What every measured process is started with: nothing of ours leaks in."""
    home.mkdir(parents=True, exist_ok=True)
    kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMPDIR") if name in os.environ}
    return kept | {"HOME": str(home), "USERPROFILE": str(home), "PATH": os.defpath} | more


def measure_startup(folder: Path, base_url: str, rounds: int) -> dict[str, dict[str, float]]:
    """Ratios to the bare interpreter, by case: median, lowest, highest, and the goal (0 for none)."""
    python = sys.executable
    module = [python, "-I", "-m", "clawft"]
    weft = shutil.which("weft", path=str(Path(python).parent)) or ""
    offline = environment(folder / "offline")
    online = environment(
        folder / "online",
        CLAWFT__PROVIDERS__CUSTOM__API_BASE=base_url,
        CLAWFT__PROVIDERS__CUSTOM__API_KEY="test-key",
        CLAWFT__AGENTS__DEFAULTS__MODEL="custom/mock",
    )
    cases: list[tuple[str, list[str], dict[str, str], float]] = [
        (BASE, [python, "-I", "-S", "-c", "pass"], offline, 0),
        ("python -I -m clawft --version", [*module, "--version"], offline, 2),
        ("python -I -m clawft --help", [*module, "--help"], offline, 3),
        ("python -I -m clawft agent -m hi (offline)", [*module, "agent", "--new", "-m", "hi"], offline, 6),
        ("python -I -m clawft agent -m hi (HTTP)", [*module, "agent", "--new", "-m", "hi"], online, 12),
    ]
    if weft:
        cases[3:3] = [
            ("weft --version", [weft, "--version"], offline, 2.5),
            ("weft --help", [weft, "--help"], offline, 3.5),
        ]
    times: dict[str, list[float]] = {name: [] for name, _, _, _ in cases}
    for round_number in range(rounds + 2):
        for name, argv, env, _ in rotated(cases, round_number):
            started = time.perf_counter()
            done = subprocess.run(argv, env=env, capture_output=True, stdin=subprocess.DEVNULL, check=False)
            elapsed = time.perf_counter() - started
            if done.returncode != 0:
                raise SystemExit(f"{name} failed with {done.returncode}: {done.stderr.decode()}")
            if round_number >= 2:  # the first rounds fill caches
                times[name].append(elapsed)
    results = {}
    for name, _, _, goal in cases:
        ratios = sorted(mine / base for mine, base in zip(times[name], times[BASE], strict=True))
        results[name] = {
            "ratio_median": statistics.median(ratios),
            "ratio_low": ratios[0],
            "ratio_high": ratios[-1],
            "goal": goal,
        }
    return results


def rotated(
    cases: list[tuple[str, list[str], dict[str, str], float]], by: int
) -> list[tuple[str, list[str], dict[str, str], float]]:
    """The cases from another start each round, so that none always follows the same one."""
    at = by % len(cases)
    return cases[at:] + cases[:at]


def print_startup(startup: dict[str, dict[str, float]]) -> None:
    """A line a case."""
    print(f"{'wall time, as a ratio to ' + BASE:<46}{'median':>8}{'low':>8}{'high':>8}{'goal':>8}")
    for name, row in startup.items():
        goal = f"<= {row['goal']:g}" if row["goal"] else ""
        print(
            f"{name:<46}{row['ratio_median']:>8.2f}{row['ratio_low']:>8.2f}{row['ratio_high']:>8.2f}{goal:>8}"
        )


if __name__ == "__main__":
    raise SystemExit(main())

"""Runs the micro-benchmarks of a checkout (tests/bench/test_micro_*.py) and gives the time of one call of each.

Each side runs its own tests, on its own code, by the same interpreter; slices of both are played in rounds
(bench/slices.py), so that a benchmark that vanishes, fails or is not run on one side is seen.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.slices import SliceFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[1]
PATTERN = "tests/bench/test_micro_*.py"
# Most calls take microseconds: many short rounds say more than few long ones. All of it takes about a second.
OPTIONS = (
    *("-p", "no:cacheprovider", "--benchmark-columns=min"),
    *("--benchmark-min-rounds=5", "--benchmark-min-time=0.0001", "--benchmark-max-time=0.02"),
)
LIMIT_S = 300
SAID_CHARACTERS = 2000


def arms(checkouts: Mapping[str, Path]) -> dict[str, Callable[[], Mapping[str, float]]]:
    """What plays a slice of each checkout, by arm: see bench/slices.py."""

    def slice_of(checkout: Path) -> Callable[[], Mapping[str, float]]:
        return lambda: run_slice(checkout)

    return {arm: slice_of(checkout) for arm, checkout in checkouts.items()}


def run_slice(checkout: Path, python: str = sys.executable) -> dict[str, float]:
    """The seconds that one call takes, by scenario: `micro:streams.build_a_request[openai]`. SliceFailed.

    Nothing is left out: a test that fails, that is skipped, or that measures nothing fails the slice.
    """
    with tempfile.TemporaryDirectory(prefix="micro-") as name:
        folder = Path(name)
        env = environment(checkout, folder)
        check_import(checkout, python, env)
        files = sorted(path.relative_to(checkout).as_posix() for path in checkout.glob(PATTERN))
        if not files:
            raise SliceFailed(f"{checkout}: there is no {PATTERN}")
        written, report = folder / "benchmarks.json", folder / "report.xml"
        command = [
            python,
            "-m",
            "pytest",
            *OPTIONS,
            f"--benchmark-json={written}",
            f"--junit-xml={report}",
            *files,
        ]
        said = _run(command, checkout, env)
        found = read(written, said)
        tests = _attribute(report, "tests")
        if len(found) != tests or _attribute(report, "skipped"):
            raise SliceFailed(
                f"{checkout}: {tests} tests, {len(found)} benchmarks: one was skipped or measured nothing"
            )
        return found


def environment(checkout: Path, folder: Path) -> dict[str, str]:
    """Nothing of ours leaks in, and the checkout's code comes before any that is installed."""
    return {"HOME": str(folder), "PATH": os.defpath, "PYTHONPATH": str(checkout), "PYTHONHASHSEED": "0"}


def check_import(checkout: Path, python: str, env: dict[str, str]) -> None:
    """SliceFailed unless `import clawft` means that of the checkout: otherwise one side would be measured twice."""
    code = "import clawft, pathlib; print(pathlib.Path(clawft.__path__[0]).resolve().parent)"
    found = _run([python, "-c", code], checkout, env).strip()
    if found != str(checkout.resolve()):
        raise SliceFailed(f"in {checkout}, clawft is imported from {found}")


def read(written: Path, said: str = "") -> dict[str, float]:
    """The benchmarks of a file of pytest-benchmark. SliceFailed for a file that is missing, cut off or empty."""
    try:
        found = json.loads(written.read_bytes())["benchmarks"]
        times = {scenario(one["fullname"]): time_of(one) for one in found}
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SliceFailed(
            f"no figures of pytest-benchmark: {error!r}; it said: {said[-SAID_CHARACTERS:]}"
        ) from error
    if not times:
        raise SliceFailed("pytest-benchmark measured nothing")
    if len(times) < len(found):
        raise SliceFailed("two benchmarks have the same name")
    return times


def scenario(fullname: str) -> str:
    """`micro:streams.build_a_request[openai]` for `tests/bench/test_micro_streams.py::test_build_a_request[openai]`."""
    path, _, test = fullname.partition("::")
    return f"micro:{Path(path).stem.removeprefix('test_micro_')}.{test.removeprefix('test_')}".replace(
        "/", "|"
    )


def time_of(benchmark: dict[str, Any]) -> float:
    """The least time of a call in this slice, in seconds: others on the machine only ever add to it."""
    least = float(benchmark["stats"]["min"])
    if not least > 0:
        raise ValueError(f"{benchmark['fullname']} took {least} s")
    return least


def _attribute(report: Path, name: str) -> int:
    """A number of the first element of a JUnit report that has it."""
    found = re.search(rf'\b{name}="(\d+)"', report.read_text("utf-8"))
    if found is None:
        raise SliceFailed(f"pytest's report does not say how many tests were {name}")
    return int(found[1])


def _run(command: list[str], checkout: Path, env: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            command, cwd=checkout, env=env, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise SliceFailed(f"{checkout}: {' '.join(command[:4])} took more than {LIMIT_S} s") from None
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-SAID_CHARACTERS:]
        raise SliceFailed(f"{checkout}: {' '.join(command[:4])} ended with {done.returncode}: {said}")
    return done.stdout

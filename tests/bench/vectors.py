"""Prints what searching vectors costs: the scan and the graph in an executable, and what small numbers lose.

`python -m tests.bench.vectors [--count N] [--dimensions D]`, with the test build of this machine's target
(`python -m tools.crossbuild --test --host`). The scan and the graph are measured beside each other, in one process;
below 95 % recall of the graph the script fails. No figure of time fails anything.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
from pathlib import Path

from clawft.core.exact_vectors import ExactEngine
from clawft.core.vectors import COSINE, rounded
from tests.native.executables import runnable
from tools.targets import host_target

SCRIPT = Path(__file__).resolve().parents[1] / "native" / "scripts" / "graph.py"
QUERIES = 20
NEAREST = 10


def main() -> int:
    """Print; the exit code is that of the script in the executable."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--dimensions", type=int, default=128)
    asked = parser.parse_args()
    found = recall_of_bytes(asked.count, asked.dimensions)
    sys.stdout.write(f"recall@{NEAREST} of the scan of bytes against float64: {found:.3f}\n")
    weft = runnable(host_target().name, is_test_build=True)
    exit_code = 0
    for kind in ("random", "latent"):
        sys.stdout.write(f"{asked.count} x {asked.dimensions}, {kind}\n")
        sys.stdout.flush()
        words = [*weft.command, str(SCRIPT), "1", str(asked.count), str(asked.dimensions), "100", kind]
        exit_code |= subprocess.run(words, cwd=SCRIPT.parent, check=False).returncode
    return exit_code


def recall_of_bytes(count: int, dimensions: int) -> float:
    """Of vectors without any order, what part of the nearest the exact search finds once they are bytes."""
    dice = random.Random(1)  # noqa: S311 - numbers to measure with
    made = [[dice.gauss(0, 1) for _ in range(dimensions)] for _ in range(count + QUERIES)]
    vectors, queries = made[QUERIES:], made[:QUERIES]
    lengths = [sum(number * number for number in vector) ** 0.5 for vector in vectors]
    engine = ExactEngine(dimensions, COSINE)
    for vector in vectors:
        engine.add(rounded(vector))
    hits = 0
    for query in queries:
        likeness = [
            sum(a * b for a, b in zip(query, vector, strict=True)) / length
            for vector, length in zip(vectors, lengths, strict=True)
        ]
        exact = sorted(range(count), key=lambda slot: -likeness[slot])[:NEAREST]
        hits += len({slot for _, slot in engine.search(rounded(query), NEAREST, NEAREST)} & set(exact))
    return hits / QUERIES / NEAREST


if __name__ == "__main__":
    raise SystemExit(main())

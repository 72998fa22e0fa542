"""Prints how long cutting a large tool result takes; `python -m tests.bench.truncation`. Asserts no time."""
# ruff: noqa: T201 - printing its figures is what this does

from __future__ import annotations

import time

from clawft.agent.truncation import fit

RESULTS: dict[str, dict[str, object]] = {
    "1 MB ASCII": {"content": "x = 1234\n" * 116_500},
    "60,000 CJK characters": {"content": "漢" * 60_000},
    "1 MB CJK": {"content": "漢" * 350_000},
    "1 MB control characters": {"content": "\x01" * 1_048_576},
    "20,000 folder entries": {
        "entries": [{"name": "n" * 20, "is_dir": False, "size": n} for n in range(20_000)]
    },
}
ROUNDS = 15


def main() -> None:
    """The median of some rounds for each result and limit."""
    for name, result in RESULTS.items():
        for limit_bytes in (100, 65_536):
            times_ms = []
            for _ in range(ROUNDS):
                start = time.perf_counter()
                fit(result, limit_bytes)
                times_ms.append((time.perf_counter() - start) * 1000)
            print(f"{name:26} to {limit_bytes:6,} bytes: {sorted(times_ms)[ROUNDS // 2]:7.2f} ms")


if __name__ == "__main__":
    main()

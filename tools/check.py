"""Runs every check of the tree, one after the other, and says at the end which of them failed. Changes nothing."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

CHECKS = (
    ("lint", ("ruff", "check", "--no-fix")),
    ("layout", ("ruff", "format", "--check")),
    ("types", ("mypy",)),
    ("layers", ("tools.layers",)),
    ("portable dialect", ("tools.portable",)),
    ("Dockerfile", ("release.dockerfile",)),
    ("locks", ("tools.lock", "--check")),
    ("npm lock", ("tools.npm", "--check")),
    ("prices", ("tools.prices", "--check")),
)


def main(names: list[str]) -> int:
    """Run the checks of these names, all of them if there are none."""
    unknown = set(names) - {name for name, _ in CHECKS}
    if unknown:
        print(
            f"unknown check: {', '.join(sorted(unknown))}; there are {', '.join(name for name, _ in CHECKS)}"
        )
        return 2
    failed = []
    for name, module in CHECKS:
        if names and name not in names:
            continue
        started_s = time.monotonic()
        print(f"== {name}: python -m {' '.join(module)}", flush=True)
        done = subprocess.run([sys.executable, "-m", *module], cwd=ROOT, check=False)
        verdict = "failed" if done.returncode else "passed"
        print(f"== {name} {verdict} in {time.monotonic() - started_s:.1f} s", flush=True)
        if done.returncode:
            failed.append(name)
    if failed:
        print(f"failed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

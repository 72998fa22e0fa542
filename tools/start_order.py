"""Turns a few runs of the executable for this machine into clawft/embedded/port/linux_start.ld: the functions they use.

`python -m tools.start_order`, now and then: what a start uses is linked side by side (linux.ld). An old list costs some
pages at a start and nothing else, so no build depends on this. Needs valgrind.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tools import cache, crossbuild
from tools.compiler import BuildError, Compiler
from tools.progress import Progress
from tools.targets import host_target

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tools.targets import Target

WRITTEN = crossbuild.PORT / "linux_start.ld"
RUNS = (["--version"], ["--help"], ["status"], ["agent", "-m", "hi"])
"""What each adds to the runs before it stands behind their functions."""
HEADER = "/* Made by `python -m tools.start_order`: what a start uses, then what the first commands add. */\n"
_FUNCTION = re.compile(r"(?m)^c?fn=\(\d+\) ([A-Za-z_]\w*)")


class _CompilerWithSymbols(Compiler):
    def link(self, objects: list[Path], target: Target, flags: tuple[str, ...], written: Path) -> None:
        super().link(objects, crossbuild.with_symbols(target), flags, written)


def script(profiles: list[str]) -> str:
    """The linker's script for profiles in callgrind's format, in the order in which their functions shall stand."""
    return HEADER + "".join(f"*(.text.{name} .text.*.{name})\n" for name in _names(profiles))


def _names(profiles: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for profile in profiles:
        new = set(_FUNCTION.findall(profile)) - seen
        seen |= new
        # By name: a changed list shall be read as a difference.
        yield from sorted(new)


def _profiles(executable: Path, folder: Path) -> Iterator[str]:
    valgrind = shutil.which("valgrind")
    if valgrind is None:
        raise BuildError("valgrind is missing; on Debian: apt-get install valgrind")
    for number, words in enumerate(RUNS):
        home, written = folder / f"home-{number}", folder / f"profile-{number}"
        home.mkdir()
        command = [valgrind, "--tool=callgrind", f"--callgrind-out-file={written}", str(executable), *words]
        done = subprocess.run(
            command, env={"HOME": str(home)}, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        if done.returncode:
            raise BuildError(f"{' '.join(words)} failed: {done.stderr.decode(errors='replace')}")
        yield written.read_text("utf-8")


def main() -> int:
    target = host_target()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        plan = crossbuild.Plan(
            targets=[target],
            features="default",
            is_test_build=False,
            is_unfinished=False,
            given_sources=None,
            output=folder,
            jobs=os.cpu_count() or 2,
            has_sizes=False,
        )
        try:
            crossbuild.build(plan, Progress(), _CompilerWithSymbols)
            text = script(list(_profiles(target.output(folder), folder)))
        except BuildError as error:
            print(f"error: {error}", file=sys.stderr)
            return 1
    cache.write(WRITTEN, text)
    print(f"{WRITTEN}: {text.count(chr(10)) - 1} functions")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

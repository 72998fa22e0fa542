"""Turns a start of CPython into the tree of what it imports and how long each module takes. Judges nothing.

`python -m bench.import_times [WORD...]` prints it for `weft WORD...` (`--version`), without branches that take next to
nothing.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.launcher import CannotRun, captured
from bench.slices import SliceFailed
from bench.start_up import VERSION, Scenario, Subject, cpython_subject, warm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

METRIC = "import_time"
LIMIT_S = 60
SHOWN_SHARE = 0.01
"""What takes less than this part of the whole is not shown."""
# `import time:       132 |        400 |   encodings.aliases`; two blanks more for each level.
_LINE = re.compile(r"import time: +(\d+) \| +(\d+) \| ( *)(\S+)")
_MARK = "import time:"
_BLANKS_A_LEVEL = 2


@dataclass
class Module:
    """A module, and those that were first imported by it. `total_s` includes theirs."""

    name: str
    own_s: float
    total_s: float
    imported: list[Module] = field(default_factory=list)


def tree(said: str) -> list[Module]:
    """What `-X importtime` wrote: the modules that nothing else of it imported. CannotRun for none, or a cut line.

    A module stands there after what it imports, which is indented further.
    """
    waiting: list[tuple[int, Module]] = []
    for line in said.splitlines():
        if not line.startswith(_MARK) or "cumulative" in line:
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            raise CannotRun(f"CPython wrote {line!r}, which is no time of an import")
        level = len(found[3]) // _BLANKS_A_LEVEL
        module = Module(found[4], int(found[1]) / 1e6, int(found[2]) / 1e6)
        first = next((at for at, (other, _) in enumerate(waiting) if other > level), len(waiting))
        module.imported = [each for _, each in waiting[first:]]
        waiting = [*waiting[:first], (level, module)]
    if not waiting:
        raise CannotRun("CPython wrote no times of imports")
    return [module for _, module in waiting]


def total_s(modules: list[Module]) -> float:
    """What all imports take together."""
    return sum(module.total_s for module in modules)


def of_start(subject: Subject, scenario: Scenario, home: Path) -> list[Module]:
    """The tree of one start, by the interpreter beside the command. CannotRun with what it said."""
    python = Path(subject.command[0]).with_name("python")
    command = [str(python), "-X", "importtime", *subject.argv(scenario)]
    done = captured(command, subject.environment(home), home, LIMIT_S, shlex.join(command))
    return tree(done.stderr)


def arms(
    subjects: Mapping[str, Subject], home: Path, scenario: Scenario = VERSION
) -> dict[str, Callable[[], Mapping[str, float]]]:
    """For rounds in pairs: what the imports of one start take in each arm, in seconds."""

    def arm(subject: Subject) -> Callable[[], Mapping[str, float]]:
        def run() -> Mapping[str, float]:
            try:
                return {METRIC: total_s(of_start(subject, scenario, home))}
            except CannotRun as error:
                raise SliceFailed(str(error)) from error

        return run

    return {name: arm(subject) for name, subject in subjects.items()}


def lines(modules: list[Module], least_s: float, depth: int = 0) -> Iterator[str]:
    """The tree as text, in the order of importing: milliseconds with all it imports, by itself, and the name."""
    for module in modules:
        if module.total_s >= least_s:
            yield f"{module.total_s * 1e3:8.2f} {module.own_s * 1e3:8.2f}  {'  ' * depth}{module.name}"
            yield from lines(module.imported, least_s, depth + 1)


def main(words: list[str]) -> int:
    scenario = Scenario("asked", tuple(words) or VERSION.words)
    try:
        subject = cpython_subject()
        with tempfile.TemporaryDirectory(prefix="weft-") as name:
            warm(subject, Path(name))
            modules = of_start(subject, scenario, Path(name))
    except (CannotRun, OSError, subprocess.CalledProcessError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    whole_s = total_s(modules)
    print(f"{'total ms':>8} {'own ms':>8}  module")
    for line in lines(modules, whole_s * SHOWN_SHARE):
        print(line)
    print(f"{whole_s * 1e3:8.2f} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

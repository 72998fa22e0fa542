"""A test build for this machine whose own C files watch themselves: AddressSanitizer and UBSan, by gcc.

zig has no runtime of AddressSanitizer, and static musl cannot have one: so the machine's gcc and C library. What is not
ours is compiled without. The collector reads whole stacks, which is what AddressSanitizer forbids: it is left out too.
"""

from __future__ import annotations

import hashlib
import subprocess
from typing import TYPE_CHECKING

from tools import crossbuild
from tools.compiler import BuildError, Compiler, Unit
from tools.progress import Progress
from tools.targets import host_target

if TYPE_CHECKING:
    from pathlib import Path

    from tools.targets import Target

WATCHED = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer", "-g")
UNWATCHED = ("port/collect.c",)
LEFT_OUT = (
    "-Xclang",
    "-Oz",
    "-Os",
    "-Werror",
    "-Werror=date-time",
    "-fno-sanitize=undefined",
    "-Wall",
    "-Wextra",
)
# Objects must not move to stacks that the collector does not know, and it, not their counts, frees what is in its heap.
OPTIONS = (
    'const char *__asan_default_options(void) { return "detect_leaks=0:detect_stack_use_after_return=0"; }\n'
)
LIBRARIES = ("-lm", "-lpthread")


class GccCompiler(Compiler):
    """Compiles as the cross-compiler does, but for this machine, and keeps nothing."""

    def known_object(self, unit: Unit, target: Target) -> Path | None:
        return None

    def object(self, unit: Unit, target: Target) -> Path:
        name = hashlib.sha256("\0".join([unit.source, *unit.flags]).encode()).hexdigest()[:16]
        written = self._stage / f"{name}.o"
        flags = [flag for flag in unit.flags if flag not in LEFT_OUT]
        if unit.source.startswith("port/") and unit.source not in UNWATCHED:
            flags += WATCHED
        self.output(["gcc", "-w", "-O1", *flags, "-c", unit.source, "-o", str(written)])
        return written

    def link(self, objects: list[Path], target: Target, flags: tuple[str, ...], written: Path) -> None:
        options = self._stage / "options.c"
        options.write_text(OPTIONS, "utf-8")
        written.parent.mkdir(parents=True, exist_ok=True)
        names = [str(path) for path in objects]
        self.output(["gcc", *WATCHED, str(options), *names, *LIBRARIES, "-o", str(written)])

    def inspect(self, written: Path, target: Target) -> None:
        """Not what the target promises: it needs this machine's C library."""


def build(folder: Path) -> Path:
    """The executable, somewhere below a folder. Raises BuildError, also where gcc has no sanitizers."""
    probe = folder / "probe.c"
    probe.write_text("int main(void) { return 0; }\n", "utf-8")
    said = subprocess.run(
        ["gcc", *WATCHED, str(probe), "-o", str(folder / "probe")],
        capture_output=True,
        text=True,
        check=False,
    )
    if said.returncode:
        raise BuildError(f"gcc cannot build with sanitizers (libasan, libubsan): {said.stderr}")
    target = host_target()
    plan = crossbuild.Plan([target], "default", True, False, None, folder, 2, False)
    crossbuild.build(plan, Progress(), GccCompiler)
    return target.output(folder)

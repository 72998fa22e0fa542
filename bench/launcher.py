"""Turns a command into what one run of it cost, through bench/launcher.c; the small programs that takes are made here.

They are static, made by the compiler of the executables for this machine, and kept in the cache under the digest of
what they were made from. Repeating and comparing is for others.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tools import cache
from tools.compiler import BuildError, pinned_zig
from tools.targets import TargetError, host_target

CONTROL_SOURCE = "int main(void) { return 0; }\n"
FLAGS = ("-static", "-Os", "-s", "-std=c11", "-Wall", "-Wextra", "-Werror")
SAID_BYTES = 2000
"""So much of what a failing program said, from its end, is passed on."""


class CannotRun(Exception):
    """A command that gave no figure: it is not there, failed, or this machine cannot measure it."""


class Cost(NamedTuple):
    """What one process cost.

    `maxrss_bytes` is at least `floor_bytes`, which is what the launcher itself has resident, and since Linux 6.2 an
    estimate. `exit_rss_bytes` is exact, and None unless pages were counted.
    """

    exit_code: int
    wall_s: float
    cpu_s: float
    maxrss_bytes: int
    minor_faults: int
    major_faults: int
    floor_bytes: int
    exit_rss_bytes: int | None

    @property
    def peak_bytes(self) -> int:
        """The most that was resident: as the system estimated it on the way, or as counted at the end if more."""
        return max(self.maxrss_bytes, self.exit_rss_bytes or 0)


class Launcher:
    """bench/launcher.c, compiled. Raises CannotRun where it cannot be."""

    def __init__(self) -> None:
        self.path = static_program("launcher", source_of("launcher"))

    def run(
        self,
        argv: list[str],
        environment: dict[str, str],
        *,
        stdin: Path | None = None,
        stdout: Path | None = None,
        cwd: Path | None = None,
        counts_pages: bool = False,
        fixes_addresses: bool = False,
    ) -> Cost:
        """What one process cost that ended well. Raises CannotRun with what it said if it did not.

        The program is given exactly this environment. `counts_pages` stops it at its end: its time is not worth much
        then. `fixes_addresses`: the same addresses each time, so that page faults can be compared one by one.
        """
        with tempfile.NamedTemporaryFile(prefix="launcher-") as errors:
            options = ["-f"] if fixes_addresses else []
            options += ["-m"] if counts_pages else []
            options += ["-i", str(stdin)] if stdin is not None else []
            options += ["-o", str(stdout)] if stdout is not None else []
            command = [str(self.path), *options, "-e", errors.name, *argv]
            done = subprocess.run(
                command, env=environment, cwd=cwd, capture_output=True, text=True, check=False
            )
            said = Path(errors.name).read_text("utf-8", "replace")
        if done.returncode != 0:
            raise CannotRun(f"{shlex.join(argv)}: {done.stderr.strip()}")
        cost = _cost(done.stdout)
        if cost.exit_code != 0:
            raise CannotRun(f"{shlex.join(argv)} ended with {cost.exit_code}: {said[-SAID_BYTES:].strip()}")
        return cost


def _cost(line: str) -> Cost:
    found: dict[str, int] = json.loads(line)
    exit_rss_kib = found["exit_rss_kib"]
    return Cost(
        exit_code=found["exit_code"],
        wall_s=found["wall_ns"] / 1e9,
        cpu_s=found["cpu_us"] / 1e6,
        maxrss_bytes=found["maxrss_kib"] * 1024,
        minor_faults=found["minor_faults"],
        major_faults=found["major_faults"],
        floor_bytes=found["floor_kib"] * 1024,
        exit_rss_bytes=exit_rss_kib * 1024 if exit_rss_kib >= 0 else None,
    )


def captured(
    command: list[str], environment: dict[str, str], cwd: Path, limit_s: float, shown: str
) -> subprocess.CompletedProcess[str]:
    """What a tool that measures, run once, said. Raises CannotRun, naming it as `shown`, if it does not end well."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit_s,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"{shown}: {error}") from error
    if done.returncode != 0:
        raise CannotRun(f"{shown} ended with {done.returncode}: {done.stderr[-SAID_BYTES:].strip()}")
    return done


def control_program() -> Path:
    """A static program that does nothing: what starting any program costs. Raises CannotRun."""
    return static_program("control", CONTROL_SOURCE)


def source_of(name: str) -> str:
    """The C of a program in this folder."""
    return Path(__file__).with_name(f"{name}.c").read_text("utf-8")


def static_program(name: str, source: str) -> Path:
    """A C program for this machine, linked as the executables are. Raises CannotRun with what the compiler said."""
    try:
        target = host_target()
        if target.system != "linux":
            raise CannotRun(f"processes are measured on Linux; this is {target.system}")
        zig, environment = pinned_zig(cache.cache_folder())
    except (BuildError, TargetError) as error:
        raise CannotRun(str(error)) from error
    key = cache.digest("program 1", zig.parent.name, target.zig, *FLAGS, source)
    kept = cache.cache_folder() / "programs" / key[:40] / name
    if not kept.is_file():
        with cache.replacing(kept) as written:
            command = [str(zig), "cc", "-target", target.zig, *FLAGS, "-x", "c", "-", "-o", str(written)]
            done = subprocess.run(
                command, env=environment, input=source, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise CannotRun(f"{name}.c does not compile:\n{done.stderr.strip()}")
            written.chmod(0o755)
    return kept

"""Turns a target and a file into the command that runs it here: as it is, by qemu or by wine. Installs nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tools.targets import Target

WINE_PREFIX = Path(__file__).resolve().parents[1] / "build" / "wine"
PREFIX_LIMIT_S = 300
SERVER_STAYS_S = 300

# Debian's wine64 package puts its programs where no PATH leads.
PLACES = (*os.defpath.split(os.pathsep), "/usr/local/bin", "/usr/lib/wine")
PROGRAMS = {"wine": ("wine64", "wine"), "wineserver": ("wineserver64", "wineserver")}
PACKAGES = {
    "wine": "wine64",
    "wineserver": "wine64",
    "qemu-aarch64-static": "qemu-user-static",
}


class CannotRun(Exception):
    """What this machine has no way to run; says what to install, if anything would help."""


class Runnable(NamedTuple):
    """A file, and the words before its path that make this machine run it."""

    target: str
    path: Path
    runner: tuple[str, ...]

    @property
    def command(self) -> list[str]:
        return [*self.runner, str(self.path)]

    @property
    def is_windows(self) -> bool:
        return self.path.suffix == ".exe"

    def inside(self, path: Path) -> str:
        """A path of this machine as the program must be given it."""
        return f"Z:{path.as_posix()}" if self.is_windows and self.runner else str(path)

    def environment(self, **more: str) -> dict[str, str]:
        """What the process is given: a PATH, what its emulator needs, and `more`."""
        kept = {name: os.environ[name] for name in ("SYSTEMROOT", "TEMP", "TMP") if name in os.environ}
        if self.is_windows and self.runner:
            kept |= wine_environment()
        return {"PATH": os.defpath} | kept | more


def runnable(target: Target, path: Path) -> Runnable:
    """A file of a target with what runs it. Raises CannotRun."""
    return Runnable(target.name, path.resolve(), _runner(target))


def _runner(target: Target) -> tuple[str, ...]:
    if target.is_host:
        return ()
    if not target.emulator:
        raise CannotRun(f"nothing runs {target.name} here: it is inspected, not executed")
    try:
        return (_program(target.emulator[0]), *target.emulator[1:])
    except CannotRun as error:
        raise CannotRun(f"{target.name}: {error}") from None


@cache
def wine_environment() -> dict[str, str]:
    """What every process under wine is given. The first call makes the folder that wine keeps its Windows in."""
    WINE_PREFIX.mkdir(parents=True, exist_ok=True)
    settings = {
        "HOME": str(WINE_PREFIX),
        "WINEPREFIX": str(WINE_PREFIX),
        "LC_ALL": "C.UTF-8",  # how names of files are written on this machine
        "WINEDEBUG": "-all",
        "WINEDLLOVERRIDES": "mscoree,mshtml=",  # neither .NET nor a browser: both would want to be downloaded
    }
    # Its server would end with the last process, and each test would wait for a new Windows to start; some would meet
    # the old one as it ends. So it stays, until nobody has wanted anything of it for a while. One that is there
    # already says so by its exit code, and stays as it was started.
    _wine("wineserver", settings, f"-p{SERVER_STAYS_S}")
    # Once, here: what it says about it must not stand in the output of the first test.
    code = _wine("wine", settings, "cmd", "/c", "exit")
    if code:
        raise CannotRun(f"wine cannot start a Windows in {WINE_PREFIX}: exit code {code}")
    return settings


def _wine(program: str, settings: dict[str, str], *words: str) -> int:
    """Its exit code. Not into pipes: the servers outlive the command and would keep them open."""
    return subprocess.run(
        [_program(program), *words],
        env={"PATH": os.defpath, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=PREFIX_LIMIT_S,
    ).returncode


def is_installed(name: str) -> bool:
    try:
        _program(name)
    except CannotRun:
        return False
    return True


def _program(name: str) -> str:
    """Where a program is, under any of its names. CannotRun says which package has it."""
    for known in PROGRAMS.get(name, (name,)):
        found = shutil.which(known, path=os.pathsep.join(PLACES))
        if found is not None:
            return found
    raise CannotRun(
        f"{name} is not installed; on Debian: apt-get install --no-install-recommends {PACKAGES.get(name, name)}"
    )


def said(command: list[str], environment: dict[str, str], limit_s: float) -> tuple[int, bytes]:
    """Its exit code, and the first 1,000 bytes that it wrote on either stream. OSError, TimeoutExpired."""
    # Into a file: what an emulator leaves running would keep a pipe open.
    with tempfile.TemporaryFile() as output:
        code = subprocess.run(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=limit_s,
        ).returncode
        output.seek(0)
        return code, output.read(1000)

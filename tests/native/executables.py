"""Finds the executables that were built and knows how this machine runs each of them. Builds nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

from tools.targets import Target, named, read_targets

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
TEST_BUILDS = ROOT / "build" / "test"
WINE_PREFIX = ROOT / "build" / "wine"
PREFIX_LIMIT_S = 300

# Debian's wine64 package puts its program where no PATH leads.
PLACES = (*os.defpath.split(os.pathsep), "/usr/local/bin", "/usr/lib/wine")
PROGRAMS = {"wine": ("wine64", "wine")}
PACKAGES = {"wine": "wine64", "qemu-aarch64-static": "qemu-user-static"}


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


def executed_targets() -> list[str]:
    """The targets whose executables this machine can run, by itself or through an emulator."""
    return [target.name for target in read_targets().values() if target.checked == "executed"]


def runnable(name: str, *, path: Path | None = None, is_test_build: bool = False) -> Runnable:
    """The executable of a target. FileNotFoundError says what to run or to install."""
    target = named([name])[0]
    folder = TEST_BUILDS if is_test_build else DIST
    found = path if path is not None else target.output(folder)
    if not found.is_file():
        how = "nox -s build -- --target " + name + (" --test" if is_test_build else "")
        raise FileNotFoundError(f"there is no {found}; make it with {how}")
    return Runnable(name, found.resolve(), _runner(target))


def _runner(target: Target) -> tuple[str, ...]:
    if target.is_host:
        return ()
    if not target.emulator:
        raise FileNotFoundError(f"nothing runs {target.name} here: it is inspected, not executed")
    wanted = target.emulator[0]
    for program in PROGRAMS.get(wanted, (wanted,)):
        found = shutil.which(program, path=os.pathsep.join(PLACES))
        if found is not None:
            return (found, *target.emulator[1:])
    raise FileNotFoundError(
        f"{target.name} runs through {wanted}, which is not installed; "
        f"on Debian: apt-get install --no-install-recommends {PACKAGES.get(wanted, wanted)}"
    )


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
    wine = next(
        found for name in PROGRAMS["wine"] if (found := shutil.which(name, path=os.pathsep.join(PLACES)))
    )
    # Once, here: what it says about it must not stand in the output of the first test. Not into pipes: its servers
    # outlive the command and would keep them open.
    subprocess.run(
        [wine, "cmd", "/c", "exit"],
        env={"PATH": os.defpath, **settings},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=True,
        timeout=PREFIX_LIMIT_S,
    )
    return settings

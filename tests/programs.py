"""Finds the programs of other people that tests run, and knows which Debian package has each.

`python -m tests.programs` prints the packages of those that are missing here, for apt-get, and needs only Python.
"""

from __future__ import annotations

import shutil
import sys

from tools import running

PACKAGES = {
    "bash": "bash",
    "chromium": "chromium",
    "curl": "curl",
    "dash": "dash",
    "false": "coreutils",
    "fish": "fish",
    "gcc": "gcc libc6-dev",
    "git": "git",
    "hyperfine": "hyperfine",
    "ip": "iproute2",
    "minisign": "minisign",
    "patch": "patch",
    "setpriv": "util-linux",
    "strace": "strace",
    "true": "coreutils",
    "unshare": "util-linux",
    "valgrind": "valgrind",
    "zsh": "zsh",
}


class MissingProgram(Exception):
    """A program that a test cannot do without: it fails, and says what to install."""


def program(name: str) -> str:
    """Where it is. Raises MissingProgram."""
    found = shutil.which(name)
    if found is None:
        raise MissingProgram(
            f"{name} is not installed; on Debian: apt-get install --no-install-recommends {PACKAGES[name]}"
        )
    return found


def missing_packages() -> list[str]:
    """Every package without which a test would fail here: each once, in order."""
    packages = [package for name, package in PACKAGES.items() if shutil.which(name) is None]
    packages += [package for name, package in running.PACKAGES.items() if not running.is_installed(name)]
    return sorted({name for package in packages for name in package.split()})


if __name__ == "__main__":
    sys.stdout.write("\n".join([*missing_packages(), ""]))

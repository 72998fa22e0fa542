"""Turns the dependencies of pyproject.toml into hash locks for every Python and system we support, and checks them.

`python -m tools.lock [--upgrade]` asks the package index; `python -m tools.lock --check` asks nobody.
requirements.lock pins everything; nox.lock is the part of it that runs the sessions. Neither says where from.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import uv
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = "requirements.lock"
NOX_LOCK = "nox.lock"
OLDEST_PYTHON = "3.11"
HEADER = "# Made by `nox -s lock`; do not edit. Everything that {purpose}, for every Python and system we support.\n"
PURPOSES = {LOCK: "a session installs", NOX_LOCK: "runs the sessions"}
INPUTS = "# inputs sha256:"
PIN = re.compile(
    r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;\\]+)(?: ; (?P<marker>[^\\]+))? \\\n(?P<rest>(?:    .*\n)*)"
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")


class Pin:
    """One locked package; `text` is its whole entry without the comments, `marker` "" where it is always there."""

    def __init__(self, name: str, version: str, marker: str, hashes: list[str]) -> None:
        self.name = name
        self.version = version
        self.marker = marker
        self.hashes = hashes


def inputs_digest(project: dict[str, Any]) -> str:
    """SHA-256 of all in pyproject.toml that decides what is locked."""
    inputs = [
        project["project"]["requires-python"],
        project["project"]["dependencies"],
        project["dependency-groups"],
        project["build-system"]["requires"],
    ]
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def direct_requirements(project: dict[str, Any]) -> list[Requirement]:
    """What pyproject.toml itself asks for: for users, for each group, and to build."""
    texts = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for group in project["dependency-groups"].values():
        texts += [entry for entry in group if isinstance(entry, str)]
    return [Requirement(text) for text in texts]


def pins(text: str) -> dict[str, Pin]:
    """The packages of a lock by name."""
    found = {}
    for match in PIN.finditer(text):
        hashes = sorted(HASH.findall(match["rest"]))
        found[match["name"]] = Pin(match["name"], match["version"], (match["marker"] or "").strip(), hashes)
    return found


def problems(project: dict[str, Any], lock: str, nox_lock: str) -> list[str]:
    """What is wrong with the locks, [] if they belong to this pyproject.toml."""
    found = []
    for name, text in ((LOCK, lock), (NOX_LOCK, nox_lock)):
        if f"{INPUTS}{inputs_digest(project)}\n" not in text:
            found.append(f"{name} was made from other dependencies than those in pyproject.toml")
        found += [
            f"{name}: names a place: {line}"
            for line in text.splitlines()
            if re.search(r"://|^--|@ |\s/", line)
        ]
        found += [f"{name}: {pin.name} has no hash" for pin in pins(text).values() if not pin.hashes]
        entries = [line for line in text.splitlines() if line and line[0] not in " #"]
        if len(entries) != len(pins(text)):
            found.append(
                f"{name}: has {len(entries)} entries, of which {len(pins(text))} are pins with hashes"
            )
    locked = pins(lock)
    for requirement in direct_requirements(project):
        pin = locked.get(canonicalize_name(requirement.name))
        if pin is None:
            found.append(f"{LOCK}: {requirement} is not in it")
        elif not requirement.specifier.contains(pin.version, prereleases=True):
            found.append(f"{LOCK}: {pin.name} is {pin.version}, pyproject.toml asks for {requirement}")
    for pin in pins(nox_lock).values():
        twin = locked.get(pin.name)
        if twin is None or (twin.version, twin.hashes) != (pin.version, pin.hashes):
            found.append(f"{NOX_LOCK}: {pin.name} {pin.version} is not what {LOCK} has")
    return found


def make(project: dict[str, Any], *, is_upgrade: bool) -> None:
    """Write both locks. CalledProcessError if they cannot be resolved."""
    _compile(project, LOCK, list(project["dependency-groups"]), is_upgrade=is_upgrade)
    _compile(project, NOX_LOCK, ["nox"], is_upgrade=is_upgrade)


def _compile(project: dict[str, Any], name: str, groups: list[str], *, is_upgrade: bool) -> None:
    # Without the settings of this machine: a lock says what, never where from.
    environment = {key: value for key, value in os.environ.items() if not key.startswith("UV_")}
    command = [
        *(uv.find_uv_bin(), "pip", "compile", "--quiet", "--no-config", "--universal"),
        *("--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-header"),
        *("--no-emit-index-url", "--no-emit-find-links", "--output-file", name),
    ]
    # nox.lock is made from a group alone: what users install does not run the sessions
    command += ["pyproject.toml"] if name == LOCK else ["--constraints", LOCK]
    for group in groups:
        command += ["--group", group]
    subprocess.run([*command, *(["--upgrade"] if is_upgrade else [])], cwd=ROOT, env=environment, check=True)
    written = ROOT / name
    header = HEADER.format(purpose=PURPOSES[name]) + INPUTS + inputs_digest(project) + "\n"
    written.write_text(header + written.read_text("utf-8"), "utf-8", newline="\n")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.lock", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="only say whether the locks belong to pyproject.toml"
    )
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    asked = parser.parse_args(arguments)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    if not asked.check:
        make(project, is_upgrade=asked.upgrade)
    found = problems(project, (ROOT / LOCK).read_text("utf-8"), (ROOT / NOX_LOCK).read_text("utf-8"))
    for problem in found:
        print(problem)
    print(
        f"{LOCK} and {NOX_LOCK}: " + (f"{len(found)} problems; run `nox -s lock`" if found else "up to date")
    )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Runs every artifact of a release that this machine can run, from what was written to disk. Judges no bytes."""

from __future__ import annotations

import os
import subprocess
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from release.archives import ZIP_SUFFIX, folder_of
from release.refusal import Refusal
from tools import running
from tools.targets import read_targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.plan import Artifact, Plan

LIMIT_S = 120


def run(plan: Plan, folder: Path, say: Callable[[str], None]) -> None:
    """Refusal for an artifact that runs and is not this version; what cannot run here is said."""
    for one in plan.of_kind("archive"):
        if one.target not in plan.targets:
            continue
        try:
            _run_archive(one, folder, plan.version)
            say(f"{one.name}: executed")
        except running.CannotRun as error:
            say(f"{one.name}: not executed: {error}")
    for one in plan.of_kind("wheel"):
        _run_wheel(folder / one.name, plan.version)
        say(f"{one.name}: installed and executed")


def _run_archive(artifact: Artifact, folder: Path, version: str) -> None:
    target = read_targets()[artifact.target]
    with tempfile.TemporaryDirectory(prefix="trial-") as name:
        executable = Path(name) / target.executable
        runnable = running.runnable(target, executable)
        executable.write_bytes(member(folder / artifact.name, target.executable))
        executable.chmod(0o755)
        _expect(runnable.command, runnable.environment(), version, artifact.name)


def member(archive: Path, path: str) -> bytes:
    """One file of an archive. Refusal if it is not there."""
    name = f"{folder_of(archive.name)}/{path}"
    try:
        if archive.name.endswith(ZIP_SUFFIX):
            with zipfile.ZipFile(archive) as zipped:
                return zipped.read(name)
        with tarfile.open(archive, "r:gz") as packed:
            file = packed.extractfile(name)
            if file is not None:
                return file.read()
    except KeyError:
        pass
    raise Refusal(f"{archive.name} has no {name}")


def _run_wheel(wheel: Path, version: str) -> None:
    """The command of the wheel, in an environment of its own; what it depends on is not fetched for `--version`."""
    with tempfile.TemporaryDirectory(prefix="trial-") as name:
        venv.create(name, with_pip=True, symlinks=os.name != "nt")
        scripts = Path(name) / ("Scripts" if os.name == "nt" else "bin")
        install = [str(scripts / "python"), *("-m", "pip", "install", "--quiet", "--no-index", "--no-deps")]
        done = subprocess.run(
            [*install, str(wheel)], capture_output=True, text=True, check=False, timeout=LIMIT_S
        )
        if done.returncode:
            raise Refusal(f"{wheel.name} cannot be installed: {done.stderr.strip()}")
        _expect([str(scripts / "weft")], {"PATH": os.defpath}, version, wheel.name)


def _expect(command: list[str], environment: dict[str, str], version: str, name: str) -> None:
    try:
        code, answer = running.said([*command, "--version"], environment, LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Refusal(f"{name} cannot be run: {error}") from error
    said = answer.decode(errors="replace")
    if code or said.split() != ["weft", version]:
        raise Refusal(f"{name} is not weft {version}: exit code {code}, and it said {said!r}")

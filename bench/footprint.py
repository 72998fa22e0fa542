"""Turns what `pip install clawft` brings into exact figures: archives, and all files that are on the disk afterwards.

Bytecode is left out: an interpreter writes it when it likes. Judges nothing.
"""

from __future__ import annotations

import json
import subprocess
import tarfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from bench.launcher import SAID_BYTES, CannotRun
from bench.readings import Found
from bench.sizes import SCENARIO

if TYPE_CHECKING:
    from bench.start_up import Subject

INSTALLED = "installed"
LIMIT_S = 60
# Run by the interpreter that is measured, which has nothing of ours but the agent: the bytes of each distribution that
# the agent needs, itself among them. What only an extra asks for is not needed.
SCRIPT = r"""
import importlib.metadata, json, re
wanted, found = ["clawft"], {}
while wanted:
    name = re.sub(r"[-_.]+", "-", wanted.pop()).lower()
    try:
        one = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        continue  # for another system or version of Python
    if name in found:
        continue
    files = [file.locate() for file in one.files or () if file.suffix != ".pyc"]
    found[name] = sum(file.stat().st_size for file in files if file.is_file())
    needed = [each for each in one.requires or () if "extra ==" not in each]
    wanted += [re.match(r"[\w.-]+", each)[0] for each in needed]
print(json.dumps(found))
"""


def installed_bytes(python: Path) -> dict[str, int]:
    """Bytes by distribution, the agent and all that it needs. CannotRun if the agent is not installed there."""
    try:
        done = subprocess.run(
            [str(python), "-I", "-c", SCRIPT],
            env={},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT_S,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CannotRun(f"{python}: {error}") from error
    found: dict[str, int] = json.loads(done.stdout) if done.returncode == 0 else {}
    if not found.get("clawft"):
        said = done.stderr[-SAID_BYTES:].strip() or "clawft is not installed there"
        raise CannotRun(f"{python}: {said}")
    return found


def measure(subject: Subject) -> Found:
    """What the CPython install takes; an executable is its file and nothing else."""
    found = Found()
    if subject.is_static:
        return found
    try:
        sizes = installed_bytes(Path(subject.command[0]).with_name("python"))
    except CannotRun as error:
        found.lack(subject.artifact, INSTALLED, "bytes", str(error))
    else:
        found.add(subject.artifact, INSTALLED, "bytes", "exact", [sum(sizes.values())])
    return found


def measure_archive(artifact: str, path: Path) -> Found:
    """The bytes of a wheel or an sdist, and how many files are in it."""
    found = Found()
    try:
        size = path.stat().st_size
        entries = _entries(path)
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        found.lack(artifact, SCENARIO, "*", f"{path.name}: {error}")
        return found
    found.add(artifact, SCENARIO, "bytes", "exact", [size])
    found.add(artifact, SCENARIO, "archive_entries", "exact", [entries])
    return found


def _entries(path: Path) -> int:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            return sum(not entry.is_dir() for entry in wheel.infolist())
    with tarfile.open(path) as sdist:
        return sum(member.isfile() for member in sdist)

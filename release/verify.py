"""Says whether a folder is the whole of a release, byte for byte: `python verify.py DIR`. Runs nothing that is in it.

Needs Python 3.11 and nothing else: it lies in every release, beside what it judges. Exit code 0 if all is well, 1 if
not, with a line for each thing that is wrong.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import stat
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

PLAN = "release-plan.json"
SUMS = "SHA256SUMS"
SUFFIX = ".sha256"
LINE = re.compile(r"([0-9a-f]{64})  ([^/\\\n]+)\n")
DIGESTS = ("checksum", "checksums")


def problems(folder: Path) -> list[str]:
    """All that is wrong with the release in this folder, [] if nothing is."""
    try:
        plan = json.loads((folder / PLAN).read_bytes())
        artifacts = {one["name"]: one for one in plan["artifacts"]}
        moment_s = int(plan["source_date_s"])
        kinds = {name: one["kind"] for name, one in artifacts.items()}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return [f"{PLAN}: cannot be read: {error!r}"]
    there = {path.name for path in folder.iterdir()}
    found = [f"{name}: missing" for name in sorted(set(artifacts) - there)]
    found += [f"{name}: not in the plan" for name in sorted(there - set(artifacts))]
    found += [f"{name}: not a plain file" for name in sorted(there) if not _is_plain(folder / name)]
    if found:
        return found
    found += _digests(folder, SUMS, {name for name, kind in kinds.items() if kind not in DIGESTS})
    for name, kind in kinds.items():
        if kind == "checksum":
            found += _digests(folder, name, {name.removesuffix(SUFFIX)})
        elif kind == "archive":
            found += [
                f"{name}: {said}" for said in _archive(folder / name, artifacts[name]["files"], moment_s)
            ]
    return found


def _is_plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _digests(folder: Path, name: str, expected: set[str]) -> list[str]:
    """What a file of digests gets wrong; it names exactly the expected files, each once."""
    text = (folder / name).read_text("utf-8", errors="replace")
    lines = LINE.findall(text)
    named = [file for _, file in lines]
    if "".join(f"{digest}  {file}\n" for digest, file in lines) != text:
        return [f"{name}: has a line that is not a digest, two blanks and a name"]
    if sorted(named) != sorted(expected):
        return [f"{name}: names {', '.join(sorted(named))}; expected {', '.join(sorted(expected))}"]
    return [
        f"{file}: its SHA-256 is {actual}, {name} says {digest}"
        for digest, file in lines
        if (actual := _digest(folder / file)) != digest
    ]


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _archive(path: Path, members: list[dict[str, Any]], moment_s: int) -> list[str]:
    """What is not as planned in an archive: names and their order, permissions, owners, times, anything but files."""
    top = path.name.removesuffix(".zip").removesuffix(".tar.gz")
    planned = [(f"{top}/{member['path']}", member["mode"]) for member in members]
    try:
        if path.suffix == ".zip":
            return _zip(path, planned)
        return _tar(path, planned, moment_s)
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError) as error:
        return [f"cannot be read: {error}"]


def _tar(path: Path, planned: list[tuple[str, int]], moment_s: int) -> list[str]:
    with tarfile.open(path, "r:gz") as archive:
        entries = archive.getmembers()
    found = _listed([(entry.name, entry.mode) for entry in entries], planned)
    for entry in entries:
        if not entry.isreg() or not entry.size:
            found.append(f"{entry.name}: empty, or not a plain file")
        if (entry.uid, entry.gid, entry.uname, entry.gname, entry.mtime) != (0, 0, "", "", moment_s):
            found.append(f"{entry.name}: an owner or a time that is not the release's")
    return found


def _zip(path: Path, planned: list[tuple[str, int]]) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        broken = archive.testzip()
    modes = [(entry.filename, entry.external_attr >> 16) for entry in entries]
    found = _listed([(name, stat.S_IMODE(mode)) for name, mode in modes], planned)
    found += [f"{name}: not a plain file" for name, mode in modes if not stat.S_ISREG(mode)]
    found += [f"{entry.filename}: empty" for entry in entries if not entry.file_size]
    return [*found, f"{broken}: broken"] if broken else found


def _listed(actual: list[tuple[str, int]], planned: list[tuple[str, int]]) -> list[str]:
    if actual == planned:
        return []
    found = [f"{name}: missing" for name, _ in planned if name not in dict(actual)]
    found += [f"{name}: not in the plan" for name, _ in actual if name not in dict(planned)]
    return found or [f"holds {actual}, the plan has {planned}"]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(), metavar="DIR", help="all files of a release"
    )
    folder = parser.parse_args(arguments).folder
    if not folder.is_dir():
        parser.error(f"{folder} is no folder")
    found = problems(folder)
    for problem in found:
        print(problem)
    print(f"{folder}: " + (f"{len(found)} problems" if found else "complete, and every digest is right"))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

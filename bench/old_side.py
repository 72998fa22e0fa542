"""Turns a repository into what its executables are compared with: which commit or file that is, and built from it.

In this order: what `--against` names; the merge-base with `origin/main` where HEAD is not on it; the commit that the
stored baseline was made from. A clean HEAD compared with itself is `self`: that says nothing about time.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from tools import cache

if TYPE_CHECKING:
    from bench.results import ChosenBy
    from tools.progress import Progress

MAIN = "origin/main"
RECORD_SUFFIX = ".sha256"
SAID_LINES = 15
"""So much of what a build said is passed on when it fails."""


class NoOldSide(Exception):
    """What was asked for cannot be had: it is not there, its digest is another, or it does not build."""


class OldSide(NamedTuple):
    """What is compared with, and why that: a commit, a released file, or neither where there is nothing."""

    chosen_by: ChosenBy
    reason: str
    commit: str | None = None
    file: Path | None = None


def choose(root: Path, against: str | None, baseline_commit: str | None) -> OldSide:
    """The old side for the tree at `root`. Raises NoOldSide where `against` names nothing that can be relied on."""
    head, is_dirty = state(root)
    if not head:
        return OldSide("none", f"{root} has no commit")
    found = _asked(root, against) if against is not None else _usual(root, head, baseline_commit)
    if found.commit == head and not is_dirty:
        return OldSide("self", f"{found.reason}, which is HEAD: only exact limits are judged", head)
    return found


def state(root: Path) -> tuple[str, bool]:
    """HEAD's commit, empty where there is none, and whether the tree has changes that it does not hold."""
    return _commit(root, "HEAD") or "", bool(git(root, "status", "--porcelain", "--untracked-files=no"))


def _asked(root: Path, against: str) -> OldSide:
    commit = _commit(root, against)
    if commit is not None:
        return OldSide("against", f"--against {against}", commit)
    path = Path(against)
    if not path.is_file():
        raise NoOldSide(f"--against {against}: neither a commit of this repository nor a file")
    return OldSide("against", f"--against {path.name}, whose digest is right", file=_checked(path))


def _checked(path: Path) -> Path:
    """A released file, whose digest stands beside it. Raises NoOldSide."""
    record = path.with_name(path.name + RECORD_SUFFIX)
    if not record.is_file():
        raise NoOldSide(
            f"--against {path}: there is no {record.name} beside it; a released file comes with one"
        )
    expected = record.read_text("utf-8").split()[:1]
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if expected != [found]:
        raise NoOldSide(
            f"--against {path}: its SHA-256 is {found}, {record.name} says {' '.join(expected) or 'nothing'}"
        )
    return path.resolve()


def _usual(root: Path, head: str, baseline_commit: str | None) -> OldSide:
    if _commit(root, MAIN) is not None and not _is_ancestor(root, head, MAIN):
        base = git(root, "merge-base", head, MAIN)
        if base:
            return OldSide("merge-base", f"the merge-base with {MAIN}", base)
    if baseline_commit is None:
        return OldSide(
            "none", f"HEAD is on {MAIN} or there is none, and no baseline names a commit; use --against"
        )
    commit = _commit(root, baseline_commit)
    if commit is None:
        return OldSide("none", f"the baseline is of {baseline_commit}, which this repository does not have")
    return OldSide("baseline", "the commit that the stored baseline was made from", commit)


def _is_ancestor(root: Path, commit: str, of: str) -> bool:
    command = ["git", "merge-base", "--is-ancestor", commit, of]
    return subprocess.run(command, cwd=root, capture_output=True, check=False).returncode == 0


def _commit(root: Path, name: str) -> str | None:
    return git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}") or None


def git(root: Path, *words: str) -> str:
    """What git prints, "" where it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def checkout(root: Path, commit: str) -> Path:
    """The tree of a commit, in the cache. Made once; nothing in it is written to but what its sessions make."""
    folder = cache.cache_folder() / "old" / commit
    tree = folder / "tree"
    if not tree.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix=".making-", dir=folder))
        try:
            archived = making / "tree.tar"
            command = ["git", "archive", "--format=tar", f"--output={archived}", commit]
            done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise NoOldSide(f"{commit[:12]}: {done.stderr.strip()}")
            with tarfile.open(archived) as file:
                file.extractall(making / "tree", filter="data")
            try:
                (making / "tree").rename(tree)
            except OSError:
                if not tree.is_dir():  # another run may have made the same
                    raise
        finally:
            shutil.rmtree(making, ignore_errors=True)
    return tree


def executable(tree: Path, target: str, progress: Progress) -> Path:
    """The executable of a checkout for one target, built by its own session with its own pins, once."""
    folder = tree.parent / "dist"
    for name in ("weft", "weft.exe"):
        if (folder / target / name).is_file():
            return folder / target / name
    progress.say(f"building the old side, {tree.parent.name[:12]}")
    command = [sys.executable, "-m", "nox", "--session", "build", "--"]
    command += ["--target", target, "--output", str(folder)]
    done = subprocess.run(
        command, cwd=tree, env=_environment(), capture_output=True, text=True, errors="replace", check=False
    )
    found = [folder / target / name for name in ("weft", "weft.exe") if (folder / target / name).is_file()]
    if done.returncode != 0 or not found:
        said = "\n".join((done.stdout + done.stderr).strip().splitlines()[-SAID_LINES:])
        raise NoOldSide(f"{tree.parent.name[:12]} does not build for {target}:\n{said}")
    return found[0]


def _environment() -> dict[str, str]:
    """What a session of another tree is given: nothing of the session that this runs in."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VIRTUAL_ENV", "NOX_", "PYTHON"))
    }

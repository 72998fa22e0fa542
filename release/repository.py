"""Reads from git what a release is made of: commits, tags, tracked files. Changes nothing, asks no network."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, NamedTuple

from release.refusal import Refusal

if TYPE_CHECKING:
    from pathlib import Path

TAG_PATTERN = "v[0-9]*"


class Tree(NamedTuple):
    """A checkout: its commit and when that was made, the version tags of the repository with their commits."""

    commit: str
    source_date_s: int
    is_dirty: bool
    tags: dict[str, str]
    last_tag: str
    commits_since: int


def git(root: Path, *words: str) -> str:
    """What git prints. Refusal where it fails."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)
    if done.returncode:
        raise Refusal(
            f"git {' '.join(words)} failed in {root}: {done.stderr.decode(errors='replace').strip()}"
        )
    return done.stdout.decode(errors="replace")


def read_tree(root: Path) -> Tree:
    """The checkout at `root`. Refusal if its history is cut off: commits would be missing without a word."""
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise Refusal("the history of this checkout is cut off", "git fetch --unshallow --tags")
    commit, seconds = git(root, "log", "-1", "--format=%H %ct").split()
    tag = last_tag(root)
    return Tree(
        commit=commit,
        source_date_s=int(seconds),
        is_dirty=bool(git(root, "status", "--porcelain")),
        tags=_tags(root),
        last_tag=tag,
        commits_since=int(git(root, "rev-list", "--count", since(tag))),
    )


def last_tag(root: Path) -> str:
    """The newest version tag that this commit has or descends from, "" for none."""
    merged = git(root, "tag", "--list", TAG_PATTERN, "--merged", "HEAD").split()
    return git(root, "describe", "--tags", "--abbrev=0", "--match", TAG_PATTERN).strip() if merged else ""


def since(tag: str) -> str:
    """The range of commits after a tag, all of them for ""."""
    return f"{tag}..HEAD" if tag else "HEAD"


def files(root: Path) -> list[str]:
    """What belongs to the tree: all that git tracks or would ask about, as long as it is there."""
    named = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0")
    return sorted({name for name in named if name and (root / name).is_file()})


def _tags(root: Path) -> dict[str, str]:
    words = "--format=%(refname:short) %(objectname) %(*objectname)"
    rows = [row.split() for row in git(root, "for-each-ref", words, f"refs/tags/{TAG_PATTERN}").splitlines()]
    # An annotated tag is an object of its own; the commit is what it points to.
    return {row[0]: row[-1] for row in rows}

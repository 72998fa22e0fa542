"""Decides which version a tree is released as. Reads nothing but what it is handed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from release.refusal import Refusal

if TYPE_CHECKING:
    from release.repository import Tree

VERSION = re.compile(r"(\d+)\.(\d+)\.(\d+)")
HASH_LENGTH = 8


def choose(tree: Tree, product: str, asked: str = "", *, is_snapshot: bool = False) -> str:
    """The version: `asked`, the product's if its tag is here, else a snapshot's. Refusal if it cannot be `asked`."""
    if asked:
        _check(tree, product, asked)
        return asked
    is_tagged = tree.tags.get(f"v{product}") == tree.commit
    if is_tagged and not tree.is_dirty and not is_snapshot:
        return product
    return snapshot(tree, product)


def snapshot(tree: Tree, product: str) -> str:
    """`0.1.0.devN+gHASH`: sorts before the version it leads to. Uncommitted changes are said, as `.dirty`."""
    base = product
    if f"v{product}" in tree.tags:
        major, minor, patch = numbers(product)
        base = f"{major}.{minor}.{patch + 1}"
    dirty = ".dirty" if tree.is_dirty else ""
    return f"{base}.dev{tree.commits_since}+g{tree.commit[:HASH_LENGTH]}{dirty}"


def is_snapshot(version: str) -> bool:
    return ".dev" in version


def numbers(version: str) -> tuple[int, int, int]:
    """Refusal for what is no version of three numbers."""
    found = VERSION.fullmatch(version)
    if found is None:
        raise Refusal(f"{version!r} is no version: expected three numbers, as in 0.1.0")
    return int(found[1]), int(found[2]), int(found[3])


def _check(tree: Tree, product: str, asked: str) -> None:
    numbers(asked)
    tag = f"v{asked}"
    if asked != product:
        raise Refusal(f"pyproject.toml says {product}, {asked} was asked for", f"nox -s release -- {product}")
    if tree.tags.get(tag, tree.commit) != tree.commit:
        raise Refusal(
            f"{asked} exists: {tag} is commit {tree.tags[tag][:HASH_LENGTH]}, and a version is never made twice",
            f"git checkout {tag}, or a new version in pyproject.toml",
        )
    if tree.is_dirty:
        raise Refusal(
            f"{tag} cannot be made from a tree with uncommitted changes",
            "git status, or nox -s release -- --snapshot",
        )
    if tag not in tree.tags:
        raise Refusal(f"this commit has no tag {tag}", f"git tag --annotate {tag} --message {tag}")

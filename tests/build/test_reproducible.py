"""The same bytes come from another folder, user, locale, time zone and object cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.build.tree import Tree
from tests.programs import program
from tools.targets import read_targets

if TYPE_CHECKING:
    from pathlib import Path

# The compiler's libc is shared by both builds: it comes from the pinned wheel, and takes minutes.
ASKED = os.environ.get("CLAWFT_REPRODUCE", "x86_64-linux-musl,aarch64-macos")
TARGETS = list(read_targets()) if ASKED == "all" else ASKED.split(",")


@pytest.mark.parametrize("target", TARGETS)
def test_two_builds_give_the_same_bytes(tmp_path: Path, target: str) -> None:
    here = Tree(tmp_path / "one")
    there = Tree(tmp_path / "another place" / "with a longer name" / "tree")
    first = here.build(target, CLAWFT_CACHE=str(tmp_path / "a"), LC_ALL="C.UTF-8", TZ="UTC", USER="one")
    # as somebody else: a user namespace gives another uid to the same rights
    prefix = (program("unshare"), "--user")
    second = there.build(
        target,
        *prefix,
        CLAWFT_CACHE=str(tmp_path / "quite another cache"),
        LC_ALL="C",
        TZ="Asia/Kathmandu",
        USER="other",
        HOME=str(tmp_path),
    )
    assert first.executable == second.executable
    for place in (tmp_path, here.folder):
        assert str(place).encode() not in first.executable


def test_another_folder_takes_everything_from_the_cache(tmp_path: Path) -> None:
    target = "x86_64-linux-musl"
    first = Tree(tmp_path / "one").build(target)
    second = Tree(tmp_path / "two").build(target)
    assert second.executable == first.executable
    assert second.made_count == 0

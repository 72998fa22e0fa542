"""What a tree is released as, and what it cannot be released as."""

import pytest

from release.refusal import Refusal
from release.repository import Tree
from release.versions import choose

COMMIT, OTHER = "a1" * 20, "b2" * 20
UNTAGGED = Tree(COMMIT, 0, is_dirty=False, tags={}, last_tag="", commits_since=7)
TAGGED = UNTAGGED._replace(tags={"v0.1.0": COMMIT}, last_tag="v0.1.0", commits_since=0)
LATER = UNTAGGED._replace(tags={"v0.1.0": OTHER}, last_tag="v0.1.0")


def test_a_tagged_clean_tree_is_its_version_and_any_other_a_snapshot():
    assert choose(TAGGED, "0.1.0") == choose(TAGGED, "0.1.0", "0.1.0") == "0.1.0"
    assert choose(UNTAGGED, "0.1.0") == "0.1.0.dev7+ga1a1a1a1"
    assert choose(TAGGED._replace(is_dirty=True), "0.1.0") == "0.1.1.dev0+ga1a1a1a1.dirty"
    assert choose(TAGGED, "0.1.0", is_snapshot=True) == "0.1.1.dev0+ga1a1a1a1"


def test_a_snapshot_after_a_release_leads_to_the_next_one():
    assert choose(LATER, "0.1.0") == "0.1.1.dev7+ga1a1a1a1"
    assert choose(LATER, "0.2.0") == "0.2.0.dev7+ga1a1a1a1"


@pytest.mark.parametrize(
    ("tree", "asked", "says"),
    [
        (TAGGED._replace(is_dirty=True), "0.1.0", "uncommitted changes; run: git status"),
        (LATER, "0.1.0", "0.1.0 exists: v0.1.0 is commit b2b2b2b2"),
        (UNTAGGED, "0.1.0", "has no tag v0.1.0; run: git tag --annotate v0.1.0"),
        (TAGGED, "0.2.0", r"pyproject.toml says 0.1.0, .*; run: nox -s release -- 0.1.0"),
        (TAGGED, "latest", "expected three numbers"),
    ],
)
def test_what_cannot_be_released_is_refused_with_what_helps(tree, asked, says):
    with pytest.raises(Refusal, match=says):
        choose(tree, "0.1.0", asked)

"""What a tree is compared with: what is asked for, the merge-base, the commit of the baseline, or nothing, and why."""

from __future__ import annotations

import hashlib
import subprocess

import pytest

from bench import old_side
from bench.old_side import NoOldSide

IDENTITY = ("-c", "user.name=T", "-c", "user.email=t@example.org")


class Repository:
    """A scratch repository."""

    def __init__(self, root):
        self.root = root
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *words):
        command = ["git", *IDENTITY, *words]
        return subprocess.run(
            command, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, text):
        (self.root / "file").write_text(text, "utf-8")
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", text)
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path):
    return Repository(tmp_path)


def test_what_is_asked_for_comes_first(repository):
    first = repository.commit("first")
    second = repository.commit("second")
    found = old_side.choose(repository.root, first[:10], second)
    assert (found.chosen_by, found.commit) == ("against", first)


def test_the_merge_base_comes_next_where_head_is_not_on_main(repository):
    base = repository.commit("base")
    older = repository.git("rev-parse", "HEAD")
    repository.git("update-ref", "refs/remotes/origin/main", base)
    repository.commit("child")
    assert old_side.choose(repository.root, None, older)[:1] == ("merge-base",)
    assert old_side.choose(repository.root, None, None).commit == base


def test_on_main_it_is_the_commit_of_the_baseline(repository):
    first = repository.commit("first")
    head = repository.commit("second")
    repository.git("update-ref", "refs/remotes/origin/main", head)
    assert old_side.choose(repository.root, None, first)[::2] == ("baseline", first)


def test_head_itself_is_labelled_so_unless_the_tree_has_changes(repository):
    head = repository.commit("first")
    assert old_side.choose(repository.root, "HEAD", None).chosen_by == "self"
    (repository.root / "file").write_text("changed", "utf-8")
    assert old_side.choose(repository.root, "HEAD", None)[::2] == ("against", head)
    assert old_side.state(repository.root) == (head, True)


def test_nothing_to_compare_with_has_a_reason(repository):
    assert old_side.choose(repository.root, None, None)[:2] == ("none", f"{repository.root} has no commit")
    repository.commit("first")
    assert "use --against" in old_side.choose(repository.root, None, None).reason
    assert "which this repository does not have" in old_side.choose(repository.root, None, "0" * 40).reason


def test_a_released_file_is_taken_only_with_its_digest(repository):
    repository.commit("first")
    released = repository.root / "weft"
    released.write_bytes(b"released")
    record = repository.root / "weft.sha256"
    with pytest.raises(NoOldSide, match=r"there is no weft\.sha256 beside it"):
        old_side.choose(repository.root, str(released), None)
    record.write_text("0" * 64 + "  weft\n", "utf-8")
    with pytest.raises(NoOldSide, match="its SHA-256 is"):
        old_side.choose(repository.root, str(released), None)
    record.write_text(hashlib.sha256(b"released").hexdigest() + "  weft\n", "utf-8")
    assert old_side.choose(repository.root, str(released), None).file == released
    with pytest.raises(NoOldSide, match="neither a commit of this repository nor a file"):
        old_side.choose(repository.root, "no-such-thing", None)


def test_a_checkout_is_the_tree_of_its_commit_and_made_once(repository, monkeypatch, tmp_path_factory):
    monkeypatch.setenv("CLAWFT_CACHE", str(tmp_path_factory.mktemp("cache")))
    first = repository.commit("first")
    repository.commit("second")
    tree = old_side.checkout(repository.root, first)
    assert (tree / "file").read_text("utf-8") == "first"
    assert old_side.checkout(repository.root, first) == tree
    with pytest.raises(NoOldSide, match="0000"):
        old_side.checkout(repository.root, "0" * 40)

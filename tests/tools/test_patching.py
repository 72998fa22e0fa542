"""Patches fit exactly or not at all, and never reach out of their folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.patching import PatchError, apply

if TYPE_CHECKING:
    from pathlib import Path

BEFORE = "".join(f"line {number}\n" for number in range(1, 21))
CHANGE = b"""\
From: somebody
Subject: words before a patch are passed over
--- a/src/x.c
+++ b/src/x.c
@@ -9,3 +9,4 @@ some function
 line 9
-line 10
+line ten
+line ten and a half
 line 11
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/x.c").write_text(BEFORE)
    return tmp_path


def test_a_patch_changes_what_it_says(folder: Path) -> None:
    assert apply(CHANGE, folder, is_partial=False) == ["src/x.c"]
    expected = BEFORE.replace("line 10\n", "line ten\nline ten and a half\n")
    assert (folder / "src/x.c").read_text() == expected


def test_a_hunk_may_have_moved_as_a_whole(folder: Path) -> None:
    (folder / "src/x.c").write_text("new\nnew\n" + BEFORE)
    apply(CHANGE, folder, is_partial=False)
    assert "line ten\n" in (folder / "src/x.c").read_text()


def test_a_hunk_with_other_context_is_refused_and_nothing_changes(folder: Path) -> None:
    (folder / "src/x.c").write_text(BEFORE.replace("line 11", "line eleven"))
    before = (folder / "src/x.c").read_bytes()
    with pytest.raises(PatchError, match=r"src/x.c: hunk 1 \(line 9\) does not fit"):
        apply(CHANGE, folder, is_partial=False)
    assert (folder / "src/x.c").read_bytes() == before


def test_of_several_files_all_are_changed_or_none(folder: Path) -> None:
    (folder / "y.c").write_text("other\n")
    both = b"--- a/y.c\n+++ b/y.c\n@@ -1 +1 @@\n-other\n+mine\n" + CHANGE.replace(b"line 9\n", b"line nine\n")
    with pytest.raises(PatchError):
        apply(both, folder, is_partial=False)
    assert (folder / "y.c").read_text() == "other\n"


def test_a_hunk_that_fits_at_two_places_equally_near_is_refused(folder: Path) -> None:
    (folder / "src/x.c").write_text("a\nb\na\n")
    patch = b"--- a/src/x.c\n+++ b/src/x.c\n@@ -2 +2 @@\n-a\n+c\n"
    with pytest.raises(PatchError, match="two places"):
        apply(patch, folder, is_partial=False)


def test_files_are_made_and_taken_away(folder: Path) -> None:
    patch = (
        b"--- /dev/null\n+++ b/src/new.c\n@@ -0,0 +1,2 @@\n+one\n+two\n"
        b"--- a/src/x.c\n+++ /dev/null\n@@ -1,20 +0,0 @@\n"
        + b"".join(b"-" + line for line in BEFORE.encode().splitlines(True))
    )
    apply(patch, folder, is_partial=False)
    assert (folder / "src/new.c").read_text() == "one\ntwo\n"
    assert not (folder / "src/x.c").exists()


def test_a_missing_last_newline_is_kept(folder: Path) -> None:
    (folder / "src/x.c").write_text("a\nb")
    patch = (
        b"--- a/src/x.c\n+++ b/src/x.c\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n"
        b"+c\n\\ No newline at end of file\n"
    )
    apply(patch, folder, is_partial=False)
    assert (folder / "src/x.c").read_text() == "a\nc"


def test_only_a_partial_source_may_lack_a_file(folder: Path) -> None:
    (folder / "src/x.c").unlink()
    assert apply(CHANGE, folder, is_partial=True) == []
    with pytest.raises(PatchError, match=r"src/x.c: no such file"):
        apply(CHANGE, folder, is_partial=False)


@pytest.mark.parametrize(
    "name", [b"a/../../etc/passwd", b"/etc/passwd", b"passwd", b"a//etc/passwd", b"a/b\\..\\c"]
)
def test_a_path_out_of_the_source_is_refused(folder: Path, name: bytes) -> None:
    patch = b"--- /dev/null\n+++ " + name + b"\n@@ -0,0 +1 @@\n+x\n"
    if name == b"/etc/passwd":  # its first folder is the empty one, as in a/etc/passwd: below the source
        assert apply(patch, folder, is_partial=False) == ["etc/passwd"]
        assert (folder / "etc/passwd").is_file()
        return
    with pytest.raises(PatchError, match="not a path below the source"):
        apply(patch, folder, is_partial=False)


@pytest.mark.parametrize(
    "broken",
    [CHANGE[:-9], CHANGE.replace(b" line 9", b"?line 9"), b"GIT binary patch\n" + CHANGE],
)
def test_a_broken_patch_is_refused(folder: Path, broken: bytes) -> None:
    with pytest.raises(PatchError):
        apply(broken, folder, is_partial=False)

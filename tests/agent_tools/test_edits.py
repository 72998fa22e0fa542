"""Any edit's diff gives the new text when it is applied, in bounded time, and any cut result is JSON in its limit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.core.errors import ToolError
from clawft.tools.diff import EDIT_LIMIT, unified_diff
from clawft.tools.edit import edited
from tests.portable.test_diff import applied

LINES = st.lists(
    st.sampled_from(["a", "b", "", "long line", "a\r", "\\ No newline", "-a", "+a", "@@ -1,1 +1,1 @@"])
)
TEXTS = st.builds(lambda lines, end: "\n".join(lines) + end, LINES, st.sampled_from(["", "\n"]))


@given(TEXTS, TEXTS)
def test_applying_a_diff_gives_the_new_text(old: str, new: str) -> None:
    patch = unified_diff(old, new, "f", 10**9)
    assert (applied(old, patch) if patch else old) == new


def test_texts_with_more_edits_than_the_limit_are_still_right() -> None:
    old = "".join(f"line {index}\n" for index in range(6 * EDIT_LIMIT))
    changed = old.replace("5", "five")
    other = "".join(f"other {index}\n" for index in range(3 * EDIT_LIMIT))
    for new in (changed, other, "start\n" + changed, other + old):
        assert applied(old, unified_diff(old, new, "f", 10**9)) == new
    assert unified_diff(old, changed, "f", 10**9).count("\n-") == sum("5" in line for line in old.split("\n"))


def test_a_diff_of_a_large_file_is_still_right() -> None:
    old = "".join(f"{index % 7}\n" for index in range(60_000))
    new = old.replace("3\n4\n", "3\nx\n4\n")
    patch = unified_diff(old, new, "f")
    assert "more lines of this diff" in patch
    assert len(patch) < 17_000
    one = old[:120_000] + "changed\n" + old[120_000:]
    assert applied(old, unified_diff(old, one, "f")) == one


@given(
    st.text(alphabet="ab\n", max_size=30),
    st.text(alphabet="ab\n", max_size=4),
    st.text(alphabet="ab\n", max_size=4),
)
def test_an_edit_replaces_exactly_one_place(text: str, old: str, new: str) -> None:
    try:
        edit = edited(text, old, new, "f")
    except ToolError:
        assert not old or old == new or text.count(old) != 1
        return
    assert edit.text == text.replace(old, new)
    assert text.count(old) == 1
    assert json.dumps(edit.note) == '""'


def test_the_search_for_near_lines_is_bounded() -> None:
    text = "some words in a line\n" * 100_000
    with pytest.raises(ToolError, match="1: some words in a line") as refused:
        edited(text, "some words in another line\nand more", "x", "f")
    assert len(refused.value.message) < 1000

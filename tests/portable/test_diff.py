"""A unified diff says exactly what changed: applying it gives the new text."""

from __future__ import annotations

from clawft.tools.diff import unified_diff


def applied(old: str, patch: str) -> str:
    """The old text with a unified diff applied, every context and deleted line checked."""
    old_lines = old.split("\n")
    if old_lines[-1] == "":
        old_lines.pop()
        ends = True
    else:
        ends = False
    result: list[str] = []
    at = 0
    lines = patch.split("\n")[2:-1]
    for index, line in enumerate(lines):
        sign = line[:1]
        if sign == "@":
            start, count = [int(number) for number in line.split(" ")[1][1:].split(",")]
            begin = start - 1 if count else start
            result.extend([text + "\n" for text in old_lines[at:begin]])
            at = begin
            continue
        if sign == "\\":
            continue
        has_end = not (index + 1 < len(lines) and lines[index + 1].startswith("\\"))
        if sign in " -":
            assert old_lines[at] == line[1:], (old_lines[at], line)
            assert has_end == (ends or at < len(old_lines) - 1)
            at += 1
        if sign in " +":
            result.append(line[1:] + ("\n" if has_end else ""))
    rest = "\n".join(old_lines[at:]) + ("\n" if ends and at < len(old_lines) else "")
    return "".join(result) + rest


def check(old: str, new: str) -> None:
    patch = unified_diff(old, new, "f", 10**9)
    assert applied(old, patch) == new if old != new else patch == ""


def test_a_small_change_is_shown_with_its_context() -> None:
    old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
    assert unified_diff(old, old.replace("5\n", "five\n"), "a/b.txt") == (
        "--- a/a/b.txt\n+++ b/a/b.txt\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n"
    )
    assert unified_diff(old, old, "a") == ""


def test_texts_without_a_last_newline_and_empty_texts() -> None:
    for old, new in (
        ("", "a"),
        ("", "a\n"),
        ("a", ""),
        ("a\n", ""),
        ("a", "a\n"),
        ("a\n", "a"),
        ("a\nb", "a\nc"),
        ("a\nb", "a\nb\nc"),
        ("a\r\nb\r\n", "a\nb\n"),
        ("\n", "\n\n"),
        ("\n\n\n", "\n"),
    ):
        check(old, new)


def test_random_edits_apply() -> None:
    seed = 7
    for _ in range(20):
        old_lines = []
        new_lines = []
        for _ in range(25):
            seed = (seed * 1103515245 + 12345) % 2147483648
            line = "line " + str(seed // 65536 % 6)
            kind = seed // 1024 % 16
            if kind != 0:
                old_lines.append(line)
            if kind != 1:
                new_lines.append(line if kind != 2 else "new " + line)
        end = "\n" if seed % 2 else ""
        check("\n".join(old_lines) + end, "\n".join(new_lines) + ("\n" if seed % 3 else ""))


def test_far_apart_changes_are_hunks_of_their_own() -> None:
    old = "".join([str(index) + "\n" for index in range(100)])
    new = old.replace("10\n", "ten\n").replace("90\n", "ninety\n")
    assert unified_diff(old, new, "f").count("@@ -") == 2
    check(old, new)
    touching = old.replace("\n10\n", "\nten\n").replace("\n17\n", "\nseventeen\n")
    assert unified_diff(old, touching, "f").count("@@ -") == 1
    check(old, touching)
    apart = old.replace("\n10\n", "\nten\n").replace("\n18\n", "\neighteen\n")
    assert unified_diff(old, apart, "f").count("@@ -") == 2
    check(old, apart)


def test_a_long_diff_is_capped_and_says_so() -> None:
    old = "".join(["line " + str(index) + "\n" for index in range(60)])
    patch = unified_diff(old, old.replace("line", "row"), "f", 1000)
    assert len(patch.encode()) < 1100
    assert patch.endswith(" more lines of this diff\n")

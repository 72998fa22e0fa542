"""Turns a misspelt word and the words it could have been into "did you mean". Knows nothing of what they name."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

LONGEST_WORD = 64
MOST_EDITS = 4


def near(word: str, candidates: Iterable[str], limit: int = 3) -> list[str]:
    """The candidates that are few edits away, nearest first, at most `limit`; often none.

    Few: up to a third of the word's length, never over 4, and no more than one worse than the nearest. Case, `-`
    and `_` do not count; a swap of neighbours is one edit. A candidate that the word begins, or that begins the
    word, is near whatever its length. Words over 64 characters are near nothing.
    """
    if not word or len(word) > LONGEST_WORD:
        return []
    wanted = _folded(word)
    allowed = min(max(1, len(wanted) // 3), MOST_EDITS)
    found: list[tuple[int, int, str]] = []
    seen: set[str] = set()
    for index, candidate in enumerate(candidates):
        if candidate in seen or not candidate or len(candidate) > LONGEST_WORD:
            continue
        seen.add(candidate)
        other = _folded(candidate)
        edits = distance(wanted, other, allowed)
        if edits > allowed and min(len(wanted), len(other)) >= 3:  # noqa: PLR2004 - "a" begins too much
            edits = allowed if other.startswith(wanted) or wanted.startswith(other) else edits
        if edits <= allowed:
            found.append((edits, index, candidate))
    found.sort()
    return [candidate for edits, _, candidate in found[:limit] if edits <= found[0][0] + 1]


def did_you_mean(word: str, candidates: Iterable[str], limit: int = 3) -> str:
    """`did you mean a, b or c?`, "" where nothing is near."""
    return question(near(word, candidates, limit))


def question(names: list[str]) -> str:
    """`did you mean a, b or c?` for names already found, "" for none."""
    if not names:
        return ""
    if len(names) == 1:
        return "did you mean " + names[0] + "?"
    return "did you mean " + ", ".join(names[:-1]) + " or " + names[-1] + "?"


def distance(left: str, right: str, most: int) -> int:
    """Edits (insert, delete, replace, swap of neighbours) between two texts; `most` + 1 stands for anything more."""
    if abs(len(left) - len(right)) > most:
        return most + 1
    before_last: list[int] = []
    last = list(range(len(right) + 1))
    for row, letter in enumerate(left):
        current = [row + 1]
        for column, other in enumerate(right):
            cost = min(last[column + 1] + 1, current[column] + 1, last[column] + (letter != other))
            if row and column and letter == right[column - 1] and left[row - 1] == other:
                cost = min(cost, before_last[column - 1] + 1)
            current.append(cost)
        if min(current) > most:
            return most + 1
        before_last = last
        last = current
    return min(last[-1], most + 1)


def _folded(word: str) -> str:
    return word.lower().replace("-", "").replace("_", "")

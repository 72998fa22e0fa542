"""Turns an old and a new text into a unified diff, in bounded time and memory. Reads and writes no files."""

from __future__ import annotations

CONTEXT_LINES = 3
# Myers' greedy search takes lines x edits steps and edits^2 memory. Past these, simpler answers that are also right.
EDIT_LIMIT = 200
STEP_LIMIT = 1_000_000
DIFF_LIMIT_BYTES = 16384
NO_NEWLINE = "\\ No newline at end of file"


def unified_diff(old: str, new: str, path: str, limit_bytes: int = DIFF_LIMIT_BYTES) -> str:
    """The diff, "" if nothing changed. Past `limit_bytes` it ends with a line that counts the lines left out."""
    if old == new:
        return ""
    old_lines = _lines(old)
    new_lines = _lines(new)
    output = ["--- a/" + path, "+++ b/" + path]
    for hunk in _hunks(_changes(old_lines, new_lines), len(old_lines)):
        _write_hunk(output, hunk, old_lines, new_lines)
    return _capped(output, limit_bytes)


def _lines(text: str) -> list[str]:
    """Lines with their newline; only the last may be without one. A carriage return is part of its line."""
    lines = [line + "\n" for line in text.split("\n")]
    last = lines.pop()[:-1]
    if last:
        lines.append(last)
    return lines


def _changes(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Blocks (old start, old end, new start, new end) that differ, in order; between them the texts agree."""
    start = 0
    shortest = min(len(old), len(new))
    while start < shortest and old[start] == new[start]:
        start += 1
    end = 0
    while end < shortest - start and old[len(old) - 1 - end] == new[len(new) - 1 - end]:
        end += 1
    old_end = len(old) - end
    new_end = len(new) - end
    kept = _kept_pairs(old[start:old_end], new[start:new_end])
    if kept is None and old_end == new_end:  # lines changed in place, as a replacement everywhere does
        kept = [
            (index, index) for index in range(old_end - start) if old[start + index] == new[start + index]
        ]
    elif kept is None:
        kept = []
    blocks = []
    old_at = start
    new_at = start
    for old_index, new_index in kept:
        if old_index + start > old_at or new_index + start > new_at:
            blocks.append((old_at, old_index + start, new_at, new_index + start))
        old_at = old_index + start + 1
        new_at = new_index + start + 1
    if old_end > old_at or new_end > new_at:
        blocks.append((old_at, old_end, new_at, new_end))
    return blocks


def _kept_pairs(old: list[str], new: list[str]) -> list[tuple[int, int]] | None:
    """Indexes of the lines both keep, in order; None if that takes more edits or steps than the limits.

    E. Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), the greedy form with a kept trace.
    """
    reached = {1: 0}  # the furthest old index on each diagonal (old index - new index)
    trace = []
    size = len(old) + len(new)
    for edits in range(min(size, EDIT_LIMIT, STEP_LIMIT // (size + 1)) + 1):
        before = reached
        reached = {}
        trace.append(before)
        for diagonal in range(-edits, edits + 1, 2):
            x = _step(before, diagonal, edits)
            y = x - diagonal
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x += 1
                y += 1
            reached[diagonal] = x
            if x >= len(old) and y >= len(new):
                return _walk_back(trace, len(old), len(new))
    return None


def _step(before: dict[int, int], diagonal: int, edits: int) -> int:
    """The old index at which a diagonal is entered: from the one above (insert) or below (delete)."""
    if diagonal == -edits or (diagonal != edits and before[diagonal - 1] < before[diagonal + 1]):
        return before[diagonal + 1]
    return before[diagonal - 1] + 1


def _walk_back(trace: list[dict[int, int]], x: int, y: int) -> list[tuple[int, int]]:
    kept = []
    for edits in range(len(trace) - 1, -1, -1):
        before = trace[edits]
        diagonal = x - y
        entered = _step(before, diagonal, edits)
        while x > entered:
            x -= 1
            y -= 1
            kept.append((x, y))
        if edits == 0:
            break
        came_from = diagonal + 1
        if not (diagonal == -edits or (diagonal != edits and before[diagonal - 1] < before[diagonal + 1])):
            came_from = diagonal - 1
        x = before[came_from]
        y = x - came_from
    kept.reverse()
    return kept


def _hunks(blocks: list[tuple[int, int, int, int]], old_count: int) -> list[list[tuple[int, int, int, int]]]:
    """Blocks grouped so that the context lines of two groups never meet."""
    hunks: list[list[tuple[int, int, int, int]]] = []
    for block in blocks:
        if hunks and block[0] - hunks[-1][-1][1] <= 2 * CONTEXT_LINES and block[0] <= old_count:
            hunks[-1].append(block)
        else:
            hunks.append([block])
    return hunks


def _write_hunk(
    output: list[str], blocks: list[tuple[int, int, int, int]], old: list[str], new: list[str]
) -> None:
    lead = min(CONTEXT_LINES, blocks[0][0])
    tail = min(CONTEXT_LINES, len(old) - blocks[-1][1])
    old_start = blocks[0][0] - lead
    new_start = blocks[0][2] - lead
    old_count = blocks[-1][1] + tail - old_start
    new_count = blocks[-1][3] + tail - new_start
    output.append("@@ -" + _range(old_start, old_count) + " +" + _range(new_start, new_count) + " @@")
    at = old_start
    for old_from, old_to, new_from, new_to in blocks:
        _write_lines(output, " ", old, at, old_from)
        _write_lines(output, "-", old, old_from, old_to)
        _write_lines(output, "+", new, new_from, new_to)
        at = old_to
    _write_lines(output, " ", old, at, at + tail)


def _range(start: int, count: int) -> str:
    """A range as `diff -u` writes it: counted from 1, an empty one by the line before it."""
    return str(start + 1 if count else start) + "," + str(count)


def _write_lines(output: list[str], sign: str, lines: list[str], start: int, end: int) -> None:
    for index in range(start, end):
        line = lines[index]
        if line.endswith("\n"):
            output.append(sign + line[:-1])
        else:
            output.append(sign + line)
            output.append(NO_NEWLINE)


def _capped(output: list[str], limit_bytes: int) -> str:
    size = 0
    for index, line in enumerate(output):
        size += len(line.encode()) + 1
        if size > limit_bytes:
            left_out = len(output) - index
            return "\n".join(output[:index]) + "\n... " + str(left_out) + " more lines of this diff\n"
    return "\n".join(output) + "\n"

"""Turns a text and one replacement into the edited text, or says what to send instead. Reads and writes no files."""

from __future__ import annotations

from clawft.core.errors import ToolError

SHOWN_LINES = 10
NEAR_LINES = 3
NEAR_LINE_LENGTH = 160
SEARCHED_LINES = 20_000


class Edit:
    """An edited text, how often something was replaced, and what the model should know ("" for nothing)."""

    __slots__ = ("count", "note", "text")

    def __init__(self, text: str, count: int, note: str) -> None:
        self.text = text
        self.count = count
        self.note = note


def edited(text: str, old: str, new: str, path: str, *, is_everywhere: bool = False) -> Edit:
    """Replace `old`, which must stand in the text exactly once unless `is_everywhere`. ToolError otherwise.

    Models write LF where a file has CRLF: where all lines of a file end the other way, both pieces are converted,
    and the note says so. Files of mixed line ends are matched as they are.
    """
    if not old:
        raise ToolError("old_text: is empty; give the text to replace (write_file writes a whole file)")
    note = ""
    line_end = _line_end(text)
    if line_end and _with_line_end(old, line_end) + _with_line_end(new, line_end) != old + new:
        old = _with_line_end(old, line_end)
        new = _with_line_end(new, line_end)
        note = (
            "line ends were converted to those of the file (" + ("CRLF" if line_end == "\r\n" else "LF") + ")"
        )
    if old == new:
        raise ToolError("new_text: is the same as old_text; nothing would change")
    count = text.count(old)
    if count == 0:
        raise ToolError(path + ": old_text not found" + _nearest(text, old))
    if count > 1 and not is_everywhere:
        raise ToolError(
            path
            + ": old_text appears "
            + str(count)
            + " times (lines "
            + _line_numbers(text, old)
            + "), expected "
            "once; add lines around it, or set replace_all"
        )
    return Edit(text.replace(old, new), count, note)


def _line_end(text: str) -> str:
    """What ends every line of a text; "" if there is no line end or they are mixed."""
    newlines = text.count("\n")
    returns = text.count("\r\n")
    if newlines == 0 or 0 < returns < newlines:
        return ""
    return "\r\n" if returns else "\n"


def _with_line_end(text: str, line_end: str) -> str:
    text = text.replace("\r\n", "\n")
    return text if line_end == "\n" else text.replace("\n", line_end)


def _line_numbers(text: str, piece: str) -> str:
    numbers: list[str] = []
    line = 1
    counted_to = 0
    at = text.find(piece)
    while at >= 0 and len(numbers) < SHOWN_LINES:
        line += text[counted_to:at].count("\n")
        counted_to = at
        numbers.append(str(line))
        at = text.find(piece, at + len(piece))
    return ", ".join(numbers) + (", ..." if at >= 0 else "")


def _nearest(text: str, old: str) -> str:
    """Where in the text the model may have meant: the lines most like the first line of `old`."""
    wanted = ""
    for line in old.split("\n"):
        wanted = line.strip()
        if wanted:
            break
    words = set(wanted.split())
    if not words:
        return "; it holds only white space: include a line around it"
    found = []
    for index, line in enumerate(text.split("\n")[:SEARCHED_LINES]):
        if line.strip() == wanted:
            score = 1.0
        else:
            others = set(line.split())
            score = 2.0 * len(words & others) / (len(words) + len(others))
        if score >= 0.5:  # noqa: PLR2004 - half of the words: less is chance
            found.append((-score, index, line))
    if not found:
        return "; no line is like its first line: read the file again"
    found.sort()
    shown = [
        str(index + 1) + ": " + line.strip("\r")[:NEAR_LINE_LENGTH] for _, index, line in found[:NEAR_LINES]
    ]
    if found[0][0] == -1.0:
        why = "; its first line is there, but the white space or the lines after it differ. "
    else:
        why = "; the nearest lines are not the same. "
    return why + "The file has\n" + "\n".join(shown)

"""Turns text from outside into text that shows all it holds: no control characters, nothing invisible or reordering.

Kept, because scripts and emoji need them: line ends and tabs, joiners, variation selectors, and the tags of the
three flags that have any. Two invisible characters in a row say nothing to a reader, and are one.
"""

from __future__ import annotations

JOINERS = (0x200C, 0x200D)  # ZWNJ and ZWJ: Persian, Indic scripts, families of emoji
# Ranges of code points that are dropped, with what they are.
DROPPED = (
    (0x00, 0x08),  # C0 controls, but for tab and newline
    (0x0B, 0x0C),
    (0x0E, 0x1F),  # ... and carriage return
    (0x7F, 0x9F),  # DEL and C1 controls
    (0x180E, 0x180E),  # Mongolian vowel separator, zero width since Unicode 6.3
    (0x200B, 0x200B),  # zero-width space
    (0x202A, 0x202E),  # bidirectional embeddings and overrides (CVE-2021-42574)
    (0x2060, 0x206F),  # word joiner, invisible operators, isolates, deprecated controls
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0xD800, 0xDFFF),  # halves of surrogate pairs, which UTF-8 cannot hold
    (0xE0000, 0xE00FF),  # tags: invisible ASCII
)
VARIATION_SELECTORS = ((0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
BLACK_FLAG = 0x1F3F4
FLAGS = ("gbeng", "gbsct", "gbwls")  # the only tag sequences that are recommended emoji
TAG = 0xE0000
CANCEL_TAG = 0xE007F
FIRST_UNPLAIN = 0x7F


def sanitize_content(text: str) -> str:
    """The text without what cannot be seen in it; most text comes back as it is."""
    return "\n".join([line if _is_plain(line) else _sanitized(line) for line in text.split("\n")])


def _is_plain(line: str) -> bool:
    """Whether a line is of printable ASCII, tabs and carriage returns: nearly every line is."""
    try:
        data = line.replace("\t", " ").replace("\r", " ").encode()
    except UnicodeError:  # half of a surrogate pair
        return False
    return not data or (min(data) >= 0x20 and max(data) < FIRST_UNPLAIN)  # noqa: PLR2004 - printable ASCII


def _sanitized(line: str) -> str:
    text = list(line)  # MicroPython looks for a character of a text from its start, each time
    kept: list[str] = []
    last = 0  # the code point kept last; 0 at the start
    at = 0
    while at < len(text):
        code = ord(text[at])
        if _is_always_kept(code):
            kept.append(text[at])
        elif code == BLACK_FLAG and _flag_at(text, at):
            kept.extend(text[at : at + 7])
            at += 6
        elif _is_kept(code, last):
            kept.append(text[at])
        else:
            at += 1
            continue
        last = code
        at += 1
    return "".join(kept)


def _is_always_kept(code: int) -> bool:
    """Quickly, for nearly all that is written: nothing of it is in the tables above."""
    return (
        0x20 <= code < FIRST_UNPLAIN  # noqa: PLR2004 - printable ASCII
        or 0xA0 <= code < 0x180E  # noqa: PLR2004 - up to the first that is dropped
        or 0x2070 <= code < 0xD800  # noqa: PLR2004 - from the last before the surrogates
        or code in (0x09, 0x0D)
    )


def _is_kept(code: int, last: int) -> bool:
    if code in JOINERS:
        return last > 0x20 and last not in JOINERS  # noqa: PLR2004 - not after white space
    if _is_in(code, VARIATION_SELECTORS):
        return last > 0x20 and last not in JOINERS and not _is_in(last, VARIATION_SELECTORS)  # noqa: PLR2004
    return not _is_in(code, DROPPED)


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(first <= code <= last for first, last in ranges)


def _flag_at(text: list[str], at: int) -> bool:
    if len(text) < at + 7 or ord(text[at + 6]) != CANCEL_TAG:
        return False
    letters = [ord(character) - TAG for character in text[at + 1 : at + 6]]
    return all(0 < letter < FIRST_UNPLAIN for letter in letters) and "".join(map(chr, letters)) in FLAGS

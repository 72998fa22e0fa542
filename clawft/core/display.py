"""Turns text from anywhere into text that is safe and aligned on a terminal: widths, control characters, cutting."""

from __future__ import annotations

# First and last code points of what terminals draw two columns wide (Unicode East Asian Width W and F, emoji).
_WIDE = (
    (0x1100, 0x115F),
    (0x231A, 0x231B),
    (0x23E9, 0x23EC),
    (0x25FD, 0x25FE),
    (0x2614, 0x2615),
    (0x2648, 0x2653),
    (0x26AA, 0x26AB),
    (0x26BD, 0x26BE),
    (0x26C4, 0x26C5),
    (0x2705, 0x2705),
    (0x270A, 0x270B),
    (0x2728, 0x2728),
    (0x274C, 0x274C),
    (0x2753, 0x2755),
    (0x2795, 0x2797),
    (0x2B1B, 0x2B1C),
    (0x2B50, 0x2B50),
    (0x2E80, 0x303E),
    (0x3041, 0xA4CF),
    (0xA960, 0xA97C),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFAFF),
    (0xFE30, 0xFE6F),
    (0xFF00, 0xFF60),
    (0xFFE0, 0xFFE6),
    (0x1F18E, 0x1F18E),
    (0x1F191, 0x1F19A),
    (0x1F200, 0x1F320),
    (0x1F32D, 0x1F64F),
    (0x1F680, 0x1F6FC),
    (0x1F7E0, 0x1F7EB),
    (0x1F900, 0x1FAFF),
    (0x20000, 0x3FFFD),
)
# What takes no column: combining marks, joiners, variation selectors.
_EMPTY = ((0x0300, 0x036F), (0x200B, 0x200F), (0x20D0, 0x20F0), (0xFE00, 0xFE0F), (0xFE20, 0xFE2F))


def columns_of(text: str) -> int:
    """How many columns a terminal needs for one line of text, nearly: fonts and terminals differ on emoji."""
    count = len(text)
    for letter in text:
        code = ord(letter)
        if code < 0x300:  # noqa: PLR2004 - the first entry of the tables: most text ends here
            continue
        if _is_in(code, _EMPTY):
            count -= 1
        elif _is_in(code, _WIDE):
            count += 1
    return count


def printable(text: str) -> str:
    """Text without the control characters that could drive a terminal: each becomes U+FFFD; tab and newline stay."""
    for letter in text:
        if _is_control(letter):
            return "".join(
                ["\ufffd" if _is_control(letter) else letter for letter in text.replace("\r\n", "\n")]
            )
    return text


def one_line(text: str) -> str:
    """Printable text on one line: runs of white space become one space."""
    return printable(" ".join(text.split()))


def cut_to(text: str, columns: int) -> str:
    """One line of text in at most so many columns (at least 1), its end replaced by `…` where it is longer."""
    if columns_of(text) <= columns:
        return text
    kept = ""
    used = 1
    for letter in text:
        used += columns_of(letter)
        if used > columns:
            break
        kept += letter
    return kept + "…"


def _is_control(letter: str) -> bool:
    code = ord(letter)
    return (code < 0x20 and letter not in "\n\t") or 0x7F <= code <= 0x9F  # noqa: PLR2004 - C0, DEL and C1


def _is_in(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    for first, last in ranges:  # noqa: SIM110 - any() costs a generator for every letter
        if first <= code <= last:
            return True
    return False

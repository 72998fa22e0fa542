"""Turns bytes from anywhere into text: what is not UTF-8 becomes U+FFFD, as CPython's `errors="replace"` has it."""

from __future__ import annotations

_REPLACEMENT = "\ufffd"


# Where a decoder may be lenient: overlong forms, halves of surrogate pairs, and what is past the last character.
_DOUBTFUL = b"\xc0\xc1\xe0\xed\xf0\xf4\xf5\xf6\xf7\xf8\xf9\xfa\xfb\xfc\xfd\xfe\xff"


def text_of(data: bytes) -> str:
    """The text, with U+FFFD for each stretch of wrong bytes that could not begin a character."""
    text = _plain(data)
    if text is not None:
        return text
    # Line by line, so that only lines with such bytes are looked at byte by byte.
    return "\n".join([_line(line) for line in data.split(b"\n")])


def _plain(data: bytes) -> str | None:
    """The text of bytes without a doubt, None if there is one."""
    for index in range(len(_DOUBTFUL)):
        if _DOUBTFUL[index : index + 1] in data:
            return None
    try:
        return data.decode()
    except UnicodeError:
        return None


def _line(line: bytes) -> str:
    text = _plain(line)
    if text is not None:
        return text
    pieces = []
    at = 0
    while at < len(line):
        size, is_whole = character_at(line, at)
        pieces.append(line[at : at + size].decode() if is_whole else _REPLACEMENT)
        at += size
    return "".join(pieces)


def character_at(line: bytes, at: int) -> tuple[int, bool]:
    """How many bytes the character at a place takes, or what can be no character; and which of the two."""
    first = line[at]
    if first < 0x80:  # noqa: PLR2004 - the byte ranges of RFC 3629, as all below
        return 1, True
    low = 0x80
    high = 0xBF
    if 0xC2 <= first <= 0xDF:  # noqa: PLR2004
        size = 2
    elif 0xE0 <= first <= 0xEF:  # noqa: PLR2004
        size = 3
        low = 0xA0 if first == 0xE0 else 0x80  # noqa: PLR2004
        high = 0x9F if first == 0xED else 0xBF  # noqa: PLR2004
    elif 0xF0 <= first <= 0xF4:  # noqa: PLR2004
        size = 4
        low = 0x90 if first == 0xF0 else 0x80  # noqa: PLR2004
        high = 0x8F if first == 0xF4 else 0xBF  # noqa: PLR2004
    else:
        return 1, False
    for index in range(1, size):
        if at + index >= len(line) or not low <= line[at + index] <= high:
            return index, False
        low = 0x80
        high = 0xBF
    return size, True

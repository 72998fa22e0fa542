"""Turns a text into the certainty that it is JSON (RFC 8259), where the runtime's parser guesses. Builds no values.

MicroPython's parser reads `{"a" 1,}`, and drops the backslash of an escape it does not know: for a tool's arguments
that would be another command.
"""

from __future__ import annotations

WHITE_SPACE = b" \t\r\n"
DIGITS = b"0123456789"
HEX_DIGITS = b"0123456789abcdefABCDEF"
ESCAPES = b'"\\/bfnrt'
WORDS = (b"true", b"false", b"null")


def check_json_text(text: str) -> None:
    """ValueError, with the byte of its UTF-8 it is at, unless the text is one JSON value.

    It reads bytes: a text of MicroPython finds its n-th character by counting from the first.
    """
    data = text.encode()
    closers: list[bytes] = []
    wanted = "value"  # or: value or close, key, key or close, colon, comma or close, end
    at = 0
    while at < len(data):
        character = data[at : at + 1]
        if character in WHITE_SPACE:
            at += 1
        elif wanted in ("key", "key or close") and character == b'"':
            at = _after_string(data, at)
            wanted = "colon"
        elif wanted == "colon" and character == b":":
            at += 1
            wanted = "value"
        elif wanted == "comma or close" and character == b",":
            at += 1
            wanted = "key" if closers[-1] == b"}" else "value"
        elif wanted.endswith("or close") and character == closers[-1]:
            at += 1
            closers.pop()
            wanted = "comma or close" if closers else "end"
        elif wanted not in ("value", "value or close"):
            raise ValueError("expected " + wanted + " at byte " + str(at))
        elif character in b"{[":
            at += 1
            closers.append(b"}" if character == b"{" else b"]")
            wanted = "key or close" if character == b"{" else "value or close"
        else:
            at = _after_scalar(data, at)
            wanted = "comma or close" if closers else "end"
    if wanted != "end":
        raise ValueError("expected " + wanted + " at the end")


def _after_scalar(data: str, at: int) -> int:
    if data[at : at + 1] == b'"':
        return _after_string(data, at)
    for word in WORDS:
        if data[at : at + len(word)] == word:
            return at + len(word)
    return _after_number(data, at)


def _after_string(data: str, start: int) -> int:
    at = start + 1
    while at < len(data):
        character = data[at : at + 1]
        if character == b'"':
            return at + 1
        if character < b" ":
            raise ValueError("control character at byte " + str(at))
        if character == b"\\":
            at += 1
            escape = data[at : at + 1]
            if escape == b"u":
                code = data[at + 1 : at + 5]
                if len(code) < 4 or not all(digit in HEX_DIGITS for digit in code):  # noqa: PLR2004
                    raise ValueError("wrong \\u escape at byte " + str(at - 1))
                at += 4
            elif not escape or escape not in ESCAPES:
                raise ValueError("wrong escape at byte " + str(at - 1))
        at += 1
    raise ValueError("string without end from byte " + str(start))


def _after_number(data: str, start: int) -> int:
    at = start + 1 if data[start : start + 1] == b"-" else start
    whole = at
    at = _after_digits(data, at, start)
    if at - whole > 1 and data[whole : whole + 1] == b"0":
        raise ValueError("number with a leading 0 at byte " + str(start))
    if data[at : at + 1] == b".":
        at = _after_digits(data, at + 1, start)
    if at < len(data) and data[at : at + 1] in b"eE":
        at += 1
        if at < len(data) and data[at : at + 1] in b"+-":
            at += 1
        at = _after_digits(data, at, start)
    return at


def _after_digits(data: str, at: int, start: int) -> int:
    first = at
    while at < len(data) and data[at : at + 1] in DIGITS:
        at += 1
    if at == first:
        raise ValueError("expected a value at byte " + str(start))
    return at

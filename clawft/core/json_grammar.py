"""Turns a text into the certainty that it is JSON (RFC 8259), where the runtime's parser guesses. Builds no values.

MicroPython's parser reads `{"a" 1,}`, and drops the backslash of an escape it does not know: for a tool's arguments
that would be another command.
"""

from __future__ import annotations

WHITE_SPACE = " \t\r\n"
DIGITS = "0123456789"
WORDS = ("true", "false", "null")


def check_json_text(text: str) -> None:
    """ValueError, with the character it is at, unless the text is one JSON value."""
    closers: list[str] = []
    wanted = "value"  # or: value or close, key, key or close, colon, comma or close, end
    at = 0
    while at < len(text):
        character = text[at]
        if character in WHITE_SPACE:
            at += 1
        elif wanted in ("key", "key or close") and character == '"':
            at = _after_string(text, at)
            wanted = "colon"
        elif wanted == "colon" and character == ":":
            at += 1
            wanted = "value"
        elif wanted == "comma or close" and character == ",":
            at += 1
            wanted = "key" if closers[-1] == "}" else "value"
        elif wanted.endswith("or close") and character == closers[-1]:
            at += 1
            closers.pop()
            wanted = "comma or close" if closers else "end"
        elif wanted not in ("value", "value or close"):
            raise ValueError("expected " + wanted + " at character " + str(at))
        elif character in "{[":
            at += 1
            closers.append("}" if character == "{" else "]")
            wanted = "key or close" if character == "{" else "value or close"
        else:
            at = _after_scalar(text, at)
            wanted = "comma or close" if closers else "end"
    if wanted != "end":
        raise ValueError("expected " + wanted + " at the end")


def _after_scalar(text: str, at: int) -> int:
    if text[at] == '"':
        return _after_string(text, at)
    for word in WORDS:
        if text[at : at + len(word)] == word:
            return at + len(word)
    return _after_number(text, at)


def _after_string(text: str, start: int) -> int:
    at = start + 1
    while at < len(text):
        character = text[at]
        if character == '"':
            return at + 1
        if character < " ":
            raise ValueError("control character at character " + str(at))
        if character == "\\":
            at += 1
            escape = text[at : at + 1]
            if escape == "u":
                code = text[at + 1 : at + 5]
                if len(code) < 4 or not all(digit in "0123456789abcdefABCDEF" for digit in code):  # noqa: PLR2004
                    raise ValueError("wrong \\u escape at character " + str(at - 1))
                at += 4
            elif not escape or escape not in '"\\/bfnrt':
                raise ValueError("wrong escape at character " + str(at - 1))
        at += 1
    raise ValueError("string without end from character " + str(start))


def _after_number(text: str, start: int) -> int:
    at = start + 1 if text[start] == "-" else start
    whole = at
    at = _after_digits(text, at, start)
    if at - whole > 1 and text[whole] == "0":
        raise ValueError("number with a leading 0 at character " + str(start))
    if text[at : at + 1] == ".":
        at = _after_digits(text, at + 1, start)
    if at < len(text) and text[at] in "eE":
        at += 1
        if at < len(text) and text[at] in "+-":
            at += 1
        at = _after_digits(text, at, start)
    return at


def _after_digits(text: str, at: int, start: int) -> int:
    first = at
    while at < len(text) and text[at] in DIGITS:
        at += 1
    if at == first:
        raise ValueError("expected a value at character " + str(start))
    return at

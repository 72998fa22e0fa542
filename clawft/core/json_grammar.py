"""Turns a text into the certainty that it is JSON (RFC 8259), where the runtime's parser guesses. Builds no values.

MicroPython's parser reads `{"a" 1,}`, and drops the backslash of an escape it does not know: for a tool's arguments
that would be another command. It works on bytes, because there a text finds its n-th character by counting from the
first, and on their numbers, because a slice would be an object each.
"""

from __future__ import annotations

from clawft.core.compat import finite_float

WHITE_SPACE = b" \t\r\n"
DIGITS = b"0123456789"
HEX_DIGITS = b"0123456789abcdefABCDEF"
ESCAPES = b'"\\/bfnrt'
WORDS = (b"true", b"false", b"null")
QUOTE, BACKSLASH, COLON, COMMA, MINUS, ZERO, POINT = b'"\\:,-0.'
DEPTH_LIMIT = 512
OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY, LETTER_U = b"{}[]u"


def check_json_text(text: str) -> None:
    """ValueError, with the byte of its UTF-8 it is at, unless the text is one JSON value whose numbers are finite."""
    data = text.encode()
    size = len(data)
    closers: list[int] = []
    wanted = "value"  # or: value or close, key, key or close, colon, comma or close, end
    at = 0
    while at < size:
        byte = data[at]
        if byte in WHITE_SPACE:
            at += 1
        elif wanted in ("key", "key or close") and byte == QUOTE:
            at = _after_string(data, at)
            wanted = "colon"
        elif wanted == "colon" and byte == COLON:
            at += 1
            wanted = "value"
        elif wanted == "comma or close" and byte == COMMA:
            at += 1
            wanted = "key" if closers[-1] == CLOSE_OBJECT else "value"
        elif wanted.endswith("or close") and byte == closers[-1]:
            at += 1
            closers.pop()
            wanted = "comma or close" if closers else "end"
        elif wanted not in ("value", "value or close"):
            raise ValueError("expected " + wanted + " at byte " + str(at))
        elif byte in (OPEN_OBJECT, OPEN_ARRAY):
            if len(closers) == DEPTH_LIMIT:
                raise ValueError("nested too deeply at byte " + str(at))
            at += 1
            closers.append(CLOSE_OBJECT if byte == OPEN_OBJECT else CLOSE_ARRAY)
            wanted = "key or close" if byte == OPEN_OBJECT else "value or close"
        else:
            at = _after_scalar(data, at)
            wanted = "comma or close" if closers else "end"
    if wanted != "end":
        raise ValueError("expected " + wanted + " at the end")


def _after_scalar(data: bytes, at: int) -> int:
    if data[at] == QUOTE:
        return _after_string(data, at)
    for word in WORDS:
        if data[at : at + len(word)] == word:
            return at + len(word)
    return _after_number(data, at)


def _after_string(data: bytes, start: int) -> int:
    size = len(data)
    at = start + 1
    while at < size:
        byte = data[at]
        if byte == QUOTE:
            return at + 1
        if byte < 32:  # noqa: PLR2004 - ASCII's first printable character
            raise ValueError("control character at byte " + str(at))
        if byte == BACKSLASH:
            at += 1
            if at < size and data[at] == LETTER_U:
                code = data[at + 1 : at + 5]
                if len(code) < 4 or [digit for digit in code if digit not in HEX_DIGITS]:  # noqa: PLR2004 - \uXXXX
                    raise ValueError("wrong \\u escape at byte " + str(at - 1))
                at += 4
            elif at >= size or data[at] not in ESCAPES:
                raise ValueError("wrong escape at byte " + str(at - 1))
        at += 1
    raise ValueError("string without end from byte " + str(start))


def _after_number(data: bytes, start: int) -> int:
    size = len(data)
    at = start + 1 if data[start] == MINUS else start
    whole = at
    at = _after_digits(data, at, start)
    if at - whole > 1 and data[whole] == ZERO:
        raise ValueError("number with a leading 0 at byte " + str(start))
    after_whole = at
    if at < size and data[at] == POINT:
        at = _after_digits(data, at + 1, start)
    if at < size and data[at] in b"eE":
        at += 1
        if at < size and data[at] in b"+-":
            at += 1
        at = _after_digits(data, at, start)
    if at > after_whole:
        finite_float(data[start:at].decode())
    return at


def _after_digits(data: bytes, at: int, start: int) -> int:
    first = at
    while at < len(data) and data[at] in DIGITS:
        at += 1
    if at == first:
        raise ValueError("expected a value at byte " + str(start))
    return at

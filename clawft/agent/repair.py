"""Turns argument text that is almost JSON into JSON, in one pass. Changes nothing that could mean two things."""

from __future__ import annotations

from clawft.core.errors import ToolError

DEPTH_LIMIT = 64
RAW_CONTROLS = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
WHITE_SPACE = " \t\r\n"
CUT_OFF = "; send the whole call again, with less in it if it is long"


def repaired(text: str, schema: dict[str, object]) -> str:
    """JSON that may still be wrong. ToolError where the text is cut off, or holds an escape that JSON has not."""
    # A list: MicroPython finds the character at a place of a text only by counting from its start.
    chars = list(_without_fence(text))
    output: list[str] = []
    closers: list[str] = []
    at = 0
    while at < len(chars):
        character = chars[at]
        if character == '"':
            at = _copy_string(chars, at, output)
            continue
        if character in "{[":
            closers.append("}" if character == "{" else "]")
            if len(closers) > DEPTH_LIMIT:
                raise ToolError(f"arguments: nested deeper than {DEPTH_LIMIT} levels")
        elif character in "}]":
            _drop_comma(output)
            if closers and closers[-1] == character:
                closers.pop()
        if character not in WHITE_SPACE:  # a raw line end between two tokens says nothing
            output.append(character)
        elif output and output[-1] != " ":
            output.append(" ")
        at += 1
    if closers:
        return _closed("".join(output), closers, schema)
    return "".join(output)


def _without_fence(text: str) -> str:
    if not text.startswith("```"):
        return text
    first, _, rest = text.partition("\n")
    if not rest:
        return text.strip("`")
    if "{" in first or not rest.rstrip().endswith("```"):
        return text
    return rest.rstrip()[:-3]


def _copy_string(chars: list[str], start: int, output: list[str]) -> int:
    """Copy the string that starts here, raw control characters escaped; the index after it."""
    at = start + 1
    copied = start
    while at < len(chars):
        character = chars[at]
        if character == '"':
            output.append("".join(chars[copied : at + 1]))
            return at + 1
        if character == "\\":
            following = chars[at + 1] if at + 1 < len(chars) else ""
            if following == "'":  # means nothing but the quote
                output.append("".join(chars[copied:at]))
                copied = at + 1
            elif following and following not in '"\\/bfnrtu':
                raise ToolError(
                    f"arguments: no JSON escape at character {at} ({_escape(following)}); write \\\\"
                )
            at += 2
            continue
        if character < " ":
            output.append("".join(chars[copied:at]))
            output.append(RAW_CONTROLS.get(character, "\\u%04x" % ord(character)))
            copied = at + 1
        at += 1
    raise ToolError(
        f"arguments: cut off inside the string that starts at character {start} (the text has {len(chars)})"
        + CUT_OFF
    )


def _escape(following: str) -> str:
    return "backslash and " + (following if following > " " else "white space")


def _drop_comma(output: list[str]) -> None:
    last = len(output) - 1
    while last >= 0 and output[last] == " ":
        last -= 1
    if last > 0 and output[last] == "," and _before(output, last) not in "{[,":
        output.pop(last)


def _before(output: list[str], index: int) -> str:
    index -= 1
    while index > 0 and output[index] == " ":
        index -= 1
    return output[index][-1]


def _closed(text: str, closers: list[str], schema: dict[str, object]) -> str:
    """The text with its last brace, if that is all that is missing: nothing else can have been lost."""
    from clawft.core.compat import json_value  # noqa: PLC0415 - as rare as this case

    known = schema.get("properties")
    missing = "".join(reversed(closers))
    # A number may have lost digits, and a comma or colon promises more.
    if missing == "}" and text.rstrip()[-1:] not in "0123456789,:{" and isinstance(known, dict):
        try:
            value = json_value(text + missing)
        except ValueError:
            value = None
        if isinstance(value, dict) and all(key in value for key in known):
            return text + missing
    raise ToolError("arguments: cut off, " + missing + " is missing at the end" + CUT_OFF)

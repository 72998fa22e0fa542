"""Splits HTML into tags and text, in time linear in its length whatever it is. Builds no tree and judges no nesting.

Works on UTF-8 bytes: MicroPython finds the n-th byte at once, and the n-th character by counting.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = "text"
START = "start"
END = "end"

# What stands in these is not markup (the standard's raw text and escapable raw text elements).
RAW_ELEMENTS = ("script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes")
_BLANKS = b" \t\r\n\f"
_ENDS_NAME = b" \t\r\n\f/>"
_ENDS_ATTRIBUTE = b" \t\r\n\f/="
_MANY_BLANKS = 16


def tokens(html: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Each piece as (TEXT, "", text), (START, name, attributes) or (END, name, b""); names in lower case.

    Comments, declarations and an unfinished tag at the end are left out. Entities stay as they are.
    """
    text_from = at = 0
    while True:
        at = html.find(b"<", at)
        if at < 0:
            break
        after = html[at + 1 : at + 2]
        if after == b"/" and not _is_letter(html[at + 2 : at + 3]):
            after = b"!"  # `</3>`: a comment, for every parser
        if not (_is_letter(after) or after in (b"/", b"!", b"?")):
            at += 1
            continue
        if text_from < at:
            yield TEXT, "", html[text_from:at]
        end = _end(html, at, after)
        if end < 0:
            return
        start = at + (2 if after == b"/" else 1)
        text_from = at = end
        if after in (b"!", b"?"):
            continue
        name, attributes = _named(html[start : end - 1])
        yield (END, name, b"") if after == b"/" else (START, name, attributes)
        if after != b"/" and name in RAW_ELEMENTS:
            text_from = at = _end_of_raw(html, end, name)
            if end < at:
                yield TEXT, "", html[end:at]
    if text_from < len(html):
        yield TEXT, "", html[text_from:]


def attribute(attributes: bytes, wanted: str) -> str | None:
    """The value of an attribute, entities as they are; "" for one without a value, None where it is not."""
    at, length = 0, len(attributes)
    while at < length:
        while at < length and attributes[at] in _ENDS_ATTRIBUTE:
            at += 1
        start = at
        while at < length and attributes[at] not in _ENDS_ATTRIBUTE:
            at += 1
        name = attributes[start:at]
        at = _after_blanks(attributes, at)
        value = b""
        if attributes[at : at + 1] == b"=":
            value, at = _value(attributes, _after_blanks(attributes, at + 1))
        if name.lower() == wanted.encode():
            return value.decode()
    return None


def _after_blanks(data: bytes, at: int) -> int:
    while at < len(data) and data[at] in _BLANKS:
        at += 1
    return at


def _value(attributes: bytes, at: int) -> tuple[bytes, int]:
    quote = attributes[at : at + 1]
    if quote in (b'"', b"'"):
        end = attributes.find(quote, at + 1)
        end = len(attributes) if end < 0 else end
        return attributes[at + 1 : end], end + 1
    start = at
    while at < len(attributes) and attributes[at] not in _BLANKS:
        at += 1
    return attributes[start:at], at


def _end(html: bytes, at: int, after: bytes) -> int:
    """Where the markup that begins at `at` ends, -1 if it does not."""
    if after in (b"!", b"?"):
        mark = b"-->" if html[at : at + 4] == b"<!--" else b">"
        end = html.find(mark, at + 2)
        return end + len(mark) if end >= 0 else -1
    return _end_of_tag(html, at + 1)


def _end_of_tag(html: bytes, at: int) -> int:
    """After the `>` that ends a tag; one in a quoted value does not."""
    end = html.find(b">", at)
    if end < 0:
        return -1
    double, single = html.find(b'"', at, end), html.find(b"'", at, end)
    while double >= 0 or single >= 0:
        place = single if double < 0 or 0 <= single < double else double
        after = place + 1
        if _follows_equals(html, place):
            after = html.find(html[place : place + 1], after) + 1
            if after == 0:
                return -1
            if after > end:
                end = html.find(b">", after)
                if end < 0:
                    return -1
                double = single = place  # what is after the old end has not been looked at
        # Each is looked for again only from where it was passed: the whole is linear.
        if 0 <= double < after:
            double = html.find(b'"', after, end)
        if 0 <= single < after:
            single = html.find(b"'", after, end)
    return end + 1


def _follows_equals(html: bytes, place: int) -> bool:
    """Whether a quote begins a value; more blanks before it than anybody writes are not looked through."""
    for before in range(place - 1, max(-1, place - 1 - _MANY_BLANKS), -1):
        if html[before] not in _BLANKS:
            return html[before : before + 1] == b"="
    return False


def _end_of_raw(html: bytes, at: int, name: str) -> int:
    """Where `</name` begins, the end of the text if it does not."""
    wanted = name.encode()
    while True:
        at = html.find(b"</", at)
        if at < 0:
            return len(html)
        after = at + 2 + len(wanted)
        if html[at + 2 : after].lower() == wanted and (after >= len(html) or html[after] in _ENDS_NAME):
            return at
        at += 2


def _named(inside: bytes) -> tuple[str, bytes]:
    """The name and the attributes of what stands between `<` and `>`."""
    at = 0
    for byte in inside:
        if byte in _ENDS_NAME:
            break
        at += 1
    return inside[:at].lower().decode(), inside[at:]


def _is_letter(byte: bytes) -> bool:
    return b"a" <= byte <= b"z" or b"A" <= byte <= b"Z"

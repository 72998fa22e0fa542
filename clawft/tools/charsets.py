"""Chooses the charset of a text that came from outside, and decodes it. Reads no network."""

from __future__ import annotations

from clawft.core.compat import legacy_text
from clawft.core.errors import ToolError
from clawft.core.utf8 import text_of
from clawft.tools.html_entities import WINDOWS_1252

_SNIFFED_BYTES = 1024
_JUDGED_BYTES = 64 * 1024

# The Encoding Standard's labels of what is still met, beside the names that it gives them.
_CHARSETS = {
    "utf-8": "utf8 utf-8 unicode-1-1-utf-8 unicode11utf8 x-unicode20utf8",
    "windows-1252": "ascii us-ascii iso-8859-1 iso8859-1 iso_8859-1 latin1 latin-1 l1 cp1252 windows-1252 x-cp1252",
    "utf-16-le": "utf-16 utf-16le unicode ucs-2 iso-10646-ucs-2 csunicode unicodefeff",
    "utf-16-be": "utf-16be unicodefffe",
}
# What only CPython has tables for: the standard's label and Python's name for the superset that the standard means.
_LEGACY_CHARSETS = {
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "euc-jp": "euc_jp", "euc-kr": "cp949", "gb18030": "gb18030",
    "gb2312": "gb18030", "gbk": "gb18030", "ibm866": "cp866", "iso-2022-jp": "iso2022_jp", "iso-8859-9": "cp1254",
    "koi8-r": "koi8_r", "koi8-u": "koi8_u", "ks_c_5601-1987": "cp949", "macintosh": "mac_roman", "shift-jis": "cp932",
    "shift_jis": "cp932", "sjis": "cp932", "tis-620": "cp874", "windows-31j": "cp932", "windows-874": "cp874",
    "x-sjis": "cp932",
}  # fmt: skip


def charset_of(declared: str, data: bytes, *, is_html: bool) -> str:
    """The charset of a text: its byte order mark, then the header, then a page's own <meta>, then what its bytes say.

    One of utf-8, windows-1252, utf-16-le, utf-16-be, or another name in lower case that `decoded` may know.
    """
    if data[:3] == b"\xef\xbb\xbf":
        return "utf-8"
    if has_utf_16_mark(data):
        return "utf-16-le" if data[:2] == b"\xff\xfe" else "utf-16-be"
    if declared:
        return _named(declared)
    if is_html:
        named = _named(_in_meta(data[:_SNIFFED_BYTES]))
        if named:
            # A page whose <meta> can be read as ASCII is not in UTF-16.
            return "utf-8" if named.startswith("utf-16") else named
    text = text_of(data[:_JUDGED_BYTES])
    if len(data) > _JUDGED_BYTES:
        text = text.rstrip("\ufffd")  # the cut may go through a character
    return "windows-1252" if "\ufffd" in text else "utf-8"


def decoded(data: bytes, charset: str) -> str:
    """The text without its byte order mark; U+FFFD for what is wrong. Raises ToolError for a charset nobody knows."""
    if charset == "utf-8":
        text = text_of(data)
    elif charset == "windows-1252":
        text = _from_windows_1252(data)
    elif charset in ("utf-16-le", "utf-16-be"):
        text = _from_utf_16(data, is_little=charset == "utf-16-le")
    else:
        found = legacy_text(data, _legacy_name(charset))
        if found is None:
            raise ToolError("the answer is in the charset " + charset[:40] + ", which cannot be read here")
        text = found
    return text[1:] if text.startswith("\ufeff") else text


def has_utf_16_mark(data: bytes) -> bool:
    """Whether a text begins with the byte order mark of UTF-16."""
    return data[:2] in (b"\xff\xfe", b"\xfe\xff")


def _named(label: str) -> str:
    label = label.strip().lower()
    for name, labels in _CHARSETS.items():
        if label in labels.split():
            return name
    return label


def _legacy_name(charset: str) -> str:
    if charset in _LEGACY_CHARSETS:
        return _LEGACY_CHARSETS[charset]
    for prefix, name in (("iso-8859-", "iso8859_"), ("windows-125", "cp125")):
        number = charset[len(prefix) :]
        if charset.startswith(prefix) and number.isdigit():
            return name + number
    return ""


def _in_meta(beginning: bytes) -> str:
    """The charset that a page's <meta> names, "" if none does."""
    text = "".join([chr(byte) if byte < 0x80 else "?" for byte in beginning]).lower()  # noqa: PLR2004 - ASCII
    at = text.find("<meta")
    while at >= 0:
        end = text.find(">", at)
        inside = text[at : end if end >= 0 else len(text)]
        _, equals, value = inside.partition("charset=")
        if equals:
            value = value.lstrip("\"' ")
            for mark in "\"' ;/>":
                value = value.partition(mark)[0]
            return value
        at = text.find("<meta", at + 5)
    return ""


def _from_windows_1252(data: bytes) -> str:
    characters = [chr(byte) for byte in range(256)]
    characters[0x80:0xA0] = list(WINDOWS_1252)
    return "".join([characters[byte] for byte in data])


def _from_utf_16(data: bytes, *, is_little: bool) -> str:
    first, second = (1, 0) if is_little else (0, 1)
    found = []
    high = 0
    for at in range(0, len(data) - 1, 2):
        unit = data[at + first] << 8 | data[at + second]
        is_low = 0xDC00 <= unit < 0xE000  # noqa: PLR2004 - surrogates
        if high:
            found.append(chr(0x10000 + ((high - 0xD800) << 10) + unit - 0xDC00) if is_low else "\ufffd")
            high, was_high = 0, True
        else:
            was_high = False
        if 0xD800 <= unit < 0xDC00:  # noqa: PLR2004 - as above
            high = unit
        elif not is_low:
            found.append(chr(unit))
        elif not was_high:
            found.append("\ufffd")
    if high or len(data) % 2:
        found.append("\ufffd")
    return "".join(found)

"""Turns what a user wrote for one key into its value, or says what is wrong with it. Knows no file and no other key."""

from __future__ import annotations

from clawft.core import config_keys as kinds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from clawft.core.config_keys import Key

MOST_SHOWN = 60

_HEADER_NAME_MARKS = "!#$%&'*+-.^_`|~"
_YES = ("true", "yes", "on", "1")
_NO = ("false", "no", "off", "0")


class BadValue(Exception):
    """A value does not fit its key. `found` never holds a secret; `hint` may be empty."""

    def __init__(self, expected: str, found: str, hint: str = "") -> None:
        super().__init__("expected " + expected + ", found " + found)
        self.expected = expected
        self.found = found
        self.hint = hint


def checked(key: Key, value: object) -> object:
    """The value of a key from JSON, as it is kept: numbers as float, lists and tables copied. Raises BadValue."""
    if value is None and key.default is None:
        return None
    kind = key.kind
    if kind == kinds.FLAG:
        if isinstance(value, bool):
            return value
    elif kind in (kinds.INTEGER, kinds.NUMBER):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _number(key, value)
    elif kind in (kinds.TEXTS, kinds.INTEGERS):
        if isinstance(value, list):
            return _texts(key, value) if kind == kinds.TEXTS else [_integer(key, one) for one in value]
    elif kind == kinds.HEADERS:
        if isinstance(value, dict):
            return _headers(key, value)
    elif isinstance(value, str):
        return _text(key, value)
    return _refuse(key, value)


def from_text(key: Key, text: str) -> object:
    """The value of a key from an environment variable or a command line. Raises BadValue.

    Flags are true/yes/on/1 or false/no/off/0; a list is comma-separated or JSON, headers are JSON; the empty text
    and `null` are null where null is allowed.
    """
    kind = key.kind
    if key.default is None and text in ("", "null"):
        return None
    if kind == kinds.FLAG:
        word = text.lower()
        if word in _YES or word in _NO:
            return word in _YES
    elif kind in (kinds.INTEGER, kinds.NUMBER):
        value = _json(text)
        if isinstance(value, (int, float)):
            return checked(key, value)
    elif kind == kinds.HEADERS:
        value = _json(text)
        if isinstance(value, dict):
            return checked(key, value)
    elif kind in (kinds.TEXTS, kinds.INTEGERS):
        value = _list(kind, text)
        if isinstance(value, list):
            return checked(key, value)
    else:
        return checked(key, text)
    return _refuse(key, text)


def expected(key: Key) -> str:
    """What a key takes, in words."""
    kind = key.kind
    if kind == kinds.INTEGERS:
        words = "a list of integers from " + _figure(key.low) + " to " + _figure(key.high)
    elif kind == kinds.INTEGER:
        words = "an integer from " + _figure(key.low) + " to " + _figure(key.high)
    elif kind == kinds.NUMBER:
        words = "a number from " + _figure(key.low) + " to " + _figure(key.high)
    elif kind == kinds.CHOICE:
        words = " or ".join(['"' + choice + '"' for choice in key.choices])
    else:
        words = {
            kinds.FLAG: "true or false",
            kinds.TEXT: "a text",
            kinds.PATH: "an absolute path or one from ~/, without ..",
            kinds.URL: "an address that begins with http:// or https:// and ends with its path",
            kinds.PRINTABLE: "a text of printable ASCII characters without space around it",
            kinds.TEXTS: "a list of texts that are not empty",
            kinds.HEADERS: "an object of HTTP header names and values",
        }[kind]
    return words + ", or null" if key.default is None else words


def described(value: object, *, is_shown: bool) -> str:
    """A value for a message: its kind, and the value itself if it is short and may be shown."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if not isinstance(value, str):
        return str(value) if is_shown else "a number"
    if not value:
        return "an empty text"
    return '"' + printable(value) + '"' if is_shown else "a text"


def printable(text: str) -> str:
    """A text cut to 60 characters, without control characters: what may stand in a message."""
    cut = text if len(text) <= MOST_SHOWN else text[:MOST_SHOWN] + "..."
    return "".join([letter if letter >= " " and not "\x7f" <= letter <= "\x9f" else "?" for letter in cut])


def _refuse(key: Key, value: object, found: str = "") -> NoReturn:
    hint = ""
    if key.kind == kinds.CHOICE and isinstance(value, str):
        from clawft.core.near import did_you_mean  # noqa: PLC0415 - only for a mistake

        hint = did_you_mean(value, key.choices)
    # What stands under a provider may be a key that was put in the wrong place.
    is_shown = not (key.is_secret or key.path.startswith("providers."))
    raise BadValue(expected(key), found or described(value, is_shown=is_shown), hint)


def _number(key: Key, value: float) -> float:
    if not key.low <= value <= key.high:  # said this way round, it also refuses what is not a number
        _refuse(key, value)
    if key.kind == kinds.NUMBER:
        return float(value)
    if int(value) != value:
        _refuse(key, value)
    return int(value)


def _integer(key: Key, value: object) -> int:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        _refuse(key, value, "a list with " + described(value, is_shown=True) + " in it")
    return int(_number(key, value))


def _text(key: Key, text: str) -> str | None:
    kind = key.kind
    if kind == kinds.CHOICE:
        if text not in key.choices:
            _refuse(key, text, "another text")
    elif kind == kinds.PRINTABLE:
        if not is_printable(text):
            _refuse(key, text, "a text with other characters, or space around it")
    elif _has_control(text):
        _refuse(key, text, "a text with control characters")
    elif not text:
        if key.default is not None:
            _refuse(key, text)
        return None
    elif kind == kinds.PATH:
        _check_path(key, text)
    elif kind == kinds.URL:
        _check_url(key, text)
    return text


def _texts(key: Key, values: list[object]) -> list[str]:
    texts = []
    for value in values:
        if not isinstance(value, str) or not value or _has_control(value):
            _refuse(key, value, "a list with " + described(value, is_shown=True) + " in it")
        texts.append(value)
    return texts


def _headers(key: Key, values: dict[object, object]) -> dict[str, str]:
    headers = {}
    for name, value in values.items():
        if not isinstance(name, str) or not is_token(name):
            _refuse(key, values, '"' + printable(str(name)) + '", which is no header name')
        if not isinstance(value, str) or not is_printable(value):
            found = (
                "other characters, or space around it,"
                if isinstance(value, str)
                else described(value, is_shown=False)
            )
            _refuse(key, values, found + ' for "' + name + '"')
        headers[name] = value
    return headers


def _check_path(key: Key, text: str) -> None:
    parts = text.replace("\\", "/").split("/")
    is_absolute = parts[0] in ("", "~") or (len(parts[0]) == 2 and parts[0][1] == ":")  # noqa: PLR2004 - C:
    if len(parts) == 1 or not is_absolute:
        _refuse(key, text, "" if not key.path.startswith("providers.") else "a relative path")
    if ".." in parts:
        _refuse(key, text, "a path with .. in it")


def _check_url(key: Key, text: str) -> None:
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in ("http", "https"):
        _refuse(key, text, "a text that begins otherwise")
    host = rest.split("/")[0]
    if "@" in host:
        _refuse(key, text, "an address with a user name or password in it")
    if not host or " " in rest or "?" in rest or "#" in rest or "\\" in rest:
        _refuse(key, text, 'an address without a host, or with a space, "?", "#" or "\\" in it')


def expanded(path: str, home: str) -> str:
    """A path whose leading `~/` stands for the home folder."""
    return home + "/" + path[2:] if path[:2] in ("~/", "~\\") else path


def is_printable(text: str) -> bool:
    """Whether a text may be the value of an HTTP header: printable ASCII, no space around it; empty is."""
    for letter in text:
        if not " " <= letter <= "~":
            return False
    return text.strip(" ") == text


def is_token(text: str) -> bool:
    """Whether a text may be the name of an HTTP header."""
    for letter in text:
        if not (
            "a" <= letter <= "z"
            or "A" <= letter <= "Z"
            or "0" <= letter <= "9"
            or letter in _HEADER_NAME_MARKS
        ):
            return False
    return bool(text)


def _has_control(text: str) -> bool:
    return any(letter < " " or letter == "\x7f" for letter in text)


def _figure(value: float) -> str:
    return str(int(value)) if int(value) == value else str(value)


def _list(kind: str, text: str) -> object:
    """The list that a text is: JSON, or its parts between commas, figures where integers are wanted."""
    if text.startswith("["):
        return _json(text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return [_json(part) for part in parts] if kind == kinds.INTEGERS else parts


def _json(text: str) -> object:
    from clawft.core.jsonc import JsoncError, parse  # noqa: PLC0415 - few values are given this way

    try:
        return parse(text.encode()).value
    except (JsoncError, ValueError):  # ValueError: a variable that is not UTF-8 comes with lone surrogates
        return None

"""The one home of every difference between the runtimes that must live in code. No other file tests for one."""

from __future__ import annotations

import json
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The executables' json (embedded/port/weft_json.c) is strict and has no keywords. Stock MicroPython's, in WebAssembly,
# has none either, writes what JSON cannot hold as it would print it, and reads missing commas.
_HAS_OPTIONS = hasattr(json, "JSONDecodeError")
_IS_STRICT = hasattr(json, "DEPTH_LIMIT")
_SHOWN_DIGITS = 40  # as in weft_json_read.c


def json_text(value: object) -> str:
    """JSON on one line, non-ASCII characters as they are. ValueError or TypeError for what JSON cannot hold."""
    if _IS_STRICT:
        return json.dumps(value)
    if _HAS_OPTIONS:
        try:
            return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        except RuntimeError:  # a RecursionError, where that has a name
            raise ValueError("nested too deeply for JSON")
    _check_json(value)
    return json.dumps(value, separators=(",", ":"))


def json_value(text: str) -> object:
    """The value of a JSON text. ValueError says what is wrong and where. Every number is finite."""
    if _IS_STRICT:
        return json.loads(text)
    if _HAS_OPTIONS:
        try:
            return json.loads(text, parse_constant=_refuse_constant, parse_float=finite_float)
        except RuntimeError:
            raise ValueError("the JSON is nested too deeply")
    from clawft.core.json_grammar import check_json_text  # noqa: PLC0415 - not loaded where json is strict

    check_json_text(text)
    return json.loads(text)


def finite_float(digits: str) -> float:
    """The value of a number of JSON. ValueError for one that no float holds, as 1e999: it would be read as infinity."""
    value = float(digits)
    if value - value != 0.0:
        raise ValueError("the number " + digits[:_SHOWN_DIGITS] + " is out of range")
    return value


def _refuse_constant(name: str) -> object:
    raise ValueError(name + " is not JSON")


def _check_json(value: object) -> None:
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError("a key of a JSON object must be text")
            _check_json(value[key])
    elif isinstance(value, (list, tuple)):
        for item in value:
            _check_json(item)
    elif isinstance(value, float):
        if value - value != 0.0:
            raise ValueError("NaN and Infinity are not JSON")
    elif not (value is None or isinstance(value, (str, int, bool))):  # there, a bool is no int
        raise TypeError("not a JSON value: " + str(type(value)))


def lower_text(text: str) -> str:
    """The text in lower case, for comparing. MicroPython lowers only ASCII: Latin-1, Greek and Cyrillic are added."""
    lowered = text.lower()
    if "\u00c9".lower() == "\u00e9" or len(text.encode()) == len(text):
        return lowered
    return "".join([_lower_character(character) for character in lowered])


def _lower_character(character: str) -> str:
    code = ord(character)
    if 0xC0 <= code <= 0xDE and code != 0xD7 or 0x391 <= code <= 0x3A9 or 0x410 <= code <= 0x42F:  # noqa: PLR2004, RUF021
        return chr(code + 32)
    return chr(code + 80) if 0x400 <= code <= 0x40F else character  # noqa: PLR2004 - Unicode's own figures


def legacy_text(data: bytes, codec: str) -> str | None:
    """Text in a charset of old, U+FFFD for what is wrong; None where the runtime has no table for it."""
    try:
        if b"\xa4".decode("iso8859_15") != "\u20ac":  # MicroPython reads everything as UTF-8
            return None
        return str(
            __import__("codecs").getdecoder(codec)(data, "replace")[0]
        )  # no import, as in traceback_text
    except (LookupError, UnicodeError):
        return None


def iso_time(unix_s: float) -> str:
    """RFC 3339 in UTC with milliseconds, as in `2026-11-22T20:15:01.250Z`."""
    parts = time.gmtime(int(unix_s))
    return "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ" % (parts[:6] + (int(unix_s * 1000) % 1000,))


def traceback_text(error: BaseException) -> str:
    """Where an exception came from, as the runtime describes it, ended by a newline."""
    import io  # noqa: PLC0415 - only for a report
    import sys  # noqa: PLC0415

    stream = io.StringIO()
    print_exception = getattr(sys, "print_exception", None)
    if print_exception is not None:
        print_exception(error, stream)
    else:
        # Not an import statement: nothing frozen may import what is not in the executables.
        __import__("traceback").print_exception(error, file=stream)
    return stream.getvalue()


def ascii_host(host: str) -> str:
    """The xn-- form of a host that is not ASCII: UTS 46, non-transitional, and IDNA 2008. ValueError says why not.

    The executables have no tables for that and refuse every such host.
    """
    try:
        # Not an import statement: see above. Loaded late, since such hosts are rare and its tables are large.
        idna = __import__("idna")
        encode_host = idna.encode
    except ImportError:
        raise ValueError("is not ASCII; write the name in its xn-- form, as in xn--bcher-kva.example")
    try:
        mapped: str = encode_host(host, uts46=True, std3_rules=True).decode()
    except idna.IDNAError as error:
        raise ValueError("is not a name that can exist: " + str(error)[:200])
    return mapped


def feature(module: str) -> Any:  # noqa: ANN401 - whatever a module has
    """A module of a feature, None in builds without it."""
    try:
        # Not an import statement: those say what is in every build.
        return __import__(module, None, None, ["*"])
    except ImportError as error:
        if module in str(error):
            return None
        raise

"""JSON: our grammar says yes exactly where CPython's strict parser and its floats do; what is read can be written."""

from __future__ import annotations

import json
import math

from clawft.core.compat import json_text, json_value
from clawft.core.json_grammar import DEPTH_LIMIT, check_json_text
from clawft.core.jsonc import JsoncError, parse
from tests.portable.test_json_grammar import BAD, GOOD


def seeds():
    texts = [
        *GOOD,
        *BAD,
        '{"a": [1, -2.5e3, "\\ud83d\\ude00", null]}',
        "[" * 40 + "]" * 40,
        "// c\n{,}",
        "[1.7976931348623157e308]",
    ]
    return [text.encode() for text in texts]


def check(data):
    try:
        text = data.decode()
    except UnicodeDecodeError:
        refused(data)
        return
    is_json = is_good(text)
    if "\ufeff" not in text[:1]:
        assert is_json == is_right(text), text
    if not is_json:
        return
    value = json_value(text)
    assert same(json_value(json_text(value)), value)
    document = refused(data)
    if document is not None:
        assert same(document.value, value)


def is_good(text):
    """By our own grammar."""
    try:
        check_json_text(text)
    except ValueError:
        return False
    return True


def is_right(text):
    """By CPython's parser, but for a nesting and whole numbers that only limits refuse."""
    try:
        json.loads(text, parse_constant=refuse, parse_int=str, parse_float=finite)
    except ValueError:
        return False
    except RecursionError:
        return is_good(text)
    return text.count("[") + text.count("{") <= DEPTH_LIMIT or is_good(text)


def finite(digits):
    """1e999 is JSON, and no number that JSON can say again."""
    if math.isinf(float(digits)):
        raise ValueError(digits)


def refuse(name):
    raise ValueError(name)


def refused(data):
    """The document that a config file with these bytes is, None for a JsoncError."""
    try:
        return parse(data)
    except JsoncError as error:
        assert error.line >= 1
        assert error.column >= 1
        return None


def same(one, other):
    return json.dumps(one) == json.dumps(other)

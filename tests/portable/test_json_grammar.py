"""The grammar check and the runtime's JSON agree with RFC 8259, whatever the runtime's parser lets through."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.json_grammar import check_json_text

GOOD = (
    "{}",
    "[]",
    " [ ] ",
    '""',
    "0",
    "-0",
    "-1.5e+10",
    "1E5",
    "true",
    "false",
    "null",
    '{"a":1,"b":[1,2,{"c":null}],"d":{"e":"f"}}',
    '"\\u00e9\\n\\"\\\\\\/\\b\\f\\r\\t"',
    '"é漢🙂\x7f"',
    '\r\n\t{"a" : [ 1 , 2 ] }\n',
    '{"":""}',
)
BAD = (
    "",
    " ",
    "{",
    "}",
    "[",
    "]",
    "{]",
    "[}",
    ",",
    ":",
    "[,]",
    "{,}",
    "[1,]",
    '{"a":1,}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    "[1 2]",
    '{"a"}',
    '{"a":}',
    "{1:2}",
    "{a:1}",
    "{'a':1}",
    '{"a":1}}',
    "{} {}",
    "tru",
    "truee",
    "True",
    "nul",
    "NaN",
    "Infinity",
    "-Infinity",
    "-",
    "+1",
    "01",
    "-01",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x10",
    '"',
    '"abc',
    '"a\nb"',
    '"a\tb"',
    '"\\d"',
    '"\\u12"',
    '"\\u12g4"',
    '"\\',
    "// comment\n1",
    "1e999",
    '{"a":[-1.5E+309]}',
)


def test_the_grammar_accepts_json() -> None:
    for text in GOOD:
        check_json_text(text)
        json_value(text)


def test_the_grammar_refuses_what_is_almost_json() -> None:
    for text in BAD:
        for read in (check_json_text, json_value):
            try:
                read(text)
            except ValueError:
                continue
            raise AssertionError(text)


def test_values_are_written_and_read_back() -> None:
    for value in ({}, [], "", 0, -1.5, True, None, {"a": [1, 'é漢🙂\x01\n"\\', False, {"b": None}]}):
        assert json_value(json_text(value)) == value
    assert json_text({"a": [1, True]}) == '{"a":[1,true]}'


def test_what_json_cannot_hold_is_not_written() -> None:
    for value in (float("nan"), float("inf"), object(), b"x", {"a": object()}, [float("-inf")]):
        try:
            json_text(value)
        except (TypeError, ValueError):
            continue
        raise AssertionError(str(value))

"""JSON as the agent reads and writes it (RFC 8259), the same on every runtime."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value

# What must be read, and the value it has.
READ = (
    ("[]", []),
    ("{}", {}),
    ("[[]]", [[]]),
    ("[{}]", [{}]),
    (" [ ] ", []),
    ("\t\n\r [1\n,\r2\t]\n", [1, 2]),
    ("null", None),
    ("true", True),
    ("false", False),
    ("0", 0),
    ("-0", 0),
    ("-1", -1),
    ("123456789", 123456789),
    ("1234567890", 1234567890),
    ("4611686018427387904", 4611686018427387904),
    ("-9223372036854775809", -9223372036854775809),
    ("123456789012345678901234567890", 123456789012345678901234567890),
    ("0.5", 0.5),
    ("-0.5", -0.5),
    ("1.0", 1.0),
    ("1e2", 100.0),
    ("1E2", 100.0),
    ("1e+2", 100.0),
    ("1E-2", 0.01),
    ("0e1", 0.0),
    ("0E+1", 0.0),
    ("1.5e300", 1.5e300),
    ("1e-400", 0.0),
    ('""', ""),
    ('"a"', "a"),
    ('" a b "', " a b "),
    ('"\\""', '"'),
    ('"\\\\"', "\\"),
    ('"\\/"', "/"),
    ('"/"', "/"),
    ('"\\b\\f\\n\\r\\t"', "\b\f\n\r\t"),
    ('"\\u0041"', "A"),
    ('"\\u00e9\\u00E9"', "éé"),
    ('"\\u20ac"', "€"),
    ('"\\u0000"', "\x00"),
    ('"\\u001f\\u007f"', "\x1f\x7f"),
    ('"\\ud83d\\ude00"', "😀"),
    ('"x\\uD834\\uDD1Ey"', "x\U0001d11ey"),
    ('"\\udbff\\udfff"', "\U0010ffff"),
    ('"\\uffff\\ufffe"', "\uffff\ufffe"),
    ('"é漢🙂"', "é漢🙂"),
    ('"\x7f"', "\x7f"),
    ('"\u2028\u2029"', "\u2028\u2029"),
    ('"\\\\u0041"', "\\u0041"),
    ('"\\\\\\""', '\\"'),
    ('["a","b"]', ["a", "b"]),
    ("[1,null,true,false,1.5]", [1, None, True, False, 1.5]),
    ('{"a":1}', {"a": 1}),
    ('{"a":{"b":{"c":[]}}}', {"a": {"b": {"c": []}}}),
    ('{"":0}', {"": 0}),
    ('{"a":1,"a":2}', {"a": 2}),
    ('{"\\u0061":1}', {"a": 1}),
    ('{"a\\u0000b":1}', {"a\x00b": 1}),
    ('{ "a" : 1 , "b" : [ 2 ] }', {"a": 1, "b": [2]}),
    ('{"true":true,"null":null}', {"true": True, "null": None}),
)

# What is not JSON, however close to it.
REFUSED = (
    "",
    " ",
    "\n",
    "[",
    "]",
    "{",
    "}",
    "[[]",
    "[]]",
    "{}}",
    "{}{}",
    "[][]",
    "[}",
    "{]",
    "[1}",
    '{"a":1]',
    ",",
    ":",
    "[,]",
    "[,1]",
    "[1,]",
    "[1,,2]",
    "[1 2]",
    "[1:2]",
    "[1;2]",
    "{,}",
    '{"a"}',
    '{"a":}',
    '{"a" 1}',
    '{"a",1}',
    '{"a"::1}',
    '{"a":1,}',
    '{"a":1,,"b":2}',
    '{"a":1 "b":2}',
    '{"a":1:2}',
    "{:1}",
    "{1:1}",
    "{a:1}",
    "{null:1}",
    "{[]:1}",
    "{'a':1}",
    '{"a":1',
    '{"a":',
    '{"a"',
    '{"a',
    "nul",
    "nulll",
    "Null",
    "NULL",
    "tru",
    "truE",
    "True",
    "fals",
    "None",
    "undefined",
    "nan",
    "NaN",
    "-NaN",
    "Infinity",
    "-Infinity",
    "inf",
    "+1",
    "--1",
    "- 1",
    "-",
    "+",
    "01",
    "-01",
    "00",
    "-00",
    "012.5",
    "1.",
    ".1",
    "-.1",
    "1.e1",
    "1e",
    "1e+",
    "1E-",
    "1e1.5",
    "1ee1",
    "1.5.5",
    "0x1",
    "1_000",
    "1,000",
    "1a",
    "1 2",
    "\uff11",
    '"',
    '"a',
    '"\\"',
    '"\\',
    '"a\nb"',
    '"a\tb"',
    '"\x00"',
    '"\x1f"',
    '"\\a"',
    '"\\v"',
    '"\\x41"',
    '"\\0"',
    '"\\\'"',
    '"\\U0041"',
    '"\\é"',
    '"\\\n"',
    '"\\u"',
    '"\\u0"',
    '"\\u004"',
    '"\\u004g"',
    '"\\u00 4"',
    '"\\u+041"',
    '"\\ud83d\\u"',
    '"\\ud83d\\u12"',
    "'a'",
    "a",
    '"a" "b"',
    '"a"b',
    "\ufeff[]",
    "[]\x00",
    "\x00",
    "[\x0c1]",
    "[\xa01]",
    "\u2003[]",
    "// a\n[]",
    "/* a */[]",
    "[] # a",
    "[1]//",
)

# What a reader may refuse or read as it likes: it must do one of both, and what it reads can be shown.
EITHER = (
    '"\\ud800"',
    '"\\udc00"',
    '"\\ud800x"',
    '"\\ud800\\n"',
    '"\\ud800\\u0041"',
    '"\\ude00\\ud83d"',
    '"\\ud800\\ud800\\udc00"',
    "0." + "1" * 5000,
    "9" * 5000,
)

WRITTEN = (
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (0, "0"),
    (-17, "-17"),
    (1 << 80, "1208925819614629174706176"),
    (0.5, "0.5"),
    (1.0, "1.0"),
    (-0.0, "-0.0"),
    (1e100, "1e+100"),
    ("", '""'),
    ('"\\/', '"\\"\\\\/"'),
    ("\b\f\n\r\t\x00\x01\x1f\x7f", '"\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f"'),
    ("é漢😀\u2028", '"é漢😀\u2028"'),
    ([], "[]"),
    ((), "[]"),
    ((1, (2,)), "[1,[2]]"),
    ({}, "{}"),
    ({"b": [1, None], "é": {"": False}}, None),
)


def test_what_is_json_is_read() -> None:
    for text, value in READ:
        found = json_value(text)
        assert found == value, text
        assert type(found) is type(value), text


def test_what_is_almost_json_is_refused() -> None:
    for text in REFUSED:
        try:
            found = json_value(text)
        except ValueError as error:
            assert str(error), text
            continue
        raise AssertionError(repr(text) + " was read as " + repr(found))


def test_every_cut_of_a_text_is_refused() -> None:
    text = '{"a":[1.5e-3,"\\ud83d\\ude00\\n",null,{"b":[true,false]}],"":-12}'
    assert json_value(text) == {"a": [0.0015, "😀\n", None, {"b": [True, False]}], "": -12}
    for length in range(len(text)):
        try:
            json_value(text[:length])
        except ValueError:
            continue
        raise AssertionError(text[:length])


def test_what_is_undecided_is_read_or_refused() -> None:
    for text in EITHER:
        try:
            found = json_value(text)
        except ValueError:
            continue
        assert isinstance(found, (str, int, float)), text


def test_a_number_that_no_float_holds_is_refused_in_the_same_words() -> None:
    for text, shown in (
        ("1e999", "1e999"),
        ("-1e999", "-1e999"),
        ("1E+309", "1E+309"),
        ("1.7976931348623159e308", "1.7976931348623159e308"),
        ("9" * 400 + ".0", "9" * 40),
    ):
        for whole in (text, "[1," + text + "]", '{"a":{"b":' + text + ',"c":2}}'):
            try:
                json_value(whole)
            except ValueError as error:
                assert str(error) == "the number " + shown + " is out of range", whole
            else:
                raise AssertionError(whole)
    for text in ("1.7976931348623157e308", "1.7976931348623158e308", "-1e308", "1e-999", "9" * 400):
        assert json_value(text) is not None


def test_an_error_says_what_and_where() -> None:
    try:
        json_value('{"a": tru}')
    except ValueError as error:
        assert "6" in str(error) or "7" in str(error), str(error)
    else:
        raise AssertionError("not refused")


def test_nesting_has_a_limit_in_both_directions() -> None:
    assert json_value("[" * 500 + "]" * 500)
    for text in ("[" * 100000, "[" * 100000 + "]" * 100000, '{"a":' * 50000 + "1" + "}" * 50000):
        try:
            json_value(text)
        except ValueError:
            continue
        raise AssertionError("not refused")


def test_values_are_written_on_one_line() -> None:
    for value, text in WRITTEN:
        written = json_text(value)
        assert text is None or written == text, written
        assert "\n" not in written
        assert json_value(written) == (list(value) if value == () else json_value(written))


def test_what_json_cannot_hold_is_refused() -> None:
    refused = 0
    for value, kind in (
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        (-float("inf"), ValueError),
        (b"bytes", TypeError),
        (object(), TypeError),
        ({1, 2}, TypeError),
        (len, TypeError),
        ({(1, 2): 3}, TypeError),
        ([[{"a": object()}]], TypeError),
    ):
        try:
            json_text(value)
        except kind:
            refused += 1
    assert refused == 9


def test_what_is_written_does_not_depend_on_what_was_written_before() -> None:
    for size in (10, 5_000, 300_000, 10, 70_000):
        long = "x" * size
        assert json_text({"a": [long, "é\n", 1]}) == '{"a":["' + long + '","é\\n",1]}'
        refused = 0
        try:
            json_text(["y" * size, object()])
        except TypeError:
            refused = 1
        assert refused == 1
        assert json_text([1]) == "[1]"

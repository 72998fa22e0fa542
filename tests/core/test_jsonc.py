import contextlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.core.jsonc import JsoncError, parse

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**40), 10**40)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
FILLERS = st.sampled_from(
    ["", " ", "\n", "\r\n\t", "// note: {,}\n", '/* two\nlines, é " */', "//\n", "/**/"]
)


def tokens(value: object) -> list[str]:
    """The tokens of a value as JSON, with a comma after each last element too."""
    if isinstance(value, dict):
        found = ["{"]
        for name, inner in value.items():
            found += [json.dumps(name), ":", *tokens(inner), ","]
        return [*found, "}"]
    if isinstance(value, list):
        found = ["["]
        for inner in value:
            found += [*tokens(inner), ","]
        return [*found, "]"]
    return [json.dumps(value, ensure_ascii=False)]


@given(VALUES, st.booleans())
def test_plain_json_means_what_it_always_means(value: object, is_ascii: bool) -> None:
    assert parse(json.dumps(value, ensure_ascii=is_ascii, indent=1).encode()).value == value


@given(st.text(st.sampled_from('{}[]":,0123456789-+.eE \n\\utrfalsn/*'), max_size=12))
def test_whatever_json_accepts_is_accepted_and_means_the_same(text: str) -> None:
    try:
        value = json.loads(text, parse_constant=pytest.fail)
        text.encode()
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:
        return
    assert parse(text.encode()).value == value


@given(VALUES, st.data())
def test_comments_and_trailing_commas_change_no_value(value: object, data: st.DataObject) -> None:
    text = "".join(data.draw(FILLERS) + token for token in tokens(value)) + data.draw(FILLERS)
    assert parse(text.encode()).value == value


@given(VALUES, st.data())
def test_an_error_has_the_place_where_it_stands_whatever_comments_go_before(
    value: object, data: st.DataObject
) -> None:
    text = "".join(data.draw(FILLERS) + token for token in tokens(value)) + data.draw(FILLERS)
    with pytest.raises(JsoncError) as caught:
        parse((text + "@").encode())
    assert caught.value.line == text.count("\n") + 1
    assert caught.value.column == len(text.rpartition("\n")[2]) + 1
    assert caught.value.found == "'@'"


@given(st.dictionaries(TEXTS, st.none(), min_size=1, max_size=6), st.data())
def test_each_key_knows_its_line(value: dict[str, None], data: st.DataObject) -> None:
    text = "{"
    lines = {}
    for name in value:
        text += data.draw(FILLERS)
        lines[name] = text.count("\n") + 1
        text += json.dumps(name) + ":null,"
    document = parse((text + "}").encode())
    assert {name: document.line(document.value, name) for name in value} == lines
    assert document.line(document.value, "surely not there") == 0


@pytest.mark.parametrize(
    ("data", "line", "column", "expected", "found"),
    [
        (b"", 1, 1, "a value", "the end of the file"),
        (b"\n // nothing", 2, 12, "a value", "the end of the file"),
        (b'{"a": 1', 1, 8, '"," or the "}" for the "{" of line 1', "the end of the file"),
        (b'{"a": 1 "b": 2}', 1, 9, '"," or the "}" for the "{" of line 1', "'\"'"),
        (b'{\n"a": [1 2]}', 2, 9, '"," or the "]" for the "[" of line 2', "'2'"),
        (b'{"a" 1}', 1, 6, '":"', "'1'"),
        (b"{a: 1}", 1, 2, 'a key in double quotes or the "}" for the "{" of line 1', "'a'"),
        (b"{,}", 1, 2, 'a key in double quotes or the "}" for the "{" of line 1', "','"),
        (b"[,]", 1, 2, "a value", "','"),
        (b"[1,,]", 1, 4, "a value", "','"),
        (b"[01]", 1, 2, "a number without leading zeros", "'0'"),
        (b"[1.]", 1, 4, "a digit", "']'"),
        (b"[-]", 1, 3, "a digit", "']'"),
        (b"[1e]", 1, 4, "a digit", "']'"),
        (b"[" + b"1" * 65 + b"]", 1, 2, "a number of at most 64 characters", "'1'"),
        (b"[nan]", 1, 2, "a value", "'n'"),
        (b'["a\nb"]', 1, 4, "no line break or control character inside a text", "the end of the line"),
        (b'["ab', 1, 5, "the '\"' that ends the text begun on line 1", "the end of the file"),
        (b'["\\x"]', 1, 4, 'one of " \\ / b f n r t u after a backslash', "'x'"),
        (b'["\\u12g4"]', 1, 7, "four hexadecimal digits after \\u", "'g'"),
        (b'["\\ud800"]', 1, 9, "\\u escapes of surrogates in pairs", "'\"'"),
        (b"{} /* never\nended", 2, 6, "*/ after the /* of line 1", "the end of the file"),
        (b"/ 1", 1, 1, "// or /* to begin a comment", "'/'"),
        (b"{}\n{}", 2, 1, "the end of the file", "'{'"),
        ('["é", é]'.encode(), 1, 7, "a value", "another character"),
        (b'\xef\xbb\xbf{"a"}', 1, 5, '":"', "'}'"),
        (b'{\n"a": "\xff"}', 2, 1, "UTF-8 text", "bytes that are not UTF-8"),
        ("{}".encode("utf-16"), 1, 1, "UTF-8 text", "bytes that are not UTF-8"),
        (b"[" * 33, 1, 33, "at most 32 levels of { and [", "'['"),
    ],
)
def test_what_is_not_json_is_refused_with_its_place(
    data: bytes, line: int, column: int, expected: str, found: str
) -> None:
    with pytest.raises(JsoncError) as caught:
        parse(data)
    error = caught.value
    assert (error.line, error.column, error.expected, error.found) == (line, column, expected, found)


def test_thirty_two_levels_are_fine() -> None:
    parse(b"[" * 32 + b"]" * 32)


def test_a_byte_order_mark_does_not_matter() -> None:
    assert parse(b"\xef\xbb\xbf{}").value == {}


def test_what_looks_like_a_comment_in_a_text_is_text() -> None:
    assert parse(b'{"url": "https://host/*path*/,]"}').value == {"url": "https://host/*path*/,]"}


def test_repeated_keys_are_reported_and_the_last_one_counts() -> None:
    document = parse(b'{"a": 1, "b": {"a": 2},\n"a": 3}')
    assert document.value == {"a": 3, "b": {"a": 2}}
    assert document.repeated == [("a", 2)]


def test_only_twenty_repeated_keys_are_reported() -> None:
    assert len(parse(b"{" + b'"a": 1,' * 100 + b"}").repeated) == 20


def test_a_line_is_known_in_inner_objects_of_lists() -> None:
    document = parse(b'[{"a": 1},\n{"a": 2}]')
    assert isinstance(document.value, list)
    assert [document.line(inner, "a") for inner in document.value] == [1, 2]


@pytest.mark.parametrize(
    "data",
    [
        b'"' + b"\\n" * 50_000 + b'"',
        b'"' + b'\\"' * 50_000 + b'"',
        b'"' + b"\\n" * 50_000,
        b"/**/" * 25_000 + b"1",
        b"//\n" * 30_000 + b"1",
        b"[" + b"1," * 50_000 + b"]",
        b"{" + b'"a":1,' * 15_000 + b"}",
        b"[" + b'{"a":[]},' * 11_000 + b"]",
        b'"' + "é".encode() * 50_000,
    ],
)
def test_hostile_bytes_are_looked_at_a_few_times_each(data: bytes) -> None:
    looks = 0

    class Counting(bytes):
        def find(self, *arguments) -> int:
            nonlocal looks
            found = super().find(*arguments)
            start = arguments[1] if len(arguments) > 1 else 0
            end = arguments[2] if len(arguments) > 2 else len(self)
            looks += (found if found >= 0 else end) - start + 1
            return found

        def __add__(self, other: Any) -> bytes:
            return Counting(bytes(self) + other)

    with contextlib.suppress(JsoncError):
        parse(Counting(data))
    assert looks <= 4 * len(data)

"""Argument texts as models write them become checked arguments, or an error that says what to send instead."""

from __future__ import annotations

from clawft.agent.arguments import tool_arguments
from clawft.core.errors import ToolError

FILE: dict[str, object] = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"],
    "additionalProperties": False,
}
READ: dict[str, object] = {
    "type": "object",
    "properties": {
        "path": {"type": "string"},
        "offset": {"type": "integer", "minimum": 1, "maximum": 100},
        "ratio": {"type": "number"},
        "deep": {"type": "boolean"},
        "mode": {"type": "string", "enum": ["append", "overwrite"]},
        "names": {"type": "array", "items": {"type": "string"}},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "maybe": {"type": ["string", "null"]},
    },
    "required": [],
    "additionalProperties": False,
}
ANY: dict[str, object] = {"type": "object", "properties": {}}
AB = {"path": "a", "content": "b"}


def problem(text: str, schema: dict[str, object]) -> str:
    try:
        found = tool_arguments(text, schema)
    except ToolError as error:
        return error.message
    raise AssertionError("accepted: " + str(found))


def test_well_formed_arguments_come_through() -> None:
    assert tool_arguments('{"path":"a","content":"b"}', FILE) == AB
    assert tool_arguments(' {"path" : "a" ,\n "content" : "b"}\n', FILE) == AB
    assert tool_arguments('{"a":{"b":[1,2.5,true,null,"x"]}}', ANY) == {"a": {"b": [1, 2.5, True, None, "x"]}}


def test_nothing_means_no_arguments() -> None:
    for text in ("", "  \n", "{}", "null", '""'):
        assert tool_arguments(text, READ) == {}, text
    assert "is required" in problem("", FILE)


def test_slips_that_can_mean_one_thing_are_repaired() -> None:
    for text in (
        '{"path":"a","content":"b",}',
        '{"path":"a","content":"b" , }',
        '```json\n{"path":"a","content":"b"}\n```',
        '```\n{"path":"a","content":"b",}\n```\n',
        '```{"path":"a","content":"b"}```',
        '"{\\"path\\":\\"a\\",\\"content\\":\\"b\\"}"',
        '{"path":"a","content":"b"',
        '{"path":"a","content":"b"\n',
        '\ufeff{"path":"a","content":"b"}',
    ):
        assert tool_arguments(text, FILE) == AB, text
    assert tool_arguments('{"names":["a","b",],}', READ) == {"names": ["a", "b"]}


def test_raw_control_characters_in_a_string_are_that_character() -> None:
    text = '{"path":"a","content":"one\ntwo\tthree\r\n\x01"}'
    assert tool_arguments(text, FILE)["content"] == "one\ntwo\tthree\r\n\x01"
    text = '{"path":"a","content":"\n\n{\\"k\\": [1,],}\n",}'
    assert tool_arguments(text, FILE)["content"] == '\n\n{"k": [1,],}\n'


def test_an_escaped_single_quote_is_a_quote_and_other_escapes_are_refused() -> None:
    assert tool_arguments('{"path":"a","content":"it\\\'s"}', FILE)["content"] == "it's"
    assert "no JSON escape at character 23" in problem('{"path":"a","content":"\\d+"}', FILE)


def test_text_cut_off_inside_a_value_is_refused() -> None:
    whole = '{"path":"a.txt","content":"line one\\nline \\"two\\" \\u00e9"}'
    for size in range(1, len(whole) - 1):
        assert problem(whole[:size], FILE), whole[:size]
    assert tool_arguments(whole[:-1], FILE) == tool_arguments(whole, FILE)
    assert "cut off inside the string" in problem(whole[:-5], FILE)


def test_a_missing_brace_is_refused_where_something_may_be_lost() -> None:
    assert "cut off" in problem('{"path":"a"', READ)
    assert "cut off" in problem('{"path":"a","content":"b",', FILE)
    schema: dict[str, object] = {"type": "object", "properties": {"n": {"type": "integer"}}}
    assert "cut off" in problem('{"n":1', schema)
    schema = {"type": "object", "properties": {"n": {"type": "boolean"}}}
    assert tool_arguments('{"n":true', schema) == {"n": True}
    assert "cut off" in problem('{"n":tru', schema)
    schema = {"type": "object", "properties": {"n": {"type": "object"}}}
    assert "cut off" in problem('{"n":{"a":"b"', schema)
    assert tool_arguments('{"n":{"a":"b"}', schema) == {"n": {"a": "b"}}


def test_what_is_no_object_is_refused_by_its_kind() -> None:
    for text, kind in (
        ("[]", "array"),
        ("5", "integer"),
        ("true", "boolean"),
        ('"path"', "string"),
        ("1.5", "number"),
    ):
        assert "found " + kind in problem(text, FILE), text
    for text in (
        "{",
        "}",
        "nonsense",
        '{"path":',
        "{'path':'a'}",
        '{"a":"b"}}',
        '{"a":"b"} {}',
        "```",
        "{,}",
        "[,]",
    ):
        assert "arguments: " in problem(text, FILE), text


def test_messages_name_the_argument_what_was_expected_and_what_was_found() -> None:
    assert problem('{"path":"a"}', FILE) == 'argument "content": is required, expected string, found nothing'
    assert problem('{"path":["a"],"content":"b"}', FILE) == 'argument "path": expected string, found array'
    assert problem('{"mode":"replace"}', READ) == (
        'argument "mode": expected one of append, overwrite, found string "replace"'
    )
    assert problem('{"offset":0}', READ) == 'argument "offset": expected at least 1, found 0'
    assert problem('{"offset":101}', READ) == 'argument "offset": expected at most 100, found 101'
    assert problem('{"names":["a",[1]]}', READ) == 'argument "names[1]": expected string, found array'
    assert problem('{"headers":{"a":{}}}', READ) == 'argument "headers.a": expected string, found object'
    assert problem('{"pth":"a","content":"b"}', FILE) == (
        'unknown argument "pth"; did you mean path?; argument "path": is required, expected string, found nothing'
    )
    assert problem('{"zzzzz":1}', FILE).startswith('unknown argument "zzzzz"; expected path, content')


def test_an_unknown_argument_is_accepted_where_the_schema_does_not_forbid_it() -> None:
    assert tool_arguments('{"zzzzz":1}', ANY) == {"zzzzz": 1}


def test_values_that_mean_one_thing_are_converted() -> None:
    for text, value in (
        ('{"offset":"5"}', {"offset": 5}),
        ('{"offset":5.0}', {"offset": 5}),
        ('{"ratio":"2.5"}', {"ratio": 2.5}),
        ('{"ratio":"-2"}', {"ratio": -2}),
        ('{"ratio":2}', {"ratio": 2}),
        ('{"deep":"true"}', {"deep": True}),
        ('{"deep":"false"}', {"deep": False}),
        ('{"path":12}', {"path": "12"}),
        ('{"path":null}', {}),
        ('{"maybe":null}', {"maybe": None}),
        ('{"maybe":"x"}', {"maybe": "x"}),
    ):
        found = tool_arguments(text, READ)
        assert found == value, text
        assert str(found) == str(value), text


def test_values_that_could_mean_two_things_are_not_converted() -> None:
    for text in (
        '{"offset":5.5}',
        '{"offset":"5.0"}',
        '{"offset":"five"}',
        '{"offset":" 5"}',
        '{"offset":""}',
        '{"offset":"-"}',
        '{"offset":true}',
        '{"offset":1e300}',
        '{"ratio":"1e5"}',
        '{"ratio":"1."}',
        '{"ratio":true}',
        '{"deep":1}',
        '{"deep":"yes"}',
        '{"path":1.5}',
        '{"path":true}',
        '{"path":{"a":1}}',
        '{"names":"a"}',
    ):
        assert "expected" in problem(text, READ), text
    assert "found null" in problem('{"path":null,"content":"b"}', FILE)


def test_a_number_that_is_infinite_is_refused_whatever_is_expected() -> None:
    for schema in (READ, ANY):
        for text in ('{"ratio":1e999}', '{"maybe":-1e999}', '{"zzzzz":[{"a":1e999}]}'):
            assert "1e999 is out of range" in problem(text, schema), text


def test_several_problems_are_told_together_and_long_values_shortly() -> None:
    message = problem('{"offset":"x","ratio":"y","path":"a"}', READ)
    assert "offset" in message
    assert "ratio" in message
    assert len(problem('{"mode":"' + "m" * 1000 + '"}', READ)) < 200
    assert len(problem('{"' + "m" * 1000 + '":1}', READ)) < 400


def test_nesting_has_a_limit() -> None:
    assert tool_arguments('{"a":' * 60 + "1" + "}" * 60, ANY)
    assert "nested deeper" in problem('{"a":' * 70 + "1" + "}" * 70, ANY)
    assert "nested deeper" in problem('{"a":' * 70 + "1,}" + "}" * 69, ANY)

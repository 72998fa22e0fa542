"""Arguments under hostile and random texts: values come through, repairs lose nothing, time stays linear."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.agent.arguments import tool_arguments
from clawft.agent.repair import repaired
from clawft.core.errors import ToolError

ANY: dict[str, object] = {"type": "object", "properties": {}}
FILE: dict[str, object] = {
    "type": "object",
    "properties": {"path": {"type": "string"}, "content": {"type": "string"}},
    "required": ["path", "content"],
    "additionalProperties": False,
}
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(st.dictionaries(st.text(max_size=5), VALUES))
def test_any_json_object_comes_through(value: dict[str, object]) -> None:
    text = json.dumps(value)
    assert tool_arguments(text, ANY) == value
    assert json.loads(repaired(json.dumps(value, ensure_ascii=False, indent=1), ANY)) == value


@given(st.text(max_size=30), st.text(max_size=30))
def test_no_cut_of_a_call_gives_other_arguments(path: str, content: str) -> None:
    for ensure_ascii in (True, False):
        text = json.dumps({"path": path, "content": content}, ensure_ascii=ensure_ascii)
        for size in range(1, len(text)):
            try:
                found = tool_arguments(text[:size], FILE)
            except ToolError:
                continue
            assert found == {"path": path, "content": content}


@given(st.text(alphabet='{}[]",:\\ ab1\n`'))
def test_any_text_is_arguments_or_a_tool_error(text: str) -> None:
    for schema in (ANY, FILE):
        try:
            found = tool_arguments(text, schema)
        except ToolError:
            continue
        assert isinstance(found, dict)


@given(st.text(min_size=1))
def test_raw_line_ends_inside_strings_are_kept(content: str) -> None:
    text = (
        '{"path":"a","content":"' + json.dumps(content)[1:-1].replace("\\n", "\n").replace("\\t", "\t") + '"}'
    )
    if "\\\n" in text or "\\\t" in text:
        return  # an escaped backslash before the letter n: not a line end
    assert tool_arguments(text, FILE)["content"] == content


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000_000,
        '{"a":' * 300_000,
        '{"a":"' + "\\" * 1_000_001,
        '{"a":"' + "\n" * 1_000_000,
        "{" + " ," * 500_000 + "}",
        '{"a":[' + "1," * 500_000 + "]}" + "}",
        "```" * 300_000,
        '"' * 500_001,
        "9" * 1_000_000,
        '{"a":' + "9" * 100_000 + "}",
        '{"a":1e999}',
        '{"' + "k" * 1_000_000 + '":1,}}',
    ],
)
def test_hostile_texts_end_soon_with_a_short_error(text: str) -> None:
    with pytest.raises(ToolError) as refused:
        tool_arguments(
            text, {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
        )
    assert len(refused.value.message) < 500


def test_a_large_file_is_an_argument_like_any_other() -> None:
    content = 'print("hello")\n' * 70_000
    assert tool_arguments(json.dumps({"path": "a", "content": content}), FILE)["content"] == content
    raw = '{"path":"a","content":"' + content.replace('"', '\\"') + '",}'
    assert tool_arguments(raw, FILE)["content"] == content

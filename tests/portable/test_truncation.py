"""Tool results of any size become JSON that is never over its limit and keeps both ends of what is long."""

from __future__ import annotations

from clawft.agent.truncation import fit
from clawft.core.compat import json_text, json_value

LIMITS = (64, 80, 100, 200, 333, 1000)
LONG = "x" * 3000


def test_what_fits_is_untouched() -> None:
    for result in (
        {"content": "hi"},
        {},
        {"entries": [{"name": "a", "is_dir": False, "size": 1}], "n": None},
    ):
        text = json_text(result)
        assert fit(result, 1000) == text, fit(result, 1000)
        assert fit(result, len(text.encode())) == text, fit(result, len(text.encode()))


def test_one_byte_too_many_is_cut() -> None:
    result = {"content": "y" * 500}
    size = len(json_text(result))
    assert fit(result, size) == json_text(result)
    cut = fit(result, size - 1)
    assert len(cut.encode()) < size
    assert " bytes omitted " in cut


def check(result: dict[str, object]) -> None:
    for limit in LIMITS:
        text = fit(result, limit)
        assert len(text.encode()) <= limit, (limit, text)
        assert isinstance(json_value(text), (dict, str))
        assert "omitted" in text or "truncated" in text or "…" in text, text


def test_long_text_is_never_over_the_limit_and_always_json() -> None:
    check({"content": LONG})
    check({"content": "漢" * 600})
    check({"content": "🙂" * 500})


def test_text_that_json_must_escape_is_never_over_the_limit() -> None:
    check({"content": "\x01\x02" * 500})
    check({"content": '"\\\n' * 500})


def test_many_fields_and_items_are_never_over_the_limit() -> None:
    check({"stdout": LONG, "stderr": "e" * 500, "exit_code": 0, "duration_ms": 12})
    check({"entries": [{"name": "n" * 20, "is_dir": False, "size": index} for index in range(100)]})
    check({"matches": [LONG, LONG], "count": 2, "query": "q"})


def test_strange_shapes_are_never_over_the_limit() -> None:
    check({LONG: 1})
    check({"list": [[["x" * 1100]]]})


def test_many_keys_are_never_over_the_limit() -> None:
    check({"key" + str(index): index for index in range(120)})


def test_long_numbers_are_never_over_the_limit() -> None:
    check({"n": 10**1100})


def test_deep_objects_are_never_over_the_limit() -> None:
    check({"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": "x" * 1100}}}}}}}})


def test_head_and_tail_stay_and_the_omitted_bytes_are_counted() -> None:
    content = "first line\n" + "middle\n" * 500 + "last line"
    value = json_value(fit({"content": content}, 1000))
    assert isinstance(value, dict)
    cut = str(value["content"])
    assert cut.startswith("first line\n")
    assert cut.endswith("last line")
    head, _, rest = cut.partition("\n… ")
    number, _, tail = rest.partition(" bytes omitted …\n")
    assert int(number.replace(",", "")) + len(head) + len(tail) == len(content)
    assert len(cut.encode()) > 850


def test_only_the_long_fields_are_cut() -> None:
    value = json_value(fit({"exit_code": 1, "stdout": LONG, "stderr": "it failed", "duration_ms": 7}, 500))
    assert isinstance(value, dict)
    assert (value["exit_code"], value["stderr"], value["duration_ms"]) == (1, "it failed", 7)
    assert len(value["stdout"]) > 300


def test_lists_keep_their_first_items_and_say_how_many_there_were() -> None:
    entries = [{"name": "file" + str(index)} for index in range(100)]
    value = json_value(fit({"entries": entries}, 500))
    assert isinstance(value, dict)
    kept = value["entries"]
    assert kept[-1] == {"_truncated": True, "original_count": 100}
    assert kept[:-1] == entries[: len(kept) - 1]
    assert len(kept) > 10


def test_what_is_not_json_is_shown_all_the_same() -> None:
    for result in ({"a": float("nan")}, {"a": object()}, {"a": [float("inf")]}):
        text = fit(result, 200)
        assert len(text.encode()) <= 200
        assert isinstance(json_value(text), dict)

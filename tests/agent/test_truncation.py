"""Results of any shape and size are cut to JSON within their limit."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawft.agent.truncation import fit

SHORT = st.text(max_size=5)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(alphabet='\x01"\\漢🙂\ud800', min_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(SHORT, inner, max_size=4),
    max_leaves=8,
)
LARGE: dict[str, dict[str, object]] = {
    "ascii": {"content": "x = 1\n" * 200_000},
    "cjk": {"content": "漢" * 350_000},
    "controls": {"content": "\x01" * 1_000_000},
    "quotes": {"stdout": '"' * 500_000, "stderr": "\\" * 500_000, "exit_code": 1},
    "entries": {"entries": [{"name": "n" * 20, "is_dir": False, "size": index} for index in range(20_000)]},
    "keys": {f"key {index}": index for index in range(20_000)},
    "deep": {"a": json.loads("[" * 900 + "]" * 900)},
    "halves": {"content": "\ud800" * 200_000},
}


@given(st.dictionaries(SHORT, VALUES, max_size=4), st.integers(5, 2000))
def test_any_result_fits_any_limit(result: dict[str, object], limit_bytes: int) -> None:
    text = fit(result, limit_bytes)
    assert len(text.encode()) <= limit_bytes
    json.loads(text)


@given(st.dictionaries(SHORT, VALUES, max_size=4), st.integers(0, 3))
def test_what_fits_is_exactly_its_json(result: dict[str, object], spare_bytes: int) -> None:
    try:
        whole = json.dumps(result, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(whole.encode())
    except ValueError:
        return  # NaN, or half of a surrogate pair
    assert fit(result, max(size, 5) + spare_bytes) == whole


@pytest.mark.parametrize("name", list(LARGE))
@pytest.mark.parametrize("limit_bytes", [64, 80, 81, 99, 100, 1000, 65_536])
def test_large_results_use_their_limit_well(name: str, limit_bytes: int) -> None:
    text = fit(LARGE[name], limit_bytes)
    size = len(text.encode())
    assert size <= limit_bytes
    assert json.loads(text)
    if limit_bytes >= 1000 and name != "deep":
        assert size > 0.9 * limit_bytes


def test_results_nested_without_end_are_shown() -> None:
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    text = fit({"a": nested, "b": "kept"}, 200)
    assert json.loads(text)["b"] == "kept"
    while nested:  # taken apart by hand: freeing it at once would recurse as deep
        nested = nested.pop()  # type: ignore[assignment] # a list of lists

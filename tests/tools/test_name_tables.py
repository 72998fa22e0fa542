"""The tables that the patched MicroPython searches hold every name once, where its hash or its order says."""

from __future__ import annotations

import re

import pytest

from tools.compiler import BuildError
from tools.name_tables import BUCKETS, with_tables

BUILT_IN = """\
QDEF0(MP_QSTRnull, 0, 0, "")
QDEF0(MP_QSTR_, 5381, 0, "")
QDEF0(MP_QSTR__0x0a_, 46511, 1, "\\x0a")
QDEF1(MP_QSTR_sys, 37116, 3, "sys")
"""
FROZEN = """\
enum {
    MP_QSTR__0x00_ = MP_QSTRnumber_of,
    MP_QSTR_loop,
    MP_QSTR_quote,
};

const qstr_hash_t mp_qstr_frozen_const_hashes[] = {
    46501,
    2108,
    46501,
};

const qstr_len_t mp_qstr_frozen_const_lengths[] = {
    1,
    4,
    3,
};

extern const qstr_pool_t mp_qstr_const_pool;
const qstr_pool_t mp_qstr_frozen_const_pool = {
    &mp_qstr_const_pool, // previous pool
    (qstr_len_t *)mp_qstr_frozen_const_lengths,
    {
        "\\x00",
        "loop",
        "\\",\\x0a",
    },
};

const char mp_frozen_names[] = {
    #ifdef MP_FROZEN_STR_NAMES
    MP_FROZEN_STR_NAMES
    #endif
    "app/__init__.py\\0"
    "app/loop.py\\0"
    "main.py\\0"
    "\\0"
};
"""


def values(text: str, name: str) -> list[str]:
    found = re.search(re.escape(name) + r"\S* = \{([^}]*)\}", text)
    assert found is not None, f"no {name} in {text}"
    return re.findall(r"\w+", found[1])


def test_every_qstr_but_the_empty_one_stands_in_the_bucket_of_its_hash() -> None:
    text = with_tables(BUILT_IN, FROZEN)
    starts = [int(value) for value in values(text, "mp_qstr_bucket_starts[MICROPY_QSTR_BUCKETS + 1]")]
    names = values(text, "mp_qstr_index[]")
    assert len(starts) == BUCKETS + 1
    assert starts == sorted(starts)
    assert starts[-1] == len(names)

    def bucket(value: int) -> list[str]:
        return names[starts[value % BUCKETS] : starts[value % BUCKETS + 1]]

    assert bucket(46511) == ["MP_QSTR__0x0a_"]
    assert bucket(37116) == ["MP_QSTR_sys"]
    assert bucket(2108) == ["MP_QSTR_loop"]
    assert bucket(46501) == ["MP_QSTR__0x00_", "MP_QSTR_quote"]
    assert len(names) == 5


def test_the_text_of_frozen_qstrs_is_one_array() -> None:
    text = with_tables(BUILT_IN, FROZEN)
    assert 'mp_qstr_frozen_text[] =\n"\\x00" "\\0"\n"loop" "\\0"\n"\\",\\x0a" "\\0"\n;' in text
    pool = text[text.index("const qstr_pool_t mp_qstr_frozen_const_pool") :]
    assert re.findall(r"mp_qstr_frozen_text \+ (\d+),", pool) == ["0", "2", "7"]
    assert "&mp_qstr_const_pool, // previous pool" in pool
    assert '"loop"' not in pool


def test_frozen_names_are_found_by_where_they_start() -> None:
    text = with_tables(BUILT_IN, FROZEN)
    assert values(text, "mp_frozen_name_starts[]") == ["0", "16", "28"]
    assert "mp_frozen_count = 3;" in text


def test_names_out_of_order_stop_the_build() -> None:
    with pytest.raises(BuildError, match="must be sorted"):
        with_tables(BUILT_IN, FROZEN.replace('"main.py', '"aaa.py'))


@pytest.mark.parametrize("gone", ["enum {", "const_hashes[]", "const_lengths[]", "const_pool = {"])
def test_what_is_written_another_way_stops_the_build(gone: str) -> None:
    with pytest.raises(BuildError, match="writes them another way now"):
        with_tables(BUILT_IN, FROZEN.replace(gone, "something else", 1))

"""An object as bytes: its symbols, and which of them cannot do without which."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.tools.wasm_bytes import OBJECT, damaged
from tools.binary import Malformed
from tools.wasm_object import Symbol, read


def test_symbols_and_who_needs_whom():
    found = read(OBJECT)
    assert found.symbols == (
        Symbol("function", "main", False, True, 1, 0, 0),
        Symbol("function", "helper", True, True, 2, 0, 0),
        Symbol("function", "out", False, False, 0, 0, 0),
        Symbol("data", "table", False, True, 0, 0, 4),
        Symbol("data", "errno", False, False, 0, 0, 0),
    )
    names = [one.name for one in found.symbols]
    assert {(names[one], names[other]) for one, other in found.needs} == {
        ("main", "helper"),
        ("main", "out"),
        ("main", "table"),
        ("table", "main"),
    }


def test_a_module_without_symbols_is_no_object():
    with pytest.raises(Malformed, match="it keeps nothing that a linker would need"):
        read(b"\0asm\x01\0\0\0")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"\x07linking\x02", b"\x07linking\x01"), "its linking section is of another version"),
        ((b"\x05table\x00\x00\x04", b"\x05table\x00\x03\x04"), "table does not fit into its segment"),
        ((b"\x00\x02\x02\x06helper", b"\x00\x02\x07\x06helper"), "helper is function 7, which there is not"),
        ((b"\x00\x02\x02\x06helper", b"\x09\x02\x02\x06helper"), "a symbol of kind 9 before"),
        ((b"\x02\x06\x00", b"\x02\x06\x09"), "symbol 9 of 5"),
        ((b"\x02\x06\x00", b"\x40\x06\x00"), "a relocation of kind 64 before"),
    ],
)
def test_what_is_refused_is_told(change, said):
    with pytest.raises(Malformed, match=said):
        read(OBJECT.replace(*change))


@given(damaged(OBJECT))
def test_a_damaged_object_is_refused_or_read_and_nothing_else(data):
    try:
        found = read(data)
    except Malformed:
        return
    assert all(0 <= one < len(found.symbols) for pair in found.needs for one in pair)


def test_an_object_that_is_cut_anywhere_is_refused_or_has_no_more_than_the_whole():
    whole = read(OBJECT)
    for length in range(len(OBJECT)):
        try:
            found = read(OBJECT[:length])
        except Malformed:
            continue
        assert set(found.symbols) <= set(whole.symbols)
        assert len(found.needs) <= len(whole.needs)

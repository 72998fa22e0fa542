"""Numbers of WebAssembly as bytes: what is one, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.binary import Image, Malformed
from tools.wasm_cursor import Cursor


def cursor(data):
    return Cursor(Image(data, "WebAssembly"), 0, len(data))


@pytest.mark.parametrize(
    ("data", "bits", "value"),
    [
        (b"\x00", 32, 0),
        (b"\x7f", 32, 127),
        (b"\xe5\x8e\x26", 32, 624485),
        (b"\x80\x80\x80\x80\x00", 32, 0),  # as a linker leaves room for what it fills in later
        (b"\xff\xff\xff\xff\x0f", 32, 2**32 - 1),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 64, 2**64 - 1),
    ],
)
def test_numbers_without_a_sign(data, bits, value):
    assert cursor(data).number("it", bits) == value


@pytest.mark.parametrize(
    ("data", "bits", "value"),
    [
        (b"\x40", 33, -64),
        (b"\x3f", 32, 63),
        (b"\xc0\xbb\x78", 32, -123456),
        (b"\x80\x80\x80\x80\x78", 32, -(2**31)),
        (b"\xff\xff\xff\xff\x07", 32, 2**31 - 1),
        (b"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x7f", 64, -(2**63)),
    ],
)
def test_numbers_with_a_sign(data, bits, value):
    assert cursor(data).signed("it", bits) == value


@pytest.mark.parametrize("data", [b"\xff\xff\xff\xff\x10", b"\x80\x80\x80\x80\x80\x00", b"\x80", b""])
def test_a_number_that_is_too_large_or_too_long_or_cut_is_refused(data):
    with pytest.raises(Malformed):
        cursor(data).number("it")


@pytest.mark.parametrize(
    "data", [b"\xff\xff\xff\xff\x08", b"\x80\x80\x80\x80\x77", b"\x80\x80\x80\x80\x80\x00"]
)
def test_a_number_with_a_sign_that_does_not_fit_is_refused(data):
    with pytest.raises(Malformed):
        cursor(data).signed("it", 32)


def leb(value):
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


@given(st.integers(0, 2**32 - 1))
def test_every_number_is_read_as_it_was_written_and_cut_nowhere(value):
    data = leb(value)
    assert cursor(data).number("it") == value
    for length in range(len(data)):
        with pytest.raises(Malformed):
            cursor(data[:length]).number("it")


def test_a_list_that_cannot_fit_is_refused_before_it_is_read():
    with pytest.raises(Malformed, match="4294967295 things at 5 do not fit before 6"):
        cursor(b"\xff\xff\xff\xff\x0f\x00").entries("things", lambda: 1)


def test_a_name_that_is_not_text_and_an_index_of_nothing_are_refused():
    with pytest.raises(Malformed, match="a name before 3 is not UTF-8"):
        cursor(b"\x02\xc3\x28").text("a name")
    with pytest.raises(Malformed, match="a table before 1 is number 2 of 2"):
        cursor(b"\x02").index("a table", 2)

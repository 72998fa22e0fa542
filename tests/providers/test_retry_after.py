"""Dates and durations of the whole calendar, against the standard library's reading."""

from __future__ import annotations

import time
from email.utils import formatdate

from hypothesis import given
from hypothesis import strategies as st

from clawft.providers.retry_after import duration_s, http_date_s, number

MOMENTS = st.integers(0, 253_402_300_799)


@given(MOMENTS)
def test_any_date_in_each_of_its_forms(moment: int) -> None:
    assert http_date_s(formatdate(moment, usegmt=True)) == moment
    assert http_date_s(time.asctime(time.gmtime(moment))) == moment


@given(st.integers(0, 3_155_759_999))
def test_any_date_of_two_digits_from_1970_to_2069(moment: int) -> None:
    assert http_date_s(time.strftime("%A, %d-%b-%y %H:%M:%S GMT", time.gmtime(moment))) == moment


@given(st.text(max_size=40))
def test_any_text_is_read_or_none(text: str) -> None:
    for found in (http_date_s(text), duration_s(text), number(text)):
        assert found is None or found == found + 0  # finite, never NaN


@given(st.integers(0, 99), st.integers(0, 59), st.integers(0, 59), st.integers(0, 999))
def test_any_duration(hours: int, minutes: int, seconds: int, milliseconds: int) -> None:
    expected = hours * 3600 + minutes * 60 + seconds + milliseconds / 1000
    found = duration_s(f"{hours}h{minutes}m{seconds}s{milliseconds}ms")
    assert found is not None
    assert abs(found - expected) < 1e-6

"""Bytes to text, as CPython's own decoder has it."""

from hypothesis import given
from hypothesis import strategies as st

from clawft.core.utf8 import text_of

PIECES = st.one_of(
    st.binary(max_size=4),
    st.text(max_size=3).map(str.encode),
    st.sampled_from([b"\xed\xa0", b"\xf0\x9f", b"\n"]),
)


@given(st.lists(PIECES, max_size=8).map(b"".join))
def test_wrong_bytes_are_replaced_as_cpython_does(data):
    assert text_of(data) == data.decode(errors="replace")

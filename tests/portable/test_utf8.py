"""Bytes to text: what is not UTF-8 becomes U+FFFD, stretch by stretch."""

from __future__ import annotations

from clawft.core.utf8 import text_of

CASES = (
    (b"", ""),
    (b"plain", "plain"),
    (b"gr\xc3\xbc\xc3\x9f \xf0\x9f\xa6\x80", "gr\u00fc\u00df \U0001f980"),
    (b"a\xffb\nok\n", "a\ufffdb\nok\n"),
    (b"\xc3", "\ufffd"),
    (b"\xe4\xb8", "\ufffd"),
    (b"\xe4\xb8x", "\ufffdx"),
    (b"\xf0\x9f\xa6", "\ufffd"),
    (b"\xc0\xaf", "\ufffd\ufffd"),
    (b"\xed\xa0\x80", "\ufffd\ufffd\ufffd"),
    (b"\xe0\x80\x80", "\ufffd\ufffd\ufffd"),
    (b"\xf4\x90\x80\x80", "\ufffd\ufffd\ufffd\ufffd"),
    (b"\x80\xbf", "\ufffd\ufffd"),
)


def test_every_wrong_stretch_is_one_replacement_character():
    for data, text in CASES:
        assert text_of(data) == text, data

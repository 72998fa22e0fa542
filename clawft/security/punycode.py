"""Checks the xn-- labels of a host: whether they decode (RFC 3492), and to what no other spelling would give.

It does not map or encode: UTS 46 needs tables that the executables have no room for.
"""

from __future__ import annotations

_BASE = 36
_TMIN = 1
_TMAX = 26
_SKEW = 38
_DAMP = 700
_INITIAL_BIAS = 72
_INITIAL_N = 0x80
_DIGITS = "abcdefghijklmnopqrstuvwxyz0123456789"
_LARGEST = 0x10FFFF


def decoded(label: str) -> list[int] | None:
    """The code points of a lower-case label without its xn--, None if it does not decode."""
    basic, _, extended = label.rpartition("-")
    points = [ord(character) for character in basic]
    n, index, bias = _INITIAL_N, 0, _INITIAL_BIAS
    at = 0
    while at < len(extended):
        before, weight, k = index, 1, _BASE
        while True:
            digit = _DIGITS.find(extended[at]) if at < len(extended) else -1
            if digit < 0:
                return None
            at += 1
            index += digit * weight
            threshold = min(max(k - bias, _TMIN), _TMAX)
            if digit < threshold:
                break
            weight *= _BASE - threshold
            k += _BASE
        count = len(points) + 1
        bias = _adapted(index - before, count, is_first=before == 0)
        n += index // count
        index %= count
        if n > _LARGEST or 0xD800 <= n < 0xE000:  # noqa: PLR2004 - surrogates
            return None
        points.insert(index, n)
        index += 1
    return points


def _adapted(delta: int, count: int, *, is_first: bool) -> int:
    delta = delta // (_DAMP if is_first else 2)
    delta += delta // count
    k = 0
    while delta > (_BASE - _TMIN) * _TMAX // 2:
        delta //= _BASE - _TMIN
        k += _BASE
    return k + (_BASE - _TMIN + 1) * delta // (delta + _SKEW)

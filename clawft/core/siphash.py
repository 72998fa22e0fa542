"""Turns a key and bytes into a number that nobody without the key can guess: SipHash-2-4, as `_vectors` has it in C."""

from __future__ import annotations

MASK = 0xFFFFFFFFFFFFFFFF


def siphash(key: bytes, data: bytes) -> int:
    """64 bits. `key` has 16 bytes."""
    low = int.from_bytes(key[:8], "little")
    high = int.from_bytes(key[8:16], "little")
    state = (
        low ^ 0x736F6D6570736575,
        high ^ 0x646F72616E646F6D,
        low ^ 0x6C7967656E657261,
        high ^ 0x7465646279746573,
    )
    whole = len(data) // 8 * 8
    words = [int.from_bytes(data[at : at + 8], "little") for at in range(0, whole, 8)]
    words.append(int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56)
    for word in words:
        a, b, c, d = _rounds(state[0], state[1], state[2], state[3] ^ word, 2)
        state = (a ^ word, b, c, d)
    a, b, c, d = _rounds(state[0], state[1], state[2] ^ 0xFF, state[3], 4)
    return a ^ b ^ c ^ d


def _rounds(a: int, b: int, c: int, d: int, count: int) -> tuple[int, int, int, int]:
    for _ in range(count):
        a = (a + b) & MASK
        c = (c + d) & MASK
        b = (b << 13 & MASK | b >> 51) ^ a
        d = (d << 16 & MASK | d >> 48) ^ c
        a = a << 32 & MASK | a >> 32
        c = (c + b) & MASK
        a = (a + d) & MASK
        b = (b << 17 & MASK | b >> 47) ^ c
        d = (d << 21 & MASK | d >> 43) ^ a
        c = c << 32 & MASK | c >> 32
    return a, b, c, d

"""Turns a text into a vector by hashing its words and pieces of words, on runtimes that have not `_vectors` in C.

Whole numbers only, so that every runtime makes the same bytes: embedded/port/weft_features.c is the twin of this file.
"""

from __future__ import annotations

import math
import struct

from clawft.core.siphash import siphash
from clawft.core.vectors import SCALE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT_LIMIT_BYTES = 16 * 1024  # of a longer text the beginning counts
SHORTEST = 3
LONGEST = 5
SHORT_WORD = 3
KNOWN_WORDS = 4096
# 16 * (1 + ln n), rounded: what a feature that occurs n times is worth.
WORTH = (16, 27, 34, 38, 42, 45, 47, 49, 51, 53, 54, 56, 57, 58, 59, 60)
# Above U+00BF: all but multiplication and division signs and the punctuation of other scripts is part of words.
NO_WORD = ((0xD7, 0xD7), (0xF7, 0xF7), (0x2000, 0x206F), (0x3000, 0x303F), (0xFF00, 0xFF0F))
HAN = 0x3000  # from here on a character is a syllable or a word


class HashEmbedder:
    """Vectors of texts under a secret of 16 bytes: who writes texts cannot make two of them look alike.

    The features of a text are its words and what of them is 3 to 5 characters long, with marks at their ends: so other
    forms of a word and misspelt ones share most of them. A word weighs twice as much as a piece; those of words of at
    most three letters, the most common ones, weigh half. What occurs n times counts 1 + ln n times.
    """

    def __init__(self, key: bytes, dimensions: int) -> None:
        self._key = key
        self._dimensions = dimensions
        self._known: dict[str, list[int]] = {}

    def vector(self, text: str) -> bytes:
        """Of a text in lower case. Without a word in it every number is 0, and so is the scale."""
        counts: dict[int, int] = {}
        for word in words(_beginning(text)):
            for feature in self._features(word):
                counts[feature] = counts.get(feature, 0) + 1
        sums = [0] * self._dimensions
        for feature, count in counts.items():
            weight = WORTH[min(count, len(WORTH)) - 1] * (feature >> 1 & 7)
            place = (feature >> 8 & 0xFFFFFFFF) % self._dimensions
            sums[place] += weight if feature & 1 else -weight
        return _unit(sums)

    def _features(self, word: str) -> list[int]:
        """Hashes, with the weight in three of their bits."""
        found = self._known.get(word)
        if found is None:
            found = []
            for piece, weight in _pieces(word):
                found.append(siphash(self._key, piece.encode()) & ~14 | weight << 1)
            if len(self._known) >= KNOWN_WORDS:
                self._known.clear()
            self._known[word] = found
        return found


def words(text: str) -> Iterator[str]:
    """What stands between characters that are no letters or digits."""
    first = -1
    for at in range(len(text) + 1):
        if at < len(text) and _is_of_word(text[at]):
            first = at if first < 0 else first
        elif first >= 0:
            yield text[first:at]
            first = -1


def _unit(sums: list[int]) -> bytes:
    """The vector of length 1 in the direction of these whole numbers."""
    made = bytearray(SCALE_BYTES + len(sums))
    most = max([abs(value) for value in sums])
    square = 0
    for place, value in enumerate(sums):
        if value:  # most are 0 where there are many
            step = (254 * abs(value) + most) // (2 * most)
            made[SCALE_BYTES + place] = (-step if value < 0 else step) & 0xFF
            square += step * step
    if square:
        made[:SCALE_BYTES] = struct.pack("<f", 1.0 / math.sqrt(square))
    return bytes(made)


def _beginning(text: str) -> str:
    data = text.encode()
    if len(data) <= TEXT_LIMIT_BYTES:
        return text
    end = TEXT_LIMIT_BYTES
    while data[end] & 0xC0 == 0x80:  # noqa: PLR2004 - within a character
        end -= 1
    return data[:end].decode()


def _pieces(word: str) -> Iterator[tuple[str, int]]:
    """Each feature of a word, and what it weighs."""
    weight = 2 if len(word) > SHORT_WORD else 1
    yield "<" + word, 2 * weight
    marked = "<" + word + ">"
    for first in range(len(marked)):
        # Two characters say much in a script that has thousands of them.
        shortest = SHORTEST - 1 if ord(marked[first]) >= HAN else SHORTEST
        for size in range(shortest, min(LONGEST, len(marked) - first) + 1):
            yield marked[first : first + size], weight


def _is_of_word(character: str) -> bool:
    code = ord(character)
    if code < 0x80:  # noqa: PLR2004 - ASCII
        return "a" <= character <= "z" or "0" <= character <= "9" or "A" <= character <= "Z"
    if code < 0xC0:  # noqa: PLR2004 - signs of Latin-1
        return False
    return not [low for low, high in NO_WORD if low <= code <= high]

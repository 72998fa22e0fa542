"""Compares vectors with every other one, in Python: for runtimes without anything faster, and to hold those against."""

from __future__ import annotations

import math
import struct

from clawft.core.embedding import HashEmbedder
from clawft.core.vectors import COSINE, DOT, SCALE_BYTES


class ExactVectors:
    """What every Python can do with vectors."""

    name = "exact"

    def __init__(self) -> None:
        self._embedder: tuple[bytes, int, HashEmbedder] | None = None

    def engine(self, dimensions: int, metric: int, secret: bytes) -> ExactEngine:
        return ExactEngine(dimensions, metric, secret)

    def hashed(self, text: str, secret: bytes, dimensions: int) -> bytes:
        known = self._embedder
        if known is None or known[0] != secret or known[1] != dimensions:
            known = (secret, dimensions, HashEmbedder(secret, dimensions))
            self._embedder = known  # it remembers words
        return known[2].vector(text)


class ExactEngine:
    """Compares with every vector, in Python. It has no graph."""

    def __init__(self, dimensions: int, metric: int, _secret: bytes = b"") -> None:
        self.dimensions = dimensions
        self.metric = metric
        self._vectors: list[bytes] = []
        # Of each that was compared: its numbers, and the two terms of the distance that are its own
        # (see embedded/port/weft_vectors.h).
        self._rows: list[tuple[list[int], float, float] | None] = []

    def __len__(self) -> int:
        return len(self._vectors)

    def add(self, vector: bytes) -> int:
        self._scale(vector)
        self._vectors.append(vector)
        self._rows.append(None)
        return len(self._rows) - 1

    def remove(self, slot: int) -> None:
        row, vector = self._rows.pop(), self._vectors.pop()
        if slot < len(self._rows):
            self._rows[slot], self._vectors[slot] = row, vector

    def search(self, vector: bytes, count: int, _effort: int) -> list[tuple[float, int]]:
        numbers, own, cross = self._row(vector)
        found = []
        for slot, row in enumerate(self._rows):
            if row is None:
                row = self._row(self._vectors[slot])  # noqa: PLW2901 - made when it is first needed
                self._rows[slot] = row
            others, its_own, its_cross = row
            product = sum([one * other for one, other in zip(numbers, others)])
            found.append((own + its_own - cross * its_cross * product, slot))
        found.sort()
        return found[:count]

    def vectors(self) -> bytes:
        return b"".join(self._vectors)

    def link(self, _most: int) -> int:
        return 0

    def unlink(self) -> None:
        pass

    def graph(self) -> bytes:
        return b""

    def set_graph(self, _data: bytes) -> None:
        raise ValueError("this engine has no graph")

    def _scale(self, vector: bytes) -> float:
        """ValueError for what is no vector of this size."""
        if len(vector) != SCALE_BYTES + self.dimensions:
            raise ValueError("expected a vector of " + str(self.dimensions) + " dimensions")
        scale: float = struct.unpack("<f", vector[:SCALE_BYTES])[0]
        if not (scale >= 0 and scale - scale == 0):
            raise ValueError("expected a scale that is finite and not below 0")
        return scale

    def _row(self, vector: bytes) -> tuple[list[int], float, float]:
        scale = self._scale(vector)
        numbers = [step - 256 if step > 127 else step for step in vector[SCALE_BYTES:]]  # noqa: PLR2004 - signed
        square = sum([number * number for number in numbers])
        if self.metric == COSINE:
            return numbers, 0.5, 1.0 / math.sqrt(square) if square else 0.0
        if self.metric == DOT:
            return numbers, 0.0, scale
        return numbers, scale * scale * square, math.sqrt(2.0) * scale

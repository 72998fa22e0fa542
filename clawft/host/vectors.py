"""What CPython does with vectors: compares many by the library usearch where the extra `vectors` is installed.

Its graphs are not used: it reads them from files without checking a byte, and to look at all vectors takes it 4 ms
where there are 20,000 of 256 dimensions (docs/explanation/memory-search.md has the figures).
"""

from __future__ import annotations

from importlib import util

from clawft.core.exact_vectors import ExactEngine, ExactVectors
from clawft.core.vectors import COSINE, SCALE_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.vector_engine import Vectors

# Importing it takes some 0.2 s, in which Python compares as many.
LIBRARY_FROM = 4000


def host_vectors() -> Vectors:
    """By the library if it is installed."""
    return LibraryVectors() if util.find_spec("usearch") is not None else ExactVectors()


class LibraryVectors(ExactVectors):
    """Vectors of which many are compared by usearch."""

    name = "usearch"

    def engine(self, dimensions: int, metric: int, secret: bytes) -> ExactEngine:
        # It knows no scales, which only the cosine does without.
        if metric == COSINE:
            return LibraryEngine(dimensions, metric, secret)
        return super().engine(dimensions, metric, secret)


class LibraryEngine(ExactEngine):
    """Compares by cosine with every vector: up to LIBRARY_FROM in Python, more by usearch."""

    def __init__(self, dimensions: int, metric: int, secret: bytes) -> None:
        super().__init__(dimensions, metric, secret)
        self._matrix: Any = None  # of all numbers, None if vectors came or went since it was made

    def add(self, vector: bytes) -> int:
        self._matrix = None
        return super().add(vector)

    def remove(self, slot: int) -> None:
        self._matrix = None
        super().remove(slot)

    def search(self, vector: bytes, count: int, effort: int) -> list[tuple[float, int]]:
        if len(self) < LIBRARY_FROM:
            return super().search(vector, count, effort)
        import numpy  # noqa: ICN001, PLC0415 - slow to import, and only an extra
        from usearch import index  # noqa: PLC0415 - as above

        self._scale(vector)
        if self._matrix is None:
            rows = numpy.frombuffer(self.vectors(), numpy.int8).reshape(len(self), -1)
            self._matrix = numpy.ascontiguousarray(rows[:, SCALE_BYTES:])
        asked = numpy.frombuffer(vector, numpy.int8)[SCALE_BYTES:]
        found = index.search(self._matrix, asked, min(count, len(self)), index.MetricKind.Cos, exact=True)
        return [(float(one.distance), int(one.key)) for one in found]

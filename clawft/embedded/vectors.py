"""What our executables do with vectors: all of it in C, in the module `_vectors`."""

from __future__ import annotations

import _vectors

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.vector_engine import VectorEngine


class NativeVectors:
    """A scan of all vectors, and a graph where there are many."""

    name = "native"

    def engine(self, dimensions: int, metric: int, secret: bytes) -> VectorEngine:
        engine: VectorEngine = _vectors.Index(dimensions, metric, secret)
        return engine

    def hashed(self, text: str, secret: bytes, dimensions: int) -> bytes:
        vector: bytes = _vectors.embed(text, secret, dimensions)
        return vector

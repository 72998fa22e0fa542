"""What makes and compares vectors, as whoever uses it sees it. Types only, never loaded.

A vector is bytes: a scale (float32, little-endian), then a signed byte a dimension; byte times scale is the number.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from clawft.core.errors import ProviderError
    from clawft.core.interfaces import Request

    class VectorEngine(Protocol):
        """Vectors of one size in slots, which are numbered from 0 without gaps.

        The distance is 1 - cosine, minus the dot product, or the square of the Euclidean distance. An engine may keep a
        graph, in which the nearest are found without looking at all; what is added once it has all is put there too.
        """

        def __len__(self) -> int:
            """How many there are."""

        def add(self, vector: bytes) -> int:
            """Its slot. ValueError for one of another size."""

        def remove(self, slot: int) -> None:
            """Forget a vector; the last one gets its slot."""

        def search(self, vector: bytes, count: int, effort: int) -> list[tuple[float, int]]:
            """The nearest: distance and slot, nearest first. A graph weighs `effort` candidates."""

        def vectors(self) -> bytes:
            """All of them, by slot."""

        def link(self, most: int) -> int:
            """Put up to `most` more into the graph; how many are not in it. 0 for an engine that is to have none."""

        def unlink(self) -> None:
            """Forget the graph."""

        def graph(self) -> bytes:
            """The graph as bytes, b"" if it has not all vectors."""

        def set_graph(self, data: bytes) -> None:
            """Take over a graph that `graph` gave. ValueError, and there is none then, if it does not fit."""

    NewEngine = Callable[[int, int, bytes], VectorEngine]

    class Vectors(Protocol):
        """What a runtime does with vectors; `name` is that of its engine."""

        name: str

        def engine(self, dimensions: int, metric: int, secret: bytes) -> VectorEngine:
            """A new one without vectors. `metric` is one of core/vectors.py, `secret` has 16 bytes."""

        def hashed(self, text: str, secret: bytes, dimensions: int) -> bytes:
            """The vector of a text in lower case, by hashing its words (see core/embedding.py)."""

    class Embedder(Protocol):
        """A model that turns texts into vectors. `name` is what users write (`openai/text-embedding-3-small`)."""

        name: str
        batch: int

        async def embed(self, texts: list[str]) -> list[list[float]]:
            """A vector for each of up to `batch` texts, all of one size. Raises ProviderError."""

    class EmbeddingFormat(Protocol):
        """A provider's protocol for that, without I/O."""

        def request(
            self, texts: list[str], base_url: str, api_key: str, headers: list[tuple[str, str]]
        ) -> Request:
            """The HTTP request. `headers` are the user's extra ones and win over ours."""

        def vectors(self, body: bytes, count: int) -> list[list[float]]:
            """A vector for each of `count` texts, in order. Raises ProviderError (invalid_response)."""

        def parse_error(
            self, status: int, headers: list[tuple[str, str]], body: bytes, now_s: float
        ) -> ProviderError:
            """What a failed response means."""

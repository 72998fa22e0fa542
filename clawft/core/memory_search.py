"""Finds notes that hold the words of a query, then notes that are similar to it. Knows no provider and no engine."""

from __future__ import annotations

import hashlib

from clawft.core.compat import lower_text
from clawft.core.errors import ProviderError
from clawft.core.memory_index import HashEmbedder, MemoryIndex, ModelEmbedder
from clawft.core.sanitize import sanitize_content
from clawft.core.vectors import KEY_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Runtime
    from clawft.core.memory import MemoryStore
    from clawft.core.vector_engine import Embedder

MOST_PARAGRAPHS = 100_000
QUERY_WORDS = 32
WORDS = "words"
SIMILAR = "similar"


class MemoryMatch:
    """A paragraph that was found, and the file it stands in (`MEMORY` or `HISTORY`).

    `match` says why: it holds all the WORDS, its `score` is then 1, or it is SIMILAR, the more the nearer that is to 1.
    """

    __slots__ = ("match", "score", "source", "text")

    def __init__(self, text: str, source: str, match: str = WORDS, score: float = 1.0) -> None:
        self.text = text
        self.source = source
        self.match = match
        self.score = score


class MemorySearch:
    """Search in the notes of one folder. `folder` is where vectors are kept, which is made when there are any.

    `model` is asked for vectors; where there is none, or it does not answer (`report` is told), words are hashed.
    `floor` is the least similarity that counts, None for what suits whoever makes the vectors. In a build without
    vectors only words are found.
    """

    def __init__(
        self,
        runtime: Runtime,
        memory: MemoryStore,
        folder: str,
        report: Callable[[str], None],
        model: Embedder | None = None,
        floor: float | None = None,
    ) -> None:
        self._memory = memory
        self._report = report
        self._floor = floor
        self._indexes: list[MemoryIndex] = []
        engines = runtime.vectors
        if engines is not None:
            makers: list[HashEmbedder | ModelEmbedder] = [ModelEmbedder(model)] if model is not None else []
            makers.append(HashEmbedder(engines))
            for maker in makers:
                # A file for each folder of notes and each maker.
                name = hashlib.sha256((memory.folder + "\n" + maker.name).encode()).digest()[:8].hex()
                self._indexes.append(MemoryIndex(runtime, engines, maker, folder + "/" + name, report))

    async def search(self, query: str, limit: int = 10, *, is_exact: bool = False) -> list[MemoryMatch]:
        """First what holds every word of the query, then, unless `is_exact`, what is similar to it; at most `limit`.

        [] for a query without visible text.
        """
        entries = self._memory.entries()
        found = with_words(entries, query, limit)
        query = sanitize_content(query).strip()
        if is_exact or not query or not entries or len(found) >= limit:
            return found
        texts: dict[bytes, str] = {}
        sources: dict[bytes, str] = {}
        for text, source in entries[:MOST_PARAGRAPHS]:
            key = hashlib.sha256(text.encode()).digest()[:KEY_BYTES]
            texts.setdefault(key, text)
            sources.setdefault(key, source)
        known = [match.text for match in found]
        for index in self._indexes:
            try:
                near = await index.nearest(texts, query, limit, self._floor)
            except ProviderError as error:
                self._report(error.message + "; this search compares spelling instead")
                continue
            for key, score in near:
                if texts[key] not in known:
                    found.append(MemoryMatch(texts[key], sources[key], SIMILAR, score))
            break
        return found[:limit]


def with_words(entries: list[tuple[str, str]], query: str, limit: int) -> list[MemoryMatch]:
    """Paragraphs that hold every word of the query in any case, best first; [] for an empty query.

    Better is: the words next to each other as in the query, then more of them, then as they stand, MEMORY before
    HISTORY.
    """
    words = lower_text(query).split()[:QUERY_WORDS]
    if not words or limit < 1:
        return []
    phrase = " ".join(words)
    ranked: list[tuple[bool, int, int]] = []
    for index, entry in enumerate(entries):
        plain = " ".join(lower_text(entry[0]).split())
        counts = [plain.count(word) for word in words]
        if min(counts) > 0:
            ranked.append((phrase not in plain, -sum(counts), index))
    ranked.sort()  # the index makes the order total: sorting is not stable everywhere
    return [MemoryMatch(entries[index][0], entries[index][1]) for _, _, index in ranked[:limit]]

"""Keeps the vectors of texts in a file, embeds what is new, and finds what is near a query. Knows no notes.

The file is only a cache of the texts: whatever is wrong with it, it is made again. Two processes may make the same one
at the same time; the last one's stays.
"""

from __future__ import annotations

from clawft.core.compat import lower_text
from clawft.core.errors import FileChanged, ProviderError, StorageError
from clawft.core.vectors import COSINE, SCALE_BYTES, VectorIndex, index_of, rounded

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Runtime
    from clawft.core.vector_engine import Embedder, Vectors

    Near = list[tuple[bytes, float]]  # keys of texts and their similarity, the most similar first

HASHED = "hashed/1"
HASHED_DIMENSIONS = 256
# Hashed into so few dimensions, texts that have nothing in common differ by up to 0.2 from 0: the best CANDIDATES are
# compared once more in more of them.
JUDGED_DIMENSIONS = 2048
CANDIDATES = 64
# Below this similarity texts have hardly more in common than the most common words: docs/explanation/memory-search.md.
HASHED_FLOOR = 0.18
EMBEDDED_FLOOR = 0.3
# From so many vectors on a graph is made: below, looking at all of them takes a few milliseconds.
GRAPH_FROM = 20_000
EFFORT = 384
AT_ONCE = 64  # hashed or linked before others have their turn
FILE_LIMIT_BYTES = 512 * 1024 * 1024
SECRET_BYTES = 16
DAMAGED = ".damaged"


class HashEmbedder:
    """Vectors of texts by hashing their words, under the secret of the index that they are for."""

    name = HASHED
    batch = AT_ONCE
    floor = HASHED_FLOOR

    def __init__(self, engines: Vectors) -> None:
        self._engines = engines

    async def vectors(self, texts: list[str], secret: bytes) -> list[bytes]:
        return [self._hashed(text, secret, HASHED_DIMENSIONS) for text in texts]

    def judged(self, query: str, secret: bytes, near: Near, texts: dict[bytes, str]) -> Near:
        """The same texts with their similarity in more dimensions, the most similar first."""
        engine = self._engines.engine(JUDGED_DIMENSIONS, COSINE, secret)
        for key, _ in near:
            engine.add(self._hashed(texts[key], secret, JUDGED_DIMENSIONS))
        found = engine.search(self._hashed(query, secret, JUDGED_DIMENSIONS), CANDIDATES, CANDIDATES)
        return [(near[slot][0], 1.0 - distance) for distance, slot in found]

    def _hashed(self, text: str, secret: bytes, dimensions: int) -> bytes:
        vector: bytes = self._engines.hashed(lower_text(text), secret, dimensions)
        return vector


class ModelEmbedder:
    """Vectors of texts by a model."""

    floor = EMBEDDED_FLOOR

    def __init__(self, embedder: Embedder) -> None:
        self.name = embedder.name
        self.batch = embedder.batch
        self._embedder = embedder

    async def vectors(self, texts: list[str], _secret: bytes) -> list[bytes]:
        """Raises ProviderError, also for vectors that are none."""
        try:
            return [rounded(numbers) for numbers in await self._embedder.embed(texts)]
        except ValueError as error:
            raise ProviderError("invalid_response", self.name + ": " + str(error))

    def judged(self, _query: str, _secret: bytes, near: Near, _texts: dict[bytes, str]) -> Near:
        """As they are."""
        return near


class MemoryIndex:
    """The vectors of texts by one maker, in one file. `report` is told of what is wrong with it."""

    def __init__(
        self,
        runtime: Runtime,
        engines: Vectors,
        maker: HashEmbedder | ModelEmbedder,
        path: str,
        report: Callable[[str], None],
    ) -> None:
        self._runtime = runtime
        self._engines = engines
        self._maker = maker
        self._path = path
        self._report = report
        self._index: VectorIndex | None = None

    async def nearest(
        self, texts: dict[bytes, str], query: str, count: int, floor: float | None = None
    ) -> Near:
        """Up to `count` texts that are nearest to the query.

        None is below the floor. Raises ProviderError; what was embedded until then is kept.
        """
        index = self._index if self._index is not None else self._read()
        secret = index.secret if index is not None else self._runtime.random_bytes(SECRET_BYTES)
        vector = (await self._maker.vectors([query], secret))[0]
        dimensions = len(vector) - SCALE_BYTES
        if index is None or index.name != self._maker.name or index.dimensions != dimensions:
            index = VectorIndex(self._engines.engine, self._maker.name, dimensions, COSINE, secret)
        self._index = index
        await self._follow(index, texts)
        least = self._maker.floor if floor is None else floor
        found = index.search(vector, max(count, CANDIDATES), EFFORT)
        near = [(key, 1.0 - distance) for key, distance in found if key in texts]
        near = self._maker.judged(query, secret, near, texts)
        return [(key, similarity) for key, similarity in near if similarity >= least][:count]

    async def _follow(self, index: VectorIndex, texts: dict[bytes, str]) -> None:
        """Make the index one of exactly these texts, and write it if that changed it."""
        gone = [key for key in index.held() if key not in texts]
        new = [key for key in texts if key not in index]
        is_changed = bool(gone or new)
        if 2 * len(gone) > len(index):
            index.unlink()  # mending a graph this often takes longer than making one
        for key in gone:
            index.remove(key)
        try:
            for at in range(0, len(new), self._maker.batch):
                await self._embed(index, new[at : at + self._maker.batch], texts)
            while len(index) >= GRAPH_FROM and index.link(AT_ONCE):
                is_changed = True
                await self._runtime.clock.sleep(0)
        finally:
            if is_changed:
                self._write(index)

    async def _embed(self, index: VectorIndex, keys: list[bytes], texts: dict[bytes, str]) -> None:
        vectors = await self._maker.vectors([texts[key] for key in keys], index.secret)
        for key, vector in zip(keys, vectors):
            if len(vector) != SCALE_BYTES + index.dimensions:
                raise ProviderError("invalid_response", self._maker.name + ": its vectors differ in size")
            index.add(key, vector)
        await self._runtime.clock.sleep(0)

    def _read(self) -> VectorIndex | None:
        """The index in the file; None for none, or one that is no index: that is then moved aside."""
        files = self._runtime.files
        try:
            facts = files.stat(self._path)
            if facts is None:
                return None
            data = files.read(self._path) if facts.size_bytes <= FILE_LIMIT_BYTES else b""
            try:
                return index_of(data or b"", self._engines.engine)
            except ValueError as error:
                files.remove(self._path + DAMAGED)
                files.rename(self._path, self._path + DAMAGED)
                self._report(
                    f"{self._path}: {error}; it was moved to {self._path}{DAMAGED} and is made again from the notes"
                )
        except FileChanged:
            pass  # another process moved it aside
        except StorageError as error:
            self._report(error.message)
        return None

    def _write(self, index: VectorIndex) -> None:
        try:
            self._runtime.files.make_folder(self._path.rpartition("/")[0])
            self._runtime.files.write_atomic(self._path, index.to_bytes())
        except StorageError as error:
            self._report(error.message + "; the vectors are made again by the next search")

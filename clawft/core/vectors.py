"""Keeps vectors under keys, finds the nearest ones, and turns all of it into a file and back. Knows no text.

What compares vectors is an engine of the runtime's (see core/vector_engine.py): in C, by a library, or in Python.
"""

from __future__ import annotations

import hashlib
import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.core.vector_engine import NewEngine

COSINE = 0  # distance: 1 - the cosine of the angle
DOT = 1  # minus the dot product
L2 = 2  # the square of the Euclidean distance

KEY_BYTES = 16
SCALE_BYTES = 4
MOST_DIMENSIONS = 4096
MOST_NUMBER = 3e38  # a float32 can hold it
FORMAT = b"weftvec\x01"
# Format, dimensions, metric, vectors, bytes of the name, secret.
HEAD = "<8sIIII16s"
HEAD_BYTES = 40
DIGEST_BYTES = 32


class VectorIndex:
    """Vectors of one maker (`name`) under keys of 16 bytes. `secret` (16 bytes) is what the maker hashes with."""

    def __init__(self, new_engine: NewEngine, name: str, dimensions: int, metric: int, secret: bytes) -> None:
        self.name = name
        self.dimensions = dimensions
        self.metric = metric
        self.secret = secret
        self._engine = new_engine(dimensions, metric, secret)
        self._keys: list[bytes] = []
        self._slots: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __contains__(self, key: bytes) -> bool:
        return key in self._slots

    def held(self) -> list[bytes]:
        """Every key."""
        return list(self._keys)

    def add(self, key: bytes, vector: bytes) -> None:
        """Keep a vector, in place of the one that has this key. ValueError for one of another size."""
        if len(key) != KEY_BYTES:
            raise ValueError("expected a key of 16 bytes")
        self.remove(key)
        slot = self._engine.add(vector)
        self._slots[key] = slot
        self._keys.append(key)

    def remove(self, key: bytes) -> bool:
        """False if there is none."""
        slot = self._slots.pop(key, None)
        if slot is None:
            return False
        self._engine.remove(slot)
        last = self._keys.pop()
        if last != key:
            self._keys[slot] = last
            self._slots[last] = slot
        return True

    def search(self, vector: bytes, count: int, effort: int = 0) -> list[tuple[bytes, float]]:
        """The nearest keys and their distances, nearest first. ValueError for a vector of another size.

        `effort` says how many candidates a graph is to weigh; more find more of the nearest, later.
        """
        found = self._engine.search(vector, count, max(effort, count))
        return [(self._keys[slot], distance) for distance, slot in found]

    def link(self, most: int) -> int:
        """Put up to `most` more vectors into the engine's graph; how many are not in it, 0 for engines without one."""
        return self._engine.link(most)

    def unlink(self) -> None:
        """Forget the graph: for who changes most of the vectors."""
        self._engine.unlink()

    def to_bytes(self) -> bytes:
        """All of it, for `index_of`: head, name, keys, vectors, the engine's graph, and a digest of that."""
        name = self.name.encode()
        head = struct.pack(
            HEAD, FORMAT, self.dimensions, self.metric, len(self._keys), len(name), self.secret
        )
        pieces = [head, name, b"".join(self._keys), self._engine.vectors(), self._engine.graph()]
        digest = hashlib.sha256()
        for piece in pieces:
            digest.update(piece)
        pieces.append(digest.digest())
        return b"".join(pieces)


def index_of(data: bytes, new_engine: NewEngine) -> VectorIndex:
    """The index that a file holds. ValueError says what is wrong with it.

    A graph that is not right, or another engine's, is left out: it can be made again.
    """
    if len(data) < HEAD_BYTES + DIGEST_BYTES:
        raise ValueError("it is cut short")
    end = len(data) - DIGEST_BYTES
    view = memoryview(data)
    mark, dimensions, metric, count, name_bytes, secret = struct.unpack(HEAD, data[:HEAD_BYTES])
    if mark != FORMAT:
        raise ValueError("it has another format")
    if hashlib.sha256(view[:end]).digest() != data[end:]:
        raise ValueError("its digest is not that of its content")
    if not 1 <= dimensions <= MOST_DIMENSIONS or metric not in (COSINE, DOT, L2):
        raise ValueError("it has impossible dimensions or an unknown metric")
    size_bytes = SCALE_BYTES + dimensions
    keys_at = HEAD_BYTES + name_bytes
    vectors_at = keys_at + count * KEY_BYTES
    graph_at = vectors_at + count * size_bytes
    if graph_at > end:
        raise ValueError("it is cut short")
    index = VectorIndex(new_engine, data[HEAD_BYTES:keys_at].decode(), dimensions, metric, secret)
    for slot in range(count):
        key = data[keys_at + slot * KEY_BYTES : keys_at + (slot + 1) * KEY_BYTES]
        if key in index:
            raise ValueError("it has a key twice")
        at = vectors_at + slot * size_bytes
        index.add(key, bytes(view[at : at + size_bytes]))
    if graph_at < end:
        try:
            index._engine.set_graph(data[graph_at:end])  # noqa: SLF001 - this is how one is made
        except ValueError:
            pass
    return index


def rounded(numbers: Sequence[float]) -> bytes:
    """The vector nearest to these numbers, in steps of a 127th of the largest. ValueError unless all are finite."""
    most = max([abs(number) for number in numbers])
    if most > MOST_NUMBER or [number for number in numbers if number != number]:  # noqa: PLR0124 - nan
        raise ValueError("expected finite numbers")
    scale = struct.unpack("<f", struct.pack("<f", most / 127.0))[0]
    if most == 0.0 or scale == 0.0:
        return bytes(4 + len(numbers))
    steps = bytearray(struct.pack("<f", scale))
    for number in numbers:
        # int() cuts towards 0: moved to where that is down.
        steps.append((int(number / most * 127.0 + 128.5) - 128) & 0xFF)
    return bytes(steps)

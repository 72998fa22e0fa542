"""What takes more than a portable test may: long texts, many notes, and how little is lost by small numbers."""

from __future__ import annotations

import random

from clawft.core.embedding import HashEmbedder
from clawft.core.exact_vectors import ExactEngine
from clawft.core.fakes import FakeRuntime, run
from clawft.core.memory import MEMORY, MemoryStore
from clawft.core.memory_search import MemorySearch
from clawft.core.vectors import COSINE, rounded

SECRET = bytes(range(16))


def test_of_a_long_text_the_beginning_counts_up_to_a_whole_character():
    embedder = HashEmbedder(SECRET, 64)
    assert embedder.vector("é字 " * 2730 + "é") == embedder.vector("é字 " * 4000)
    assert embedder.vector("é字 " * 2730 + "é") != embedder.vector("é字 " * 2730)


def test_many_notes_are_searched_and_followed():
    runtime = FakeRuntime()
    path = "/home/user/memory"
    many = "\n\n".join([f"note {number} says letter{number * 7919}" for number in range(300)])
    runtime.files.add(f"{path}/{MEMORY}", many.encode())
    search = MemorySearch(runtime, MemoryStore(runtime.files, path), "/home/user/state", print)
    assert run(search.search("leter791900", 3))[0].text == "note 100 says letter791900"
    runtime.files.add(f"{path}/{MEMORY}", b"Only one is left, about orchids.")
    assert [match.text for match in run(search.search("orchidd"))] == ["Only one is left, about orchids."]


def test_bytes_find_nearly_the_same_nearest_ten_as_floats():
    """Of vectors without any order, the worst case; tests/bench/vectors.py has it for 10,000 of 128 dimensions."""
    dice = random.Random(1)  # noqa: S311 - numbers for a test
    made = [[dice.gauss(0, 1) for _ in range(64)] for _ in range(2020)]
    vectors, queries = made[20:], made[:20]
    engine = ExactEngine(64, COSINE)
    for vector in vectors:
        engine.add(rounded(vector))
    hits = 0
    for query in queries:
        exact = sorted(
            (-_product(query, vector) / _product(vector, vector) ** 0.5, slot)
            for slot, vector in enumerate(vectors)
        )
        found = {slot for _, slot in engine.search(rounded(query), 10, 10)}
        hits += len(found & {slot for _, slot in exact[:10]})
    assert hits >= 0.97 * 10 * len(queries), hits


def _product(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))

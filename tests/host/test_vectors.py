"""The library gives what Python gives, at any number of vectors, and where it is missing Python is enough."""

from __future__ import annotations

import random
from importlib import util

import pytest

from clawft.core.exact_vectors import ExactEngine, ExactVectors
from clawft.core.vectors import COSINE, DOT, L2, rounded
from clawft.host import vectors as host_vectors_module
from clawft.host.vectors import LibraryEngine, LibraryVectors, host_vectors

SECRET = bytes(16)


def vector(dice, dimensions=24):
    return rounded([dice.gauss(0, 1) for _ in range(dimensions)])


@pytest.mark.parametrize("count", [300, 1, 2])
def test_the_library_finds_what_python_finds(monkeypatch, count):
    monkeypatch.setattr(host_vectors_module, "LIBRARY_FROM", 1)
    dice = random.Random(1)  # noqa: S311 - numbers for a test
    engine, exact = LibraryEngine(24, COSINE, SECRET), ExactEngine(24, COSINE)
    for _ in range(count):
        made = vector(dice)
        assert engine.add(made) == exact.add(made)
    for turn in range(20):
        asked = vector(dice)
        found, expected = engine.search(asked, 10, 10), exact.search(asked, 10, 10)
        assert [slot for _, slot in found] == [slot for _, slot in expected]
        assert [distance for distance, _ in found] == pytest.approx([one for one, _ in expected], abs=1e-4)
        if turn < count - 1:
            engine.remove(turn)
            exact.remove(turn)
            made = vector(dice)
            assert engine.add(made) == exact.add(made)
    assert engine.vectors() == exact.vectors()
    with pytest.raises(ValueError, match="24 dimensions"):
        engine.search(bytes(7), 1, 1)


def test_what_is_like_nothing_is_far_from_everything(monkeypatch):
    monkeypatch.setattr(host_vectors_module, "LIBRARY_FROM", 1)
    engine = LibraryEngine(4, COSINE, SECRET)
    engine.add(rounded([1.0, 0.0, 0.0, 0.0]))
    ((distance, slot),) = engine.search(bytes(8), 1, 1)
    assert distance == pytest.approx(1.0)
    assert slot == 0


def test_few_vectors_are_not_worth_an_import():
    engine = LibraryEngine(4, COSINE, SECRET)
    exact = ExactEngine(4, COSINE)
    for each in (engine, exact):
        each.add(rounded([1.0, 2.0, 3.0, 4.0]))
    asked = rounded([4.0, 3.0, 2.0, 1.0])
    assert engine.search(asked, 1, 1) == exact.search(asked, 1, 1)


def test_only_the_cosine_is_the_librarys():
    vectors = LibraryVectors()
    assert isinstance(vectors.engine(4, COSINE, SECRET), LibraryEngine)
    for metric in (DOT, L2):
        assert not isinstance(vectors.engine(4, metric, SECRET), LibraryEngine)


def test_where_the_library_is_missing_python_compares(monkeypatch):
    assert host_vectors().name == "usearch"
    monkeypatch.setattr(util, "find_spec", lambda name: None)
    assert host_vectors().name == "exact"
    assert isinstance(host_vectors(), ExactVectors)

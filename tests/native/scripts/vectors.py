"""Holds the module `_vectors` against its twins in Python, within an executable: every result to the last bit."""

# ruff: noqa: RUF001 - letters of other scripts look like Latin ones, and are what is hashed

import sys

import _vectors

from clawft.core.embedding import HashEmbedder
from clawft.core.exact_vectors import ExactEngine
from clawft.core.vectors import COSINE, DOT, L2, rounded

KEY = bytes(range(16))
state = int(sys.argv[1])


def number(below):
    global state
    state = (state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
    return (state >> 33) % below


def vector(dimensions):
    # The middle of several: near to what embeddings look like.
    return rounded([sum([number(2001) - 1000 for _ in range(4)]) / 1000 for _ in range(dimensions)])


def embed():
    letters = "abcdefgxyz0159  .,-'_äßéŁ×÷µ“—жя字語。！😀"
    texts = ["", " ", "a", "ab", "<a>", "word " * 40, "x" * 17000, "字" * 6000, "ab字" * 2000]
    texts += ["".join([letters[number(len(letters))] for _ in range(number(120))]) for _ in range(150)]
    for dimensions in (1, 3, 128, 256, 4096):
        twin = HashEmbedder(KEY, dimensions)
        for text in texts[:: 1 if dimensions == 256 else 20]:
            assert _vectors.embed(text, KEY, dimensions) == twin.vector(text), (dimensions, text)
    assert _vectors.embed("word", KEY, 64) != _vectors.embed("word", KEY[1:] + b"x", 64)
    print("embed")


def exact():
    for metric in (COSINE, DOT, L2):
        for dimensions in (1, 7, 64, 129):
            index = _vectors.Index(dimensions, metric, KEY)
            twin = ExactEngine(dimensions, metric)
            assert index.search(bytes(4 + dimensions), 3, 3) == []
            for _ in range(120):
                if number(4) == 0 and len(twin) > 0:
                    slot = number(len(twin))
                    index.remove(slot)
                    twin.remove(slot)
                else:
                    one = vector(dimensions) if number(9) else bytes(4 + dimensions)
                    assert index.add(one) == twin.add(one)
                assert len(index) == len(twin)
                asked = vector(dimensions)
                assert index.search(asked, 5, 5) == twin.search(asked, 5, 5)
            assert index.vectors() == twin.vectors()
    print("exact")


def refused():
    def raises(kind, function, *arguments):
        try:
            function(*arguments)
        except kind:
            return
        raise AssertionError((kind, arguments))

    index = _vectors.Index(8, COSINE, KEY)
    assert index.add(bytes(12)) == 0
    for bad in (
        b"",
        bytes(11),
        bytes(13),
        b"\0\0\x80\x7f" + bytes(8),
        b"\0\0\xc0\x7f" + bytes(8),
        b"\0\0\x80\xbf" + bytes(8),
    ):
        raises(ValueError, index.add, bad)
        raises(ValueError, index.search, bad, 1, 1)
    for slot in (-1, 1, 1 << 40):
        raises((ValueError, OverflowError), index.remove, slot)
        raises((ValueError, OverflowError), index.search, bytes(12), -1, slot)
    raises(ValueError, _vectors.Index, 0, COSINE, KEY)
    raises(ValueError, _vectors.Index, 4097, COSINE, KEY)
    raises(ValueError, _vectors.Index, 8, 3, KEY)
    raises(ValueError, _vectors.Index, 8, 0, KEY[1:])
    raises(ValueError, _vectors.embed, "a", KEY, 0)
    assert len(index) == 1
    # What was given back at its end can be asked still.
    index.__del__()
    assert len(index) == 0
    assert index.search(bytes(12), 1, 1) == []
    assert index.add(bytes(12)) == 0
    print("refused")


embed()
exact()
refused()

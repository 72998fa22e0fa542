"""What the graph of `_vectors` promises: the nearest are found, after removing and reloading too, and no file harms it.

`graph.py SEED COUNT DIMENSIONS REMOVED KIND`: prints figures of time as they come, asserts what must be so.
"""

import random
import sys
from time import ticks_diff, ticks_us  # type: ignore[attr-defined] # MicroPython's

import _vectors

from clawft.core.vectors import COSINE, L2, rounded

KEY = b"\x07" * 16
ASKED = 10
EFFORT = 384
LATENT = 16
random.seed(int(sys.argv[1]))
number = random.randrange


def noise():
    return random.getrandbits(10) + random.getrandbits(10) - 1023


def vector(dimensions):
    return rounded([noise() for _ in range(dimensions)])


def maker(kind, dimensions):
    """Vectors without any order, the worst case, or such that LATENT numbers say most of, as meanings do."""
    if kind == "random":
        return lambda: vector(dimensions)
    axes = [[noise() for _ in range(dimensions)] for _ in range(LATENT)]

    def near():
        sums = [300 * noise() for _ in range(dimensions)]
        for axis in axes:
            weight = noise()
            sums = [sums[at] + weight * axis[at] for at in range(dimensions)]
        return rounded(sums)

    return near


def ms_since(started):
    return ticks_diff(ticks_us(), started) / 1000


def recall(index, queries):
    """What part of the ASKED nearest the graph finds, what a query takes by it and by the scan (ms), and its size."""
    started = ticks_us()
    found = [{slot for _, slot in index.search(query, ASKED, EFFORT)} for query in queries]
    graph_ms = ms_since(started) / len(queries)
    graph = index.graph()
    assert graph
    index.unlink()
    hits = 0
    started = ticks_us()
    exact = [index.search(query, ASKED, EFFORT) for query in queries]
    scan_ms = ms_since(started) / len(queries)
    for at, near in enumerate(exact):
        hits += len([slot for _, slot in near if slot in found[at]])
    index.set_graph(graph)
    assert index.graph() == graph
    return hits / len(queries) / min(ASKED, len(index)), graph_ms, scan_ms, len(graph)


def found(count, dimensions, removed, kind):
    index = _vectors.Index(dimensions, COSINE, KEY)
    new = maker(kind, dimensions)
    vectors = [new() for _ in range(count)]
    queries = [new() for _ in range(100)]
    for one in vectors:
        index.add(one)
    started = ticks_us()
    assert index.graph() == b""
    assert index.link(count - 1) == 1
    assert index.link(0) == 1
    assert index.link(count) == 0
    build_ms = ms_since(started)
    rate, graph_ms, scan_ms, size_bytes = recall(index, queries)
    print("build %.0f ms, query %.3f ms, scan %.3f ms" % (build_ms, graph_ms, scan_ms))
    print("recall %.4f, the graph has %d bytes" % (rate, size_bytes))
    assert rate >= 0.95, rate
    # The same vectors give the same graph.
    twin = _vectors.Index(dimensions, COSINE, KEY)
    for one in vectors[:300]:
        twin.add(one)
        twin.link(1)
    other = _vectors.Index(dimensions, COSINE, KEY)
    for one in vectors[:300]:
        other.add(one)
    other.link(300)
    assert twin.graph() == other.graph()
    started = ticks_us()
    for _ in range(removed):
        index.remove(number(len(index)))
    print("remove %.3f ms" % (ms_since(started) / max(removed, 1)))
    rate = recall(index, queries)[0]
    print("recall after removing %.4f" % rate)
    assert rate >= 0.95, rate
    for one in vectors[: removed // 2]:
        index.add(one)
    rate = recall(index, queries)[0]
    assert rate >= 0.95, rate


def emptied():
    index = _vectors.Index(8, L2, KEY)
    for _ in range(3):
        for _ in range(70):
            index.add(vector(8))
            index.link(1)
        while len(index):
            asked = vector(8)
            graph = index.graph()
            near = index.search(asked, 70, 70)
            assert len({slot for _, slot in near}) == len(index)
            index.unlink()
            assert index.search(asked, 70, 70) == near
            index.set_graph(graph)
            index.remove(number(len(index)))
        assert index.search(bytes(12), 5, 5) == []
    for _ in range(200):  # all the same
        index.add(bytes(12))
    index.link(200)
    assert len(index.search(bytes(12), 10, 64)) == 10
    print("emptied")


def hostile():
    vectors = [vector(4) for _ in range(40)]

    def new():
        made = _vectors.Index(4, COSINE, KEY)
        for one in vectors:
            made.add(one)
        return made

    index = new()
    index.link(40)
    good = index.graph()
    taken = 0
    count = 0

    def changed():
        yield good + b"\0"
        yield good + good
        for at in range(len(good)):
            yield good[:at]
            for value in (0, good[at] ^ 1, good[at] ^ 0x80, 0xFF):
                if value != good[at]:
                    yield good[:at] + bytes([value]) + good[at + 1 :]

    index = new()
    for bad in changed():
        count += 1
        try:
            index.set_graph(bad)
        except ValueError:
            assert index.graph() == b""
            continue
        taken += 1
        assert len(index.search(vectors[number(40)], 5, 8)) <= 5
        slot = number(40)
        last = vectors.pop()
        index.remove(slot)
        if slot < 39:
            last, vectors[slot] = vectors[slot], last
        vectors.append(last)
        index.add(last)
        index.search(last, 40, 40)
        if taken % 50 == 0:
            index = new()
    print("hostile %d, of which %d could be" % (count, taken))


found(int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5])
emptied()
hostile()
print("done")

"""Dominators beside their definition: what cannot be reached any more without a node is what it retains."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tools.dominators import immediate_dominators, retained

GRAPHS = st.integers(1, 9).flatmap(
    lambda count: st.lists(st.lists(st.integers(0, count - 1), max_size=4), min_size=count, max_size=count)
)


def reached(successors, without=None):
    seen, left = set(), [0]
    while left:
        node = left.pop()
        if node not in seen and node != without:
            seen.add(node)
            left += successors[node]
    return seen


@given(GRAPHS)
def test_a_node_retains_what_cannot_be_reached_without_it(successors):
    everything = reached(successors)
    sizes = [3**node for node in range(len(successors))]
    totals = retained(immediate_dominators(successors), sizes)
    for node, size in enumerate(sizes):
        gone = everything - reached(successors, node) if node in everything else {node}
        assert totals[node] == sum(sizes[one] for one in gone)
        assert totals[node] >= size


def test_the_owner_is_the_last_that_every_way_passes():
    # 0 -> 1 -> {2, 3} -> 4 -> 5; 6 is not reached, and leads to 5
    successors = [[1], [2, 3], [4], [4], [5], [], [5]]
    assert immediate_dominators(successors) == [0, 0, 1, 1, 1, 4, None]
    assert retained(immediate_dominators(successors), [1] * 7) == [6, 5, 1, 1, 2, 1, 1]


def test_a_chain_longer_than_any_stack_of_calls():
    count = 20_000
    chain = [[node + 1] for node in range(count - 1)] + [[0]]
    assert retained(immediate_dominators(chain), [1] * count)[1] == count - 1

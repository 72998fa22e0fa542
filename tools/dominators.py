"""Turns who needs whom, from a root, into what would go if one were gone: dominators, and the sizes that they retain.

As in Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", 2001.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def immediate_dominators(successors: Sequence[Sequence[int]], root: int = 0) -> list[int | None]:
    """For each node the last one that every way from the root to it passes.

    The root's is itself; None for what no way leads to.
    """
    order = _postorder(successors, root)
    number = {node: place for place, node in enumerate(order)}
    predecessors: list[list[int]] = [[] for _ in successors]
    for node in order:
        for target in successors[node]:
            predecessors[target].append(node)
    found: list[int | None] = [None] * len(successors)
    found[root] = root
    is_changed = True
    while is_changed:
        is_changed = False
        for node in reversed(order):
            if node == root:
                continue
            known = [one for one in predecessors[node] if found[one] is not None]
            best = known[0]
            for other in known[1:]:
                best = _common(found, number, best, other)
            if found[node] != best:
                found[node] = best
                is_changed = True
    return found


def retained(dominators: Sequence[int | None], sizes: Sequence[int]) -> list[int]:
    """What each node and all that it dominates take together. What no way leads to retains itself alone."""
    children: list[list[int]] = [[] for _ in sizes]
    for node, owner in enumerate(dominators):
        if owner is not None and owner != node:
            children[owner].append(node)
    totals = list(sizes)
    roots = [node for node, owner in enumerate(dominators) if owner is None or owner == node]
    for node in (node for root in roots for node in _postorder(children, root)):
        totals[node] += sum(totals[child] for child in children[node])
    return totals


def _common(found: list[int | None], number: dict[int, int], one: int, other: int) -> int:
    """The last node that the ways to both pass."""
    while one != other:
        while number[one] < number[other]:
            one = _known(found, one)
        while number[other] < number[one]:
            other = _known(found, other)
    return one


def _known(found: list[int | None], node: int) -> int:
    owner = found[node]
    assert owner is not None  # noqa: S101 - only nodes that have been reached are compared
    return owner


def _postorder(successors: Sequence[Sequence[int]], root: int) -> list[int]:
    """All nodes that can be reached, each behind those that it leads to first. No recursion: graphs are deep."""
    order: list[int] = []
    seen = {root}
    stack = [(root, iter(successors[root]))]
    while stack:
        node, rest = stack[-1]
        following = next((one for one in rest if one not in seen), None)
        if following is None:
            order.append(node)
            stack.pop()
        else:
            seen.add(following)
            stack.append((following, iter(successors[following])))
    return order

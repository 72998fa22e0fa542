"""Gathers the samples of short slices that are played in rounds, one slice an arm. Measures nothing, orders nothing.

An arm is `new`, `old`, `copy` (old once more) or `control`; whoever plays a round says in which order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

NEW = "new"
OLD = "old"
COPY = "copy"
CONTROL = "control"


class SliceFailed(Exception):
    """A slice that measured nothing; says why."""


class Rounds:
    """Complete rounds: `samples[metric][arm]` has one sample a round, in the order of the rounds.

    `slices` is what plays one slice of each arm, and gives one sample of each metric. A round that breaks off, by an
    interrupt or a failure, leaves no samples, and those of the rounds before it stay.
    """

    def __init__(self, slices: Mapping[str, Callable[[], Mapping[str, float]]]) -> None:
        self._slices = slices
        self.samples: dict[str, dict[str, list[float]]] = {}
        self.orders: list[tuple[str, ...]] = []

    def play(self, order: Sequence[str]) -> None:
        """One round. SliceFailed, naming the arm, if a slice fails or has not the metrics that it had before."""
        if sorted(order) != sorted(self._slices):
            raise ValueError(f"a round of {', '.join(order)}; the arms are {', '.join(self._slices)}")
        found = {arm: self._play(arm) for arm in order}
        for arm, figures in found.items():
            for metric, figure in figures.items():
                self.samples.setdefault(metric, {}).setdefault(arm, []).append(figure)
        self.orders.append(tuple(order))

    def _play(self, arm: str) -> Mapping[str, float]:
        try:
            figures = self._slices[arm]()
        except SliceFailed as failure:
            raise SliceFailed(f"{arm}, round {len(self.orders) + 1}: {failure}") from failure
        before = (
            {metric for metric, arms in self.samples.items() if arm in arms} if self.orders else set(figures)
        )
        changed = sorted(before.symmetric_difference(figures))
        if changed or not figures:
            what = f"{', '.join(changed)} not in every round" if changed else "nothing was measured"
            raise SliceFailed(f"{arm}, round {len(self.orders) + 1}: {what}")
        return figures

    def vanished(self, expected: Sequence[str] = ()) -> list[str]:
        """What the old side, or `expected`, has and the new side has not, a line each: it must not go unseen."""
        old = {metric for metric, arms in self.samples.items() if OLD in arms}
        new = {metric for metric, arms in self.samples.items() if NEW in arms}
        return [f"{metric}: has vanished" for metric in sorted((old | set(expected)) - new)]

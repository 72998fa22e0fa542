"""Plays the arms of a comparison in rounds, in an order that is drawn anew for each and balanced over all of them.

The new side (B), the old (A), a copy of it (A') and an inert control (C) take turns, so that whatever disturbs the
machine disturbs them alike; half of the rounds begin with the old side. Stops when the interval is narrow enough or
the most rounds are played; an interrupt keeps what is complete. What an arm does is its own affair: one process
through the launcher, or one slice of a load.
"""

from __future__ import annotations

import random
import shutil
from typing import TYPE_CHECKING, NamedTuple

from bench.launcher import CannotRun
from bench.slices import CONTROL, COPY, NEW, OLD, Rounds, SliceFailed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from bench.launcher import Launcher

    Arm = Callable[[], Mapping[str, float]]

CHECK_EVERY = 10
"""Rounds between two looks at whether they are enough."""
# Equally long, so that arms differ by nothing but what is in the file.
PLACES = {NEW: "b", OLD: "a", COPY: "d", CONTROL: "c"}


class Plan(NamedTuple):
    """How many rounds: those that only fill caches, the fewest that count, the most; and what orders are drawn from."""

    warm_up: int
    fewest: int
    most: int
    seed: int


def orders(arms: Iterable[str], rounds: int, seed: int) -> Iterator[tuple[str, ...]]:
    """The order of each round: old before new in every other one of a shuffled list, the others anywhere."""
    chance = random.Random(f"{seed}/orders")  # noqa: S311 - an order, not a secret
    names = list(arms)
    starts = [at % 2 == 0 for at in range(rounds)]
    chance.shuffle(starts)
    for old_first in starts:
        drawn = names[:]
        chance.shuffle(drawn)
        if OLD in drawn and NEW in drawn and (drawn.index(OLD) < drawn.index(NEW)) != old_first:
            first, second = drawn.index(OLD), drawn.index(NEW)
            drawn[first], drawn[second] = drawn[second], drawn[first]
        yield tuple(drawn)


def play(
    arms: Mapping[str, Arm],
    plan: Plan,
    enough: Callable[[Rounds], bool] = lambda _: False,
    told: Callable[[int, int], None] = lambda _played, _most: None,
) -> tuple[Rounds, bool]:
    """The rounds, and whether they were interrupted before they were enough. SliceFailed names the arm that failed.

    `enough` is asked every ten rounds from the fewest on; `told` hears how many are played, of how many at most.
    """
    rounds = Rounds(arms)
    try:
        for order in orders(arms, plan.warm_up, plan.seed + 1):
            for arm in order:
                arms[arm]()
        for played, order in enumerate(orders(arms, plan.most, plan.seed), 1):
            rounds.play(order)
            told(played, plan.most)
            if played >= plan.fewest and played % CHECK_EVERY == 0 and enough(rounds):
                break
    except KeyboardInterrupt:
        return rounds, True
    return rounds, False


def process(launcher: Launcher, argv: list[str], environment: dict[str, str], cwd: Path | None = None) -> Arm:
    """An arm that is one run of a program: its wall time, in seconds."""

    def run() -> Mapping[str, float]:
        try:
            return {"time": launcher.run(argv, environment, cwd=cwd).wall_s}
        except CannotRun as error:
            raise SliceFailed(str(error)) from error

    return run


def placed(files: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Copies of the arms' files by arm, all under paths of one length on one file system."""
    found = {}
    for arm, file in files.items():
        place = folder / PLACES[arm]
        place.mkdir(parents=True, exist_ok=True)
        found[arm] = place / "weft"
        shutil.copyfile(file, found[arm])
        found[arm].chmod(0o755)
    return found

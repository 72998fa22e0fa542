"""Statistics of paired samples: quantiles, the signed-rank test, bootstrap intervals, several tests at once. No I/O.

Only what the verdicts need, in plain Python, so that a report can be made again from its samples, byte by byte: what is
random comes from the `random.Random` that is handed in. `tests/bench_gate/test_statistics.py` compares with scipy and
with published examples.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

MOST_EXACT = 25
"""Up to so many differences without ties the distribution of the ranks is counted out; beyond, it is nearly normal."""
CONFIDENCE = 0.95
POWER = 0.8


class Interval(NamedTuple):
    """Around an estimate; `standard_error` is that of the estimate."""

    estimate: float
    low: float
    high: float
    standard_error: float


def quantile(samples: Sequence[float], share: float) -> float:
    """Between the two samples that it lies between, in proportion (the usual one, "type 7"). ValueError if none."""
    if not samples:
        raise ValueError("a quantile of no samples")
    ordered = sorted(samples)
    at = share * (len(ordered) - 1)
    below = math.floor(at)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (at - below)


def signed_rank_p(differences: Sequence[float]) -> float:
    """The two-sided p-value of Wilcoxon's signed-rank test that these are symmetric around 0; zeros are left out.

    1.0 where nothing is left. F. Wilcoxon, Individual comparisons by ranking methods, Biometrics Bulletin 1 (1945).
    """
    rest = [difference for difference in differences if difference != 0]
    if not rest:
        return 1.0
    ranks, tied = _ranks([abs(difference) for difference in rest])
    positive = sum(rank for rank, difference in zip(ranks, rest, strict=True) if difference > 0)
    total = len(rest) * (len(rest) + 1) / 2
    statistic = min(positive, total - positive)
    if len(rest) <= MOST_EXACT and not tied:
        return _exact_p(len(rest), int(statistic))
    mean = total / 2
    variance = len(rest) * (len(rest) + 1) * (2 * len(rest) + 1) / 24 - sum(n**3 - n for n in tied) / 48
    if variance <= 0:
        return 1.0
    # Half a rank: the distribution is one of steps.
    distance = max(mean - statistic - 0.5, 0.0)
    return min(1.0, 2 * NormalDist().cdf(-distance / math.sqrt(variance)))


def _ranks(values: list[float]) -> tuple[list[float], list[int]]:
    """The rank of each, from 1, equal ones sharing theirs; and how many there are of each that is not alone."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    tied = []
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for at in range(start, end + 1):
            ranks[order[at]] = (start + end) / 2 + 1
        if end > start:
            tied.append(end - start + 1)
        start = end + 1
    return ranks, tied


def _exact_p(count: int, statistic: int) -> float:
    """Twice the share of the 2**count signs of the ranks that give no more than this."""
    ways = [1] + [0] * (count * (count + 1) // 2)
    for rank in range(1, count + 1):
        for total in range(len(ways) - 1, rank - 1, -1):
            ways[total] += ways[total - rank]
    return min(1.0, 2.0 * sum(ways[: statistic + 1]) / (1 << count))


def bootstrap(
    rounds: Sequence[tuple[float, ...]],
    estimate: Callable[[Sequence[tuple[float, ...]]], float],
    chance: random.Random,
    resamples: int = 2000,
) -> Interval:
    """The interval that holds the middle 95 % of what whole rounds, drawn again with replacement, come to.

    Rounds and not samples, since what disturbs one arm of a round disturbs its neighbours. B. Efron, Bootstrap methods:
    another look at the jackknife, Annals of Statistics 7 (1979). ValueError without rounds.
    """
    if not rounds:
        raise ValueError("an interval of no rounds")
    found = sorted(estimate(chance.choices(rounds, k=len(rounds))) for _ in range(resamples))
    tail = (1 - CONFIDENCE) / 2
    mean = math.fsum(found) / len(found)
    error = math.sqrt(math.fsum((value - mean) ** 2 for value in found) / max(len(found) - 1, 1))
    return Interval(estimate(rounds), quantile(found, tail), quantile(found, 1 - tail), error)


def least_effect(standard_error: float) -> float:
    """The least effect, as a share, that a two-sided test at 5 % sees four times of five, from a log ratio's error."""
    normal = NormalDist()
    return math.expm1((normal.inv_cdf(1 - (1 - CONFIDENCE) / 2) + normal.inv_cdf(POWER)) * standard_error)


def normal_p(distance: float) -> float:
    """The two-sided p-value of an estimate so many standard errors from what it would be by chance."""
    return 2 * NormalDist().cdf(-abs(distance))


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values, in their order, raised so that all may be read at one level.

    S. Holm, A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6 (1979).
    """
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    found = [0.0] * len(p_values)
    worst = 0.0
    for place, at in enumerate(order):
        worst = max(worst, min(1.0, p_values[at] * (len(p_values) - place)))
        found[at] = worst
    return found

"""Finds where a series of figures changed its level, and prints it for the history (`nox -s bench_trend`).

E-divisive means (Matteson and James, "A Nonparametric Approach for Multiple Change Point Analysis of Multivariate
Data", JASA 2014) propose where to cut: where the energy distance between both sides is greatest. As in Apache Otava, a
t-test decides instead of random permutations, so that the same history always gives the same answer; weak points are
collected first, then those go, the weakest first, that do not hold beside their neighbours. The variance is that within
all segments: three runs that happen to be alike prove nothing. An EWMA chart has a vote.
"""

from __future__ import annotations

import argparse
import math
import sys
from itertools import pairwise
from pathlib import Path
from statistics import fmean, variance
from typing import NamedTuple

from bench import history
from bench.metrics import metric, of_key
from bench.wording import amount, percent

WEAK_P = 0.05
STRONG_P = 0.01
"""After Bonferroni's correction for the cuts that were tried: the best of many looks good by chance."""
LEAST_RUNS = 3
"""On either side of a change: fewer have no spread worth the name."""
LEAST_EFFECT = 0.01
LAST_RUNS = 200
EWMA_WEIGHT = 0.3
EWMA_SIGMAS = 3.0


class Change(NamedTuple):
    """The level before run number `at` and from it on; `p_value` is corrected. `is_confirmed`: by the EWMA chart."""

    at: int
    before: float
    after: float
    p_value: float
    is_confirmed: bool

    @property
    def ratio(self) -> float:
        """Infinite from a level of nothing."""
        return self.after / self.before if self.before else math.inf


def changes(values: list[float]) -> list[Change]:
    """Where the level changed, from the first run to the last; empty for a short or a steady series."""
    cuts = _weak_cuts(values, 0, len(values))
    while cuts:
        found = _changes_at(values, cuts)
        weakest = max(found, key=lambda one: (not _is_large(one), one.p_value))
        if _is_large(weakest) and weakest.p_value <= STRONG_P:
            return found
        cuts.remove(weakest.at)
    return []


def is_leaving(values: list[float]) -> bool:
    """Whether the last runs drift away from the level before them, too few as yet to be called a change."""
    if len(values) < 3 * LEAST_RUNS:
        return False
    return _ewma_leaves(values[:-LEAST_RUNS], values[-LEAST_RUNS:])


def _weak_cuts(values: list[float], start: int, end: int) -> list[int]:
    if end - start < 2 * LEAST_RUNS:
        return []
    at = start + _best_cut(values[start:end])
    before, after = values[start:at], values[at:end]
    if p_value(before, after, [before, after]) > WEAK_P:
        return []
    return [*_weak_cuts(values, start, at), at, *_weak_cuts(values, at, end)]


def _best_cut(values: list[float]) -> int:
    """Where the energy distance of both sides, weighted by their lengths, is greatest. O(n^2)."""
    count = len(values)
    left, cross = 0.0, sum(abs(values[0] - other) for other in values[1:])
    right = sum(abs(values[i] - values[j]) for i in range(1, count) for j in range(i + 1, count))
    best, found = -1.0, LEAST_RUNS
    for at in range(1, count):
        if LEAST_RUNS <= at <= count - LEAST_RUNS:
            rest = count - at
            within = left * 2 / (at * (at - 1)) + right * 2 / (rest * (rest - 1))
            energy = at * rest / count * (2 * cross / (at * rest) - within)
            if energy > best:
                best, found = energy, at
        to_left = sum(abs(values[at] - other) for other in values[:at])
        to_right = sum(abs(values[at] - other) for other in values[at + 1 :])
        left, right, cross = left + to_left, right - to_right, cross + to_right - to_left
    return found


def _changes_at(values: list[float], cuts: list[int]) -> list[Change]:
    edges = [0, *cuts, len(values)]
    segments = [values[start:end] for start, end in pairwise(edges)]
    return [
        Change(
            at,
            fmean(before),
            fmean(after),
            min(1.0, p_value(before, after, segments) * len(values)),
            _ewma_leaves(before, after),
        )
        for at, (before, after) in zip(cuts, pairwise(segments), strict=True)
    ]


def _is_large(change: Change) -> bool:
    return abs(change.after - change.before) >= LEAST_EFFECT * abs(change.before) and (
        change.after != change.before
    )


def _ewma_leaves(before: list[float], after: list[float]) -> bool:
    """Whether the moving average of `after`, begun at the level of `before`, ends outside that level's limits."""
    level, spread = fmean(before), math.sqrt(variance(before)) if len(before) > 1 else 0.0
    limit = EWMA_SIGMAS * spread * math.sqrt(EWMA_WEIGHT / (2 - EWMA_WEIGHT))
    average = level
    for value in after:
        average += EWMA_WEIGHT * (value - average)
    return abs(average - level) > max(limit, EWMA_WEIGHT * LEAST_EFFECT * abs(level))


def p_value(one: list[float], other: list[float], segments: list[list[float]]) -> float:
    """Student's t-test, two-sided, by the variance within all segments; 0 for two constants, 1 if they are one."""
    freedom = sum(len(segment) - 1 for segment in segments)
    squares = sum(variance(segment) * (len(segment) - 1) for segment in segments)
    gap = fmean(one) - fmean(other)
    if not squares:
        return 0.0 if gap else 1.0
    t = gap / math.sqrt(squares / freedom * (1 / len(one) + 1 / len(other)))
    return _incomplete_beta(freedom / (freedom + t * t), freedom / 2, 0.5)


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function by its continued fraction (DLMF 8.17.22, Lentz's method)."""
    if x <= 0 or x >= 1:
        return min(max(x, 0.0), 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(1 - x, b, a)
    tiny = 1e-300
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1) or tiny)
    fraction = d
    for m in range(1, 300):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d or tiny)
            c = 1 + term / c or tiny
            fraction *= c * d
        if abs(c * d - 1) < 1e-14:  # noqa: PLR2004 - what a double can tell
            break
    log = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x)
    return math.exp(log) * fraction / a


def lines_for(key: str, points: list[history.Point]) -> list[str]:
    """What is to be said of one series: a line for each change of level, and one if it is about to change."""
    points = points[-LAST_RUNS:]
    values = [point.value for point in points]
    known = metric(of_key(key))
    said = []
    for change in changes(values):
        word = "better" if (change.after < change.before) == (known.better == "lower") else "worse"
        sure = "" if change.is_confirmed else ", not confirmed by the moving average"
        span = f"{points[change.at - 1].commit[:12]}..{points[change.at].commit[:12]}"
        said.append(
            f"{key}: {word}, {amount(change.before, known.unit)} -> {amount(change.after, known.unit)} "
            f"({percent(change.ratio)}) in {span}, p {change.p_value:.1g}{sure}"
        )
    if not said and is_leaving(values):
        level = amount(fmean(values[:-LEAST_RUNS]), known.unit)
        said.append(f"{key}: the last {LEAST_RUNS} runs leave its level of {level}")
    return said


def main(arguments: list[str]) -> int:
    """Print every change in a history. 3 if there is nothing to look at, or part of it cannot be read."""
    parser = argparse.ArgumentParser(prog="bench_trend", description="where the figures changed their level")
    parser.add_argument("--history", type=Path, help="default: every history of this machine")
    parser.add_argument("--key", help="only series whose key contains this")
    asked = parser.parse_args(arguments)
    paths = [asked.history] if asked.history else sorted(history.folder().glob("*.jsonl"))
    code = 0 if paths else 3
    for path in paths:
        found = history.read(path)
        print(f"{path}: {len(found.entries)} runs")
        for fault in found.faults:
            print(f"  cannot be read: {fault}")
        for key, points in sorted(history.series(found.entries).items()):
            for line in lines_for(key, points) if (asked.key or "") in key else []:
                print(f"  {line}")
        if found.faults or not found.entries:
            code = 3
    if not paths:
        print("there is no history yet; `nox -s bench` appends every run to it", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

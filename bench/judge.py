"""Turns the sides of rows into verdicts, each with the reason a reader needs. Measures nothing; opens nothing.

What is exact is judged by any difference, packed sizes by 0.1 %; counters by 1 %; memory by 2 % and 64 KiB; time only
by rounds of A, A' (A once more), B and C (an inert control): by the interval of the ratio, a rank test over all rows at
once, an effect that matters, and whether A' held still. Who finds no reason to be sure says so: `inconclusive`,
`contaminated`, `not-measured`.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from bench.limits import is_broken
from bench.results import Comparison, Row, Side, Statistic, Verdict, absurd_gain
from bench.statistics import Interval, bootstrap, holm, least_effect, normal_p, quantile, signed_rank_p

if TYPE_CHECKING:
    from collections.abc import Sequence

PART_METRICS = ("section_bytes:", "symbol_bytes:", "archive_entries")
"""Parts of what is judged as a whole: growth of one is told, not judged."""
TOLD_ARTIFACTS = ("sdist",)
COMPRESSED_METRICS = ("gzip_bytes", "brotli_bytes", "zstd_bytes")
COMPRESSED_SHARE = 0.001
"""What is packed grows and shrinks a little with any change, whichever way the file itself went."""
COUNTER_SHARE, COUNTER_LEAST = 0.01, {"minor_faults": 3.0}
MEMORY_SHARE, MEMORY_LEAST_BYTES = 0.02, 65_536.0
TIME_SHARE = 0.03
CERTAIN_SHARE = 0.01
"""The whole interval of a regression lies beyond this."""
LEVEL = 0.01
LOW_SHARE = 0.1
"""p10: of what takes milliseconds on a shared machine, others add least to a low quantile."""
LEAST_S = 0.000_01
FEWEST_ROUNDS = 10
MOST_STEAL_PERCENT = 5.0
IS_SELF = "the old side is HEAD itself: only limits are judged"


@dataclass(frozen=True)
class Circumstances:
    """What else decides: whether the old side is HEAD itself, the run's seed, and the time others took meanwhile.

    `has_old`: the old side was measured as well, so what it has not is new here. What only the old side has is told
    as missing, so nothing gets rid of its verdict by another name.
    """

    is_self: bool
    seed: int
    steal_percent: float = 0.0
    has_old: bool = False


def judged(rows: Sequence[Row], around: Circumstances) -> list[Row]:
    """The rows with comparison, verdict and reason; rows of time are tested together."""
    compared = [_compared(row, around) for row in rows]
    tested = [at for at, row in enumerate(compared) if row.comparison is not None]
    raised = holm([_comparison(compared[at]).p_value for at in tested])
    for at, one in zip(tested, raised, strict=True):
        compared[at] = replace(compared[at], comparison=replace(_comparison(compared[at]), p_value=one))
    return [_with_limit(replace(row, **_verdict(row, around)._asdict())) for row in compared]


def _comparison(row: Row) -> Comparison:
    assert row.comparison is not None  # noqa: S101 - only asked of rows that have one
    return row.comparison


class _Found(NamedTuple):
    verdict: Verdict
    reason: str


def _compared(row: Row, around: Circumstances) -> Row:
    """The row with its comparison, the p-value still alone, where there are rounds enough of both sides."""
    if row.tier != "time" or around.is_self or row.new is None or row.old is None:
        return row
    rounds = list(zip(row.new.samples, row.old.samples, strict=False))
    if len(rounds) < FEWEST_ROUNDS or len(row.new.samples) != len(row.old.samples):
        return row
    found = log_ratio(row.statistic, rounds, f"{around.seed}/{row.key}")
    return replace(
        row,
        comparison=Comparison(
            ratio=math.exp(found.estimate),
            low=math.exp(found.low),
            high=math.exp(found.high),
            p_value=p_value(row.statistic, found, rounds),
            mde=least_effect(found.standard_error),
            rounds=len(rounds),
        ),
    )


def p_value(statistic: Statistic, found: Interval, rounds: Sequence[tuple[float, float]]) -> float:
    """By the rank test of the rounds' own ratios; for p10 by its own interval.

    Where others on the machine stretch every other round by half, single rounds say nothing of a few per cent, and
    the quick tenth of them does.
    """
    if statistic == "p10":
        error = found.standard_error
        return normal_p(found.estimate / error) if error else float(found.estimate == 0)
    return signed_rank_p([math.log(new / old) for new, old in rounds])


def log_ratio(statistic: Statistic, rounds: Sequence[tuple[float, ...]], seed: str) -> Interval:
    """ln(first/second) of rounds: of their low quantiles for p10, else the median of the rounds' own ratios."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret: the same report from the same samples
    return bootstrap(rounds, _of_quantiles if statistic == "p10" else _of_rounds, chance)


def _of_quantiles(rounds: Sequence[tuple[float, ...]]) -> float:
    return math.log(
        quantile([one[0] for one in rounds], LOW_SHARE) / quantile([one[1] for one in rounds], LOW_SHARE)
    )


def _of_rounds(rounds: Sequence[tuple[float, ...]]) -> float:
    return quantile([math.log(one[0] / one[1]) for one in rounds], 0.5)


def _verdict(row: Row, around: Circumstances) -> _Found:
    if row.new is None:
        return _Found("not-measured", row.reason)
    absurd = absurd_gain(row)
    if absurd:
        return _Found("not-measured", absurd)
    told = _only_told(row, around)
    if told:
        return _Found("unchanged", told)
    if row.tier == "time":
        return _of_time(row, around)
    old = row.old or row.baseline
    if old is None:
        return _Found(
            "not-measured", "neither an old side nor a stored baseline has this figure; see --accept"
        )
    against = "the old side" if isinstance(old, Side) else f"the baseline of {old.commit[:12]}"
    if row.tier == "exact":
        least = COMPRESSED_SHARE * old.value if row.metric in COMPRESSED_METRICS else 0.0
        return _of_difference(row, row.new.value, old.value, least, against)
    if row.tier == "memory":
        least = MEMORY_LEAST_BYTES if row.unit == "B" and row.metric != "bytes_per_message" else 0.0
        return _of_difference(row, row.new.value, old.value, max(least, MEMORY_SHARE * old.value), against)
    return _of_counter(row, old.value, against)


def _only_told(row: Row, around: Circumstances) -> str:
    """Why a figure has nothing to be held against and needs nothing; empty if it must be judged."""
    if row.metric.startswith(PART_METRICS):
        return "a part: told, and judged as a whole"
    if row.artifact in TOLD_ARTIFACTS:
        return "told: it grows with every test"
    if row.old is None and row.baseline is None:
        if around.has_old:
            return "new here: the old side has no such figure"
        return IS_SELF if around.is_self else ""
    return ""


def _of_counter(row: Row, old: float, against: str) -> _Found:
    """Counts that should be equal each time; where they are not, only what all of them say is a verdict."""
    assert row.new is not None  # noqa: S101 - the caller has looked
    least = max(COUNTER_LEAST.get(row.metric, 0.0), COUNTER_SHARE * old)
    lowest, highest = min(row.new.samples), max(row.new.samples)
    if highest - lowest <= least / 2:
        return _of_difference(row, row.new.value, old, least, against)
    spread = f"counted {lowest:,.0f} to {highest:,.0f}"
    if lowest > old + least:
        return _Found("regressed", f"{spread}, all above {old:,.0f} of {against}")
    if highest < old - least:
        return _Found("improved", f"{spread}, all below {old:,.0f} of {against}")
    return _Found("inconclusive", f"{spread}: not the same twice, so the run is not pinned")


def _of_difference(row: Row, new: float, old: float, least: float, against: str) -> _Found:
    worse = new - old if row.better == "lower" else old - new
    if abs(worse) <= least:
        return _Found(
            "unchanged",
            f"as {against}"
            if new == old
            else f"{_change(new, old)} of {against}: within {_amount(least, row)}",
        )
    verdict: Verdict = "regressed" if worse > 0 else "improved"
    difference = _with_unit(f"{new - old:+,.10g}", row)
    return _Found(verdict, f"{_change(new, old)} ({difference}) of {against}")


def _of_time(row: Row, around: Circumstances) -> _Found:
    if around.is_self:
        return _Found("unchanged", IS_SELF)
    assert row.new is not None  # noqa: S101 - the caller has looked
    if row.old is None:
        return _Found("not-measured", "there is no old side to compare with in the same run")
    if row.comparison is None:
        counts = f"{len(row.new.samples)} rounds of the new side, {len(row.old.samples)} of the old"
        return _Found("not-measured", f"{counts}; at least {FEWEST_ROUNDS} of both are needed")
    worse = 1 if row.better == "lower" else -1
    found = row.comparison
    estimate = worse * math.log(found.ratio)
    low, high = sorted((worse * math.log(found.low), worse * math.log(found.high)))
    told = f"{_share(found.ratio)} ({_share(found.low)} to {_share(found.high)}, {found.rounds} rounds)"
    unrest = _unrest(row, around, abs(estimate))
    if unrest:
        return _Found("contaminated", f"{told}, but {unrest}")
    small = row.unit == "s" and abs(row.new.value - row.old.value) < LEAST_S
    matters, certain = math.log1p(TIME_SHARE), math.log1p(CERTAIN_SHARE)
    if found.p_value < LEVEL and not small:
        if estimate > matters and low > certain:
            return _Found("regressed", told)
        if estimate < -matters and high < -certain:
            return _Found("improved", told)
    if -matters < low and high < matters:
        return _Found("unchanged", told)
    if small and abs(estimate) < 2 * matters:
        return _Found("unchanged", f"{told}: less than {LEAST_S * 1e6:.0f} us")
    return _Found("inconclusive", f"{told}; this run could have seen {found.mde:.1%}")


def _unrest(row: Row, around: Circumstances, effect: float) -> str:
    """Why nothing of this row is to be believed: what cannot differ, differed. Empty if the machine was quiet."""
    if around.steal_percent > MOST_STEAL_PERCENT:
        return f"other guests of this machine took {around.steal_percent:.0f} % of its time"
    assert row.old is not None  # noqa: S101 - the caller has looked
    if row.copy is None or len(row.copy.samples) != len(row.old.samples):
        return "there is no second copy of the old side to tell noise by"
    both = list(zip(row.copy.samples, row.old.samples, strict=True))
    shift = _of_quantiles(both) if row.statistic == "p10" else _of_rounds(both)
    # What is many times larger than the shift is no work of the same noise.
    if abs(shift) > math.log1p(TIME_SHARE) / 2 and effect < 4 * abs(shift):
        return f"a copy of the old side differs from it by {_share(math.exp(shift))}"
    return ""


def _with_limit(row: Row) -> Row:
    """What breaks its limit has regressed, unless the machine was so busy that no time means anything."""
    said = is_broken(row)
    if not said:
        return row
    verdict = row.verdict if row.verdict == "contaminated" else "regressed"
    return replace(row, verdict=verdict, reason=f"{said}; {row.reason}")


def _change(new: float, old: float) -> str:
    return _share(new / old) if old else f"{new:,.10g} instead of 0"


def _share(ratio: float) -> str:
    return f"{ratio - 1:+.1%}"


def _amount(least: float, row: Row) -> str:
    return _with_unit(f"{least:,.0f}", row)


def _with_unit(number: str, row: Row) -> str:
    return f"{number} {row.unit}" if row.unit != "1" else number

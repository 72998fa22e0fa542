"""Draws samples, intervals and series as inline SVG that grows with the page: positions are percentages, dots are not.

Colours are classes, which the report's style sheet gives their values in light and dark. Computes no statistics.
"""

from __future__ import annotations

import html
import math
import random
from typing import TYPE_CHECKING

from bench.wording import amount, percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bench.history import Point
    from bench.metrics import Unit
    from bench.results import Comparison, Row, Side
    from bench.trend import Change

LANE_PX = 26
TREND_PX = 96
MARGIN_PERCENT = 2.0
# What lies this far beyond the bulk is drawn at the edge, as an arrow: one stall must not flatten all else.
BULK = 0.95
BEYOND = 1.15


class Scale:
    """Maps values to percentages of the width."""

    def __init__(self, low: float, high: float) -> None:
        if high <= low:
            pad = abs(low) * 0.01 or 1.0
            low, high = low - pad, high + pad
        self.low, self.high = low, high

    @classmethod
    def above(cls, values: Iterable[float]) -> Scale:
        """From the least to where the bulk of them ends, and a little more: nothing is faster than undisturbed."""
        ordered = sorted(values)
        bulk = ordered[math.ceil(BULK * len(ordered)) - 1]
        spread = max(bulk - ordered[0], abs(bulk) * 0.01)
        return cls(ordered[0] - 0.04 * spread, ordered[0] + spread * BEYOND)

    @classmethod
    def around(cls, values: Iterable[float], kept: Iterable[float]) -> Scale:
        """All of `kept`, and the bulk of the values on both sides."""
        ordered = sorted(values)
        cut = math.floor(2 * (1 - BULK) * len(ordered))
        inner = [*ordered[cut : len(ordered) - cut], *kept]
        pad = 0.04 * (max(inner) - min(inner))
        return cls(min(inner) - pad, max(inner) + pad)

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return MARGIN_PERCENT + share * (100 - 2 * MARGIN_PERCENT)

    def ticks(self) -> list[float]:
        """Three to seven round values on it."""
        rough = (self.high - self.low) / 5
        power = 10 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        first = math.ceil(self.low / step)
        return [number * step for number in range(first, math.floor(self.high / step) + 1)]


def strip(side: Side, scale: Scale, unit: Unit, arm: str) -> str:
    """A dot a sample, and a bar where their quantile is; what is beyond the scale is counted at its end."""
    dots = _dots(side.samples, scale, LANE_PX, lambda value: amount(value, unit))
    bar = _bar(scale.at(side.value), LANE_PX, "mark", amount(side.value, unit))
    said = f"{len(side.samples)} samples of arm {arm}, {amount(side.value, unit)}"
    return _svg(dots + bar, LANE_PX, said, f"strip arm-{_arm_class(arm)}")


def ratio_strip(ratios: list[float], found: Comparison, threshold: float) -> tuple[str, str]:
    """B/A round by round, the interval of the comparison, and the zone in which nothing changed; its axis."""
    scale = Scale.around(ratios, [found.low, found.high, 1 - threshold, 1 + threshold])
    height = LANE_PX + 8
    zone = _band(scale, 1 - threshold, 1 + threshold, height, "zone", f"within {threshold:.0%}")
    band = _band(
        scale, found.low, found.high, height, "band", f"{percent(found.low)} to {percent(found.high)}"
    )
    one = _bar(scale.at(1), height, "one", "no change")
    middle = _bar(scale.at(found.ratio), height, "mark", percent(found.ratio))
    said = f"{len(ratios)} rounds, {percent(found.ratio)}, {percent(found.low)} to {percent(found.high)}"
    drawn = zone + one + band + _dots(ratios, scale, height, percent) + middle
    return _svg(drawn, height, said, "strip ratios"), axis(scale, percent)


def axis(scale: Scale, worded: Callable[[float], str]) -> str:
    """Round values below a strip."""
    ticks = [
        f'<line x1="{scale.at(value):.2f}%" x2="{scale.at(value):.2f}%" y1="0" y2="4"/>'
        f'<text x="{scale.at(value):.2f}%" y="15" text-anchor="middle">{html.escape(worded(value))}</text>'
        for value in scale.ticks()
    ]
    return f'<svg class="axis" width="100%" height="18" aria-hidden="true">{"".join(ticks)}</svg>'


def _dots(values: Iterable[float], scale: Scale, height: float, worded: Callable[[float], str]) -> str:
    """Each value in its place, at any height; how many lie beyond either end."""
    values = list(values)
    jitter = random.Random(len(values))  # noqa: S311 - where dots go, the same in every report of the same run
    drawn = []
    for number, value in enumerate(values, 1):
        y = height / 2 + jitter.uniform(-0.3, 0.3) * LANE_PX
        if scale.low <= value <= scale.high:
            tip = _tip(f"round {number}: {worded(value)}")
            drawn.append(
                f'<circle class="dot" cx="{scale.at(value):.2f}%" cy="{y:.1f}" r="2.6">{tip}</circle>'
            )
    below, above = sum(value < scale.low for value in values), sum(value > scale.high for value in values)
    y = height / 2 + 4
    if below:
        drawn.append(f'<text class="beyond" x="0.5%" y="{y:g}">◂ {below}</text>')
    if above:
        drawn.append(f'<text class="beyond" x="99.5%" y="{y:g}" text-anchor="end">{above} ▸</text>')
    return "".join(drawn)


def whisker(found: Comparison, widest: float, threshold: float) -> str:
    """The interval of a ratio around no change; the same scale (`widest`, a share) in every row of a list."""
    scale = Scale(1 - widest, 1 + widest)
    low, high = scale.at(max(found.low, 1 - widest)), scale.at(min(found.high, 1 + widest))
    height = 18
    zone = _band(scale, 1 - threshold, 1 + threshold, height, "zone", f"within {threshold:.0%}")
    one = _bar(scale.at(1), height, "one", "no change")
    line = f'<line class="whisker" x1="{low:.2f}%" x2="{high:.2f}%" y1="9" y2="9"/>'
    middle = scale.at(min(max(found.ratio, 1 - widest), 1 + widest))
    dot = f'<circle class="centre" cx="{middle:.2f}%" cy="9" r="4"/>'
    said = f"{percent(found.ratio)}, {percent(found.low)} to {percent(found.high)}"
    return _svg(zone + one + line + dot, height, said, "whiskers")


def trend(points: list[Point], changes: list[Change], row: Row | None, unit: Unit) -> str:
    """A series run by run, with its changes of level, the accepted baseline, and the limit if it is near."""
    values = [point.value for point in points]
    references = _references(row, min(values), max(values), unit)
    low = min([*values, *(value for value, _, _ in references)])
    high = max([*values, *(value for value, _, _ in references)])
    pad = (max(high - low, abs(high) * 0.01) or 1.0) * 0.12  # nothing but zeros has its line, too
    across = Scale(0, max(1, len(points) - 1))

    def y(value: float) -> float:
        return 6 + (high + pad - value) / (high - low + 2 * pad) * (TREND_PX - 12)

    drawn = [
        f'<line class="{kind}" x1="0" x2="100%" y1="{y(value):.1f}" y2="{y(value):.1f}">{_tip(said)}</line>'
        for value, kind, said in references
    ]
    drawn += [_bar(across.at(cut.at - 0.5), TREND_PX, "cut", f"{percent(cut.ratio)} here") for cut in changes]
    drawn += _levels(points, changes, across, y)
    for number in range(len(points)):
        drawn += _run(points, number, across, y, unit)
    said = f"{len(points)} runs, from {amount(values[0], unit)} to {amount(values[-1], unit)}"
    return _svg("".join(drawn), TREND_PX, said, "trend")


def _references(row: Row | None, low: float, high: float, unit: Unit) -> list[tuple[float, str, str]]:
    """What a series is held against: value, class, words."""
    found = []
    if row is not None and row.baseline is not None:
        found.append((row.baseline.value, "baseline", f"baseline {amount(row.baseline.value, unit)}"))
    reach = 2 * max(high - low, abs(high) * 0.02)
    if row is not None and row.limit is not None and low - reach <= row.limit.value <= high + reach:
        found.append((row.limit.value, "limit", f"limit {amount(row.limit.value, unit)}"))
    return found


def _run(
    points: list[Point], number: int, across: Scale, y: Callable[[float], float], unit: Unit
) -> list[str]:
    """One run's dot, and the line to the next."""
    point, x = points[number], f"{across.at(number):.2f}%"
    tip = _tip(f"{point.commit[:12]}, {point.started[:10]}: {amount(point.value, unit)}")
    if number == len(points) - 1:
        return [f'<circle class="last" cx="{x}" cy="{y(point.value):.1f}" r="4">{tip}</circle>']
    following = f'x2="{across.at(number + 1):.2f}%" y2="{y(points[number + 1].value):.1f}"'
    return [
        f'<line class="run" x1="{x}" y1="{y(point.value):.1f}" {following}/>',
        f'<circle class="dot" cx="{x}" cy="{y(point.value):.1f}" r="2.2">{tip}</circle>',
    ]


def _levels(
    points: list[Point], changes: list[Change], across: Scale, y: Callable[[float], float]
) -> list[str]:
    """The mean before and after each change, as a step."""
    if not changes:
        return []
    edges = [0, *(change.at for change in changes), len(points)]
    means = [changes[0].before, *(change.after for change in changes)]
    return [
        f'<line class="level" x1="{across.at(start):.2f}%" x2="{across.at(end - 1):.2f}%" '
        f'y1="{y(mean):.1f}" y2="{y(mean):.1f}"/>'
        for start, end, mean in zip(edges, edges[1:], means, strict=False)
    ]


def _arm_class(arm: str) -> str:
    return {"A": "old", "A'": "copy", "B": "new", "C": "control"}[arm]


def _band(scale: Scale, low: float, high: float, height: float, kind: str, said: str) -> str:
    start, end = max(0.0, scale.at(low)), min(100.0, scale.at(high))
    return (
        f'<rect class="{kind}" x="{start:.2f}%" width="{max(0.2, end - start):.2f}%" y="0" height="{height}">'
        f"{_tip(said)}</rect>"
    )


def _bar(at: float, height: float, kind: str, said: str) -> str:
    return f'<line class="{kind}" x1="{at:.2f}%" x2="{at:.2f}%" y1="0" y2="{height}">{_tip(said)}</line>'


def _tip(said: str) -> str:
    return f"<title>{html.escape(said)}</title>"


def _svg(inside: str, height: float, said: str, kind: str) -> str:
    size = f'width="100%" height="{height:g}"'
    return f'<svg class="{kind}" {size} role="img" aria-label="{html.escape(said)}">{inside}</svg>'

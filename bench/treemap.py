"""Turns sizes by name into a treemap: areas to scale, as square as they can be, as inline SVG that grows with the page.

Squarified as in Bruls, Huizing, van Wijk, "Squarified Treemaps", 2000.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING, NamedTuple

from bench.wording import MINUS, amount

if TYPE_CHECKING:
    from collections.abc import Iterator

HEIGHT_PX = 300
WIDTH_PX = 1000
"""What the tiles are made square for; the page may be narrower."""
SMALLEST_SHARE = 0.004
HUES = 12
LETTER_PX = 8.0
LINE_PX = 17
FEWEST_LETTERS = 5
# From which width of the map on a label is shown: names of classes in the report's style sheet, which goes by the width
# of the page, 75 pixels more.
WIDTHS = ((300, ""), (525, "from-s"), (705, "from-m"), (925, "from-l"))
WIDEST_PX = WIDTHS[-1][0]


class Part(NamedTuple):
    """A component or section: its bytes now and before, None if it was not there or nothing was compared."""

    name: str
    new: float
    old: float | None


class Tile(NamedTuple):
    """Where a part lies, in percent of the whole."""

    part: Part
    x: float
    y: float
    width: float
    height: float


def tiles(parts: list[Part]) -> list[Tile]:
    """A place for each part, the largest first; what is tiny is put together. Empty for nothing."""
    total = sum(part.new for part in parts)
    if total <= 0:
        return []
    large = sorted((part for part in parts if part.new >= SMALLEST_SHARE * total), key=lambda part: -part.new)
    tiny = [part for part in parts if 0 < part.new < SMALLEST_SHARE * total]
    if tiny:
        olds = [part.old for part in tiny if part.old is not None]
        large.append(
            Part(f"{len(tiny)} smaller", sum(part.new for part in tiny), sum(olds) if olds else None)
        )
    found: list[Tile] = []
    x, y, width, height = 0.0, 0.0, float(WIDTH_PX), float(HEIGHT_PX)
    rest, area = large, width * height / total
    while rest:
        count = _row_length([part.new * area for part in rest], min(width, height))
        row, rest = rest[:count], rest[count:]
        thick = sum(part.new for part in row) * area / min(width, height)
        at = 0.0
        for part in row:
            length = part.new * area / thick
            place = (x, y + at, thick, length) if width >= height else (x + at, y, length, thick)
            found.append(Tile(part, *_percent(*place)))
            at += length
        if width >= height:
            x, width = x + thick, width - thick
        else:
            y, height = y + thick, height - thick
    return found


def _row_length(areas: list[float], side: float) -> int:
    """How many tiles the next row takes: as long as the least square of them becomes more so."""
    best, count = float("inf"), 1
    for length in range(1, len(areas) + 1):
        row = areas[:length]
        thick = sum(row) / side
        worst = max(max(thick * thick / area, area / (thick * thick)) for area in row)
        if worst > best:
            break
        best, count = worst, length
    return count


def _percent(x: float, y: float, width: float, height: float) -> tuple[float, float, float, float]:
    return (x / WIDTH_PX * 100, y / HEIGHT_PX * 100, width / WIDTH_PX * 100, height / HEIGHT_PX * 100)


def svg(parts: list[Part], said: str) -> str:
    """The drawing; empty for nothing."""
    found = tiles(parts)
    total = sum(part.new for part in parts)
    inside = "".join(_drawn(tile, number, total) for number, tile in enumerate(found))
    label = html.escape(said)
    return (
        f'<svg class="treemap" width="100%" height="{HEIGHT_PX}" role="img" aria-label="{label}">{inside}</svg>'
        if found
        else ""
    )


def legend(parts: list[Part]) -> str:
    """A list of all tiles in their colours, for a page that is too narrow for labels."""
    items = [
        f'<li class="hue{number % HUES}"><b>{html.escape(tile.part.name)}</b> {_size(tile.part)}</li>'
        for number, tile in enumerate(tiles(parts))
    ]
    return f'<ul class="parts">{"".join(items)}</ul>' if items else ""


def _size(part: Part) -> str:
    return f"{amount(part.new, 'B')} {_growth(part)}".strip()


def _growth(part: Part) -> str:
    """+48 B; empty for what stayed as it was, and where nothing was compared."""
    if part.old is None or part.old == part.new:
        return ""
    return f"{'+' if part.new > part.old else MINUS}{amount(abs(part.new - part.old), 'B')}"


def _drawn(tile: Tile, number: int, total: float) -> str:
    part = tile.part
    size, growth = amount(part.new, "B"), _growth(part)
    tip = f"{part.name}: {size}, {part.new / total:.1%} of the whole" + (f", {growth}" if growth else "")
    place = f'x="{tile.x:.3f}%" y="{tile.y:.3f}%" width="{tile.width:.3f}%" height="{tile.height:.3f}%"'
    box = f'<rect class="hue{number % HUES}" width="100%" height="100%"/>'
    letters = int((tile.width / 100 * WIDEST_PX - 14) / LETTER_PX)
    sizes = _size(part)
    lines = [(_cut(part.name, letters), "name"), (sizes if len(sizes) <= letters else size, "size")]
    labels = "".join(_labels(tile, lines))
    return f"<svg {place}>{box}<title>{html.escape(tip)}</title>{labels}</svg>"


def _cut(text: str, letters: int) -> str:
    """The beginning of what is too long, if there is room for any worth reading."""
    return text if len(text) <= letters or letters < FEWEST_LETTERS else text[: letters - 1] + "…"


def _labels(tile: Tile, lines: list[tuple[str, str]]) -> Iterator[str]:
    """As many of the lines as there is room for, from the first on; none is shown without those before it."""
    longest = ""
    for number, (text, kind) in enumerate(lines, 1):
        longest = max(longest, text, key=len)
        fits = _fits(longest, tile.width)
        if fits is None or tile.height / 100 * HEIGHT_PX < LINE_PX * number + 5:
            return
        yield f'<text class="{kind} {fits}" x="8" y="{LINE_PX * number}">{html.escape(text)}</text>'


def _fits(text: str, width_percent: float) -> str | None:
    """From which width of the page on a label fits into its tile: the name of a class, None for never."""
    needed = (len(text) * LETTER_PX + 14) / (width_percent / 100)
    return next((name for width, name in WIDTHS if needed <= width), None)

"""Turns the results of a run, and the history before it, into one HTML file that needs nothing else.

`python -m bench.report RESULTS [--history FILE] [--output FILE]`. Draws and words what was found; computes no
statistics and judges nothing.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bench import history, metrics, plots, results, treemap, trend, wording
from bench.judge import TIME_SHARE as THRESHOLD
from tools import cache

if TYPE_CHECKING:
    from bench.history import Entry, Point
    from bench.results import Results, Row, Side

TEMPLATE = "report.html.j2"
FOLDER = Path(__file__).with_name("templates")
LEAST_SAMPLES = 5
"""Fewer are a list, not a distribution."""
LEAST_RUNS = 3
WIDEST = 0.5
SIZES = {"bytes": "raw", "gzip_bytes": "gzip -9", "brotli_bytes": "brotli -11", "zstd_bytes": "zstd -19"}
ARMS = {"B": "new", "A": "old", "A'": "copy of old", "C": "control"}
PARTS = {"symbol_bytes:": "by component", "section_bytes:": "by section"}


class Lane(NamedTuple):
    """One line of a distribution: an arm, a ratio or an axis."""

    says: str
    value: str
    drawing: Markup


class Distribution(NamedTuple):
    """The samples of one row, arm by arm on one scale, and round by round as ratios."""

    row: Row
    lanes: list[Lane]


class Size(NamedTuple):
    """One artifact's sizes by compression, and its treemaps."""

    artifact: str
    amounts: list[tuple[str, str, str]]
    limit: str
    used_percent: float
    maps: list[tuple[str, Markup]]


class Trend(NamedTuple):
    """One series, and what is to be said of it."""

    key: str
    first: str
    last: str
    runs: int
    drawing: Markup
    said: list[str]


def render(found: Results, entries: list[Entry]) -> str:
    """The page. The history may be empty, or hold this run already."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        amount=wording.amount,
        change=wording.change,
        interval=wording.interval,
        title=wording.title,
        whisker=lambda row: Markup(plots.whisker(row.comparison, _widest(found), THRESHOLD)),  # noqa: S704 - ours
        verdicts=wording.VERDICTS,
    )
    rows = wording.ranked(found)
    trends = _trends(found, entries)
    return environment.get_template(TEMPLATE).render(
        run=found.run,
        headline=wording.headline(found),
        counted=wording.counted(found),
        tone=wording.tone(found),
        code=found.exit_code,
        counts=found.verdicts(),
        total=len(found.rows),
        changed=[row for row in rows if row.verdict != "unchanged"],
        distributions=[_distribution(row) for row in rows if _has_distribution(row)],
        sizes=_sizes(found),
        trends=[one for one in trends if one.said],
        steady=[one for one in trends if not one.said],
        by_artifact=_by_artifact(found),
        widest=_widest(found),
        threshold=THRESHOLD,
        command=command(found),
    )


def command(found: Results) -> str:
    """What somebody else runs to see the same."""
    against = f" --against {found.run.old.commit[:12]}" if found.run.old.commit else ""
    quick = " --quick" if found.run.mode == "quick" else ""
    options = f" --{quick}{against}" if quick or against else ""
    return f"git checkout {found.run.commit[:12]}\nnox -s build -- --host\nnox -s bench{options}"


def _widest(found: Results) -> float:
    """How far whiskers reach: to the widest interval, within reason, and beyond the zone in any case."""
    reach = [
        max(abs(row.comparison.low - 1), abs(row.comparison.high - 1), abs(row.comparison.ratio - 1))
        for row in found.rows
        if row.comparison is not None
    ]
    return min(WIDEST, 1.15 * max([2 * THRESHOLD, *reach]))


def _has_distribution(row: Row) -> bool:
    return row.new is not None and row.tier == "time" and len(row.new.samples) >= LEAST_SAMPLES


def _distribution(row: Row) -> Distribution:
    arms = {arm: side for arm, side in row.arms.items() if side.samples}
    scale = plots.Scale.above(value for arm, side in arms.items() if arm != "C" for value in side.samples)
    lanes = [_lane(row, arm, arms[arm], scale) for arm in ("B", "A", "A'") if arm in arms]
    lanes.append(Lane("", "", Markup(plots.axis(scale, lambda value: wording.amount(value, row.unit)))))  # noqa: S704 - ours
    if row.comparison is not None and row.new is not None and row.old is not None:
        pairs = zip(row.new.samples, row.old.samples, strict=False)
        ratios = [new / old for new, old in pairs if old]
        strip, axis = (Markup(one) for one in plots.ratio_strip(ratios, row.comparison, THRESHOLD))  # noqa: S704 - ours
        lanes += [Lane("new / old", wording.change(row), strip), Lane("", "", axis)]
    if "C" in arms:
        lanes.append(_lane(row, "C", arms["C"], plots.Scale.above(arms["C"].samples)))
    return Distribution(row, lanes)


def _lane(row: Row, arm: str, side: Side, scale: plots.Scale) -> Lane:
    drawing = Markup(plots.strip(side, scale, row.unit, arm))  # noqa: S704 - ours, escaped there
    return Lane(ARMS[arm], wording.amount(side.value, row.unit), drawing)


def _sizes(found: Results) -> list[Size]:
    """Of each artifact that is a file, the host's first, since it is measured first."""
    by_artifact: dict[str, list[Row]] = defaultdict(list)
    for row in found.rows:
        if row.scenario == "file" and row.new is not None:
            by_artifact[row.artifact].append(row)
    return [_size(artifact, rows) for artifact, rows in by_artifact.items()]


def _size(artifact: str, rows: list[Row]) -> Size:
    known = {row.metric: row for row in rows}
    amounts = [
        (words, wording.amount(known[name].new.value, "B"), wording.change(known[name]))  # type: ignore[union-attr]
        for name, words in SIZES.items()
        if name in known
    ]
    raw = known.get("bytes")
    limit, used = "", 0.0
    if raw is not None and raw.limit is not None and raw.new is not None:
        limit = f"{wording.amount(raw.limit.value, 'B')} ({raw.limit.source})"
        used = 100 * raw.new.value / raw.limit.value
    maps = []
    for head, words in PARTS.items():
        parts = [
            treemap.Part(row.metric.removeprefix(head), row.new.value, row.old.value if row.old else None)
            for row in rows
            if row.metric.startswith(head) and row.new is not None
        ]
        drawing = treemap.svg(parts, f"{artifact} {words}")
        if drawing:
            maps.append((words, Markup(drawing + treemap.legend(parts))))  # noqa: S704 - as above
    return Size(artifact, amounts, limit, used, maps)


def _trends(found: Results, entries: list[Entry]) -> list[Trend]:
    """The series with enough runs, this one included; parts of files are too many to be shown."""
    if all(entry.run.id != found.run.id for entry in entries):
        entries = [*entries, history.entry_of(found)]
    here = [entry for entry in entries if entry.run.machine.machine_class == found.run.machine.machine_class]
    rows = found.by_key()
    shown = []
    for key, points in history.series(here).items():
        name = metrics.of_key(key)
        if len(points) < LEAST_RUNS or ":" in name:
            continue
        shown.append(_trend(key, points[-trend.LAST_RUNS :], rows.get(key)))
    return shown


def _trend(key: str, points: list[Point], row: Row | None) -> Trend:
    unit = metrics.metric(metrics.of_key(key)).unit
    cuts = trend.changes([point.value for point in points])
    first, last = (wording.amount(points[at].value, unit) for at in (0, -1))
    said = [line.removeprefix(f"{key}: ") for line in trend.lines_for(key, points)]
    return Trend(key, first, last, len(points), Markup(plots.trend(points, cuts, row, unit)), said)  # noqa: S704 - ours


def _by_artifact(found: Results) -> dict[str, list[Row]]:
    by_artifact: dict[str, list[Row]] = defaultdict(list)
    for row in found.rows:
        by_artifact[row.artifact].append(row)
    return dict(by_artifact)


def write(found: Results, entries: list[Entry], path: Path) -> None:
    cache.write(path, render(found, entries))


def main(arguments: list[str]) -> int:
    """Write the page of a run that was made before. 3 for results that cannot be relied on."""
    parser = argparse.ArgumentParser(prog="bench.report")
    parser.add_argument("results", type=Path)
    parser.add_argument("--history", type=Path)
    parser.add_argument("--output", type=Path, default=Path("report.html"))
    asked = parser.parse_args(arguments)
    try:
        found = results.read(asked.results)
    except results.BadResults as error:
        print(error, file=sys.stderr)
        return 3
    entries = history.read(asked.history).entries if asked.history is not None else []
    write(found, entries, asked.output)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

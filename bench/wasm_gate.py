"""Holds the WebAssembly files in dist/wasm/ to their limits and tells how far they are from their goals.

Only exact figures: sizes, imports, fuel. `--accept` lowers what was beaten. 0: all is kept; 1: a limit is broken; 3: a
figure that has a limit is missing.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench import fuel, limits
from bench.limits import SLACK
from bench.readings import Found
from bench.results import EXIT_CODES, BadResults, Row, Side
from bench.sizes import DIST, measure_file, wasm_files

if TYPE_CHECKING:
    from bench.limits import Limits

PREFIX = "wasm-"
STEP_BYTES = 8 * 1024
"""The limit on a size is a multiple of this."""
SHOWN = (
    "bytes",
    "gzip_bytes",
    "brotli_bytes",
    "core_bytes",
    "adapter_bytes",
    "imports",
    "exports",
    fuel.METRIC,
)


def measured(dist: Path = DIST) -> Found:
    """Every exact figure of the files that are there."""
    found = Found()
    files = wasm_files(dist)
    for artifact, path in files.items():
        found.extend(measure_file(artifact, path))
    if fuel.MODULE in files:
        with tempfile.TemporaryDirectory(prefix="fuel-") as folder:
            found.extend(fuel.measure(files[fuel.MODULE], Path(folder)))
    return found


def rows_of(found: Found, table: Limits) -> tuple[Row, ...]:
    """A row for each figure, with its limit. BadResults."""
    return table.attach(
        Row.of(
            (one.artifact, one.scenario, one.metric), one.statistic, new=Side(float(one.value), one.samples)
        )
        for one in found.readings
    )


def missing(rows: tuple[Row, ...], found: Found, table: Limits) -> list[str]:
    """A line for each figure that could not be measured, or that has a limit and is not there."""
    limited = {key.partition("/")[0] for entries in table.entries.values() for key in entries}
    expected = {name for name in limited if name.startswith(PREFIX)} - set(table.not_yet_built)
    return [*(str(one) for one in found.missing), *table.missing(rows, expected)]


def lowered(rows: tuple[Row, ...], table: Limits) -> dict[str, float]:
    """Our own limits that were beaten, by key: what they come down to."""
    values = {}
    for row in rows:
        entry = table.entries["own"].get(row.key)
        if entry is None or row.new is None:
            continue
        value = row.new.value
        near = -(-value // STEP_BYTES) * STEP_BYTES
        if row.unit != "B":
            near = float(round(value * (1 + SLACK)))
        # What hardly beats its limit leaves it alone.
        if near < entry.value * (1 if row.unit == "B" else 1 - SLACK):
            values[row.key] = near
    return values


def show(rows: tuple[Row, ...], table: Limits, console: Console) -> None:
    """What each figure is beside its limit and its goal."""
    shown = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("figure", "now", "limit", "goal"):
        shown.add_column(
            column, justify="right" if column in ("now", "limit") else "left", no_wrap=column != "goal"
        )
    for row in rows:
        if row.metric not in SHOWN or row.new is None:
            continue
        broken = limits.is_broken(row)
        limit = f"{row.limit.value:,.0f}" if row.limit is not None else ""
        colour = "red" if broken else "green"
        away = table.distance(row)
        shown.add_row(
            row.key, f"{row.new.value:,.0f}", f"[{colour}]{limit}[/]" if limit else "", escape(away)
        )
    console.print(shown)


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.wasm_gate", description=__doc__)
    parser.add_argument("--accept", action="store_true", help="lower the limits that were beaten")
    asked = parser.parse_args(words)
    try:
        table = limits.read()
        found = measured()
        rows = rows_of(found, table)
        show(rows, table, Console())
        lost = missing(rows, found, table)
        broken = [f"{row.key}: {said}" for row in rows if (said := limits.is_broken(row))]
        beaten = lowered(rows, table)
        for line in (*lost, *broken):
            print(line, file=sys.stderr)
        if beaten and asked.accept and not broken:
            limits.write(table, beaten)
        for key, value in beaten.items():
            print(f"{key}: the limit {'is now' if asked.accept else 'was beaten, and may be'} {value:,.0f}")
    except BadResults as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CODES["not-measured"]
    if broken:
        return EXIT_CODES["regressed"]
    return EXIT_CODES["not-measured"] if lost else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

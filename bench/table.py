"""Shows a run in the terminal: what is being measured while it runs, and a summary that fits a screen at its end."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from bench import wording

if TYPE_CHECKING:
    from pathlib import Path

    from rich.console import JustifyMethod

    from bench.results import Results, Row

QUIET_S = 10.0
"""Where no bar can be drawn, a line is printed this often."""
LEAST_LINES = 24
LEAST_ROWS = 3
# What a summary has around its rows: head line, counts, table head and end, files, limits of the screen.
AROUND_LINES = 12
MISSING_LINES = 4


class Live:
    """What is being measured, the estimate so far, and how long all of it will take yet."""

    def __init__(self, console: Console | None = None, now_s: float | None = None) -> None:
        self._console = console or Console(file=sys.stderr)
        self._bar: Progress | None = None
        self._total = self._done = 0.0
        self._started_s = self._said_s = time.monotonic() if now_s is None else now_s

    def start(self, total: float) -> None:
        """So much work follows, in any unit that grows evenly with time: seconds that it should take, say."""
        self._total, self._done = max(total, 1e-9), 0.0
        if self._console.is_terminal:
            columns = (
                BarColumn(),
                TextColumn("{task.percentage:>3.0f} %  {task.fields[left]}  {task.description}"),
            )
            self._bar = Progress(*columns, console=self._console, transient=True)
            self._bar.add_task("", total=self._total, left="")
            self._bar.start()

    def step(self, what: str, amount: float, estimate: str = "", now_s: float | None = None) -> None:
        """So much of it is done; what it was part of, and what that comes to as yet ("+0.4 % ± 1.1 %, 23 rounds")."""
        now_s = time.monotonic() if now_s is None else now_s
        self._done = min(self._total, self._done + amount)
        left = _left(now_s - self._started_s, self._done / self._total)
        line = f"{what}: {estimate}" if estimate else what
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=line, left=left)
        elif now_s - self._said_s >= QUIET_S:
            self._said_s = now_s
            self._console.print(
                f"{self._done / self._total:.0%}, {left}: {line}", highlight=False, markup=False
            )

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None


def _left(passed_s: float, share: float) -> str:
    """How long it will take yet, if it goes on as it went; empty as long as nobody can know."""
    if share <= 0:
        return ""
    left_s = round(passed_s / share * (1 - share))
    return f"{left_s // 60}:{left_s % 60:02d} left"


def show(results: Results, files: list[Path], console: Console | None = None) -> None:
    """The summary: the verdict first, then as many rows as the screen has room for, the worst first."""
    console = console or Console()
    word = wording.VERDICTS[wording.tone(results)]
    console.print()
    console.print(Text(f"{word.sign} {wording.headline(results)}", style=f"bold {word.colour}"))
    console.print(Text(f"{wording.counted(results)}; {_against(results)}", style="dim"))
    for line in results.run.missing[:MISSING_LINES]:
        console.print(Text(f"missing: {line}", style="magenta", overflow="ellipsis", no_wrap=True))
    lost = len(results.run.missing) - MISSING_LINES
    if lost > 0:
        console.print(Text(f"and {lost} more that are missing", style="magenta"))
    rows = wording.ranked(results)
    room = max(console.height, LEAST_LINES) - AROUND_LINES - min(len(results.run.missing), MISSING_LINES + 1)
    shown = [row for row in rows if ":" not in row.metric or row.verdict != "unchanged"][
        : max(LEAST_ROWS, room)
    ]
    if shown:
        console.print(_table(shown, console.width))
    if len(rows) > len(shown):
        console.print(Text(f"and {len(rows) - len(shown)} more figures", style="dim"))
    for path in files:
        console.print(Text(str(path), style="dim"))


GAP = 3
"""Between two columns."""
FEWEST_LETTERS = 3
WIDE = 100
"""Columns from which on there is room for reasons."""


def _table(rows: list[Row], width: int) -> Table:
    """Names and reasons give way where there is no room; figures and verdicts never do."""
    cells = [_cells(row) for row in rows]
    heads = ("figure", "new", "old", "change", "verdict")
    widths = [max(len(head), *(line[at].cell_len for line in cells)) for at, head in enumerate(heads)]
    is_wide = width >= WIDE
    room = width - sum(widths[1:]) - GAP * (len(heads) - 1 + is_wide)
    widths[0] = min(widths[0], room // 2 if is_wide else room)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for head, columns in zip(heads, widths, strict=True):
        justify: JustifyMethod = "left" if head in ("figure", "verdict") else "right"
        table.add_column(head, justify=justify, no_wrap=True, overflow="ellipsis", width=columns)
    if is_wide:
        table.add_column("why", no_wrap=True, overflow="ellipsis", width=room - widths[0])
    for row, line in zip(rows, cells, strict=True):
        line[0] = Text(_short(row.key, widths[0]))
        table.add_row(*line, *([Text(row.reason, style="dim")] if is_wide else []))
    return table


def _short(key: str, columns: int) -> str:
    """A key of which the artifact is cut off first: what was measured says more."""
    artifact, _, rest = key.partition("/")
    kept = columns - len(rest) - len("…/")
    return key if len(key) <= columns or kept < FEWEST_LETTERS else f"{artifact[:kept]}…/{rest}"


def _cells(row: Row) -> list[Text]:
    word = wording.VERDICTS[row.verdict]
    return [
        Text(row.key),
        Text(wording.amount(row.new.value, row.unit) if row.new else "none"),
        Text(wording.amount(row.old.value, row.unit) if row.old else ""),
        Text(wording.change(row), style=word.colour),
        Text(f"{word.sign} {row.verdict}", style=word.colour),
    ]


def _against(results: Results) -> str:
    old = results.run.old
    if old.commit is None:
        return f"nothing to compare with: {old.reason}"
    return f"against {old.commit[:12]} ({old.chosen_by})"

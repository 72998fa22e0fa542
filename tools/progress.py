"""Turns the steps of a build into what its user sees: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
from rich.progress import Progress as Bar

QUIET_S = 10.0
"""Where no bar can be drawn, a line is printed this often."""


class Progress:
    """What is being made, how much is left of it, and for how long."""

    def __init__(self) -> None:
        self._console = Console(file=sys.stderr)
        self._bar: Bar | None = None
        self._total = self._done = 0
        self._started_s = self._said_s = 0.0

    def say(self, what: str) -> None:
        self._console.print(what, highlight=False)

    def start(self, total: int) -> None:
        """So many steps follow."""
        self._total, self._done = total, 0
        self._started_s = self._said_s = time.monotonic()
        if total:
            self.say(f"compiling {total} files")
        if total and self._console.is_terminal:
            left = TextColumn("{task.fields[left]}")
            self._bar = Bar(
                BarColumn(),
                MofNCompleteColumn(),
                left,
                TextColumn("{task.description}"),
                console=self._console,
            )
            self._bar.add_task("", total=total, left="")
            self._bar.start()

    def step(self, what: str) -> None:
        """One of them is done."""
        self._done += 1
        now_s = time.monotonic()
        left_s = (now_s - self._started_s) / self._done * (self._total - self._done)
        left = f"{left_s:.0f} s left"
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=what, left=left)
        elif now_s - self._said_s >= QUIET_S:
            self._said_s = now_s
            self.say(f"{self._done} of {self._total}, {left}: {what}")

    def stop(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

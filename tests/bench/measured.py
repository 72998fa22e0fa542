# ruff: noqa: T201 - printing its figures is what this does
"""What figures are made with: a model server in a process of its own, and rows with their goals."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import Self

ROOT = Path(__file__).resolve().parents[2]
# They fill caches.
FIRST_ROUNDS = 2
LOW_PERCENT = 10


def low(samples: list[float]) -> float:
    """The tenth percentile: of runs that take a millisecond on a shared machine, what others add least to."""
    return statistics.quantiles(samples, n=100)[LOW_PERCENT - 1]


class ServerProcess:
    """tests/fakes/model_server.py on a core of its own; it echoes."""

    def __init__(self, certificate: Path | None = None) -> None:
        more = ["--certificate", str(certificate)] if certificate is not None else []
        self._command = [sys.executable, "-m", "tests.fakes.model_server", *more]
        self.base_url = ""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.base_url = self._process.stdout.readline().strip()
        if not self.base_url:
            raise SystemExit("the model server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate()


class Figure:
    """One row: a figure in its unit, its spread (the quartiles; none for one sample) and its goal.

    `low` is the figure's low quantile, where that is the better estimate: the goal is then held against it.
    """

    def __init__(
        self,
        title: str,
        value: float,
        unit: str,
        goal: float | None,
        *,
        spread: tuple[float, float] | None = None,
        low: float | None = None,
    ) -> None:
        self.title = title
        self.value = value
        self.unit = unit
        self.goal = goal
        self.spread = spread
        self.low = low

    @classmethod
    def of_samples(cls, title: str, samples: list[float], unit: str, goal: float | None) -> Figure:
        first, middle, third = statistics.quantiles(samples, n=4)
        return cls(title, middle, unit, goal, spread=(first, third))

    @classmethod
    def of_ratios(cls, title: str, samples: list[float], bases: list[float], goal: float | None) -> Figure:
        """The median of the ratios of each round, and the ratio of the low quantiles."""
        ratios = [sample / base for sample, base in zip(samples, bases, strict=True)]
        first, middle, third = statistics.quantiles(ratios, n=4)
        return cls(title, middle, "x", goal, spread=(first, third), low=low(samples) / low(bases))

    @property
    def verdict(self) -> str:
        """Empty without a goal; otherwise that it is reached, or by what factor it is missed."""
        if self.goal is None:
            return ""
        found = self.value if self.low is None else self.low
        factor = found / self.goal
        return "reached" if factor <= 1 else f"missed: {factor:.2f} x"

    def as_json(self) -> dict[str, object]:
        return {
            "title": self.title.strip(),
            "value": self.value,
            "unit": self.unit,
            "quartiles": self.spread,
            "low": self.low,
            "goal": self.goal,
            "verdict": self.verdict,
        }


def print_figures(figures: list[Figure]) -> None:
    """A line a figure."""
    print(f"{'':<46}{'median':>12}{'quartiles':>18}{'p' + str(LOW_PERCENT):>8}{'goal':>10}")
    for figure in figures:
        value = f"{figure.value:.3g}" if figure.value < 1000 else f"{figure.value:.0f}"
        spread = f"{figure.spread[0]:.3g} .. {figure.spread[1]:.3g}" if figure.spread is not None else ""
        lowest = f"{figure.low:.3g}" if figure.low is not None else ""
        goal = f"<= {figure.goal:g}" if figure.goal is not None else ""
        columns = f"{value + ' ' + figure.unit:>12}{spread:>18}{lowest:>8}{goal:>10}"
        print(f"{figure.title:<46}{columns}  {figure.verdict}")


def environment(home: Path, **more: str) -> dict[str, str]:
    """What every measured process is started with: nothing of ours leaks in. Makes the home."""
    home.mkdir(parents=True, exist_ok=True)
    return {"HOME": str(home), "PATH": os.defpath, "NO_COLOR": "1"} | more


def model_settings(base_url: str) -> dict[str, str]:
    """Makes the agent ask that server."""
    return {
        "CLAWFT__PROVIDERS__CUSTOM__API_BASE": base_url,
        "CLAWFT__PROVIDERS__CUSTOM__API_KEY": "test-key",
        "CLAWFT__AGENTS__DEFAULTS__MODEL": "custom/mock",
    }

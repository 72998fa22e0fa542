"""What measuring other agents found, as records. Measures nothing."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from bench.records import Record
from bench.results import Machine  # noqa: TC001 - a record is read by its annotations

LOW_PERCENT = 10


@dataclass(frozen=True)
class Figure(Record):
    """One command of one agent, or the reason why there is none.

    `samples_s`: wall time of each run; `cpu_s`: their median processor time; memory is the peak of the largest process.
    """

    agent: str
    version: str
    scenario: str
    samples_s: tuple[float, ...]
    cpu_s: float
    peak_bytes: int
    failure: str

    @property
    def quartiles_s(self) -> tuple[float, float]:
        first, _, third = statistics.quantiles(self.samples_s, n=4, method="inclusive")
        return first, third

    @property
    def low_s(self) -> float:
        """The tenth percentile."""
        return statistics.quantiles(self.samples_s, n=100, method="inclusive")[LOW_PERCENT - 1]


@dataclass(frozen=True)
class Footprint(Record):
    """What an installation added to an empty environment; what Python compiles on the way is not counted."""

    agent: str
    version: str
    size_bytes: int
    files: int


@dataclass(frozen=True)
class Measured(Record):
    """All that one run found, and where."""

    when: str
    commit: str
    machine: Machine
    message: str
    footprints: tuple[Footprint, ...]
    figures: tuple[Figure, ...]

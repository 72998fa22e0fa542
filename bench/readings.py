"""What measuring hands over: a figure with its samples, or why there is none. Judges nothing."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

Statistic = Literal["exact", "max", "median"]


class Unstable(Exception):
    """A figure that should be the same each time and was not; says what was found."""


class Reading(NamedTuple):
    """A figure of one artifact in one scenario. The metric's name says its unit (bench/results.py)."""

    artifact: str
    scenario: str
    metric: str
    statistic: Statistic
    samples: tuple[float, ...]

    @property
    def key(self) -> str:
        return f"{self.artifact}/{self.scenario}/{self.metric}"

    @property
    def value(self) -> float:
        """What the samples come to. Unstable if they should be equal and are not."""
        if self.statistic == "max":
            return max(self.samples)
        if self.statistic == "median":
            return statistics.median(self.samples)
        if len(set(self.samples)) != 1:
            found = ", ".join(f"{sample:g}" for sample in self.samples)
            raise Unstable(f"{self.key}: expected the same figure each time, found {found}")
        return self.samples[0]


class Missing(NamedTuple):
    """A figure that was asked for and is not there. `metric` may be `*`: none of the scenario's."""

    artifact: str
    scenario: str
    metric: str
    why: str

    def __str__(self) -> str:
        return f"{self.artifact}/{self.scenario}/{self.metric}: {self.why}"


class Found:
    """What was measured so far, and what could not be."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.missing: list[Missing] = []

    def add(
        self, artifact: str, scenario: str, metric: str, statistic: Statistic, samples: Iterable[float]
    ) -> None:
        """A figure; what should be the same each time and was not is missing, with what was found."""
        reading = Reading(artifact, scenario, metric, statistic, tuple(samples))
        try:
            reading.value  # noqa: B018 - asked for what it raises
        except Unstable as error:
            self.lack(artifact, scenario, metric, str(error).partition(": ")[2])
        else:
            self.readings.append(reading)

    def lack(self, artifact: str, scenario: str, metric: str, why: str) -> None:
        self.missing.append(Missing(artifact, scenario, metric, why))

    def extend(self, other: Found) -> None:
        self.readings += other.readings
        self.missing += other.missing

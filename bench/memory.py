"""Turns scenarios into their peak resident memory and page faults, through the launcher. Judges nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench.launcher import CannotRun, Launcher
from bench.readings import Found
from bench.start_up import SCENARIOS, Scenario, Subject

TIMES = 5


def measure(subject: Subject, scenarios: tuple[Scenario, ...] = SCENARIOS) -> Found:
    """peak_rss and minor_faults of each scenario."""
    found, launcher = Found(), Launcher()
    for scenario in scenarios:
        with tempfile.TemporaryDirectory(prefix="weft-") as name:
            home = Path(name)
            environment = subject.environment(home)
            try:
                costs = [
                    launcher.run(
                        subject.argv(scenario), environment, cwd=home, counts_pages=True, fixes_addresses=True
                    )
                    for _ in range(TIMES + 1)
                ][1:]
            except CannotRun as error:
                found.lack(subject.artifact, scenario.name, "*", str(error))
                continue
        found.add(subject.artifact, scenario.name, "peak_rss", "max", [cost.peak_bytes for cost in costs])
        found.add(
            subject.artifact, scenario.name, "minor_faults", "median", [cost.minor_faults for cost in costs]
        )
    return found

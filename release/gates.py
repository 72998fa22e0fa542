"""Holds what was built against the limits of bench/limits.toml before it is packed. Measures sizes only.

Time, memory and instructions are `nox -s bench`'s: they want a quiet machine and something to compare with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench import limits, sizes
from release.refusal import Refusal
from tools.targets import read_targets

if TYPE_CHECKING:
    from pathlib import Path


def check_sizes(dist: Path) -> None:
    """Refusal, with every reason, if an executable is missing, cannot be measured or is above a limit."""
    measured = sizes.measure_dist(dist)
    found = [f"{name}: was not built" for name in read_targets() if name not in measured]
    found += [str(missing) for each in measured.values() for missing in each.missing]
    values = {reading.key: reading.value for each in measured.values() for reading in each.readings}
    for kind, entries in limits.read().entries.items():
        for key, entry in entries.items():
            artifact, scenario, _ = key.split("/")
            if scenario != sizes.SCENARIO or artifact not in measured:
                continue
            if key not in values:
                found.append(f"{key}: has a limit ({kind}), and was not measured")
            elif values[key] > entry.value:
                found.append(
                    f"{key}: {values[key]:,.0f} is above {entry.value:,.0f} ({kind}: {entry.source})"
                )
    if found:
        raise Refusal("\n".join(found), "nox -s bench -- --quick, which says what grew")

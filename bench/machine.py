"""Turns what Linux says of the machine into a record: its class, what it consists of, how busy it was meanwhile."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import NamedTuple

from bench.results import Machine

_STEAL = 7
"""The eighth column of the first line of /proc/stat, see proc(5): what the hypervisor gave to others."""


class Ticks(NamedTuple):
    """Processor time since boot, of all processors, in the system's ticks."""

    steal: int
    total: int


def ticks(proc: Path = Path("/proc")) -> Ticks:
    """Now; nothing where there is no such file."""
    try:
        columns = [int(word) for word in (proc / "stat").read_text("ascii").splitlines()[0].split()[1:9]]
    except (OSError, IndexError, ValueError):
        return Ticks(0, 0)
    return Ticks(columns[_STEAL] if len(columns) > _STEAL else 0, sum(columns))


def read(before: Ticks, proc: Path = Path("/proc")) -> Machine:
    """The machine that this runs on; the share of its time that others took is since `before`."""
    cpu, cores = _cpu(proc), os.cpu_count() or 1
    now = ticks(proc)
    passed = now.total - before.total
    return Machine(
        machine_class=class_of(platform.machine(), platform.system(), cores, cpu),
        cpu=cpu,
        cores=cores,
        memory_bytes=_memory_bytes(proc),
        kernel=platform.release(),
        load_1min=_load(proc),
        steal_percent=100 * (now.steal - before.steal) / passed if passed > 0 else 0.0,
    )


def class_of(machine: str, system: str, cores: int, cpu: str) -> str:
    """What figures may be held against each other by: it has no clock speed in it, which hypervisors make up."""
    model = re.sub(r"(?i)\((r|tm)\)|\bcpu\b|\bprocessor\b|@.*$|\d+-core", " ", cpu)
    name = "-".join(re.findall(r"[a-z0-9.]+", model.lower())) or "unknown"
    return f"{machine.lower()}-{system.lower()}-{cores}cpu-{name}"


def _cpu(proc: Path) -> str:
    try:
        text = (proc / "cpuinfo").read_text("utf-8", "replace")
    except OSError:
        text = ""
    found = re.search(r"(?m)^(?:model name|Model|Hardware)\s*:\s*(.+)$", text)
    return found[1].strip() if found else platform.processor() or "unknown"


def _memory_bytes(proc: Path) -> int:
    try:
        found = re.search(r"(?m)^MemTotal:\s*(\d+) kB$", (proc / "meminfo").read_text("ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def _load(proc: Path) -> float:
    try:
        return float((proc / "loadavg").read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return 0.0

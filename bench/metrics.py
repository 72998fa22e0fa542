"""What is known of each metric: its unit, which way is better, how it is judged, and what no figure of it can be."""

from __future__ import annotations

from typing import Literal, NamedTuple

from bench.records import BadRecord

Unit = Literal["B", "s", "1", "1/s"]
Better = Literal["lower", "higher"]
Tier = Literal["exact", "counter", "memory", "time"]

# Nothing of ours is this large; what is, was read wrong.
MOST: dict[Unit, float] = {"B": 1e12, "s": 1e6, "1": 1e15, "1/s": 1e12}


class Metric(NamedTuple):
    """What is the same in every row of a metric."""

    unit: Unit
    better: Better
    tier: Tier
    may_be_zero: bool = False


# A name that ends in ":" is followed by what it is of: section_bytes:.text
METRICS = {
    "bytes": Metric("B", "lower", "exact"),
    "gzip_bytes": Metric("B", "lower", "exact"),
    "brotli_bytes": Metric("B", "lower", "exact"),
    "zstd_bytes": Metric("B", "lower", "exact"),
    "core_bytes": Metric("B", "lower", "exact"),
    "adapter_bytes": Metric("B", "lower", "exact", may_be_zero=True),
    "section_bytes:": Metric("B", "lower", "exact", may_be_zero=True),
    "symbol_bytes:": Metric("B", "lower", "exact", may_be_zero=True),
    "archive_entries": Metric("1", "lower", "exact"),
    "dynamic_symbols": Metric("1", "lower", "exact", may_be_zero=True),
    "imports": Metric("1", "lower", "exact", may_be_zero=True),
    "exports": Metric("1", "lower", "exact", may_be_zero=True),
    "system_calls": Metric("1", "lower", "exact"),
    "instructions": Metric("1", "lower", "counter"),
    "fuel": Metric("1", "lower", "counter"),
    "minor_faults": Metric("1", "lower", "counter"),
    "peak_rss": Metric("B", "lower", "memory"),
    "idle_rss": Metric("B", "lower", "memory"),
    "bytes_per_message": Metric("B", "lower", "memory", may_be_zero=True),
    "time": Metric("s", "lower", "time"),
    "cpu_time": Metric("s", "lower", "time"),
    "import_time": Metric("s", "lower", "time"),
    "latency_p50": Metric("s", "lower", "time"),
    "latency_p95": Metric("s", "lower", "time"),
    "latency_p99": Metric("s", "lower", "time"),
    "time_to_first_token": Metric("s", "lower", "time"),
    "turns_per_second": Metric("1/s", "higher", "time"),
    "tool_calls_per_second": Metric("1/s", "higher", "time"),
}


def metric(name: str) -> Metric:
    """What is known of a metric. BadRecord if there is none of that name."""
    head, colon, _ = name.partition(":")
    found = METRICS.get(head + colon)
    if found is None:
        raise BadRecord(f"no metric is called {name!r}; there are {', '.join(METRICS)}")
    return found


def of_key(key: str) -> str:
    """The name of the metric in artifact/scenario/metric; only the metric itself may have a slash. BadRecord."""
    parts = key.split("/", 2)
    if len(parts) != 3 or not all(parts):  # noqa: PLR2004 - artifact, scenario, metric
        raise BadRecord(f"{key} is not artifact/scenario/metric")
    return parts[2]


def absurd(value: float, known: Metric) -> str:
    """Why no figure of a metric can have this value, empty if one can."""
    if value < 0 and not known.may_be_zero:
        return f"{value:g} {known.unit} is less than nothing"
    if value == 0 and not known.may_be_zero:
        return f"0 {known.unit}: it cannot have run"
    if abs(value) > MOST[known.unit]:
        return f"{value:g} {known.unit} is more than {MOST[known.unit]:g}: it was read wrong"
    return ""

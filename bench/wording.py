"""Turns figures, ratios and verdicts into the words and signs that the table, the report and the pages share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from bench.metrics import Unit
    from bench.results import Results, Row, Verdict


class Word(NamedTuple):
    """How a verdict is shown: never by its colour alone."""

    sign: str
    colour: str
    meaning: str


VERDICTS: dict[Verdict, Word] = {
    "regressed": Word("▲", "red", "worse, by more than chance or noise explains, or beyond a limit"),
    "not-measured": Word(
        "∅", "magenta", "there is no figure that can be relied on; a gate fails without one"
    ),
    "contaminated": Word(
        "≋", "yellow", "the machine was too busy: even a copy of the old program differed from it"
    ),
    "inconclusive": Word(
        "?", "blue", "the interval is too wide: a change as large as the threshold may be hidden"
    ),
    "improved": Word("▼", "green", "better, by more than chance or noise explains"),
    "unchanged": Word("=", "white", "any change is smaller than the threshold"),
}
MINUS = "\N{MINUS SIGN}"
_STEPS = {
    "B": ((1e9, 1e9, "GB"), (1e6, 1e6, "MB"), (1e4, 1e3, "kB"), (0, 1, "B")),
    "s": ((1, 1, "s"), (1e-3, 1e-3, "ms"), (0, 1e-6, "µs")),
    "1/s": ((0, 1, "/s"),),
    "1": ((0, 1, ""),),
}
_WHOLE_FROM = 1000


def amount(value: float, unit: Unit) -> str:
    """Four digits and a unit: 1.383 MB, 412 B, 0.31 ms."""
    size = abs(value)
    scale, suffix = next((scale, suffix) for least, scale, suffix in _STEPS[unit] if size >= least)
    scaled = value / scale
    is_whole = scaled == int(scaled) or abs(scaled) >= _WHOLE_FROM
    text = f"{scaled:,.0f}" if is_whole else f"{scaled:.4g}"
    return f"{text} {suffix}".rstrip()


def change(row: Row) -> str:
    """How the new side differs from the old, or from the stored figure: +2.1 %; empty if there is nothing beside it."""
    if row.comparison is not None:
        return percent(row.comparison.ratio)
    beside = row.old or row.baseline
    if row.new is None or beside is None:
        return ""
    if not beside.value or row.tier == "exact":
        difference = row.new.value - beside.value
        sign = "+" if difference > 0 else MINUS
        return f"{sign}{amount(abs(difference), row.unit)}" if difference else "±0"
    return percent(row.new.value / beside.value)


def percent(ratio: float) -> str:
    """What a ratio comes to: 1.08 is +8.0 %."""
    shown = f"{abs(ratio - 1):.1%}".replace("%", " %")
    if shown == "0.0 %":
        return "±0.0 %"
    return f"{'+' if ratio > 1 else MINUS}{shown}"


def interval(row: Row) -> str:
    """The interval of a ratio, empty without one."""
    found = row.comparison
    return f"{percent(found.low)} … {percent(found.high)}" if found is not None else ""


def title(row: Row) -> str:
    """What a row is about, for people: version, time (p10)."""
    quantile = "" if row.statistic == "exact" else f" ({row.statistic})"
    head, colon, part = row.metric.partition(":")
    return f"{row.scenario}, {head.replace('_', ' ')}{colon and ': '}{part}{quantile}"


def tone(results: Results) -> Verdict:
    """The verdict that a run is remembered by: its worst, but improved rather than unchanged."""
    counts = results.verdicts()
    if "regressed" in counts:
        return "regressed"
    if results.run.missing or not counts:
        return "not-measured"
    worst = next(iter(counts))
    return "improved" if worst == "unchanged" and "improved" in counts else worst


def headline(results: Results) -> str:
    """What became of a run, in one short line."""
    count = results.verdicts().get(tone(results), 0)
    figures = f"{count} figure" if count == 1 else f"{count} figures"
    are, have = ("is", "has") if count == 1 else ("are", "have")
    lost = count + len(results.run.missing)
    return {
        "regressed": f"{figures} got worse",
        "not-measured": f"{lost} figure{' is' if lost == 1 else 's are'} missing"
        if lost
        else "Nothing was measured",
        "contaminated": f"The machine was too busy: {figures} {have} no verdict",
        "inconclusive": f"Nothing is known to be worse; {figures} {are} inconclusive",
        "improved": f"Nothing got worse, {figures} improved",
        "unchanged": "Nothing changed",
    }[tone(results)]


def counted(results: Results) -> str:
    """How many figures came to each verdict, the worst first."""
    parts = [f"{count} {verdict.replace('-', ' ')}" for verdict, count in results.verdicts().items()]
    if results.run.missing:
        parts.append(f"{len(results.run.missing)} missing")
    return ", ".join(parts) or "no figures"


def ranked(results: Results) -> list[Row]:
    """The rows, worst verdict first, and within one the largest change first."""
    order = list(VERDICTS)

    def size(row: Row) -> float:
        beside = row.old or row.baseline
        if row.comparison is not None:
            return abs(row.comparison.ratio - 1)
        if row.new is None or beside is None or not beside.value:
            return 0.0
        return abs(row.new.value / beside.value - 1)

    return sorted(results.rows, key=lambda row: (order.index(row.verdict), -size(row), row.key))

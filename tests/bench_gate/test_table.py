"""The terminal shows where a run is and how long it takes yet; its summary fits a screen, verdict first."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from bench import table
from bench.results import OldSide
from tests.bench_gate.planted import full_results, size_row
from tests.bench_gate.planted import results as planted


def terminal(width=80, height=24, **options):
    return Console(file=io.StringIO(), width=width, height=height, force_terminal=False, **options)


def shown(found, width=80, height=24, files=()):
    console = terminal(width, height)
    table.show(found, list(files), console)
    return console.file.getvalue().splitlines()


@pytest.mark.parametrize(("width", "height"), [(80, 24), (100, 30), (160, 50)])
def test_the_summary_fits_the_screen(width, height):
    missing = tuple(f"cpython/turns_{n}/time: it crashed" for n in range(9))
    lines = shown(
        full_results(missing=missing), width, height, [Path("dist/bench/run.json"), Path("report.html")]
    )
    assert len(lines) <= height
    assert max(map(len, lines)) <= width


def test_the_verdict_comes_first_and_the_files_last():
    lines = shown(full_results(), files=[Path("report.html")])
    assert lines[1] == "▲ 2 figures got worse"
    assert lines[2].startswith("2 regressed, 1 not measured, 1 contaminated, 1 inconclusive, 2 improved, ")
    assert lines[-1] == "report.html"


def test_the_worst_rows_are_those_that_are_shown():
    text = "\n".join(shown(full_results()))
    assert text.index("/version/time") < text.index("cpython/status/time")
    assert "symbol_bytes:mbedTLS" not in text
    assert "more figures" in text


def test_figures_and_verdicts_are_never_cut_off():
    text = "\n".join(shown(full_results()))
    for words in (
        "336.4 µs",
        "310.7 µs",
        "1.371 MB",
        "+11.78 kB",
        "▲ regressed",
        "∅ not-measured",
        "≋ contaminated",
    ):
        assert words in text


def test_a_long_name_loses_its_artifact_first():
    text = "\n".join(shown(full_results()))
    assert "…/agent_offline/time " in text


def test_a_wide_screen_has_room_for_reasons():
    assert "no qemu-aarch64-static here" in "\n".join(shown(full_results(), 160, 50))
    assert "no qemu-aarch64-static here" not in "\n".join(shown(full_results(), 80, 50))


def test_missing_figures_are_named_up_to_a_few():
    lines = shown(planted(missing=tuple(f"m{n}: why" for n in range(7))))
    assert lines[3:8] == [*(f"missing: m{n}: why" for n in range(4)), "and 3 more that are missing"]


def test_without_an_old_side_it_says_why():
    found = planted(size_row(), old=OldSide(None, "none", "the build failed"))
    assert shown(found)[2] == "1 unchanged; nothing to compare with: the build failed"


def test_markup_in_a_reason_is_only_text():
    row = replace(size_row(), verdict="regressed", reason="[bold]x[/bold] [/nothing]")
    assert "[bold]x[/bold] [/nothing]" in "\n".join(shown(planted(row), 160))


def test_a_run_without_rows_is_no_table():
    assert shown(replace(planted(missing=("all: gone",)), rows=()))[1:4] == [
        "∅ 1 figure is missing",
        "1 missing; against 1afe378b0c1d (merge-base)",
        "missing: all: gone",
    ]


def test_without_a_terminal_a_line_is_printed_now_and_then():
    console = terminal()
    live = table.Live(console, now_s=100.0)
    live.start(60)
    live.step("version", 15, "+0.4 %, 12 rounds", now_s=105.0)
    live.step("version", 15, "+0.3 %, 24 rounds", now_s=130.0)
    live.step("help", 30, now_s=131.0)
    live.stop()
    assert console.file.getvalue() == "50%, 0:30 left: version: +0.3 %, 24 rounds\n"


def test_on_a_terminal_there_is_a_bar_with_the_estimate():
    written = io.StringIO()
    console = Console(file=written, width=100, height=24, force_terminal=True)
    live = table.Live(console, now_s=0.0)
    live.start(10)
    live.step("version", 5, "+0.4 %, 12 rounds", now_s=65.0)
    live.stop()
    said = written.getvalue()
    assert "1:05 left" in said
    assert "version: +0.4 %, 12 rounds" in said


def test_more_work_than_was_announced_is_still_no_more_than_all():
    console = terminal()
    live = table.Live(console, now_s=0.0)
    live.start(1)
    live.step("a", 5, now_s=20.0)
    assert console.file.getvalue() == "100%, 0:00 left: a\n"

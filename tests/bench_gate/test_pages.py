"""Generated pages say machine, commit, spread and command, and hold no cell that breaks its table."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from bench import pages, results, results_page
from bench.results import BadResults, OldSide
from tests.bench_gate.planted import full_results, side, size_row, time_row
from tests.bench_gate.planted import results as planted


def rows_of(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def assert_is_well_formed(text):
    """Every row of a table has as many cells as its head."""
    columns = 0
    for line in [*text.splitlines(), ""]:
        if not line.startswith("|"):
            columns = 0
            continue
        found = len(re.findall(r"(?<!\\)\|", line))
        columns = columns or found
        assert found == columns, line


def test_a_table_has_a_rule_and_escapes_what_would_break_it():
    assert pages.table(("a", "b"), [("x|y", "<b>\nz")], "lr") == [
        "| a | b |",
        "| --- | --: |",
        "| x\\|y | &lt;b> z |",
    ]


def test_the_results_page_says_where_and_how():
    text = results_page.page(full_results())
    assert_is_well_formed(text)
    for words in (
        "Measured on 2026-11-25 at commit `95e7887a0c1d`: 2 regressed",
        "| processor | Testium 5 at 2 GHz, 2 cores |",
        "| compared with | `1afe378b0c1d`, merge-base: HEAD is not on origin/main |",
        "    nox -s bench -- --quick --against 1afe378b0c1d\n",
        "## x86_64-linux-musl",
        "| file, bytes | 1.383 MB |  | 1.37 MB | +11.78 kB: regressed |",
    ):
        assert words in text
    assert text.endswith("|\n")


def test_parts_of_files_are_left_to_the_report():
    assert "symbol bytes" not in results_page.page(full_results())


def test_the_spread_is_quartiles_of_many_and_ends_of_a_few():
    many = replace(time_row(), new=side(*[0.001 * n for n in range(1, 10)], value=0.002))
    assert "| 2 ms | 3 ms … 7 ms |" in results_page.page(planted(many))
    assert "| 1.1 ms | 1 ms … 1.2 ms |" in results_page.page(planted(time_row()))


def test_what_is_missing_is_said():
    missing = replace(time_row(), new=None, verdict="not-measured", comparison=None, old=None)
    text = results_page.page(planted(missing, missing=("cpython/idle/peak_rss: it crashed | badly",)))
    assert "- cpython/idle/peak_rss: it crashed \\| badly" in text
    assert "| version, time (p10) | not measured |  |  | with nothing: not-measured |" in text


def test_without_an_old_side_the_page_says_why():
    text = results_page.page(planted(size_row(), old=OldSide(None, "none", "the build failed")))
    assert "| compared with | nothing: the build failed |" in text


def test_a_run_that_nobody_can_repeat_makes_no_page():
    with pytest.raises(BadResults, match="was made with uncommitted changes"):
        results_page.page(planted(is_dirty=True))


def test_the_command_writes_the_page(tmp_path, capsys):
    results.write(full_results(), tmp_path / "run.json")
    written = tmp_path / "docs" / "results.md"
    assert results_page.main([str(tmp_path / "run.json"), "--page", str(written)]) == 0
    assert written.read_text("utf-8") == results_page.page(full_results())
    assert results_page.main([str(tmp_path / "none.json"), "--page", str(written)]) == 3
    assert "there is no such file" in capsys.readouterr().err

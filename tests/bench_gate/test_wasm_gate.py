"""The gate of WebAssembly: what breaks a limit or is missing is red, and what beats one may lower it."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench import limits, wasm_gate
from bench.readings import Found

TABLE = """\
not_yet_built = ["wasm-later"]
[seed]
[goal]
"wasm-weft/file/bytes" = { value = 300_000, statistic = "exact", source = "the seed" }
[own]
"wasm-weft/file/bytes" = { value = 409_600, statistic = "exact", source = "the first build" }
"wasm-weft/version/fuel" = { value = 1_000_000, statistic = "exact", source = "the first build" }
"wasm-later/file/bytes" = { value = 8_192, statistic = "exact", source = "a guess" }
"cpython/version/instructions" = { value = 5, statistic = "median", source = "another artifact" }
"""


def found(size=400_000.0, fuel=990_000.0):
    made = Found()
    made.add("wasm-weft", "file", "bytes", "exact", [size])
    if fuel:
        made.add("wasm-weft", "version", "fuel", "exact", [fuel, fuel])
    return made


@pytest.fixture
def gate(monkeypatch, tmp_path):
    """The exit code for what was measured, and the limits that were written."""
    path = tmp_path / "limits.toml"
    path.write_text(TABLE)
    table = limits.read(TABLE)
    monkeypatch.setattr(limits, "read", lambda text=None: table)
    monkeypatch.setattr(
        limits, "write", lambda kept, values: path.write_text(kept.with_values(values), "utf-8") and None
    )

    def ask(measured, *words):
        monkeypatch.setattr(wasm_gate, "measured", lambda: measured)
        return wasm_gate.main(list(words)), path.read_text()

    return ask


def test_what_keeps_its_limits_passes_and_tells_the_way_to_the_goal(gate, capsys):
    assert gate(found()) == (0, TABLE)
    said = " ".join(capsys.readouterr().out.split())
    assert "100,000 (33.3%) from the goal of 300,000" in said


def test_what_breaks_a_limit_is_red_and_lowers_none(gate, capsys):
    assert gate(found(size=409_601.0, fuel=5.0), "--accept") == (1, TABLE)
    assert "wasm-weft/file/bytes: above our own limit" in capsys.readouterr().err


def test_a_figure_that_has_a_limit_and_is_missing_is_red_but_for_what_is_not_yet_built(gate, capsys):
    assert gate(found(fuel=0)) == (3, TABLE)
    assert "wasm-weft/version/fuel: has a limit" in capsys.readouterr().err
    assert gate(Found())[0] == 3
    broken = found()
    broken.lack("wasm-weft", "turn_tool", "fuel", "it fell over")
    assert gate(broken)[0] == 3


def test_a_limit_that_was_beaten_comes_down_by_steps_of_8_kb_and_only_when_asked(gate, capsys):
    assert gate(found(size=394_000.0, fuel=500_000.0)) == (0, TABLE)
    assert "was beaten, and may be 401,408" in capsys.readouterr().out
    code, text = gate(found(size=394_000.0, fuel=500_000.0), "--accept")
    assert code == 0
    assert '"wasm-weft/file/bytes" = { value = 401_408,' in text
    assert '"wasm-weft/version/fuel" = { value = 505_000,' in text


def test_files_in_dist_are_measured_and_shown(tmp_path):
    nothing = wasm_gate.measured(tmp_path)
    assert not nothing.readings
    table = limits.read(TABLE)
    rows = wasm_gate.rows_of(found(), table)
    written = io.StringIO()
    console = Console(file=written, width=120)
    wasm_gate.show(rows, table, console)
    assert "wasm-weft/file/bytes" in written.getvalue()

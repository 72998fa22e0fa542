"""Every run leaves one line, failed ones too, and a line that is broken hides no other."""

from __future__ import annotations

import json
from dataclasses import replace

from bench import history
from tests.bench_gate.planted import COMMIT, NATIVE, results, side, size_row, time_row

KEY = f"{NATIVE}/file/bytes"


def test_runs_are_appended_and_read_in_order(tmp_path):
    path = tmp_path / "folder" / "history.jsonl"
    first, second = history.entry_of(results()), history.entry_of(results(size_row(), seconds=3.0))
    history.append(path, first)
    history.append(path, second)
    assert history.read(path) == history.History([first, second], [])


def test_a_line_has_figures_and_verdicts_and_no_samples(tmp_path):
    path = tmp_path / "history.jsonl"
    history.append(path, history.entry_of(results()))
    line = json.loads(path.read_bytes())
    assert list(line) == ["schema", "run", "exit_code", "failure", "figures"]
    assert line["figures"][1] == {
        "key": f"{NATIVE}/version/time", "statistic": "p10", "tier": "time", "value": 0.0011, "old": 0.001,
        "ratio": 1.08, "low": 1.06, "high": 1.10, "verdict": "regressed",
    }  # fmt: skip
    assert path.read_bytes().count(b"\n") == 1


def test_a_failed_run_is_kept_with_what_ended_it(tmp_path):
    path = tmp_path / "history.jsonl"
    broken = replace(size_row(), new=None, verdict="not-measured")
    history.append(path, history.entry_of(results(broken), failure="the build failed"))
    (entry,) = history.read(path).entries
    assert (entry.exit_code, entry.failure, entry.figures[0].value) == (3, "the build failed", None)


def test_no_file_is_an_empty_history(tmp_path):
    assert history.read(tmp_path / "none.jsonl") == history.History([], [])


def test_a_line_that_was_cut_off_is_reported_and_keeps_nothing_from_the_next(tmp_path):
    path = tmp_path / "history.jsonl"
    entry = history.entry_of(results())
    history.append(path, entry)
    path.write_bytes(path.read_bytes()[:-20])
    history.append(path, entry)
    found = history.read(path)
    assert found.entries == [entry]
    assert len(found.faults) == 1
    assert found.faults[0].startswith("history.jsonl:1: is cut off after ")


def test_unknown_lines_are_reported(tmp_path):
    path = tmp_path / "history.jsonl"
    value = history.entry_of(results()).as_json()
    path.write_text(f"\n{json.dumps(value | {'schema': 9})}\n{json.dumps({'a': 1})}\n", "utf-8")
    assert [fault.partition(":")[2] for fault in history.read(path).faults] == [
        "1: is empty; whatever wrote it was stopped, or its disk was full",
        "2: has schema 9; this version reads schema 1 only",
        "3: without schema, run, exit_code, failure, figures; unknown key a",
    ]


def test_a_series_has_the_runs_that_count():
    contaminated = replace(size_row(), new=side(1.0), verdict="contaminated")
    runs = [
        history.entry_of(results(size_row(), time_row())),
        history.entry_of(results(contaminated)),
        history.entry_of(results(replace(size_row(), new=None, verdict="not-measured"))),
    ]
    assert history.series(runs)[KEY] == [history.Point(COMMIT, "2026-11-25T12:00:00+00:00", 1_048_576.0)]


def test_the_history_is_kept_among_the_users_state(tmp_path, monkeypatch):
    monkeypatch.delenv("CLAWFT_BENCH_HISTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert history.path_of("one") == tmp_path / "clawft" / "bench" / "one.jsonl"
    monkeypatch.setenv("CLAWFT_BENCH_HISTORY", str(tmp_path / "asked"))
    assert history.folder() == tmp_path / "asked"

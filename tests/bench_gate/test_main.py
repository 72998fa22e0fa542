"""What is asked of a run, what it must find, and that it leaves its files, its history and its exit code."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench import baselines, history, limits, main, results, sizes, steps
from bench.limits import Limits
from bench.sides import Side, Sides
from bench.steps import Outcome, Step
from tests.bench_gate.planted import NATIVE, size_row, time_row


def test_what_wasmtime_runs_has_its_sizes_and_its_fuel():
    found = steps.table(
        [NATIVE], is_quick=False, only=("file", "turn_tool"), wasm=("wasm-weft", "wasm-weft.http")
    )
    of_wasm = [(step.artifact, step.scenarios[0]) for step in found if step.artifact.startswith("wasm")]
    assert of_wasm == [("wasm-weft", "file"), ("wasm-weft.http", "file"), ("wasm-weft", "version")]


def test_a_run_that_is_asked_for_what_there_is_not_ends_with_2(capsys):
    for words, said in (
        (["--only", "verison"], "there is no scenario verison; there are "),
        (["--targets", "vax"], "there is no target vax; there are "),
        (["--accept", "--quick", "--reason", "a good reason"], "only a full run may become the baseline"),
        (["--accept"], '--accept wants --reason "..."'),
    ):
        with pytest.raises(SystemExit) as caught:
            main.asked_for(words)
        assert caught.value.code == results.EXIT_USAGE
        assert said in capsys.readouterr().err


def test_against_what_there_is_not_ends_with_2(capsys):
    assert main.main(["--against", "no-such-commit"]) == results.EXIT_USAGE
    assert "neither a commit of this repository nor a file" in capsys.readouterr().err


def test_the_table_has_exact_figures_first_and_time_in_the_order_of_the_protocol():
    found = [step.scenarios[0] for step in steps.table([NATIVE], is_quick=True, only=())]
    assert found == [
        *("file", "version", "version", "version"),
        *("version", "help", "status", "agent_offline", "turns_1", "turns_16"),
    ]
    whole = steps.table(["cpython", NATIVE], is_quick=False, only=())
    assert whole[-1].scenarios == ("micro",)
    timed = [step.is_timed for step in whole]
    assert timed == sorted(timed)


def test_a_part_of_the_table_is_a_part_of_every_artifact():
    found = steps.table(["cpython", NATIVE], is_quick=False, only=("turns_8", "file"), extra=("wasm",))
    assert [(step.artifact, step.scenarios[0]) for step in found] == [
        *((NATIVE, "file"), ("wasm", "file"), ("wheel", "file"), ("sdist", "file")),
        *(("cpython", "turns_8"), (NATIVE, "turns_8")),
    ]


class Planted(main.Benchmark):
    """A run whose sides and steps are given."""

    rows = (size_row(),)
    failure: BaseException | None = None

    def _sides(self, _folder):
        return Sides(Side(None, None, {}), Side(None, None, {}), None)

    def _steps(self, _both):
        def measure(_bench, _step):
            if self.failure is not None:
                raise self.failure
            return Outcome(list(self.rows), [])

        return [Step(NATIVE, ("file",), 1, measure)]


@pytest.fixture
def planted(tmp_path, monkeypatch):
    monkeypatch.setenv(history.VARIABLE, str(tmp_path / "history"))
    monkeypatch.setattr(main, "Launcher", lambda: None)
    monkeypatch.setattr(sizes, "write_size_json", lambda _dist: {})
    monkeypatch.setattr(limits, "read", lambda: Limits({"own": {}, "seed": {}}, {}, (), ""))
    monkeypatch.setattr(baselines, "read", lambda _machine_class: None)
    return Planted(
        main.asked_for(["--against", "HEAD", "--json", str(tmp_path / "copy.json")]), output=tmp_path
    )


def entries():
    (path,) = history.folder().glob("*.jsonl")
    return history.read(path).entries


def test_a_run_writes_its_results_its_report_its_copy_and_its_history(planted, tmp_path, capsys):
    planted.rows = (replace(size_row(), old=size_row().new),)
    assert planted.run() == 0
    found = results.read(tmp_path / "results.json")
    assert [row.verdict for row in found.rows] == ["unchanged"]
    assert json.loads((tmp_path / "copy.json").read_bytes()) == results.document(found)
    assert "<html" in (tmp_path / "report.html").read_text("utf-8")
    assert [entry.exit_code for entry in entries()] == [0]
    assert "Nothing changed" in capsys.readouterr().out


def test_growth_is_red(planted):
    assert planted.run() == results.EXIT_CODES["regressed"]


def test_an_interrupted_run_is_kept_says_what_is_missing_and_is_no_success(planted, tmp_path):
    planted.failure = KeyboardInterrupt()
    assert planted.run() == results.EXIT_CODES["not-measured"]
    assert results.read(tmp_path / "results.json").run.missing == (f"{NATIVE}/file/*: interrupted before it",)
    assert [entry.exit_code for entry in entries()] == [3]


def test_a_run_that_fails_by_itself_is_in_the_history_with_its_failure(planted):
    planted._steps = lambda _both: 1 / 0
    with pytest.raises(ZeroDivisionError):
        planted.run()
    assert [entry.failure for entry in entries()] == ["ZeroDivisionError('division by zero')"]


def test_what_no_honest_run_can_have_found_is_no_result(planted, tmp_path, capsys):
    planted.rows = (size_row(), size_row())
    assert planted.run() == results.EXIT_CODES["not-measured"]
    assert "stands there twice" in capsys.readouterr().err
    assert not (tmp_path / "results.json").exists()
    assert "stands there twice" in entries()[0].failure


def test_a_limit_that_finds_no_figure_is_red_in_a_whole_run_and_where_it_was_asked_for(planted):
    limit = time_row().limit or size_row().limit
    held = Limits(
        {"own": {f"{NATIVE}/idle/peak_rss": limit}, "seed": {f"{NATIVE}/file/gzip_bytes": limit}}, {}, (), ""
    )
    sized = [Step(NATIVE, ("file",), 1, lambda *_: Outcome([], []))]
    timed = [*sized, Step(NATIVE, ("version",), 1, lambda *_: Outcome([], []), is_timed=True)]
    lost = [line.partition(":")[0] for line in planted._unfound([], sized, held)]
    assert lost == [f"{NATIVE}/file/gzip_bytes"]
    assert len(planted._unfound([], timed, held)) == 2
    planted.asked.quick = True
    assert len(planted._unfound([], timed, held)) == 1

"""Planted steps are found where they are; noise and single outliers are no step; the answer never varies."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from bench import history, trend
from tests.bench_gate.planted import NATIVE, results, run, side, size_row


def noisy(level, count, seed, spread=0.02):
    generator = random.Random(seed)
    return [level * (1 + generator.gauss(0, spread)) for _ in range(count)]


@pytest.mark.parametrize("seed", range(10))
def test_a_step_of_ten_percent_is_found_within_a_run_of_where_it_is(seed):
    (change,) = trend.changes(noisy(100, 30, seed) + noisy(110, 20, seed + 100))
    assert abs(change.at - 30) <= 1
    assert change.ratio == pytest.approx(1.10, abs=0.02)
    assert change.is_confirmed


def test_two_steps_are_found_in_order():
    found = trend.changes(noisy(100, 25, 1) + noisy(120, 25, 2) + noisy(90, 25, 3))
    assert [abs(change.at - at) <= 1 for change, at in zip(found, (25, 50), strict=True)] == [True, True]
    assert [change.after > change.before for change in found] == [True, False]


def test_noise_alone_changes_little():
    alarms = sum(bool(trend.changes(noisy(100, 50, seed))) for seed in range(200))
    assert alarms <= 4


def test_single_outliers_are_no_step():
    values = noisy(100, 40, 5)
    values[10] *= 1.6
    values[30] *= 1.4
    assert trend.changes(values) == []


def test_a_step_of_an_exact_figure_is_found_without_any_noise():
    (change,) = trend.changes([1000.0] * 5 + [1050.0] * 3)
    assert (change.at, change.before, change.after, change.p_value) == (5, 1000.0, 1050.0, 0.0)


def test_a_step_below_one_percent_is_not_worth_a_line():
    assert trend.changes([1000.0] * 10 + [1005.0] * 10) == []


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0, 1.0, 2.0, 9.0], [3.0] * 20, [0.0] * 20])
def test_short_and_steady_series_have_no_change(values):
    assert trend.changes(values) == []


def test_from_nothing_to_something():
    (change,) = trend.changes([0.0] * 5 + [4.0] * 5)
    assert change.at == 5


def test_the_same_history_gives_the_same_answer():
    values = noisy(100, 20, 8) + noisy(104, 20, 9)
    assert trend.changes(values) == trend.changes(list(values))


def test_a_drift_at_the_end_is_noticed_before_it_is_a_change():
    steady = [100.0, 101.0, 99.0, 100.0, 101.0, 99.0, 100.0, 100.5, 99.5]
    assert trend.is_leaving([*steady, 106.0, 107.0, 106.5])
    assert not trend.is_leaving([*steady, 100.0, 101.0, 99.0])
    assert not trend.is_leaving([100.0, 200.0])


SLEEP = (
    [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0],
    [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4],
)


# The first is Student's own data, as R's t.test(extra ~ group, data = sleep, var.equal = TRUE) prints it.
@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(*SLEEP, 0.07919), ([1.0, 1.0], [1.0, 1.0], 1.0), ([1.0, 1.0], [2.0, 2.0], 0.0)],
)
def test_students_test_against_known_values(one, other, expected):
    assert trend.p_value(one, other, [one, other]) == pytest.approx(expected, abs=5e-6)


def planted(path):
    for number in range(16):
        value = 1_000_000.0 if number < 9 else 1_100_000.0
        found = results(replace(size_row(), new=side(value)))
        commit = f"{number:x}".ljust(40, "0")
        history.append(path, history.entry_of(replace(found, run=run(commit=commit))))


def test_the_command_names_the_figure_the_levels_and_the_commits(tmp_path, capsys):
    path = tmp_path / "history.jsonl"
    planted(path)
    assert trend.main(["--history", str(path)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{path}: 16 runs",
        f"  {NATIVE}/file/bytes: worse, 1 MB -> 1.1 MB (+10.0 %) in 800000000000..900000000000, p 0",
    ]
    assert trend.main(["--history", str(path), "--key", "version"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"{path}: 16 runs"]


def test_a_history_that_cannot_be_read_or_is_empty_is_not_well(tmp_path, capsys):
    path = tmp_path / "history.jsonl"
    assert trend.main(["--history", str(path)]) == 3
    planted(path)
    path.write_bytes(path.read_bytes() + b"{")
    assert trend.main(["--history", str(path)]) == 3
    assert "history.jsonl:17: is cut off" in capsys.readouterr().out


def test_without_any_history_the_command_says_what_makes_one(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CLAWFT_BENCH_HISTORY", str(tmp_path))
    assert trend.main([]) == 3
    assert "`nox -s bench` appends every run to it" in capsys.readouterr().err


def test_every_history_of_the_folder_is_looked_at(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CLAWFT_BENCH_HISTORY", str(tmp_path))
    planted(history.path_of("one"))
    planted(history.path_of("two"))
    assert trend.main([]) == 0
    assert capsys.readouterr().out.count("16 runs") == 2

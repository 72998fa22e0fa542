"""Results survive writing and reading; what is missing, cut off, unknown or absurd is refused by its own message."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench import metrics, results
from bench.records import BadRecord
from bench.results import BadResults, Row
from tests.bench_gate.planted import results as planted
from tests.bench_gate.planted import run, side, size_row, time_row


def document(*rows, **changed):
    return json.loads(json.dumps(results.document(planted(*rows, **changed))))


def parse(value):
    return results.parse(json.dumps(value).encode(), "run.json")


def refused(data):
    with pytest.raises(BadResults) as caught:
        results.parse(data if isinstance(data, bytes) else json.dumps(data).encode(), "run.json")
    return str(caught.value)


def test_what_is_written_is_read_again_as_it_was(tmp_path):
    path = tmp_path / "folder" / "run.json"
    results.write(planted(), path)
    assert results.read(path) == planted()
    assert [file.name for file in path.parent.iterdir()] == ["run.json"]


def test_the_document_has_the_keys_of_schema_1():
    value = document()
    assert list(value) == ["schema", "run", "rows"]
    assert value["schema"] == 1
    assert list(value["run"]) == (
        "id started seconds commit is_dirty mode seed machine toolchain old missing".split()
    )
    assert list(value["run"]["machine"]) == (
        "class cpu cores memory_bytes kernel load_1min steal_percent".split()
    )
    assert list(value["rows"][1]) == (
        "artifact scenario metric statistic unit better tier new old copy control comparison baseline limit verdict "
        "reason".split()
    )
    assert value["rows"][1]["comparison"] == {
        "ratio": 1.08, "low": 1.06, "high": 1.10, "p_value": 0.0004, "mde": 0.021, "rounds": 4
    }  # fmt: skip
    assert value["rows"][0]["new"] == {"value": 1_048_576.0, "samples": [1_048_576.0]}


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadResults, match=r"run\.json: there is no such file"):
        results.read(tmp_path / "run.json")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BadResults, match=r"cannot be read: Is a directory"):
        results.read(tmp_path)


@pytest.mark.parametrize("data", [b"", b" \n"])
def test_an_empty_file(data):
    assert refused(data) == "run.json: is empty; whatever wrote it was stopped, or its disk was full"


def test_a_file_that_is_cut_off_anywhere_is_refused():
    data = json.dumps(document(), indent=1).encode()
    for length in range(1, len(data)):
        assert refused(data[:length]) == f"run.json: is cut off after {length} bytes; measure again"


def test_what_is_no_json():
    assert "run.json: is not JSON in line 2" in refused(b'{"schema": 1,\n oops}')
    assert "is not UTF-8 at byte 1" in refused(b'"\xff"')


@pytest.mark.parametrize("value", [[], {}, {"rows": []}, 3, None])
def test_what_has_no_schema(value):
    assert refused(value) == "run.json: has no schema, so it is no result of a benchmark"


@pytest.mark.parametrize("schema", [0, 2, "1", None])
def test_another_schema(schema):
    assert (
        refused(document() | {"schema": schema})
        == f"run.json: has schema {schema!r}; this version reads schema 1 only"
    )


def test_a_document_without_rows():
    assert refused(document() | {"rows": []}) == "run.json: has no rows: nothing was measured"


def test_missing_and_unknown_keys_are_named_with_what_they_may_mean():
    value = document()
    value["rows"][1]["senario"] = value["rows"][1].pop("scenario")
    assert refused(value) == (
        "run.json: results.rows[1]: without scenario; unknown key senario (did you mean scenario?)"
    )
    value = document()
    del value["run"]["machine"]["class"]
    assert refused(value) == "run.json: results.run.machine: without class"
    value = document()
    value["run"]["note"] = ""
    assert refused(value) == "run.json: results.run: unknown key note"
    assert refused({"schema": 1, "rows": []}) == "run.json: the document: without run"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("verdict", "fine", "expected one of improved, unchanged, inconclusive, regressed"),
        ("artifact", 3, "rows[1].artifact: expected text, found 3"),
        ("new", [1], "rows[1].new: expected an object, found [1]"),
        ("new", {"value": "1", "samples": [1]}, "rows[1].new.value: expected a number, found '1'"),
        ("new", {"value": True, "samples": [1]}, "rows[1].new.value: expected a number, found True"),
        ("new", {"value": 1, "samples": 1}, "rows[1].new.samples: expected a list, found 1"),
        ("new", {"value": 1, "samples": [1, None]}, "rows[1].new.samples[1]: expected a number, found None"),
        ("new", {"value": float("nan"), "samples": [1]}, "nan is no number that anything can be compared"),
        ("new", {"value": float("inf"), "samples": [1]}, "inf is no number that anything can be compared"),
    ],
)
def test_values_of_another_type(key, value, said):
    changed = document()
    changed["rows"][1][key] = value
    assert said in refused(changed)


def test_true_is_no_count_and_one_is_no_truth():
    value = document()
    value["run"]["seed"] = True
    assert "results.run.seed: expected a whole number, found True" in refused(value)
    value = document()
    value["run"]["is_dirty"] = 1
    assert "results.run.is_dirty: expected true or false, found 1" in refused(value)


def test_a_metric_that_was_renamed_is_refused_by_name():
    value = document()
    value["rows"][1]["metric"] = "wall_time"
    assert "no metric is called 'wall_time'; there are bytes, gzip_bytes" in refused(value)


def test_a_metric_of_a_part_is_known_by_its_head():
    assert metrics.metric("section_bytes:.text").unit == "B"
    with pytest.raises(BadRecord, match="no metric is called 'bytes:x'"):
        metrics.metric("bytes:x")
    with pytest.raises(BadRecord, match="no metric is called 'section_bytes'"):
        metrics.metric("section_bytes")


def test_only_the_metric_of_a_key_may_have_a_slash():
    assert metrics.of_key("x86_64-linux-musl/file/section_bytes:a/b") == "section_bytes:a/b"
    for key in ("", "file/bytes", "a//bytes", "a/b/"):
        with pytest.raises(BadRecord, match="is not artifact/scenario/metric"):
            metrics.of_key(key)


def test_a_row_that_stands_there_twice():
    assert refused(document(size_row(), size_row())) == (
        "run.json: x86_64-linux-musl/file/bytes stands there twice"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (time_row(new=side(-0.001)), "arm B: -0.001 s is less than nothing"),
        (time_row(old=side(0.0)), "arm A: 0 s: it cannot have run"),
        (time_row(copy=side(2e6)), "arm A': 2e+06 s is more than 1e+06: it was read wrong"),
        (time_row(control=side(0.1, 0.2, value=0.3)), "arm C: 0.3 is not within its samples, 0.1 to 0.2"),
        (time_row(new=results.Side(0.1, ())), "arm B: has a value and no samples"),
        (replace(time_row(), scenario="a/b"), "artifact and scenario may have no slash"),
        (time_row(new=None), "is regressed, and nothing was measured"),
        (time_row(reason=""), "is regressed without a reason"),
        (replace(time_row(), unit="B"), "is B, lower, time; time is s, lower, time"),
        (time_row(comparison=replace(time_row().comparison, low=1.2)), "has the interval 1.2 to 1.1"),
        (time_row(comparison=replace(time_row().comparison, p_value=1.5)), "1.5 is no probability"),
        (time_row(comparison=replace(time_row().comparison, rounds=0)), "0 rounds and a detectable effect"),
        (
            time_row(new=side(0.0001), old=side(0.0034), verdict="improved"),
            "0.0001 s is 34 times better than 0.0034 s: it did not do its work",
        ),
        (
            size_row(new=side(1000.0), old=None, baseline=results.Baseline(1e6, "abc")),
            "1000 B is 1000 times better than 1e+06 B",
        ),
    ],
)
def test_absurd_figures_each_have_their_message(row, said):
    assert said in refused(document(row))


def test_a_rate_is_too_good_when_it_is_too_high():
    key = ("cpython", "turns_8", "turns_per_second")
    row = Row.of(key, "median", new=side(9700.0), old=side(300.0))
    assert "32 times better" in results.absurd_gain(row)
    assert results.absurd_gain(replace(row, new=side(9.0))) == ""


def test_what_is_absurd_is_not_written_either(tmp_path):
    with pytest.raises(BadResults, match="it cannot have run"):
        results.write(planted(time_row(new=side(0.0))), tmp_path / "run.json")
    assert list(tmp_path.iterdir()) == []


def test_a_figure_that_may_be_zero_may():
    key = ("x86_64-linux-musl", "file", "dynamic_symbols")
    assert results.fault(Row.of(key, "exact", new=side(0.0))) == ""


def test_a_row_is_not_measured_until_it_is_judged():
    row = Row.of(("cpython", "version", "time"), "p10")
    assert (row.unit, row.better, row.tier, row.verdict) == ("s", "lower", "time", "not-measured")
    assert row.key == "cpython/version/time"
    assert results.fault(row) == ""


def test_arms_have_the_names_of_the_protocol():
    assert list(time_row().arms) == ["B", "A", "A'", "C"]
    assert list(size_row().arms) == ["B", "A"]


def verdict(name):
    return replace(time_row(), scenario=name, verdict=name, reason="because", old=None)


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ("improved unchanged", 0),
        ("improved inconclusive", 5),
        ("inconclusive contaminated unchanged", 4),
        ("contaminated not-measured inconclusive", 3),
        ("inconclusive contaminated not-measured regressed improved", 1),
    ],
)
def test_the_worst_verdict_decides_the_exit_code(names, code):
    assert planted(*[verdict(name) for name in names.split()]).exit_code == code


def test_missing_figures_and_no_rows_fail_closed():
    assert planted(verdict("unchanged"), missing=("cpython/version/time: it crashed",)).exit_code == 3
    assert results.Results(run(), ()).exit_code == 3


def test_verdicts_are_counted_from_the_worst():
    found = planted(verdict("unchanged"), verdict("regressed"), verdict("contaminated")).verdicts()
    assert list(found.items()) == [("regressed", 1), ("contaminated", 1), ("unchanged", 1)]

"""A baseline is one file a class of machines, and moves only by an acceptance that says who, why and from what."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from bench import baselines
from bench.baselines import Baselines, CannotAccept
from bench.results import BadResults, Baseline
from tests.bench_gate.planted import COMMIT, NATIVE, results, side, size_row, time_row

CLASS = "x86_64-linux-2cpu-test"
TIME = replace(time_row(), verdict="unchanged", reason="within 3 %")
BYTES_KEY = f"{NATIVE}/file/bytes"


def accepted(found=None, before=None, reason="the first figures", **changed):
    found = results(size_row(), TIME) if found is None else found
    return baselines.accept(
        found,
        before,
        **{"who": "A. Maintainer <a@example.org>", "when": "2026-11-25T13:00:00+00:00", "reason": reason}
        | changed,
    )


def test_the_first_acceptance_records_every_figure_from_nothing():
    found = accepted()
    assert (found.machine_class, found.commit) == (CLASS, COMMIT)
    assert found.figures[1].as_json() == {
        "key": f"{NATIVE}/version/time", "statistic": "p10", "value": 0.0011, "lowest": 0.001, "highest": 0.0012,
        "commit": COMMIT, "toolchain": "ab" * 32,
    }  # fmt: skip
    assert [(change.key, change.old, change.new) for change in found.accepted[0].changes] == [
        (BYTES_KEY, None, 1_048_576.0),
        (f"{NATIVE}/version/time", None, 0.0011),
    ]


def test_a_later_one_records_the_old_value_and_what_went_away_and_keeps_what_was_said_before():
    smaller = results(replace(size_row(), new=side(900_000.0)))
    found = accepted(smaller, accepted(), "weft lost its tables of names")
    assert [one.reason for one in found.accepted] == ["the first figures", "weft lost its tables of names"]
    assert [(change.key, change.old, change.new) for change in found.accepted[1].changes] == [
        (BYTES_KEY, 1_048_576.0, 900_000.0),
        (f"{NATIVE}/version/time", 0.0011, None),
    ]
    assert found.accepted[1].who == "A. Maintainer <a@example.org>"


@pytest.mark.parametrize(
    ("run", "reason", "said"),
    [
        (results(size_row()), " because  ", "--accept wants --reason"),
        (results(size_row(), is_dirty=True), "a good reason", "changes that are not in 95e7887a0c1d"),
        (results(size_row(), missing=("a: b",)), "a good reason", "1 figures are missing, the first: a: b"),
        (
            results(replace(size_row(), verdict="inconclusive"), TIME),
            "a good reason",
            "1 rows were not measured well enough, the first: x86_64-linux-musl/file/bytes",
        ),
        (
            results(size_row(), replace(TIME, verdict="not-measured")),
            "a good reason",
            "1 rows were not measured well enough, the first: x86_64-linux-musl/version/time",
        ),
    ],
)
def test_what_nobody_may_rely_on_is_not_accepted(run, reason, said):
    with pytest.raises(CannotAccept) as caught:
        accepted(run, reason=reason)
    assert said in str(caught.value)


def test_a_regression_may_be_accepted_with_a_reason():
    assert accepted(results(time_row())).figures[0].value == 0.0011


def test_a_time_that_is_not_sure_is_left_out_and_holds_nothing_up():
    found = accepted(results(size_row(), replace(TIME, verdict="contaminated")))
    assert [one.key for one in found.figures] == [BYTES_KEY]


def test_what_is_stored_is_read_again(tmp_path):
    path = baselines.write(accepted(), tmp_path)
    assert path == tmp_path / f"{CLASS}.json"
    assert baselines.read(CLASS, tmp_path) == accepted()
    assert baselines.read("another-class", tmp_path) is None


def test_rows_get_their_stored_figures():
    size, time = accepted().attach([size_row(), TIME], "ab" * 32)
    assert size.baseline == Baseline(1_048_576.0, COMMIT)
    assert time.baseline == Baseline(0.0011, COMMIT)


def test_another_quantile_is_another_figure():
    assert accepted().attach([replace(TIME, statistic="median")], "ab" * 32)[0].baseline is None


def test_another_toolchain_makes_counts_incomparable_and_sizes_not():
    counted = replace(
        size_row(), scenario="version", metric="instructions", unit="1", tier="counter", limit=None
    )
    stored = accepted(results(size_row(), counted))
    size, count = stored.attach([size_row(), counted], "cd" * 32)
    assert size.baseline is not None
    assert count.baseline is None
    assert stored.attach([counted], "ab" * 32)[0].baseline is not None


def test_a_figure_that_vanished_is_named_and_one_that_was_renamed_is_recognised():
    stored = accepted(results(size_row(), TIME))
    renamed = replace(TIME, scenario="versions")
    (line,) = stored.vanished([size_row(), renamed], [NATIVE])
    assert line == (
        f"{TIME.key}: is in the baseline, and was not measured; {renamed.key} is new: was it renamed?"
    )
    assert stored.vanished([replace(size_row(), new=None), TIME], [NATIVE]) == [
        "x86_64-linux-musl/file/bytes: is in the baseline, and was not measured"
    ]
    assert stored.vanished([size_row(), TIME], [NATIVE]) == []
    assert stored.vanished([], ["cpython"]) == []


def document(**changed):
    return json.dumps({"schema": 1, **accepted().as_json(), **changed}).encode()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "b.json: is empty"),
        (document()[:100], "b.json: is cut off after 100 bytes"),
        (document(schema=2), "b.json: is no baseline of schema 1"),
        (b"[]", "b.json: is no baseline of schema 1"),
        (document(figures=[]), "b.json: holds no figure that somebody accepted"),
        (document(accepted=[]), "b.json: holds no figure that somebody accepted"),
        (document(note=1), "b.json: the document: unknown key note"),
        (document(machine_class="other"), "b.json: is of the class other, not x86_64-linux-2cpu-test"),
    ],
)
def test_a_file_that_cannot_be_relied_on_is_refused(data, said):
    with pytest.raises(BadResults) as caught:
        baselines.parse(data, "b.json", CLASS)
    assert str(caught.value).startswith(said)


def test_an_absurd_stored_figure_is_refused():
    known = accepted()
    value = replace(known, figures=(replace(known.figures[0], value=0.0), *known.figures[1:])).as_json()
    with pytest.raises(BadResults, match="file/bytes: 0 B: it cannot have run"):
        baselines.parse(json.dumps({"schema": 1, **value}).encode(), "b.json", CLASS)


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a b", "a/b"])
def test_a_class_has_the_name_of_a_file(name):
    with pytest.raises(BadResults, match="is no name of a class of machines"):
        baselines.path_of(name)


def test_every_baseline_of_the_tree_can_be_read():
    for path in baselines.FOLDER.glob("*.json"):
        assert isinstance(baselines.read(path.stem), Baselines)

"""A limit is read strictly, held against its own quantile, found missing, and comes down only as it is beaten."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import pytest

from bench import limits
from bench.results import BadResults, Limit, Row
from tests.bench_gate.planted import NATIVE, results, side, size_row, time_row
from tools.targets import read_targets

TABLE = """\
not_yet_built = ["wasm"]
[seed]
"native/file/bytes" = { value = 15_000_000, statistic = "exact", source = "seed" }
"cpython/turns_8/turns_per_second" = { value = 1000, statistic = "median", source = "seed" }
[goal]
"wasm/file/bytes" = { value = 300_000, statistic = "exact", source = "seed" }
[own]
# why
"x86_64-linux-musl/file/bytes" = { value = 1_400_000, statistic = "exact", source = "ours" } # stays
"cpython/turns_8/turns_per_second" = { value = 1200, statistic = "median", source = "ours" }
"""


def rate(value, verdict="unchanged"):
    row = Row.of(("cpython", "turns_8", "turns_per_second"), "median", new=side(value))
    return replace(row, verdict=verdict, reason="because")


def test_the_table_of_the_tree_can_be_read_and_names_every_promise():
    found = limits.read()
    for target in read_targets():
        assert found.entries["seed"][f"{target}/file/bytes"].value == 15_000_000
    assert found.goals["wasm-weft/file/gzip_bytes"].value == 120_000
    assert found.not_yet_built == ("image",)
    for key, goal in found.goals.items():
        assert key in found.entries["own"], "a goal blocks nothing: our own limit does"
        if found.entries["own"][key].value > goal.value:
            assert ";" in found.entries["own"][key].source, f"{key}: say what the goal would take"


def test_the_tightest_limit_counts():
    found = limits.read(TABLE)
    assert found.of(size_row()) == Limit(1_400_000, "own", "ours")
    assert found.of(replace(size_row(), artifact="aarch64-macos")) == Limit(15_000_000, "seed", "seed")
    assert found.of(time_row()) is None
    assert [row.limit for row in found.attach([time_row()])] == [None]


def test_a_goal_blocks_nothing_and_tells_how_far_it_is():
    found = limits.read(TABLE)
    row = replace(size_row(), artifact="wasm", new=side(450_000.0))
    assert found.of(row) is None
    assert found.distance(row) == "150,000 (50.0%) from the goal of 300,000: seed"
    assert found.distance(replace(row, new=side(299_000.0))) == (
        "reaches the goal of 300,000 with 1,000 to spare"
    )
    assert found.distance(replace(row, new=None)) == ""
    assert found.distance(size_row()) == ""


def test_a_limit_on_another_quantile_is_refused():
    with pytest.raises(BadResults, match=r"has a limit on exact; the figure is median"):
        limits.read(TABLE).of(replace(size_row(), statistic="median"))


def test_a_limit_is_broken_beyond_it_and_not_at_it():
    row = replace(size_row(), limit=Limit(1000.0, "seed", "spec"))
    assert limits.is_broken(replace(row, new=side(1000.0))) == ""
    assert limits.is_broken(replace(row, new=side(1015.0))) == "above the seed's limit by 1.5%: spec"
    assert limits.is_broken(replace(row, new=None)) == ""
    slow = replace(rate(900.0), limit=Limit(1000.0, "own", "why"))
    assert limits.is_broken(slow) == "below our own limit by 10.0%: why"
    assert limits.is_broken(replace(slow, new=side(1000.0))) == ""
    none = Row.of((NATIVE, "file", "dynamic_symbols"), "exact", new=side(2.0))
    assert limits.is_broken(replace(none, limit=Limit(0.0, "own", "static"))) == "above our own limit: static"


def test_a_limit_without_a_figure_is_missing_where_the_artifact_was_measured():
    found = limits.read(TABLE)
    lines = found.missing([replace(size_row(), new=None)], [NATIVE])
    assert lines == [
        "x86_64-linux-musl/file/bytes: has a limit (1.5e+07, seed), and nothing was measured",
        "x86_64-linux-musl/file/bytes: has a limit (1.4e+06, own), and nothing was measured",
    ]
    assert found.missing([size_row()], [NATIVE]) == []
    assert found.missing([], ["launcher"]) == []


def test_a_beaten_limit_comes_down_to_one_percent_beside_the_figure():
    found = limits.read(TABLE)
    assert found.ratcheted(results(size_row(), rate(2000.0))) == {
        "x86_64-linux-musl/file/bytes": 1_059_062.0,
        "cpython/turns_8/turns_per_second": 1980.0,
    }


@pytest.mark.parametrize("row", [rate(1210.0), rate(900.0), rate(2000.0, "contaminated")])
def test_what_is_within_the_slack_or_not_sure_moves_nothing(row):
    assert limits.read(TABLE).ratcheted(results(row)) == {}


LARGER = results(replace(size_row(), new=side(1_500_000.0)), rate(900.0))
MESSAGE = "feat: a thing\n\nIt does it.\n\nSize: 100 KB for the tables of the thing\nRefs: 5\n"


def test_a_commit_that_says_why_raises_a_limit_on_a_size_and_no_other():
    assert limits.read(TABLE).raised(LARGER, MESSAGE) == {"x86_64-linux-musl/file/bytes": 1_515_000.0}
    assert limits.read(TABLE).raised(results(size_row()), "feat: nothing grew") == {}


@pytest.mark.parametrize(
    "message", ["feat: a thing", "feat: a thing\n\nSize: ", "feat: x\n\nSize: y\n\nThe end."]
)
def test_a_commit_that_does_not_say_why_raises_none(message):
    assert limits.size_reason(message) == ""
    with pytest.raises(BadResults, match=r"file/bytes: only a commit with a `Size:` trailer"):
        limits.read(TABLE).raised(LARGER, message)


def test_the_reason_is_what_stands_behind_the_trailer():
    assert limits.size_reason(MESSAGE) == "100 KB for the tables of the thing"


def test_the_table_keeps_its_comments_and_the_seed_when_our_own_moves(tmp_path):
    path = tmp_path / "limits.toml"
    limits.write(limits.read(TABLE), {"x86_64-linux-musl/file/bytes": 1_059_062.0}, path)
    text = path.read_text("utf-8")
    assert text == TABLE.replace("1_400_000", "1_059_062")
    assert "# why" in text
    assert tomllib.loads(text)["seed"]["native/file/bytes"]["value"] == 15_000_000


def test_a_limit_is_never_raised_above_the_seeds(tmp_path):
    with pytest.raises(BadResults, match=r"turns_per_second is 900; the seed's is 1000"):
        limits.write(
            limits.read(TABLE), {"cpython/turns_8/turns_per_second": 900.0}, tmp_path / "limits.toml"
        )
    assert list(tmp_path.iterdir()) == []


def test_a_limit_that_is_not_ours_cannot_be_moved():
    with pytest.raises(BadResults, match=r"wasm/file/bytes stands in \[own\] 0 times"):
        limits.read(TABLE).with_values({"wasm/file/bytes": 1.0})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TABLE.replace("[own]", "[ours]"), "without own; unknown key ours"),
        (TABLE.replace("value = 15", "vlaue = 15"), "native/file/bytes: without value; unknown key vlaue"),
        (TABLE.replace("file/bytes", "bytes"), "native/bytes is not artifact/scenario/metric"),
        (TABLE.replace("file/bytes", "file/size"), "no metric is called 'size'"),
        (TABLE.replace('"exact"', '"mean"'), "statistic: expected one of exact, max, p10, median"),
        ("not_yet_built = [", "Invalid"),
    ],
)
def test_what_cannot_be_meant_is_refused(text, said):
    with pytest.raises(BadResults) as caught:
        limits.read(text)
    assert said in str(caught.value)

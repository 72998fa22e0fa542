"""Micro-benchmarks are run on the code of their own checkout, and one that fails, is skipped or vanishes is seen."""

from __future__ import annotations

import json

import pytest

from bench import micro
from bench.slices import NEW, OLD, Rounds, SliceFailed

STATS = {"stats": {"min": 0.25}}
GOOD = """
from clawft import work

def test_work(benchmark):
    benchmark(work)

def test_other_work(benchmark):
    benchmark(work)
"""


@pytest.fixture
def checkout(tmp_path):
    """Makes a tree that looks like ours, with this text as its only micro-benchmarks."""

    def make(tests, name="tree", package="def work():\n    return 1\n"):
        root = tmp_path / name
        (root / "tests" / "bench").mkdir(parents=True)
        (root / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", "utf-8")
        if package:
            (root / "clawft").mkdir()
            (root / "clawft" / "__init__.py").write_text(package, "utf-8")
        if tests:
            (root / "tests" / "bench" / "test_micro_some.py").write_text(tests, "utf-8")
        (root / "tests" / "bench" / "test_long_bench.py").write_text("raise SystemExit('never run')", "utf-8")
        return root

    return make


def test_each_benchmark_has_its_time(checkout):
    found = micro.run_slice(checkout(GOOD))
    assert sorted(found) == ["micro:some.other_work", "micro:some.work"]
    assert all(time > 0 for time in found.values())


def test_ours_run_in_this_tree():
    found = micro.run_slice(micro.ROOT)
    wanted = [
        "micro:policies.judge_a_command",
        "micro:sessions.make_a_line",
        "micro:streams.take_a_stream_apart",
    ]
    assert set(wanted) <= set(found)


def test_both_sides_run_their_own_code(checkout):
    package = "import pathlib\ndef work():\n    pathlib.Path(__file__).with_name('ran').touch()\n"
    new, old = checkout(GOOD, "new", package), checkout(GOOD, "old")
    Rounds(micro.arms({NEW: new, OLD: old})).play((NEW, OLD))
    assert (new / "clawft" / "ran").exists()
    assert not (old / "clawft" / "ran").exists()


def test_one_that_vanishes_is_seen(checkout):
    new = checkout(GOOD.replace("def test_other_work", "def test_renamed_work"), "new")
    rounds = Rounds(micro.arms({NEW: new, OLD: checkout(GOOD, "old")}))
    rounds.play((OLD, NEW))
    assert rounds.vanished() == ["micro:some.other_work: has vanished"]


@pytest.mark.parametrize(
    ("tests", "said"),
    [
        ("", r"there is no tests/bench/test_micro_\*\.py"),
        ("import nothing_of_that_name", "nothing_of_that_name"),
        (GOOD + "    raise OSError('broken')\n", "broken"),
        (GOOD + "    import pytest\n    pytest.skip('today')\n", "2 tests, 2 benchmarks: one was skipped"),
        (GOOD + "def test_none():\n    pass\n", "3 tests, 2 benchmarks"),
        ("def test_none():\n    pass\n", "measured nothing|no figures"),
    ],
)
def test_whatever_does_not_measure_fails_the_slice(checkout, tests, said):
    with pytest.raises(SliceFailed, match=said):
        micro.run_slice(checkout(tests))


def test_a_checkout_without_the_code_does_not_measure_what_is_installed(checkout):
    with pytest.raises(SliceFailed, match=r"clawft is imported from|No module named"):
        micro.run_slice(checkout(GOOD, package=""))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "FileNotFoundError"),
        ("", "JSONDecodeError"),
        ('{"benchmarks": [{"fullna', "JSONDecodeError"),
        ("{}", "KeyError"),
        ("[]", "TypeError"),
        ('{"benchmarks": [{"fullname": "a::test_b", "stats": {}}]}', "KeyError"),
        ('{"benchmarks": [{"fullname": "a::test_b", "stats": {"min": 0}}]}', "took 0.0 s"),
        ('{"benchmarks": []}', "measured nothing"),
    ],
)
def test_bad_data_is_no_figure(tmp_path, text, said):
    written = tmp_path / "benchmarks.json"
    if text is not None:
        written.write_text(text, "utf-8")
    with pytest.raises(SliceFailed, match=said):
        micro.read(written)


def test_two_benchmarks_of_one_name_are_an_error(tmp_path):
    written = tmp_path / "benchmarks.json"
    names = ["tests/bench/test_micro_a.py::test_b", "other/test_micro_a.py::test_b"]
    written.write_text(json.dumps({"benchmarks": [{"fullname": name, **STATS} for name in names]}), "utf-8")
    with pytest.raises(SliceFailed, match="two benchmarks have the same name"):
        micro.read(written)


def test_a_scenario_has_no_slash():
    name = "tests/bench/test_micro_streams.py::test_read[a/b]"
    assert micro.scenario(name) == "micro:streams.read[a|b]"

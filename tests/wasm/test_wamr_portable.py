"""The synchronous portable tests in WAMR: those that fail there are listed, and any other outcome is a failure.

Its `try_table` catches what a called function throws, and neither what is thrown in the same function nor what
`throw_ref` throws on: so most tests that see an exception end in a trap, and those of coroutines all do.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.portable import native
from tests.portable.harness import ROOT, portable_tests
from tests.wasm import wamr
from tools import wasm

FAILURES = Path(__file__).with_name("wamr_failures.json")
COUNT = 123
FILES = sorted((ROOT / "tests" / "portable").glob("test_*.py"))


def expected() -> dict[str, list[str]]:
    found: dict[str, list[str]] = json.loads(FAILURES.read_text("utf-8"))
    return found


@pytest.fixture(scope="module")
def runnable(tmp_path_factory):
    return wamr.runnable(wamr.compiled(tmp_path_factory.mktemp("wamr")))


def failures(runnable, path):
    """The names of the tests of a file that fail, sorted; none of a file that this build leaves out."""
    if native.is_left_out(path, wasm.FEATURES):
        return []
    tests = [test for test in portable_tests(path) if not test.is_coroutine]
    outcomes = native.run_on_native(runnable, wasm.FEATURES, path, tests)
    return sorted(name for name, outcome in outcomes.items() if not outcome.has_passed)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_exactly_those_fail_that_are_known_to(runnable, path):
    assert failures(runnable, path) == expected().get(path.stem, [])


def test_so_many_are_known_to_fail():
    known = expected()
    assert set(known) <= {path.stem for path in FILES}
    assert sum(map(len, known.values())) == COUNT

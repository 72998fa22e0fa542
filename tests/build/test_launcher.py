"""bench/launcher.py reports what a program cost, whatever the size of the process that asked."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench.launcher import CannotRun, Launcher, control_program, static_program
from tests.bench.measured import Figure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the launcher is for Linux")

SMALL_BYTES = 400 * 1024


@pytest.fixture(scope="module")
def launcher():
    return Launcher()


def test_a_tiny_program_is_measured_as_tiny_although_this_process_is_not(launcher):
    ballast = bytes(64_000_000)
    found = launcher.run([str(control_program())], {}, counts_pages=True)
    assert len(ballast) > SMALL_BYTES
    assert found.maxrss_bytes < SMALL_BYTES  # an estimate, which may be 0
    assert 0 < found.exit_rss_bytes < SMALL_BYTES
    assert 0 < found.floor_bytes < SMALL_BYTES
    assert found.wall_s > 0
    assert found.peak_bytes == max(found.maxrss_bytes, found.exit_rss_bytes)


def test_a_large_program_is_measured_as_large(launcher):
    argv = [sys.executable, "-I", "-S", "-c", "import os; x = bytearray(b'x' * 50_000_000); os._exit(0)"]
    found = launcher.run(argv, {}, counts_pages=True)
    assert found.maxrss_bytes > 50_000_000
    assert found.exit_rss_bytes > 50_000_000
    assert found.minor_faults > 1000
    assert found.exit_code == 0
    assert launcher.run(argv, {}).exit_rss_bytes is None


def test_page_faults_are_the_same_each_time_where_the_addresses_are(launcher):
    argv = [str(control_program())]
    assert len({launcher.run(argv, {}, fixes_addresses=True).minor_faults for _ in range(10)}) == 1
    both = launcher.run(argv, {}, fixes_addresses=True, counts_pages=True)
    assert both.exit_rss_bytes is not None


def test_a_program_that_fails_or_is_not_there_is_never_a_figure(launcher):
    with pytest.raises(CannotRun, match="ended with 3: out of ideas"):
        launcher.run(["/bin/sh", "-c", "echo out of ideas >&2; exit 3"], {})
    with pytest.raises(CannotRun, match="ended with -9"):
        launcher.run(["/bin/sh", "-c", "kill -9 $$"], {})
    with pytest.raises(CannotRun, match="cannot run /nonsense: No such file"):
        launcher.run(["/nonsense"], {})
    with pytest.raises(CannotRun, match="cannot open /nonsense: No such file"):
        launcher.run(["/bin/true"], {}, stdin=Path("/nonsense"))


def test_the_program_is_given_its_input_its_environment_and_its_folder_and_nothing_else(launcher, tmp_path):
    (tmp_path / "in").write_text("some words\n")
    argv = ["/bin/sh", "-c", 'cat; echo "$NAME"; pwd; /usr/bin/env | grep -v -e PWD -e _= -e SHLVL']
    launcher.run(argv, {"NAME": "x"}, stdin=tmp_path / "in", stdout=tmp_path / "out", cwd=tmp_path)
    assert (tmp_path / "out").read_text() == f"some words\nx\n{tmp_path}\nNAME=x\n"


def test_a_program_is_compiled_once_and_its_errors_are_told():
    assert control_program() == control_program()
    assert static_program("other", "int main(void) { return 1; }\n") != control_program()
    with pytest.raises(CannotRun, match=r"wrong\.c does not compile:\n.*expected"):
        static_program("wrong", "int main(void) { return }\n")


def test_a_figure_says_by_how_much_it_misses_its_goal():
    assert Figure("x", 2, "ms", 4).verdict == "reached"
    assert Figure("x", 6, "ms", 4).verdict == "missed: 1.50 x"
    assert Figure("x", 1, "ms", None).verdict == ""
    assert Figure.of_samples("x", [1.0, 2.0, 3.0, 4.0, 5.0], "ms", None).value == 3

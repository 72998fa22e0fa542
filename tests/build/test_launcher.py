"""bench/launcher.c reports what a program cost, whatever the size of the process that asked."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench.measured import Figure, Launcher
from tools.compiler import zig_cc

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the launcher is for Linux")

SMALL_KIB = 400
TINY = "int main(void) { return 0; }\n"


@pytest.fixture(scope="module")
def launcher(tmp_path_factory):
    return Launcher(tmp_path_factory.mktemp("launcher"))


def test_a_tiny_program_is_measured_as_tiny_although_this_process_is_not(launcher, tmp_path):
    (tmp_path / "tiny.c").write_text(TINY)
    zig_cc("x86_64-linux-musl", "-static", "-Os", "-s", "-o", "tiny", "tiny.c", cwd=tmp_path)
    ballast = bytes(64_000_000)
    found = launcher.run([str(tmp_path / "tiny")], {}, "-m")
    assert len(ballast) > 1024 * SMALL_KIB
    assert found["maxrss_kib"] < SMALL_KIB  # an estimate, which may be 0
    assert 0 < found["exit_rss_kib"] < SMALL_KIB
    assert launcher.floor_kib < SMALL_KIB
    assert found["wall_ns"] > 0


def test_a_large_program_is_measured_as_large(launcher):
    argv = [sys.executable, "-I", "-S", "-c", "import os; x = bytearray(b'x' * 50_000_000); os._exit(0)"]
    found = launcher.run(argv, {}, "-m")
    assert found["maxrss_kib"] > 50_000
    assert found["exit_rss_kib"] > 50_000
    assert found["minor_faults"] > 1000
    assert launcher.run(argv, {})["exit_rss_kib"] == -1


def test_a_program_that_fails_or_is_not_there_is_never_a_figure(launcher):
    with pytest.raises(SystemExit, match="ended with 3: out of ideas"):
        launcher.run(["/bin/sh", "-c", "echo out of ideas >&2; exit 3"], {})
    with pytest.raises(SystemExit, match="ended with -9"):
        launcher.run(["/bin/sh", "-c", "kill -9 $$"], {})
    with pytest.raises(SystemExit, match="cannot run /nonsense: No such file"):
        launcher.run(["/nonsense"], {})


def test_the_program_reads_and_writes_the_files_it_is_given(launcher, tmp_path):
    (tmp_path / "in").write_text("some words")
    command = [str(launcher._path), "-i", "in", "-o", "out", "-e", "err", "/bin/sh", "-c", "cat; echo no >&2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["exit_code"] == 0
    assert (tmp_path / "out").read_text() == "some words"
    assert (tmp_path / "err").read_text() == "no\n"


def test_a_figure_says_by_how_much_it_misses_its_goal():
    assert Figure("x", 2, "ms", 4).verdict == "reached"
    assert Figure("x", 6, "ms", 4).verdict == "missed: 1.50 x"
    assert Figure("x", 500, "/s", 1000, is_more_better=True).verdict == "missed: 2.00 x"
    assert Figure("x", 1, "ms", None).verdict == ""
    assert Figure.of_samples("x", [1.0, 2.0, 3.0, 4.0, 5.0], "ms", None).value == 3

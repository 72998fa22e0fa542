"""What a start costs, where that can be counted: pages and system calls. Times are tests/bench/native.py's."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from bench.launcher import Launcher
from tests.native.executables import runnable
from tools.targets import host_target

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the launcher is for Linux")

# 10 or 11, as the stack happens to lie; 27 before linux.ld. An empty program: 4 to 6.
PAGES = 14


def test_a_start_touches_few_pages() -> None:
    launcher = Launcher()
    weft = [str(runnable(host_target().name).path), "--version"]
    assert min(launcher.run(weft, {}).minor_faults for _ in range(5)) <= PAGES


def test_a_start_makes_no_system_call_that_it_could_do_without(tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    weft = str(runnable(host_target().name).path)
    subprocess.run(["strace", "-o", str(trace), weft, "--version"], check=True, capture_output=True)
    calls = [line.split("(")[0] for line in trace.read_text().splitlines() if "(" in line]
    assert calls == [
        "execve",
        "arch_prctl",
        "set_tid_address",
        "prlimit64",
        *["fcntl"] * 3,  # standard streams that are closed are opened
        "getrandom",  # the hash seed
        *["rt_sigaction", "rt_sigaction", "rt_sigprocmask", "rt_sigaction"],
        "write",
        "exit_group",
    ]

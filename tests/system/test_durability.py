"""The order of system calls: a message is on the disk, with its file's name, before anybody is told so."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.programs import program

ROOT = Path(__file__).parents[2]
FILE = "cli%3Awork.jsonl"


def system_calls(folder, command):
    """What the driver did to its session and its output, in order, as (call, what)."""
    trace = folder / "trace"
    calls = "openat,flock,write,fdatasync,fsync,ftruncate,close"
    argv = [program("strace"), "-f", "-y", "-o", str(trace), "-e", "trace=" + calls]
    driver = [sys.executable, "-m", "tests.core.session_driver", command, str(folder / "sessions")]
    subprocess.run([*argv, *driver], check=True, cwd=ROOT, capture_output=True)
    found = []
    for line in trace.read_text().splitlines():
        call = re.match(r"\d+ +(\w+)\((\d+)<([^>]*)>", line)
        if call is None or "resumed" in line:
            continue
        what = Path(call[3]).name
        if call[2] == "1" and "durable" in line:
            found.append((call[1], "output"))
        elif what in (FILE, "sessions"):
            found.append((call[1], what))
    return found


@pytest.mark.parametrize("command", ["once", "once-concurrent"])
def test_a_message_is_written_and_synced_under_the_lock_before_it_is_acknowledged(tmp_path, command):
    found = system_calls(tmp_path, command)
    calls = [one for one in found if one[0] != "close" or one[1] == FILE]
    assert [one for one in calls if one[1] in (FILE, "output")] == [
        ("flock", FILE),
        ("write", FILE),
        ("fdatasync", FILE),
        ("close", FILE),
        ("write", "output"),
    ]
    # The name of a new file is as durable as its content.
    assert (
        calls.index(("fdatasync", FILE))
        < calls.index(("fsync", "sessions"))
        < calls.index(("write", "output"))
    )


def test_a_second_message_does_not_sync_the_folder_again(tmp_path):
    system_calls(tmp_path, "once")
    found = system_calls(tmp_path, "once")
    assert ("fsync", "sessions") not in found
    assert found.index(("fdatasync", FILE)) < found.index(("write", "output"))

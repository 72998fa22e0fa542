"""Disks that are full, read-only or not ours: real mounts in a mount namespace, real permissions."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.programs import program

ROOT = Path(__file__).parents[2]
DRIVER = [sys.executable, "-m", "tests.core.session_driver"]
NOBODY = 65534


def with_mounts(script, folder):
    """Run a shell script in a mount namespace of its own; `$1` is the folder, `$@` from 2 on runs the driver."""
    flags = ["--mount"] if os.geteuid() == 0 else ["--mount", "--map-root-user"]
    said = subprocess.run(
        [program("unshare"), *flags, "sh", "-ec", script, "sh", str(folder), *DRIVER],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return said.stdout.splitlines()


def without_privileges(command, folder):
    """Run the driver so that permissions count: as root, without the capabilities that pass them by."""
    argv = [*DRIVER, command, str(folder)]
    if os.geteuid() == 0:
        argv = [program("setpriv"), "--inh-caps=-all", "--bounding-set=-all", *argv]
    said = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=True)
    return said.stdout.splitlines()


def take_away(path, mode):
    """Leave a file or folder to somebody else, or at least take our own rights to it away."""
    if os.geteuid() == 0:
        os.chown(path, NOBODY, NOBODY)
        path.chmod(mode)
    else:
        path.chmod(mode & 0o077)


@pytest.fixture
def home():
    """A folder with one session of one message, reached without passing through private folders."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [*DRIVER, "once", folder + "/sessions"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
        )
        Path(folder, "note").write_bytes(b"old")
        yield Path(folder)
        for path in [Path(folder), *Path(folder).rglob("*")]:
            path.chmod(0o700)


def test_a_full_disk_is_an_error_that_says_what_to_do_and_loses_nothing(tmp_path):
    script = 'folder=$1; shift; mount -t tmpfs -o size=64k none "$folder"; "$@" fill "$folder"'
    error, counts, after = with_mounts(script, tmp_path)
    assert error.endswith(
        "cli%3Awork.jsonl: cannot append: No space left on device; free some space on this disk and try again"
    )
    acknowledged, found, reports = (int(word) for word in counts.split())
    assert acknowledged == found > 5
    assert reports == 0  # nothing was left torn
    assert after == str([str(acknowledged - 1), "after"])


def test_a_read_only_disk_can_be_read_and_says_why_nothing_is_written(home):
    script = (
        'folder=$1; shift; mount --bind "$folder" "$folder"; mount -o remount,bind,ro "$folder"; '
        '"$@" look "$folder"'
    )
    messages, append, write, note, reading, done = with_mounts(script, home)
    advice = "Read-only file system; this disk is mounted read-only: mount it writable or use another folder"
    assert messages == "1 messages"
    assert append == f"{home}/sessions/cli%3Awork.jsonl: cannot open it for writing: {advice}"
    assert write == f"{home}/state: cannot write it: {advice}"
    assert note == "note: cannot be written: it is read-only here; its owner can change that"
    assert (reading, done) == ("b'old'", "done")


def test_the_same_folder_mounted_writable_takes_everything(home):
    script = 'folder=$1; shift; mount --bind "$folder" "$folder"; "$@" look "$folder"'
    assert with_mounts(script, home) == ["1 messages", "appended", "done", "done", "b'new'", "done"]


def test_a_session_that_may_not_be_read_is_never_taken_for_a_new_one(home):
    path = home / "sessions" / "cli%3Awork.jsonl"
    before = path.read_bytes()
    take_away(path, 0o600)
    said = without_privileges("look", home)
    assert said[0] == (
        f"{path}: cannot read it: Permission denied; give yourself permission for it or use another folder"
    )
    path.chmod(0o600)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_a_folder_that_may_not_be_written_says_so(home):
    take_away(home, 0o555)
    if os.geteuid() != 0:
        home.chmod(0o500)
    said = without_privileges("look", home)
    assert said[0] == "1 messages"
    assert said[1] == "appended"  # the session's own folder is still ours
    assert said[2].startswith(f"{home}/state: cannot write it: Permission denied; give yourself permission")
    assert said[3].startswith("note: cannot be written: Permission denied")
    assert said[4:] == ["b'old'", "done"]


def test_with_permission_everything_works(home):
    assert without_privileges("look", home) == ["1 messages", "appended", "done", "done", "b'new'", "done"]

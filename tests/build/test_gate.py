"""A slow-down that a child commit brings is red, found by the selection, the build and the rounds that a run makes."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest

from bench import old_side, run, selftest, sides, steps
from bench.judge import Circumstances, judged
from bench.launcher import Launcher
from tests import programs
from tools import cache
from tools.progress import Progress
from tools.targets import host_target

SEED = 1
NOXFILE = """
import pathlib, nox

@nox.session(venv_backend="none")
def build(session):
    words = dict(zip(session.posargs[::2], session.posargs[1::2], strict=True))
    written = pathlib.Path(words["--output"]) / words["--target"] / "weft"
    written.parent.mkdir(parents=True)
    session.run("GCC", "-O1", "-static", "-o", str(written), "program.c", external=True)
"""
PROGRAM = """
int main(void) {
    volatile unsigned steps = 0;
    while (steps < %s) steps = steps + 1;
    return 0;
}
"""
STEPS = 3_000_000
HALF_AS_MUCH_AGAIN = STEPS * 3 // 2


class Repository:
    """A scratch repository whose build makes a program that counts."""

    def __init__(self, root):
        self.root = root
        self.commits = []
        self.git("init", "--quiet", "--initial-branch=main")
        (root / "noxfile.py").write_text(NOXFILE.replace("GCC", programs.program("gcc")), "utf-8")

    def git(self, *words):
        command = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", *words]
        return subprocess.run(
            command, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self, steps_, words=""):
        (self.root / "program.c").write_text(PROGRAM % steps_ + f"/* {words} */\n", "utf-8")
        self.git("add", "-A")
        self.git("commit", "--quiet", "-m", "counts")
        self.commits.append(self.git("rev-parse", "HEAD"))
        return self.commits[-1]


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "repository").mkdir()
    found = Repository(tmp_path / "repository")
    found.git("update-ref", "refs/remotes/origin/main", found.commit(STEPS))
    yield found
    for made in found.commits:
        shutil.rmtree(cache.cache_folder() / "old" / made, ignore_errors=True)


def judged_run(repository, folder, launcher):
    """What `nox -s bench` does, for one scenario of the executable alone: the row, and how its old side was chosen."""
    host, head = host_target(), repository.git("rev-parse", "HEAD")
    chosen = old_side.choose(repository.root, None, None)
    assert chosen.commit is not None
    nothing: Any = None  # no model is asked
    both = [
        sides.Side(
            None, old_side.executable(old_side.checkout(repository.root, commit), host.name, Progress()), {}
        )
        for commit in (head, chosen.commit)
    ]
    bench = steps.Bench(
        sides.Sides(both[0], both[1], host), launcher, nothing, folder, SEED, False, lambda *_: None
    )
    (step,) = [one for one in steps.table([host.name], is_quick=False, only=("version",)) if one.is_timed]
    around = Circumstances(is_self=False, seed=SEED, has_old=True)
    rows = judged(run.measured([step], bench).rows, around)
    return run.confirmed(rows, [step], bench, around, list)[0], chosen


def test_a_planted_slow_down_is_red(repository, tmp_path, launcher):
    repository.commit(HALF_AS_MUCH_AGAIN)
    row, chosen = judged_run(repository, tmp_path / "arms", launcher)
    assert chosen.chosen_by == "merge-base"
    assert row.verdict == "regressed", row.reason
    assert "and again" in row.reason


def test_a_child_that_does_the_same_is_not(repository, tmp_path, launcher):
    repository.commit(STEPS, "the same, said in other words")
    row, _ = judged_run(repository, tmp_path / "arms", launcher)
    assert row.verdict != "regressed", row.reason


def test_an_old_side_that_does_not_build_says_so(repository, tmp_path):
    broken = repository.commit("1 +")
    with pytest.raises(old_side.NoOldSide, match=r"does not build for x86_64-linux-musl:\n"):
        old_side.executable(old_side.checkout(repository.root, broken), "x86_64-linux-musl", Progress())


def test_the_canary_and_the_other_order_are_the_same_agent(tmp_path):
    builds = selftest.built(tmp_path)
    said = {
        name: subprocess.run([path, "--help"], check=True, capture_output=True).stdout
        for name, path in builds._asdict().items()
    }
    assert said["weft"] == said["canary"] == said["relinked"]
    assert len({path.read_bytes() for path in builds}) == len(builds)


@pytest.fixture(scope="module")
def launcher():
    return Launcher()

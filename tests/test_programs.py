"""What tests run of other people's is asked for by one table, and the build machine installs by the same."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import programs
from tools import running

ROOT = Path(__file__).resolve().parents[1]


def test_a_missing_program_is_an_error_that_names_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(
        programs.MissingProgram, match=r"setpriv is not installed.*apt-get install .* util-linux"
    ):
        programs.program("setpriv")


def test_every_package_that_an_error_would_name_is_listed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)
    named = " ".join([*programs.PACKAGES.values(), *running.PACKAGES.values()]).split()
    assert programs.missing_packages() == sorted(set(named))


def test_nothing_is_listed_where_everything_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: f"/bin/{name}")
    assert programs.missing_packages() == []


def test_the_build_machine_asks_with_nothing_but_python() -> None:
    command = ["-m", "tests.programs"]
    assert " ".join(command) in (ROOT / ".ci" / "run").read_text("utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == programs.missing_packages()


BARE = """
import runpy, sys
sys.path.insert(0, "")
runpy.run_module("tests.programs", run_name="__main__")
"""

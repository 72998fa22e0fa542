"""README gives two set-up commands, and a build machine runs the second one as it stands there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
SET_UP = README.partition("## Set up\n")[2].partition("\n## ")[0]


def test_there_are_exactly_two_set_up_commands_of_one_line_each() -> None:
    run, test = re.findall(r"^```sh\n(.*?)^```$", SET_UP, re.DOTALL | re.MULTILINE)
    assert run.count("\n") == test.count("\n") == 1
    assert 'weft agent -m "hello"' in run
    assert "--require-hashes -r nox.lock" in test


def test_the_build_machine_runs_the_second_one() -> None:
    program = re.search(
        r"test_command=\$\((awk .*?README\.md)\)", (ROOT / ".ci" / "run").read_text(), re.DOTALL
    )
    assert program is not None
    found = subprocess.run(["bash", "-c", program[1]], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == re.findall(r"^```sh\n(.*?)^```$", SET_UP, re.DOTALL | re.MULTILINE)[1]


def test_every_file_that_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / target).exists(), target

"""build.json says executed only of a file that this machine has run, and inspected of every other."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

from tools import build_record, cache
from tools.targets import host_target, read_targets

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the executables here are shell scripts")
ANSWERS = 'echo run >> "$0.runs"; echo "weft 1.0"'


@pytest.fixture
def host() -> str:
    return host_target().name


def made(folder: Path, target: str, script: str = ANSWERS) -> build_record.Entry:
    """An executable of a target, and its entry as the build would make it."""
    file = folder / target / "weft"
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    digest = cache.file_digest(file)
    return {"target": target, "file": "weft", "sha256": digest, "checked": build_record.INSPECTED}


def checked(
    folder: Path, entries: list[build_record.Entry], *, is_run: bool = True
) -> tuple[dict[str, str], list[str]]:
    """What the record says of each target, and what was said meanwhile."""
    said: list[str] = []
    build_record.write(folder, entries, said.append, is_run=is_run)
    record = json.loads((folder / "build.json").read_text())["targets"]
    return {entry["target"]: entry["checked"] for entry in record}, said


def test_what_was_run_is_executed(tmp_path: Path, host: str) -> None:
    assert checked(tmp_path, [made(tmp_path, host)]) == ({host: "executed"}, [])


@pytest.mark.parametrize(
    "script", ["exit 1", "echo 'weft 1.0'; exit 3", "echo something else", "exec /no/such/program"]
)
def test_what_does_not_run_well_is_inspected_and_why_is_said(tmp_path: Path, host: str, script: str) -> None:
    found, said = checked(tmp_path, [made(tmp_path, host, script)])
    assert found == {host: "inspected"}
    assert said[0].startswith(f"{host} was inspected, not executed: exit code ")


def test_what_cannot_be_run_anywhere_here_is_not_even_tried(tmp_path: Path) -> None:
    others = [name for name, target in read_targets().items() if not target.emulator]
    found, said = checked(tmp_path, [made(tmp_path, name) for name in others])
    assert found == dict.fromkeys(others, "inspected")
    assert said == []
    assert not list(tmp_path.rglob("*.runs"))


def test_what_was_executed_once_is_run_again_only_when_it_has_changed(tmp_path: Path, host: str) -> None:
    runs = tmp_path / host / "weft.runs"
    for _ in range(2):
        assert checked(tmp_path, [made(tmp_path, host)])[0] == {host: "executed"}
    assert runs.read_text().count("run") == 1
    assert checked(tmp_path, [made(tmp_path, host, f"{ANSWERS} # changed")])[0] == {host: "executed"}
    assert runs.read_text().count("run") == 2
    assert checked(tmp_path, [made(tmp_path, host, "exit 1")])[0] == {host: "inspected"}


def test_a_test_build_is_not_run(tmp_path: Path, host: str) -> None:
    assert checked(tmp_path, [made(tmp_path, host)], is_run=False)[0] == {host: "inspected"}
    assert not (tmp_path / host / "weft.runs").exists()

"""What can be measured here is found, and what should be there and is not is missing by name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.start_up import SCENARIOS, Subject, cpython_subject, executable_subject, subjects, warm
from tools.targets import host_target, read_targets


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_the_install_and_the_executable_of_this_machine_are_subjects(tmp_path):
    host = host_target()
    weft = program(host.output(tmp_path), "true")
    program(tmp_path / "venv" / "bin" / "weft", "true")
    found, missing = subjects(tmp_path, tmp_path / "venv" / "bin" / "python")
    assert [(one.artifact, one.is_static, one.is_emulated) for one in found] == [
        ("cpython", False, False),
        (host.name, True, False),
    ]
    assert found[1].argv(SCENARIOS[0]) == [str(weft), "--version"]
    assert not missing


def test_what_is_not_there_is_missing_with_what_would_make_it(tmp_path):
    found, missing = subjects(tmp_path, tmp_path / "python")
    assert not found
    said = [str(one) for one in missing]
    assert said[0].startswith("cpython/*/*: clawft is not installed for ")
    assert f"make it with nox -s build -- --target {host_target().name}" in said[1]
    assert len(said) == 2  # nothing that would need an emulator
    # Each of them is asked for only when emulators may run it.
    executed = [target.name for target in read_targets().values() if target.checked == "executed"]
    _, missing = subjects(tmp_path, tmp_path / "python", may_emulate=True)
    assert [one.artifact for one in missing] == ["cpython", *executed]


def test_a_process_is_given_a_home_and_nothing_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "pretended")
    native = executable_subject(host_target(), program(tmp_path / "weft", "true"))
    environment = native.environment(tmp_path / "home")
    assert (tmp_path / "home").is_dir()
    assert set(environment) == {"HOME", "PATH", "NO_COLOR", "LC_ALL"}
    installed = cpython_subject(program(tmp_path / "bin" / "weft", "true").with_name("python"))
    assert installed.environment(tmp_path)["PYTHONHASHSEED"] == "0"


def test_every_scenario_is_run_once_before_it_is_measured_and_a_failure_is_told(tmp_path):
    home = tmp_path / "home"
    log = program(tmp_path / "weft", f'echo "$@" >> {tmp_path}/log')
    warm(Subject("x", (str(log),)), home)
    assert (tmp_path / "log").read_text().splitlines() == [
        "--version",
        "--help",
        "status",
        "agent --new -m hi",
    ]
    with pytest.raises(subprocess.CalledProcessError):
        warm(Subject("x", (str(program(tmp_path / "bad", "exit 3")),)), home)


def test_the_installed_agent_is_found_beside_this_interpreter():
    assert cpython_subject().command == (str(Path(sys.executable).with_name("weft")),)

"""One table owns every name that is made from a target."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from tools import crossbuild
from tools.targets import TABLE, TargetError, host_target, named, read_targets

FIVE = ["x86_64-linux-musl", "aarch64-linux-musl", "x86_64-macos", "aarch64-macos", "x86_64-windows-gnu"]


def test_there_are_five_targets() -> None:
    assert list(read_targets()) == FIVE


def test_names_are_derived_from_the_target() -> None:
    linux, windows = named(["x86_64-linux-musl", "x86_64-windows-gnu"])
    assert linux.output(Path("dist")) == Path("dist/x86_64-linux-musl/weft")
    assert windows.output(Path("dist")) == Path("dist/x86_64-windows-gnu/weft.exe")


def test_macos_goes_back_to_11() -> None:
    assert [target.zig for target in read_targets().values() if target.system == "macos"] == [
        "x86_64-macos.11.0",
        "aarch64-macos.11.0",
    ]


def test_what_cannot_be_run_is_said_to_be_inspected() -> None:
    assert {target.name for target in read_targets().values() if target.checked == "inspected"} == {
        "x86_64-macos",
        "aarch64-macos",
    }


def test_an_unknown_target_is_answered_with_a_near_one() -> None:
    with pytest.raises(TargetError, match="did you mean x86_64-linux-musl"):
        named(["x86_64-linux-gnu"])


def test_a_target_asked_for_twice_is_built_once() -> None:
    assert [target.name for target in named([FIVE[1], FIVE[0], FIVE[1]])] == [FIVE[1], FIVE[0]]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('machine = "aarch64"', 'cpu = "aarch64"', "expected exactly"),
        ('checked = "executed"', 'checked = "maybe"', "expected one of"),
        ('system = "linux"', 'system = "plan9"', "no section"),
        ("[system.linux]", "[sistem.linux]", "expected system, target and wasm"),
    ],
)
def test_a_table_that_says_something_else_is_refused(old: str, new: str, says: str) -> None:
    text = TABLE.read_text("utf-8")
    assert old in text
    with pytest.raises(TargetError, match=says):
        read_targets(text.replace(old, new, 1))


def test_the_host_is_found_by_its_system_and_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for system, machine, name in (
        ("Linux", "x86_64", "x86_64-linux-musl"),
        ("Darwin", "arm64", "aarch64-macos"),
        ("Windows", "AMD64", "x86_64-windows-gnu"),
    ):
        monkeypatch.setattr(platform, "system", lambda system=system: system)
        monkeypatch.setattr(platform, "machine", lambda machine=machine: machine)
        assert host_target().name == name
    monkeypatch.setattr(platform, "machine", lambda: "vax")
    with pytest.raises(TargetError, match="no target runs on this machine"):
        host_target()


def test_the_list_is_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert crossbuild.main(["--list"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == FIVE
    assert crossbuild.main(["--list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == FIVE
    assert rows[4]["executable"] == "weft.exe"


def test_a_misspelt_target_is_one_line_and_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    assert crossbuild.main(["--target", "aarch64-mac"]) == 1
    assert capsys.readouterr().err.startswith(
        "error: no target is called 'aarch64-mac'; did you mean aarch64-macos?"
    )

"""What our patches to MicroPython promise: the same script prints the same in CPython and in the executables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.native.conftest import RunNative

SCRIPTS = Path(__file__).parent / "scripts"


def assert_same(run_native: RunNative, name: str, *arguments: object) -> None:
    words = [str(argument) for argument in arguments]
    script = SCRIPTS / name
    expected = subprocess.run(
        [sys.executable, "-I", "-X", "utf8", str(script), *words],
        capture_output=True,
        check=True,
        timeout=120,
    )
    found = run_native(script.read_text("utf-8"), *words)
    lines = found.stdout.decode().splitlines()
    assert found.returncode == 0, found.stderr.decode() + "\n".join(lines[-3:])
    assert lines == expected.stdout.decode().splitlines()
    assert lines, f"{name} printed nothing"


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_dict_does_what_cpython_does_in_its_order(run_native: RunNative, seed: int) -> None:
    assert_same(run_native, "dicts.py", seed, 1500)


def test_names_are_found_as_cpython_finds_them(run_native: RunNative) -> None:
    assert_same(run_native, "names.py", 3000)


def test_every_frozen_module_is_found_by_its_name(run_native: RunNative) -> None:
    frozen = [
        "clawft",
        "clawft.core",
        "clawft.core.version",
        "clawft.app",
        "clawft.tools.registry",
    ]
    found = run_native(
        f"import sys\nfor name in {frozen}:\n    __import__(name)\n    print(sys.modules[name].__name__)"
    )
    assert found.stdout.decode().split() == frozen, found.stderr.decode()


def test_many_keys_take_time_in_proportion(run_native: RunNative) -> None:
    # Stock MicroPython takes minutes for so many, past the time that the fixture gives; CPython does for a part.
    found = run_native((SCRIPTS / "many_keys.py").read_text("utf-8"), "200000")
    expected = ["200000 19999900000", "0", "0 200000", "key0", "100500 key99500", "200000 True False"]
    assert found.stdout.decode().splitlines() == expected, found.stderr.decode()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_keys_that_change_their_dict_are_survived(run_native: RunNative, seed: int) -> None:
    # Not compared: CPython 3.11 crashes.
    found = run_native((SCRIPTS / "changing_dicts.py").read_text("utf-8"), str(seed))
    assert found.stdout.decode().split() == ["whole"] + ["TypeError"] * 6, found.stderr.decode()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_numbers_are_written_and_read_exactly(run_native: RunNative, seed: int) -> None:
    assert_same(run_native, "floats.py", seed, 1000)


@pytest.mark.parametrize("seed", [1, 2])
def test_sorting_is_stable(run_native: RunNative, seed: int) -> None:
    assert_same(run_native, "sorts.py", seed)

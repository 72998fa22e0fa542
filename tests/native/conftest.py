"""Hands a test the executable of each target that this machine can run, and Python run inside its test build."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Protocol

import pytest

from tests.native.executables import Runnable, executed_targets, runnable
from tools.running import CannotRun

LIMIT_S = 120


class RunNative(Protocol):
    """Runs a script inside the test build of a target, and returns what became of it."""

    def __call__(
        self, script: str, *arguments: str, stdin: bytes = b""
    ) -> subprocess.CompletedProcess[bytes]: ...


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--target",
        action="append",
        metavar="TARGET",
        help="test only the executable of this target (may be repeated; default: all that can be run here)",
    )
    parser.addoption(
        "--test-build", type=Path, metavar="FILE", help="use this test build (with one --target)"
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "target" in metafunc.fixturenames:
        metafunc.parametrize("target", metafunc.config.getoption("--target", None) or executed_targets())


@pytest.fixture
def executable(target: str) -> Runnable:
    """dist/TARGET/weft, with what runs it."""
    return _found(target, is_test_build=False)


@pytest.fixture
def test_build(target: str, request: pytest.FixtureRequest) -> Runnable:
    """The same runtime with the compiler in: it runs the script that is its first argument."""
    return _found(target, is_test_build=True, path=request.config.getoption("--test-build", None))


@pytest.fixture
def run_native(test_build: Runnable, tmp_path: Path) -> RunNative:
    def run(script: str, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        path = tmp_path / "script.py"
        path.write_text(script, encoding="utf-8")
        return subprocess.run(
            [*test_build.command, test_build.inside(path), *arguments],
            env=test_build.environment(HOME=str(tmp_path)),
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            check=False,
            timeout=LIMIT_S,
        )

    return run


def _found(target: str, *, is_test_build: bool, path: Path | None = None) -> Runnable:
    try:
        return runnable(target, path=path, is_test_build=is_test_build)
    except (FileNotFoundError, CannotRun) as error:
        pytest.fail(str(error), pytrace=False)

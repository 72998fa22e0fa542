"""Hands a test the executable of each target that this machine can run, and Python run inside its test build."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Protocol

import pytest
from _pytest.runner import runtestprotocol

from tests.native.executables import Runnable, executed_targets, runnable
from tools.running import CannotRun
from tools.targets import named

LIMIT_S = 120
# Wine 8 loses a process at its start about once in a thousand on a busy machine (Windows error 1359, or an exit code
# without a word). A test that fails under it is run once more, so many of them; what failed first is shown at the end.
WINE_SECOND_TRIES = 3
FIRST_FAILURES = pytest.StashKey[list[tuple[str, str]]]()


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


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIRST_FAILURES] = []


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    parameters = (
        item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
    )
    target = parameters.get("target", "")
    if "windows" not in str(target):
        return None
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    reports = runtestprotocol(item, nextitem=nextitem, log=False)
    failed = [report for report in reports if report.failed]
    first_failures = item.config.stash[FIRST_FAILURES]
    if failed and runnable_by_wine(str(target)) and len(first_failures) < WINE_SECOND_TRIES:
        first_failures.append((item.nodeid, failed[0].longreprtext))
        item._initrequest()  # type: ignore[attr-defined] # fresh fixtures, as pytest itself makes them
        reports = runtestprotocol(item, nextitem=nextitem, log=False)
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for name, text in config.stash[FIRST_FAILURES]:
        terminalreporter.section(f"run a second time under wine: {name}")
        terminalreporter.write_line(text)


def runnable_by_wine(target: str) -> bool:
    """Whether a target's executables run here through wine, and not as they are."""
    found = named([target])[0]
    return "wine" in found.emulator and not found.is_host


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

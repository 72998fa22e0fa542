"""Lets the flows run another command than the installed one: `pytest tests/flows --weft dist/TARGET/weft`.

`--weft host` is the executable that was built for this machine.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.flows import process
from tools.targets import host_target

DIST = Path(__file__).resolve().parents[2] / "dist"

# The cases that an executable cannot pass, each with its reason. Each must fail: one that passes is an error, to be
# taken off this list.
ONLY_ON_CPYTHON: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--weft", metavar="COMMAND", help="the command to run, such as dist/TARGET/weft; host: this machine's"
    )


def pytest_configure(config: pytest.Config) -> None:
    command = config.getoption("--weft", None)
    if command:
        try:
            process.use([str(host_target().output(DIST))] if command == "host" else shlex.split(command))
        except (FileNotFoundError, ValueError) as error:
            raise pytest.UsageError(str(error)) from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--weft", None):
        return
    for item in items:
        reason = ONLY_ON_CPYTHON.get(f"{item.path.name}::{item.name}")
        if reason is not None:
            item.add_marker(pytest.mark.xfail(reason=reason, strict=True))

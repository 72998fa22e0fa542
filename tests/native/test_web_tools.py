"""Tools of the web in the executables' runtimes: the checks that every runtime passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios import web
from tests.scenarios.programs import Program
from tests.scenarios.web_checks import *  # noqa: F403 - every check is a test here


@pytest.fixture(params=["run_concurrent", "run_blocking"])
def program(request, test_build, tmp_path):
    return Program(tmp_path, request.param, test_build, scenarios=Path(web.__file__))

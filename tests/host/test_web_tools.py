"""Tools of the web on CPython's runtimes: the checks that every runtime passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios import web
from tests.scenarios.programs import Program
from tests.scenarios.web_checks import *  # noqa: F403 - every check is a test here


@pytest.fixture(params=["run_concurrent", "run_blocking"])
def program(request, tmp_path):
    return Program(tmp_path, request.param, scenarios=Path(web.__file__))

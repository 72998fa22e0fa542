"""A name that rebinds, on CPython's runtimes: the check that every runtime passes."""

from __future__ import annotations

import pytest

from tests.scenarios.rebinding_checks import *  # noqa: F403 - every check is a test here
from tests.scenarios.rebinding_checks import program_in_network


@pytest.fixture(params=["run_concurrent", "run_blocking"])
def program(request, tmp_path):
    return program_in_network(tmp_path, request.param)

"""A name that rebinds, in the executables' runtimes: the check that every runtime passes."""

from __future__ import annotations

import pytest

from tests.scenarios.rebinding_checks import *  # noqa: F403 - every check is a test here
from tests.scenarios.rebinding_checks import program_in_network


@pytest.fixture(params=["run_concurrent", "run_blocking"])
def program(request, test_build, tmp_path):
    return program_in_network(tmp_path, request.param, test_build)

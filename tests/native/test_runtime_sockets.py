"""Sockets of the executables' runtimes, with tasks and alone: the checks that every runtime passes."""

from __future__ import annotations

import pytest

from tests.scenarios.programs import Program
from tests.scenarios.server_socket_checks import *  # noqa: F403 - every check is a test here
from tests.scenarios.websocket_checks import *  # noqa: F403 - as above


@pytest.fixture(params=["run_concurrent", "run_blocking"])
def program(request, test_build, tmp_path):
    return Program(tmp_path, request.param, test_build)

"""The code over system calls, on both sets of them: CPython's, and the stand-in for the executables' C module."""

import time

import pytest

from clawft.core.files import BlockingFiles
from clawft.host import system_calls
from tests.native import fake_weft


@pytest.fixture(scope="session", params=[system_calls, fake_weft], ids=["cpython", "weft"])
def calls(request):
    return request.param


@pytest.fixture(scope="session")
def files(calls):
    return BlockingFiles(calls, time.sleep)

"""The runtime of the executables, on CPython over a stand-in for its C module."""

import signal
import sys

import pytest

from tests.native import fake_weft

sys.modules["_weft"] = fake_weft


@pytest.fixture(autouse=True)
def signals():
    """The stand-in takes SIGINT and SIGTERM over when something first waits: give them back, with all its handles."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)
    fake_weft.reset()

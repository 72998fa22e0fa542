"""What holds for every test: none fails because the machine is slow, and none hides the secrets of another."""

import pytest
from hypothesis import settings

from clawft.core.errors import hide_secrets

# The machines that run these are shared: a deadline would judge them and not the code. A random seed would make a
# failure belong to whoever pushed next; `nox -s full` looks for new examples.
settings.register_profile("ours", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)


def pytest_configure(config):
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("ours")


@pytest.fixture(autouse=True)
def plain_messages():
    """An app that a test has opened hides its secrets in every message of the process: not in the next test's."""
    yield
    hide_secrets(None)

"""What holds for every test: no property test may fail because the machine is slow."""

from hypothesis import settings

# The machines that run these are shared: a deadline would judge them and not the code. A random seed would make a
# failure belong to whoever pushed next; `nox -s full` looks for new examples.
settings.register_profile("ours", deadline=None, derandomize=True)
settings.register_profile("search", deadline=None, max_examples=2000)


def pytest_configure(config):
    if not config.getoption("--hypothesis-profile"):
        settings.load_profile("ours")

"""What was built is what its target promises, by its bytes alone: all there is to say of what cannot be run here."""

from __future__ import annotations

import pytest

from tests.native.executables import DIST, executed_targets
from tools.inspect_binary import inspect
from tools.targets import read_targets

TARGETS = read_targets()
LIMIT_BYTES = 1_300_000


@pytest.fixture(params=TARGETS)
def built(request):
    """A target and its file."""
    wanted = request.config.getoption("--target", None)
    if wanted and request.param not in wanted:
        pytest.skip(f"--target asks for {', '.join(wanted)}")
    path = TARGETS[request.param].output(DIST)
    if not path.is_file():
        pytest.fail(
            f"there is no {path}; make it with nox -s build -- --target {request.param}", pytrace=False
        )
    return TARGETS[request.param], path


def test_the_executable_is_what_its_target_promises(built, record_property):
    target, path = built
    facts = inspect(path, target)
    record_property("checked", "executed" if target.name in executed_targets() else "inspected, not executed")
    assert path.stat().st_size == facts["size_bytes"]
    assert path.stat().st_size <= LIMIT_BYTES


def test_the_executable_names_no_folder_of_the_machine_that_built_it(built):
    target, path = built
    data = path.read_bytes()
    found = [place for place in (b"/root/", b"/home/", b"/tmp/", str(DIST.parent).encode()) if place in data]
    assert not found, f"{target.name} holds {found}"

"""What was built is what its target promises, by its bytes alone: all there is to say of what cannot be run here."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.native.executables import DIST, executed_targets
from tools.frozen import read_manifest
from tools.inspect_binary import inspect
from tools.targets import read_targets

TARGETS = read_targets()
LIMIT_BYTES = 1_300_000
LIMIT_S = 120


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


def test_an_executable_says_what_it_was_built_with(executable, tmp_path):
    record = json.loads((DIST / "build.json").read_text())
    (entry,) = (entry for entry in record["targets"] if entry["target"] == executable.target)
    output = tmp_path / "output"
    with output.open("wb") as written:  # not a pipe: what an emulator leaves running would keep it open
        subprocess.run(
            [*executable.command, "status", "--json"],
            env=executable.environment(
                HOME=executable.inside(tmp_path), USERPROFILE=executable.inside(tmp_path)
            ),
            cwd=tmp_path,
            stdin=subprocess.DEVNULL,
            stdout=written,
            check=True,
            timeout=LIMIT_S,
        )
    features = json.loads(output.read_text())["features"]
    assert [name for name, is_here in features.items() if is_here] == entry["features"]
    assert set(features) == set(read_manifest().features)

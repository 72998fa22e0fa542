"""What an install takes is what the agent needs, without bytecode and without what only an extra asks for."""

from __future__ import annotations

import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from bench.footprint import installed_bytes, measure, measure_archive
from bench.launcher import CannotRun
from bench.start_up import Subject

if TYPE_CHECKING:
    from pathlib import Path

# It sees only what lies beside it.
START = "import sys; sys.path.insert(0, sys.argv.pop()); exec(sys.argv.pop())"
PYTHON = f"""#!/bin/sh
exec {sys.executable} -I -S -c "{START}" "$3" "$(dirname "$0")"
"""


def install(folder: Path, name: str, size: int, *requires: str) -> None:
    """A distribution as pip would leave it, beside an interpreter that sees nothing else."""
    module, facts = folder / f"{name}.py", folder / f"{name}-1.0.dist-info"
    module.write_bytes(b"#" * size)
    module.with_suffix(".pyc").write_bytes(bytes(1_000_000))
    facts.mkdir()
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    (facts / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
    (facts / "RECORD").write_text(f"{name}.py,,\n{name}.pyc,,\n{name}-not-there.py,,\n")


@pytest.fixture
def python(tmp_path):
    path = tmp_path / "python"
    path.write_text(PYTHON)
    path.chmod(0o755)
    return path


def test_the_agent_and_all_that_it_needs_is_counted_and_nothing_else(tmp_path, python):
    install(
        tmp_path,
        "clawft",
        100,
        "rich<16,>=14",
        "keyring; extra == 'keyring'",
        "absent>=1; python_version < '3'",
    )
    install(tmp_path, "rich", 20, "Pygments.Like<3,>=2")
    install(tmp_path, "pygments_like", 3, "rich")
    install(tmp_path, "keyring", 5000)
    assert installed_bytes(python) == {"clawft": 100, "rich": 20, "pygments-like": 3}
    found = measure(Subject("cpython", (str(tmp_path / "weft"),)))
    assert [(one.key, one.value) for one in found.readings] == [("cpython/installed/bytes", 123)]


def test_an_interpreter_without_the_agent_has_no_footprint(tmp_path, python):
    install(tmp_path, "rich", 20)
    with pytest.raises(CannotRun, match="clawft is not installed there"):
        installed_bytes(python)
    with pytest.raises(CannotRun, match="No such file"):
        installed_bytes(tmp_path / "none")
    found = measure(Subject("cpython", (str(tmp_path / "weft"),)))
    assert not found.readings
    assert str(found.missing[0]).startswith("cpython/installed/bytes: ")


def test_an_executable_is_its_file_and_nothing_else():
    found = measure(Subject("x86_64-linux-musl", ("/weft",), is_static=True))
    assert not found.readings
    assert not found.missing


def test_archives_have_bytes_and_files(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "folder").mkdir()
    with zipfile.ZipFile(tmp_path / "x-1-py3-none-any.whl", "w") as wheel:
        wheel.write(tmp_path / "folder", "folder")
        wheel.write(tmp_path / "a.txt", "a.txt")
        wheel.write(tmp_path / "a.txt", "b.txt")
    with tarfile.open(tmp_path / "x-1.tar.gz", "w:gz") as sdist:
        sdist.add(tmp_path / "folder", "folder")
        sdist.add(tmp_path / "a.txt", "a.txt")
    for artifact, name, entries in (("wheel", "x-1-py3-none-any.whl", 2), ("sdist", "x-1.tar.gz", 1)):
        path = tmp_path / name
        found = measure_archive(artifact, path)
        assert [(one.key, one.value) for one in found.readings] == [
            (f"{artifact}/file/bytes", path.stat().st_size),
            (f"{artifact}/file/archive_entries", entries),
        ]
        path.write_bytes(path.read_bytes()[:30])
        cut = measure_archive(artifact, path)
        assert not cut.readings
        assert str(cut.missing[0]).startswith(f"{artifact}/file/*: {name}: ")
    assert "No such file" in measure_archive("wheel", tmp_path / "none.whl").missing[0].why

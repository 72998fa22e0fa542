"""Which portable tests are for which build: those of what a build leaves out have no item for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.portable import native
from tests.portable.harness import imported_files
from tools import frozen
from tools.compiler import BuildError

ROOT = Path(__file__).resolve().parents[1]
PORTABLE = ROOT / "tests" / "portable"


def test_a_test_of_what_is_left_out_is_not_for_that_build(monkeypatch: pytest.MonkeyPatch) -> None:
    held = {
        "all": frozenset({"clawft/core/a.py", "clawft/cli/help.py"}),
        "none": frozenset({"clawft/core/a.py"}),
    }
    monkeypatch.setattr(native, "frozen_names", held.__getitem__)
    assert native.is_left_out(PORTABLE / "test_cli.py", "none")
    assert not native.is_left_out(PORTABLE / "test_cli.py", "all")
    assert not native.is_left_out(PORTABLE / "test_url.py", "none")


def test_what_a_file_imports_includes_what_that_imports() -> None:
    found = {path.relative_to(ROOT).as_posix() for path in imported_files(PORTABLE / "test_cli.py")}
    assert {"tests/portable/test_cli.py", "clawft/cli/help.py", "clawft/cli/table.py"} <= found
    assert "clawft/host/runtime.py" not in found


def test_a_test_build_holds_what_is_frozen_with_its_features() -> None:
    manifest = frozen.read_manifest()
    names = native.frozen_names("none")
    assert "clawft/core/fakes.py" in names
    assert set(manifest.features["exec"]) <= native.frozen_names("exec")
    with pytest.raises(BuildError, match="did you mean default"):
        native.frozen_names("defualt")


def test_an_unknown_feature_ends_in_one_sentence_before_anything_is_built() -> None:
    command = [sys.executable, "-m", "pytest", "tests/portable/test_url.py", "--features", "chanels"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "no feature is called 'chanels'; did you mean channels?" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr

"""openat2 in the executables for Linux: what is below a folder is opened, and nothing that leads anywhere else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.native.conftest import RunNative

SCRIPT = Path(__file__).parent / "scripts" / "open_beneath.py"


def test_only_what_is_below_a_folder_and_no_link_is_opened(
    run_native: RunNative, target: str, tmp_path: Path
) -> None:
    if target != "x86_64-linux-musl":
        pytest.skip("the kernel is asked itself: not through an emulator, and only Linux has the call")
    inside = tmp_path / "in"
    (inside / "sub").mkdir(parents=True)
    (inside / "sub" / "file").write_text("below")
    (tmp_path / "secret").write_text("secret")
    (inside / "link").symlink_to("sub/file")
    (inside / "away").symlink_to("sub")
    (inside / "out").symlink_to("../secret")
    paths = ["sub/file", "sub/../sub/file", "link", "away/file", "out", "../secret", str(inside / "sub/file")]
    done = run_native(SCRIPT.read_text("utf-8"), str(inside), *paths, "none")
    assert done.returncode == 0, done.stderr.decode()
    found = [line.rpartition(" ")[2] for line in done.stdout.decode().splitlines()]
    assert found == ["below", "below", "None", "None", "None", "None", "None", "None"]

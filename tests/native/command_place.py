"""Fills the folders that command scenarios run in: a workspace, and beside it what no command may reach."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

BIG_BYTES = 20_000_000
SMALL_BYTES = 8_000_000
# What the agent itself has of variables; of these the last two reach a command.
VARIABLES = {
    "ANTHROPIC_API_KEY": "sk-secret-ours",
    "LD_PRELOAD_EXAMPLE": "/tmp/evil.so",
    "LANG": "../../evil",
    "LC_TIME": "C",
    "TZ": "Europe/Vienna",
}


def fill(folder: Path) -> Path:
    """The folder, filled."""
    outside = folder / "outside"
    outside.mkdir(parents=True)
    (outside / "secret.txt").write_text("the secret outside\n")
    workspace = folder / "workspace"
    (workspace / "sub").mkdir(parents=True)
    (workspace / "sub" / "deep.txt").write_text("a needle\n")
    (workspace / "notes.txt").write_text("first line\nsecond line\nthird line\n")
    (workspace / "count.py").write_text("import sys\nprint(*range(int(sys.argv[1])))\n")
    (workspace / "read.md").write_text("# Read\n")
    (workspace / "big.txt").write_bytes(b"0" * BIG_BYTES)
    (workspace / "small.txt").write_bytes(b"0" * SMALL_BYTES)
    (folder / "linked").symlink_to(workspace)
    planted = workspace / "ls"
    planted.write_text("#!/bin/sh\necho planted\n")
    planted.chmod(0o755)
    for name, target in (
        ("link_out", outside / "secret.txt"),
        ("link_folder", outside),
        ("link_removed", outside),
        ("link_in", "notes.txt"),
        ("link_in_folder", "sub"),
    ):
        (workspace / name).symlink_to(target)
    for words in (
        ("init", "-q"),
        ("add", "sub"),
        ("-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "-qm", "the first commit"),
    ):
        environment = {"PATH": os.defpath, "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": str(folder)}
        subprocess.run(["git", *words], cwd=workspace, check=True, env=environment)
    return folder

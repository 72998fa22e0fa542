"""Copies the tree of a commit into a folder of its own, with the version that it is released as.

Everything is built from that copy: what is not in the tree cannot get into a release.
"""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from release.refusal import Refusal
from release.repository import files

if TYPE_CHECKING:
    from pathlib import Path

VERSION_LINE = re.compile(r'^version = "[^"\n]*"$', re.MULTILINE)
EXECUTABLE = 0o100


def export(root: Path, folder: Path, version: str) -> None:
    """All that belongs to the tree at `root`, uncommitted changes too, with permissions that no umask decided."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in files(root):
        source, written = root / name, folder / name
        written.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, written)
        written.chmod(0o755 if source.stat().st_mode & EXECUTABLE else 0o644)
    project = folder / "pyproject.toml"
    project.write_text(with_version(project.read_text("utf-8"), version), "utf-8", newline="\n")


def with_version(text: str, version: str) -> str:
    """pyproject.toml with another version. Refusal if the version does not stand there exactly once."""
    changed, count = VERSION_LINE.subn(f'version = "{version}"', text)
    if count != 1:
        raise Refusal(f'pyproject.toml has {count} lines of the form version = "..."; expected one')
    return changed

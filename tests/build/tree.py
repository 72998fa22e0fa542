"""Turns this tree into a copy elsewhere and builds there, as another user in another place would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tools import cache

ROOT = Path(__file__).resolve().parents[2]


class Tree:
    """A copy of what a build reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("clawft", "tools"):
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        for name in ("pyproject.toml", "README.md"):
            shutil.copy(ROOT / name, folder / name)

    def command(self, target: str, *arguments: str) -> list[str]:
        tarballs = cache.cache_folder() / "tarballs"
        given = ("--sources", str(tarballs)) if tarballs.is_dir() else ()
        return [sys.executable, "-m", "tools.crossbuild", "--target", target, *given, *arguments]

    def environment(self, **changes: str) -> dict[str, str]:
        shared = {"ZIG_GLOBAL_CACHE_DIR": str(cache.cache_folder() / "zig")}
        return {**shared, **os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "500", **changes}

    def build(self, target: str, *prefix: str, **changes: str) -> Build:
        done = subprocess.run(
            [*prefix, *self.command(target)],
            cwd=self.folder,
            env=self.environment(**changes),
            capture_output=True,
            text=True,
            check=False,
        )
        return Build(self.folder / "dist" / target, done)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.folder / name).read_text("utf-8")
        assert old in text
        (self.folder / name).write_text(text.replace(old, new, 1), "utf-8")


class Build:
    """What one build said and made."""

    def __init__(self, folder: Path, done: subprocess.CompletedProcess[str]) -> None:
        self._folder = folder
        self.exit_code = done.returncode
        self.said = done.stdout + done.stderr

    @property
    def executable(self) -> bytes:
        """The file. Fails with what the build said if there is none."""
        assert self.exit_code == 0, self.said
        (file,) = self._folder.iterdir()
        return file.read_bytes()

    @property
    def made_count(self) -> int:
        """So many objects, headers and executables were not in the cache."""
        found = re.search(r"(\d+) made, all else", self.said)
        assert found is not None, self.said
        return int(found[1])

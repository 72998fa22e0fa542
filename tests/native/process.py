"""Starts scripts inside the test build of an executable, as processes that a test talks to while they run."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.native.executables import Runnable

SHARED = Path(__file__).parent / "scripts" / "children.py"
LIMIT_S = 120


class Scripts:
    """Lines that are run after `scripts/children.py`; there `CHILD` starts a child of the same executable."""

    def __init__(self, runnable: Runnable, folder: Path) -> None:
        self.runnable = runnable
        self.folder = folder
        self._count = 0

    @property
    def is_windows(self) -> bool:
        return self.runnable.is_windows

    @property
    def is_emulated(self) -> bool:
        return bool(self.runnable.runner)

    def argv(self, lines: str) -> list[str]:
        self._count += 1
        script = self.folder / f"script{self._count}.py"
        inside = self.runnable.inside
        # What starts a child from within: wine starts executables itself, qemu is needed once more.
        runner = () if self.is_windows else self.runnable.runner
        child = (*runner, inside(self.runnable.path), inside(SHARED), "child")
        script.write_text(f"{SHARED.read_text('utf-8')}\nCHILD = {child!r}\n{lines}\n", "utf-8")
        return [*self.runnable.command, inside(script)]

    def environment(self, **more: str) -> dict[str, str]:
        return self.runnable.environment(HOME=str(self.folder), **more)

    def start(self, lines: str, *words: str | bytes, **variables: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [*self.argv(lines), *words],
            env=self.environment(**variables),
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def run(self, lines: str, *words: str | bytes, **variables: str) -> tuple[int, str, str]:
        """(exit code, output, errors)"""
        process = self.start(lines, *words, **variables)
        try:
            output, errors = process.communicate(timeout=LIMIT_S)
        finally:
            process.kill()
        return process.returncode, output.decode(errors="replace"), errors.decode(errors="replace")

    def result(self, lines: str, *words: str | bytes, **variables: str) -> Any:
        """What the lines leave in `result`."""
        code, output, errors = self.run(f"{lines}\nprint(repr(result))", *words, **variables)
        assert code == 0, f"exit code {code} after\n{output}{errors}"
        return ast.literal_eval(output.splitlines()[-1])

"""Runs scripts about the network inside the test build of an executable, and brings back what they found."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path
from typing import Any, Protocol

from tests.fakes.raw_server import ROOT_CERTIFICATE

SHARED = Path(__file__).with_name("network_script.py")
LIMIT_S = 120


class Runs(Protocol):
    """A test build, and how this machine runs it."""

    @property
    def command(self) -> list[str]: ...

    def inside(self, path: Path) -> str:
        """What it calls a file of ours."""

    def environment(self, **more: str) -> dict[str, str]: ...


class Python:
    """Runs lines of a script after `network_script.py`, and returns what they leave in `result`."""

    def __init__(self, runnable: Runs, folder: Path) -> None:
        self._runnable = runnable
        self._folder = folder

    def start(
        self, lines: str, stdin: int = subprocess.DEVNULL, **environment: str
    ) -> subprocess.Popen[bytes]:
        script = self._folder / "script.py"
        shared = SHARED.read_text("utf-8")
        script.write_text(f"{shared}\nresult = None\n{lines}\nprint(repr(result))\n", "utf-8")
        runnable = self._runnable
        return subprocess.Popen(
            [*runnable.command, runnable.inside(script)],
            env=runnable.environment(HOME=str(self._folder), **environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    def result(self, process: subprocess.Popen[bytes]) -> Any:
        output, errors = process.communicate(timeout=LIMIT_S)
        assert process.returncode == 0, f"exit code {process.returncode} after\n{errors.decode()}"
        return ast.literal_eval(output.decode().splitlines()[-1])

    def __call__(self, lines: str, **environment: str) -> Any:
        return self.result(self.start(lines, subprocess.DEVNULL, **environment))

    def fetch(self, url: str, more: str = "", **environment: str) -> Any:
        return self(f"result = fetch({url!r}, {more})", **environment)

    def trusting(self, lines: str) -> Any:
        return self(lines, SSL_CERT_FILE=self._runnable.inside(Path(ROOT_CERTIFICATE)))

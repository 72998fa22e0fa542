"""Runs the scenarios of this folder as programs: CPython's runtimes in a process, or an executable's test build."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.fakes.raw_server import ROOT_CERTIFICATE
from tools.freeze import lower

if TYPE_CHECKING:
    from tests.native.executables import Runnable

ROOT = Path(__file__).resolve().parents[2]
SCENARIOS = Path(__file__).with_name("sockets.py")
LIMIT_S = 60
HOSTS = {
    "cpython": "from clawft.host.host import CPythonHost as ThisHost",
    "native": "from clawft.embedded.host import EmbeddedHost as ThisHost",
}
MAIN = """
{host}
_host = ThisHost()
def _tell(line):
    _host.terminal.write(str(line) + "\\n")
async def _work(runtime):
    return await {name}(runtime, _tell, *{arguments!r}, **{options!r})
print(repr(_host.{way}(_work)))
"""


class Program:
    """How scenarios are run: `way` is run_concurrent or run_blocking of the program's host, `prefix` runs programs."""

    def __init__(
        self,
        folder: Path,
        way: str,
        runnable: Runnable | None = None,
        scenarios: Path = SCENARIOS,
        prefix: tuple[str, ...] = (),
    ) -> None:
        self._prefix = prefix
        self._scenarios = scenarios
        self.is_concurrent = way == "run_concurrent"
        self.is_windows = runnable.is_windows if runnable is not None else sys.platform == "win32"
        self._folder = folder
        self._way = way
        self._runnable = runnable

    def start(self, name: str, *arguments: Any, environment: Any = None, **options: Any) -> Running:
        script = self._folder / "script.py"
        runnable = self._runnable
        host = HOSTS["cpython" if runnable is None else "native"]
        main = MAIN.format(host=host, name=name, arguments=arguments, options=options, way=self._way)
        script.write_text(lower(self._scenarios.read_text("utf-8")) + main, "utf-8")
        more = {"HOME": str(self._folder), "SSL_CERT_FILE": self._inside(Path(ROOT_CERTIFICATE))}
        more |= environment or {}
        if runnable is None:
            command = [sys.executable, "-W", "error", str(script)]
            variables = {"PATH": os.defpath, "PYTHONPATH": str(ROOT), **more}
        else:
            command = [*runnable.command, runnable.inside(script)]
            variables = runnable.environment(**more)
        return Running(
            subprocess.Popen(
                [*self._prefix, *command],
                env=variables,
                cwd=self._folder,  # an executable looks for modules where it is started
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        )

    def __call__(self, name: str, *arguments: Any, environment: Any = None, **options: Any) -> Any:
        return self.start(name, *arguments, environment=environment, **options).result()

    def inside_certificate(self, name: str) -> str:
        """The path of a certificate of tests/native/certificates/, as the program must be given it."""
        return self._inside(ROOT / "tests" / "native" / "certificates" / name)

    def _inside(self, path: Path) -> str:
        return self._runnable.inside(path) if self._runnable is not None else str(path)


class Running:
    """A scenario that runs."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def told(self) -> str:
        """The next line that the scenario tells."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode().strip()
        assert line, self._process.communicate(timeout=LIMIT_S)[1].decode()
        return line

    def result(self) -> Any:
        try:
            output, errors = self._process.communicate(timeout=LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        assert self._process.returncode == 0, errors.decode()
        assert not errors, errors.decode()
        return ast.literal_eval(output.decode().splitlines()[-1])

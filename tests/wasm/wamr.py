"""Runs scripts in the module's test build in WAMR, compiled beforehand by `wamrc`. Builds no module."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.wasm.scripts import built_for_tests
from tools.running import Runnable

LIMIT_S = 60
# -O0: what its optimizer makes of printing 1/2 never ends.
COMPILE = ("compile", "-O0")


def wamr(name: str) -> str:
    """One of the programs of the wheels."""
    return str(Path(sys.executable).with_name(name))


def compiled(folder: Path) -> Path:
    """The machine code of the test build, in a folder."""
    path = folder / "weft.cwasm"
    command = [wamr("wamrc"), *COMPILE, str(built_for_tests().path), "-o", str(path)]
    subprocess.run(command, capture_output=True, check=True, timeout=LIMIT_S)
    return path


def runnable(code: Path) -> Runnable:
    """What runs it as the executables' test builds are run; it is given the folder for temporary files alone."""
    place = tempfile.gettempdir()
    return Runnable("wamr", code, (wamr("wamr"), "run", "--map-dir", f"{place}::{place}"))

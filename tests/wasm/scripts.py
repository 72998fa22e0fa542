"""Runs scripts in the module's test build: the same C with the compiler in. Builds nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools import npm, wasm
from tools.running import Runnable

if TYPE_CHECKING:
    from collections.abc import Mapping

WASM = "wasm"
COMMAND = Path(__file__).with_name("command.py")
NODE_COMMAND = COMMAND.with_suffix(".mjs")
PROGRAMS = Path(__file__).with_name("programs")
LIMIT_S = 300


def built_for_tests(*flags: str) -> Runnable:
    """In wasmtime; `flags` are command.py's. It takes a script as its first argument, as the executables' do.

    FileNotFoundError says what to run.
    """
    return Runnable(WASM, _built(wasm.MODULE), (sys.executable, str(COMMAND), *flags))


def built_for_node(*flags: str) -> Runnable:
    """The same in Node; `flags` are Node's."""
    runner = (str(npm.node()), "--no-warnings", *flags, str(NODE_COMMAND))
    return Runnable("node", _built(wasm.NODE_MODULE), runner)


def _built(name: str) -> Path:
    path = wasm.LINKED / "test" / name
    if not path.is_file():
        raise FileNotFoundError(f"there is no {path}; make it with python -m tools.wasm --test")
    return path


def run_script(
    folder: Path,
    script: str,
    *words: str,
    stdin: bytes = b"",
    variables: Mapping[str, str] | None = None,
    runnable: Runnable | None = None,
) -> subprocess.CompletedProcess[bytes]:
    """What became of a script that is put into a folder, its home; in wasmtime, or by another test build."""
    runnable = runnable or built_for_tests()
    path = folder / "script.py"
    path.write_text(script, "utf-8")
    return subprocess.run(
        [*runnable.command, str(path), *words],
        env=runnable.environment(HOME=str(folder), **(variables or {})),
        cwd=folder,
        input=stdin,
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
    )

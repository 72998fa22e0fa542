"""Runs a module as a program in wasmtime: `python tests/wasm/command.py [--stack=BYTES] MODULE WORD...`.

It is given this process's streams, environment and files, all of them, and no network: for scripts in the test build.
Exit code 134 and one line on standard error: a trap.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import wasmtime

TRAPPED = 134
STACK = "--stack="
STACK_BYTES = 512 * 1024
"""What wasmtime gives where nothing is said."""


def main(path: str, words: list[str], stack_bytes: int = STACK_BYTES) -> int:
    config = wasmtime.Config()
    config.cache = True
    config.max_wasm_stack = stack_bytes
    engine = wasmtime.Engine(config)
    module = wasmtime.Module.from_file(engine, path)
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["weft", *words]
    wasi.env = list(os.environ.items())
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    wasi.preopen_dir("/", "/")
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    number = wasmtime.ValType.i32()
    linker.define_func("clawft", "http", wasmtime.FuncType([number] * 3, [number]), _no_http)
    start = linker.instantiate(store, module).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    try:
        start(store)
    except wasmtime.ExitTrap as ended:
        return ended.code
    except (wasmtime.Trap, wasmtime.WasmtimeError) as error:
        print(f"{Path(path).name} trapped: {error}", file=sys.stderr)  # noqa: T201 - the output
        return TRAPPED
    return 0


def _no_http(_exchange: int, _pointer: int, _size: int) -> int:
    raise RuntimeError("a script of the test build has no network")


if __name__ == "__main__":
    given = sys.argv[1:]
    stack = int(given.pop(0).removeprefix(STACK)) if given[0].startswith(STACK) else STACK_BYTES
    sys.exit(main(given[0], given[1:], stack))

"""Runs a component of WASI 0.2 in wasmtime, as any program would that embeds it: a process for each run.

    python tests/wasm/run_component.py COMPONENT '{"HOST FOLDER": "/inside", ...}' ARGUMENTS...

The environment is passed on.
"""

from __future__ import annotations

import json
import os
import sys

import wasmtime
from wasmtime import component


def main(path: str, preopened: dict[str, str], arguments: list[str]) -> int:
    config = wasmtime.Config()
    config.cache = True
    engine = wasmtime.Engine(config)
    linker = component.Linker(engine)
    linker.add_wasip2()
    linker.add_wasi_http()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = ["weft", *arguments]
    wasi.env = list(os.environ.items())
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    for outside, inside in preopened.items():
        wasi.preopen_dir(outside, inside)
    store.set_wasi(wasi)
    store.set_wasi_http()
    made = component.Component.from_file(engine, path)
    instance = linker.instantiate(store, made)
    version = next(name for name in made.type.exports(engine) if name.startswith("wasi:cli/run@"))
    index = instance.get_export_index(store, "run", instance.get_export_index(store, version))
    run = None if index is None else instance.get_func(store, index)
    if run is None:
        raise LookupError(f"{path} exports no run of wasi:cli")
    try:
        run(store)
    except wasmtime.ExitTrap as ended:
        return ended.code
    except wasmtime.WasmtimeError as error:
        # wasi:cli/exit says only whether it went well.
        if "Exited with i32 exit status" in str(error):
            return int(str(error).split("exit status ")[1].split()[0])
        raise
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]))

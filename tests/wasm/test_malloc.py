"""The C heap keeps blocks apart, aligned and whole, and what is given back can be had again."""

from __future__ import annotations

import wasmtime

from tests.wasm.scripts import PROGRAMS
from tools.compiler import zig_cc
from tools.crossbuild import PORT


def test_blocks_are_kept_apart_and_joined_again(tmp_path):
    module = tmp_path / "heap.wasm"
    sources = (str(PROGRAMS / "heap.c"), str(PORT / "weft_malloc.c"))
    zig_cc("wasm32-wasi", "-Os", "-fno-builtin", "-Wl,-z,stack-size=65536", *sources, "-o", str(module))
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.stdout_file = str(tmp_path / "out")
    store.set_wasi(wasi)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    start = linker.instantiate(store, wasmtime.Module.from_file(engine, str(module))).exports(store)["_start"]
    assert isinstance(start, wasmtime.Func)
    start(store)  # an exit code that is not 0 is raised
    pages = int((tmp_path / "out").read_text("utf-8"))
    # At most 200 blocks are in use, on the average of 2.7 KB; no more than four times that is taken for them.
    assert pages * 65536 < 4 * 200 * 2700 + 8 * 65536

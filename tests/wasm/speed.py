"""How fast the module starts and answers in wasmtime, precompiled: `python -m tests.wasm.speed`. No figure fails.

In-process, from deserialising the machine code to the end of the command; medians and least of so many runs, and the
same relative to the first of the commands.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import wasmtime

from tests.wasm.module_host import ModuleHost
from tools import wasm

RUNS = 100
COMMANDS = (("--version",), ("status",), ("agent", "-m", "hello"))


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        machine_code = folder / "weft.cwasm"
        host = ModuleHost(wasm.DIST / wasm.MODULE, precompiled=machine_code)
        world = {"environment": {"HOME": "/home"}, "preopened": {"/home": folder / "home"}}
        print(f"{wasm.MODULE}: {machine_code.stat().st_size:,} bytes of machine code; {RUNS} runs each, ms")
        least_ms = 0.0
        for words in COMMANDS:
            taken = []
            for _ in range(RUNS):
                begun = time.perf_counter()
                host.module = wasmtime.Module.deserialize_file(host.engine, str(machine_code))
                ended = host.run(folder, *words, **world)
                taken.append((time.perf_counter() - begun) * 1000)
                assert ended.code == 0, ended
            least_ms = least_ms or min(taken)
            median = statistics.median(taken)
            print(
                f"weft {' '.join(words)}: median {median:.2f}, least {min(taken):.2f}, {min(taken) / least_ms:.1f} x"
            )


if __name__ == "__main__":
    main()

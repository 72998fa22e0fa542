"""The module with either allocator of its C heap: its size, and its memory at the start and over 1,000 turns.

`python -m tests.wasm.allocators`; prints, judges nothing.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.wasm.module_host import Exports, ModuleHost
from tools import crossbuild, libraries, targets, wasm
from tools.progress import Progress

TURNS = 1000
OURS = "weft_malloc"


def built(folder: Path) -> Path:
    """The module, of what is in PORT_IN_WASM now."""
    target = targets.wasm_target()
    plan = crossbuild.Plan(
        targets=[target],
        features=wasm.FEATURES,
        is_test_build=False,
        is_unfinished=False,
        given_sources=None,
        output=folder,
        jobs=2,
        has_sizes=False,
    )
    crossbuild.build(plan, Progress())
    written = folder / wasm.MODULE
    wasm.optimized(target.output(folder), written, is_for_node20=False)
    return written


def memory_of(module: Path, folder: Path) -> list[int]:
    """Bytes of linear memory at the start, after ten turns and after all."""
    (folder / "home").mkdir()
    world: dict[str, Any] = {"environment": {"HOME": "/home"}, "preopened": {"/home": folder / "home"}}
    agent = Exports(*ModuleHost(module).instance(folder, **world))
    sizes = [agent.memory_bytes()]
    agent.init()
    for turn in range(1, TURNS + 1):
        agent.process_message(f"message {turn}", "")
        if turn in (10, TURNS):
            sizes.append(agent.memory_bytes())
    return sizes


def main() -> int:
    for name in ("ours", "the C library's"):
        with tempfile.TemporaryDirectory(prefix="weft-") as made:
            module = built(Path(made))
            start, ten, end = memory_of(module, Path(made))
            print(
                f"{name}: {module.stat().st_size:,} bytes; memory {start:,} at the start, {ten:,} after ten turns, "
                f"{end:,} after {TURNS:,}"
            )
        libraries.PORT_IN_WASM = tuple(part for part in libraries.PORT_IN_WASM if part != OURS)
    return 0


if __name__ == "__main__":
    sys.exit(main())

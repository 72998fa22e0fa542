"""Turns scenarios into the fuel that the WebAssembly module takes in wasmtime: instructions, more or less.

Each scenario is run twice, each time in an empty home whose world is the same: the environment, a clock that goes on by
a millisecond each time somebody looks, and random numbers that are none. The figure is then the same on every machine.
"""

from __future__ import annotations

import shutil
from itertools import count
from typing import TYPE_CHECKING, Any

from bench.instructions import TURNS
from bench.launcher import CannotRun
from bench.readings import Found
from bench.start_up import VERSION

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.start_up import Scenario

METRIC = "fuel"
MODULE = "wasm-weft"
TIMES = 2
COUNTED = (VERSION, *TURNS)
MOST_FUEL = 100_000_000_000
WASI = "wasi_snapshot_preview1"
HOME = "/home"
ENVIRONMENT = {"HOME": HOME, "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
BEGAN_NS = 1_767_225_600 * 1_000_000_000
TICK_NS = 1_000_000


class Machine:
    """A module that was compiled for this machine, with a count of what it does. CannotRun if it is none."""

    def __init__(self, path: Path) -> None:
        import wasmtime  # noqa: PLC0415 - only measuring installs it

        config = wasmtime.Config()
        config.consume_fuel = True
        self._engine = wasmtime.Engine(config)
        try:
            self._module = wasmtime.Module.from_file(self._engine, str(path))
        except (wasmtime.WasmtimeError, OSError) as error:
            raise CannotRun(f"{path}: {error}") from error

    def spent(self, words: tuple[str, ...], home: Path) -> int:
        """The fuel of one run in a home, which is emptied first. CannotRun with what it said if it fails."""
        import wasmtime  # noqa: PLC0415 - as above

        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        written: list[bytes] = []
        wasi = wasmtime.WasiConfig()
        wasi.argv = ["weft", *words]
        wasi.env = list(ENVIRONMENT.items())
        wasi.preopen_dir(str(home), HOME)
        wasi.stdout_custom = wasi.stderr_custom = lambda data: written.append(bytes(data))
        store = wasmtime.Store(self._engine)
        store.set_fuel(MOST_FUEL)
        store.set_wasi(wasi)
        try:
            start = self._linker().instantiate(store, self._module).exports(store)["_start"]
            assert isinstance(start, wasmtime.Func)  # noqa: S101 - WASI says so
            start(store)
        except wasmtime.ExitTrap as error:
            code = error.code
        except (wasmtime.Trap, wasmtime.WasmtimeError, KeyError) as error:
            raise CannotRun(f"weft {' '.join(words)}: {_said(written)}{error}") from error
        else:
            code = 0
        if code:
            raise CannotRun(f"weft {' '.join(words)} ended with {code}: {_said(written)}")
        return MOST_FUEL - store.get_fuel()

    def _linker(self) -> Any:  # noqa: ANN401 - wasmtime has types only where it is installed
        """WASI, but for time and chance; whatever else is asked for ends the run."""
        import wasmtime  # noqa: PLC0415 - as above

        ticks, bytes_given = count(BEGAN_NS, TICK_NS), count(1)

        def clock(caller: wasmtime.Caller, _kind: int, _precision: int, at: int) -> int:
            _put(caller, at, next(ticks).to_bytes(8, "little"))
            return 0

        def random(caller: wasmtime.Caller, at: int, size: int) -> int:
            _put(caller, at, bytes(next(bytes_given) & 0xFF for _ in range(size)))
            return 0

        linker = wasmtime.Linker(self._engine)
        linker.define_wasi()
        linker.allow_shadowing = True
        ours: dict[str, Callable[..., Any]] = {"clock_time_get": clock, "random_get": random}
        for one in self._module.imports:
            kind, name = one.type, one.name or ""
            if not isinstance(kind, wasmtime.FuncType):
                continue
            if one.module == WASI and name in ours:
                linker.define_func(WASI, name, kind, ours[name], access_caller=True)
            elif one.module != WASI:
                linker.define_func(one.module, name, kind, _absent(f"{one.module}.{name}"))
        return linker


def measure(path: Path, folder: Path, artifact: str = MODULE) -> Found:
    """The fuel of each scenario. What differs from run to run is missing."""
    found = Found()
    try:
        machine = Machine(path)
    except (CannotRun, ImportError) as error:
        for scenario in COUNTED:
            found.lack(artifact, scenario.name, METRIC, str(error))
        return found
    for scenario in COUNTED:
        _count(found, machine, scenario, folder, artifact)
    return found


def _count(found: Found, machine: Machine, scenario: Scenario, folder: Path, artifact: str) -> None:
    try:
        counts = [machine.spent(scenario.words, folder / "home") for _ in range(TIMES)]
    except CannotRun as error:
        found.lack(artifact, scenario.name, METRIC, str(error))
    else:
        found.add(artifact, scenario.name, METRIC, "exact", counts)


def _put(caller: Any, at: int, data: bytes) -> None:  # noqa: ANN401 - as above
    caller["memory"].write(caller, data, at)


def _absent(name: str) -> Any:  # noqa: ANN401 - as above
    def absent(*_: object) -> None:
        raise CannotRun(f"it asked for {name}, which nothing measured may")

    return absent


def _said(written: list[bytes]) -> str:
    return b"".join(written).decode("utf-8", "replace")

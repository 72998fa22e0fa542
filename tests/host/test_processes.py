"""Children of both CPython runtimes, by the scenarios that the executables run too; and what only CPython has."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from clawft.host.threaded_processes import ThreadedProcesses
from tests.host.exchange import in_runtime
from tests.native.scripts.process_scenarios import Place, scenarios

CHILD = Path(__file__).parents[1] / "native" / "scripts" / "child_on_cpython.py"
KINDS = {"blocking": "blocking", "asyncio": "concurrent"}


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}-{scenario.__name__}")
        for kind in KINDS
        for scenario in scenarios(KINDS[kind], is_windows=False)
    ],
)
def test_children(kind, scenario, tmp_path):
    place = Place((sys.executable, "-I", str(CHILD)), str(tmp_path), {"PATH": os.defpath})
    in_runtime(kind, lambda runtime: scenario(runtime, place))


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}-{scenario.__name__}")
        for kind in KINDS
        for scenario in scenarios(KINDS[kind], is_windows=True)
    ],
)
def test_children_by_threads_as_on_windows(kind, scenario, tmp_path):
    place = Place((sys.executable, "-I", str(CHILD)), str(tmp_path), {"PATH": os.defpath})

    async def work(runtime):
        runtime._processes = ThreadedProcesses(runtime.clock, runtime._new_bell)
        await scenario(runtime, place)

    in_runtime(kind, work)

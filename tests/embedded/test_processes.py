"""Children of the executables' runtime, over the stand-in for its C module, by the scenarios they run themselves."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from clawft.embedded.host import EmbeddedHost
from clawft.embedded.shims import asyncio
from tests.native.scripts.process_scenarios import Place, scenarios

CHILD = Path(__file__).parents[1] / "native" / "scripts" / "child_on_cpython.py"
KINDS = ("blocking", "concurrent")


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}-{scenario.__name__}")
        for kind in KINDS
        for scenario in scenarios(kind, is_windows=False)
    ],
)
def test_children(kind, scenario, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncio", asyncio)
    place = Place((sys.executable, "-I", str(CHILD)), str(tmp_path), {"PATH": os.defpath})
    host = EmbeddedHost()
    run = host.run_blocking if kind == "blocking" else host.run_concurrent
    run(lambda runtime: scenario(runtime, place))

"""`exec_shell` and `spawn` on both CPython runtimes, by the scenarios that the executables run too."""

from __future__ import annotations

import pytest

from tests.host.exchange import in_runtime
from tests.native.command_place import VARIABLES, fill
from tests.native.scripts.command_scenarios import scenarios
from tests.native.scripts.command_tools import Place

KINDS = {"blocking": "blocking", "asyncio": "concurrent"}


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        pytest.param(kind, scenario, id=f"{kind}-{scenario.__name__}")
        for kind in KINDS
        for scenario in scenarios(KINDS[kind])
    ],
)
def test_commands(kind, scenario, tmp_path):
    place = Place(str(fill(tmp_path / "place")))

    async def work(runtime):
        runtime.environment = dict(VARIABLES)
        await scenario(runtime, place)

    in_runtime(kind, work)

"""A runtime without an event loop: every wait blocks the thread. Light to start, so one turn uses it.

Ctrl-C raises KeyboardInterrupt out of whatever waits. Nothing here may import asyncio.
"""

from __future__ import annotations

import time

from clawft.core.files import BlockingFiles
from clawft.host import system_calls
from clawft.host.runtime import CPythonRuntime, SystemClock
from clawft.host.standard_input import BlockingInput
from clawft.host.waiting import BlockingWaiting

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any

    from clawft.core.interfaces import Signals
    from clawft.core.processes import Processes
    from clawft.host.network import Network


def run(work: Awaitable[Any]) -> Any:  # noqa: ANN401 - any coroutine and what it returns
    """Drive a coroutine to its end. RuntimeError if it waits for an event loop: here nothing runs meanwhile."""
    steps = work.__await__()
    try:
        steps.send(None)
    except StopIteration as end:
        return end.value
    steps.close()
    raise RuntimeError("a coroutine waited for an event loop in the blocking runtime: run it concurrently")


class BlockingClock(SystemClock):
    """Sleeping blocks."""

    async def sleep(self, duration_s: float) -> None:
        time.sleep(max(duration_s, 0.0))  # noqa: ASYNC251 - blocking is what this runtime is for


class BlockingRuntime(CPythonRuntime):
    """The world of one turn."""

    def __init__(self, environment: dict[str, str], home: str) -> None:
        super().__init__(
            environment, home, BlockingFiles(system_calls, time.sleep), BlockingClock(), BlockingWaiting()
        )
        self.standard_input = BlockingInput()

    @property
    def signals(self) -> Signals:
        from clawft.host.signals import BlockingSignals  # noqa: PLC0415 - hardly any turn waits for one

        return BlockingSignals()

    @property
    def processes(self) -> Processes:
        from clawft.host.signals import exit_on_termination  # noqa: PLC0415 - most turns start nothing

        exit_on_termination()
        return super().processes

    def network(self) -> Network:
        from clawft.host.network import BlockingNetwork  # noqa: PLC0415 - most commands never connect

        return BlockingNetwork()

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        return [await one for one in work]

"""Gives the command line CPython's terminal and runtimes, each made when it is first asked for. Decides nothing."""

from __future__ import annotations

import os

from clawft.core.host import Host
from clawft.host.terminal import StandardTerminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.interfaces import Runtime
    from clawft.host.blocking import BlockingRuntime


class CPythonHost(Host):
    """The process we are."""

    def __init__(self) -> None:
        self.terminal = StandardTerminal()
        self.environment = dict(os.environ)
        self.home = os.path.expanduser("~")
        self._blocking: BlockingRuntime | None = None

    def run_blocking(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        from clawft.host.blocking import BlockingRuntime, run  # noqa: PLC0415 - help and errors need no runtime

        if self._blocking is None:
            # One for all calls: a conversation keeps its connections from turn to turn.
            self._blocking = BlockingRuntime(self.environment, self.home)
        return run(work(self._blocking))

    def run_concurrent(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        from clawft.host.asynchronous import AsyncioRuntime, run  # noqa: PLC0415 - asyncio is most of a start

        return run(AsyncioRuntime(self.environment, self.home), work)

    def features(self) -> dict[str, bool]:
        from clawft.host.features import installed_features  # noqa: PLC0415 - only status asks

        return installed_features()

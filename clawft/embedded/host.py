"""Gives the command line our executables' terminal and runtimes, each made when it is first asked for."""

from __future__ import annotations

import _weft

from clawft.core.host import Host
from clawft.embedded.terminal import StandardTerminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.interfaces import Runtime
    from clawft.embedded.loop import Task
    from clawft.embedded.runtime import EmbeddedRuntime


class EmbeddedHost(Host):
    """The process we are."""

    def __init__(self) -> None:
        self.environment = _environment()
        self.home = _home(self.environment)
        self.terminal = StandardTerminal()
        self._blocking: EmbeddedRuntime | None = None

    def run_blocking(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        from clawft.embedded.runtime import EmbeddedRuntime  # noqa: PLC0415 - as above
        from clawft.embedded.waiting import run_alone  # noqa: PLC0415 - help and errors need no runtime

        if self._blocking is None:
            self._blocking = EmbeddedRuntime(self.environment, self.home)
        return run_alone(work(self._blocking))

    def run_concurrent(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        from clawft.embedded.runtime import ConcurrentRuntime  # noqa: PLC0415 - one turn needs no event loop

        return _run(ConcurrentRuntime(self.environment, self.home), work)

    def features(self) -> dict[str, bool]:
        from clawft._features import BUILT_IN, LEFT_OUT  # noqa: PLC0415 - written by the build; only status asks

        found = {name: True for name in BUILT_IN}  # noqa: C420 - dict.fromkeys would be no shorter frozen
        found.update((name, False) for name in LEFT_OUT)
        return found


def _run(runtime: Any, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
    """Run work in the event loop. Signals go to who waits for them; else the first cancels it, the second ends all.

    KeyboardInterrupt if the work was cancelled by a signal and did not itself return something.
    """
    from clawft.embedded.loop import CancelledError, run  # noqa: PLC0415 - one turn needs no event loop

    received: list[int] = []

    def on_signal(task: Task, number: int) -> None:
        if runtime.signals.deliver(number):
            return
        if received:
            _weft.exit(128 + number)
        received.append(number)
        task.cancel()

    async def main() -> Any:  # noqa: ANN401 - what work returns
        try:
            return await work(runtime)
        finally:
            runtime.end()

    try:
        return run(main(), on_signal)
    except CancelledError:
        if received:
            raise KeyboardInterrupt
        raise


def _environment() -> dict[str, str]:
    """The variables that are text: what is not UTF-8 could not be used for anything."""
    return {
        name: value
        for name, value in _weft.environ().items()
        if isinstance(name, str) and isinstance(value, str)
    }


def _home(environment: dict[str, str]) -> str:
    """The user's folder, with `/` between its parts and none at its end."""
    home = environment.get("HOME", "")
    if _weft.system() == "windows":
        home = environment.get("USERPROFILE", "") or home
        home = home.replace("\\", "/")
    if not home:
        home = _weft.home()
    return home[:-1] if home.endswith("/") and len(home) > 1 else home

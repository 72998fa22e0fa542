"""The world of the agent in our executables: `core.interfaces.Runtime` over `_weft`, with or without other tasks."""

from __future__ import annotations

import _weft

from clawft.core.errors import KeyringError, ListenError, TransportError
from clawft.core.files import BlockingFiles
from clawft.core.interfaces import Clock, Runtime
from clawft.embedded.loop import CancelledError, create_task, gather
from clawft.embedded.signals import LoneSignals, LoopSignals, StandardInput
from clawft.embedded.waiting import IS_SANDBOX, now_s, pause_alone, sleep

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable
    from typing import Any

    from clawft.core.interfaces import Files, Request, Response, Signals
    from clawft.core.processes import Processes
    from clawft.core.sockets import Listener, WebSocket
    from clawft.core.vector_engine import Vectors
    from clawft.embedded.committer import CommittingFiles

RESOLVE_S = 10.0


class SystemClock(Clock):
    """The system's time. Sleeping lets other tasks run, where there are any."""

    def now_s(self) -> float:
        now: float = _weft.now()
        return now

    def monotonic_s(self) -> float:
        return now_s()

    async def sleep(self, duration_s: float) -> None:
        await sleep(duration_s)


class EmbeddedRuntime(Runtime):
    """The world of one turn: whatever waits is waited for, nothing runs meanwhile."""

    is_sandbox = IS_SANDBOX

    def __init__(self, environment: dict[str, str], home: str, files: Files | None = None) -> None:
        self.environment = environment
        self.home = home
        self.files = files if files is not None else BlockingFiles(_weft, pause_alone)
        self.clock = SystemClock()
        self.standard_input = StandardInput()
        self._signals: Signals = LoneSignals()
        self._processes: Processes | None = None

    @property
    def signals(self) -> Signals:
        return self._signals

    @property
    def processes(self) -> Processes:
        if self._processes is None:
            from clawft.embedded.processes import EmbeddedProcesses  # noqa: PLC0415 - most commands start nothing

            self._processes = EmbeddedProcesses(self.clock)
        return self._processes

    @property
    def has_vectors(self) -> bool:
        from clawft._features import BUILT_IN  # noqa: PLC0415 - only status and searches ask

        return "vectors" in BUILT_IN

    @property
    def vectors(self) -> Vectors | None:
        from clawft.core.compat import feature  # noqa: PLC0415 - only a search in memory has them

        module = feature("clawft.embedded.vectors") if self.has_vectors else None
        return None if module is None else module.NativeVectors()

    async def http(self, request: Request) -> Response:
        from clawft.core.version import version  # noqa: PLC0415 - most commands never speak HTTP
        from clawft.embedded.http import send  # noqa: PLC0415 - as above

        return await send(request, self.environment, "clawft/" + version())

    async def websocket(self, request: Request) -> WebSocket:
        if IS_SANDBOX:
            raise TransportError("connect", "WebSockets are not to be had in WebAssembly")
        from clawft.core.version import version  # noqa: PLC0415 - as in `http`
        from clawft.embedded.websocket import open_websocket  # noqa: PLC0415 - few programs have one

        return await open_websocket(request, self.environment, "clawft/" + version())

    async def listen(self, address: str, port: int) -> Listener:
        if IS_SANDBOX:
            raise ListenError(
                "other", "no port can be listened on in WebAssembly: its host takes connections"
            )
        from clawft.embedded.sockets import EmbeddedListener  # noqa: PLC0415 - few programs listen

        return EmbeddedListener(address, port)

    async def resolve(self, host: str, port: int) -> tuple[str, ...] | None:
        if IS_SANDBOX:
            return None
        from clawft.embedded.http import resolve  # noqa: PLC0415 - as in `http`

        for character in host:
            if not " " < character <= "~":
                host = ""
        if not host:
            raise TransportError(
                "resolve", "not the name of a host: expected letters, digits, dots and dashes"
            )
        return await resolve(host, port, RESOLVE_S)

    def keyring(self, _service: str, _user: str) -> str | None:
        raise KeyringError("this build reads no keyring; use api_key_file or the provider's variable")

    def random_bytes(self, count: int) -> bytes:
        data: bytes = _weft.random(count)
        return data

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        results = []
        for one in work:
            results.append(await one)  # noqa: PERF401 - MicroPython has no asynchronous comprehensions
        return results


class ConcurrentRuntime(EmbeddedRuntime):
    """The world of a program that does several things at once, in the event loop."""

    def __init__(self, environment: dict[str, str], home: str) -> None:
        from clawft.embedded.committer import CommittingFiles  # noqa: PLC0415 - one turn needs no group commit

        self._committing: CommittingFiles = CommittingFiles()
        super().__init__(environment, home, self._committing)
        self._signals: LoopSignals = LoopSignals()

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        tasks = [create_task(one) for one in work]
        is_done = False
        try:
            results: list[Any] = await gather(*tasks)
            is_done = True
        finally:
            if not is_done:
                for task in tasks:
                    task.cancel()
                for task in tasks:
                    await _ended(task)
        return results

    @property
    def signals(self) -> LoopSignals:
        return self._signals

    def end(self) -> None:
        """Finish the appends that tasks have asked for."""
        self._committing.commit()


async def _ended(task: Any) -> None:  # noqa: ANN401 - a task
    try:
        await task
    except CancelledError:
        return

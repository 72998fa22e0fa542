"""What both CPython runtimes share: the clock's two readings, random bytes, and HTTP made when it is first used."""

from __future__ import annotations

import os
import sys
import time

from clawft.core.errors import TransportError
from clawft.core.interfaces import Clock, Runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Files, Request, Response
    from clawft.core.processes import Processes
    from clawft.core.sockets import Listener, WebSocket
    from clawft.core.vector_engine import Vectors
    from clawft.host.http import HttpClient
    from clawft.host.network import Network
    from clawft.host.threaded_processes import Bell
    from clawft.host.waiting import Waiting

RESOLVE_S = 10.0


class SystemClock(Clock):
    """The system's time; how to sleep is left to each runtime."""

    def now_s(self) -> float:
        return time.time()

    def monotonic_s(self) -> float:
        return time.monotonic()


class CPythonRuntime(Runtime):
    """The common part of a runtime on CPython."""

    def __init__(
        self, environment: dict[str, str], home: str, files: Files, clock: Clock, waiting: Waiting
    ) -> None:
        self.environment = environment
        self.home = home
        self.files = files
        self.clock = clock
        self.waiting = waiting
        self._http: HttpClient | None = None
        self._processes: Processes | None = None
        self._vectors: Vectors | None = None

    def keyring(self, service: str, user: str) -> str | None:
        from clawft.host.keyring import secret  # noqa: PLC0415 - only where one is configured

        return secret(service, user)

    async def http(self, request: Request) -> Response:
        return await self._client().send(request)

    def _client(self) -> HttpClient:
        if self._http is None:
            from clawft.core.version import version  # noqa: PLC0415 - most commands never speak HTTP
            from clawft.host.http import HttpClient  # noqa: PLC0415 - half of the start of a turn

            self._http = HttpClient(self.network(), self.clock, self.environment, "clawft/" + version())
        return self._http

    async def websocket(self, request: Request) -> WebSocket:
        from clawft.core.version import version  # noqa: PLC0415 - as in `_client`
        from clawft.host.websocket import open_websocket  # noqa: PLC0415 - few programs have one

        connector = self._client().connector
        return await open_websocket(request, connector, self.clock, self.environment, "clawft/" + version())

    async def listen(self, address: str, port: int) -> Listener:
        from clawft.host.listening import HostListener  # noqa: PLC0415 - few programs listen

        return HostListener(self.network(), address, port)

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        from clawft.host.connector import resolve_error  # noqa: PLC0415 - as in `http`

        if not host or not host.isascii() or not host.isprintable():
            raise TransportError(
                "resolve", "not the name of a host: expected letters, digits, dots and dashes"
            )
        try:
            return await self.network().resolve(host, port, RESOLVE_S)
        except TimeoutError as error:
            raise TransportError("resolve", f"{host}: not resolved within {RESOLVE_S:g} s") from error
        except OSError as error:
            raise resolve_error(host, error) from error

    @property
    def processes(self) -> Processes:
        if self._processes is None:
            self._processes = self._new_processes()
        return self._processes

    @property
    def has_vectors(self) -> bool:
        return True

    @property
    def vectors(self) -> Vectors:
        if self._vectors is None:
            from clawft.host.vectors import host_vectors  # noqa: PLC0415 - only a search in memory has them

            self._vectors = host_vectors()
        return self._vectors

    def _new_processes(self) -> Processes:
        if sys.platform == "win32":
            from clawft.host.threaded_processes import ThreadedProcesses  # noqa: PLC0415 - as below

            return ThreadedProcesses(self.clock, self._new_bell)
        from clawft.host.processes import PosixProcesses  # noqa: PLC0415 - subprocess is slow to import

        return PosixProcesses(self.clock, self.waiting)

    def _new_bell(self) -> Bell:
        from clawft.host.threaded_processes import Bell  # noqa: PLC0415 - only on Windows

        return Bell()

    def network(self) -> Network:
        """How this runtime connects."""
        raise NotImplementedError

    def random_bytes(self, count: int) -> bytes:
        return os.urandom(count)

    def close(self) -> None:
        """Drop the connections kept for later requests."""
        if self._http is not None:
            self._http.close()

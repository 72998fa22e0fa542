"""A whole world in memory (runtime, clock, terminal), to test all that stands above the runtime. Never waits.

`run` drives one coroutine to its end without an event loop: whatever really waits is a failure of the test.
"""

from __future__ import annotations

from clawft.core.errors import OutputClosed, TransportError
from clawft.core.fake_files import FakeFiles
from clawft.core.fake_network import FakeListener
from clawft.core.fake_processes import FakeInput, FakeProcesses, FakeSignals
from clawft.core.host import Host, Terminal
from clawft.core.interfaces import Clock, Response, Runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.fake_network import FakeConnection, FakeWebSocket
    from clawft.core.interfaces import Request
    from clawft.core.sockets import Listener, WebSocket
    from clawft.core.vector_engine import Vectors

    Piece = bytes | BaseException
    Scripted = tuple[int, list[tuple[str, str]], list[Piece]] | BaseException

FIRST_NOW_S = 1790000000.0


def run(work: Any) -> Any:  # noqa: ANN401 - any coroutine and what it returns
    """Drive a coroutine to its end. AssertionError if it waits for anything."""
    try:
        work.send(None)
    except StopIteration as end:
        return end.value
    work.close()
    raise AssertionError("the coroutine waited for something: with the fakes nothing may wait")


class FakeClock(Clock):
    """Time that passes only when somebody sleeps or a test calls `advance`. `sleeps` records every wait."""

    def __init__(self, now_s: float = FIRST_NOW_S) -> None:
        self._passed_s = 0.0
        self._start_s = now_s
        self.sleeps: list[float] = []

    def now_s(self) -> float:
        return self._start_s + self._passed_s

    def monotonic_s(self) -> float:
        return self._passed_s

    async def sleep(self, duration_s: float) -> None:
        self.sleeps.append(duration_s)
        self.advance(duration_s)

    def advance(self, duration_s: float) -> None:
        """Let time pass; a negative duration is none."""
        if duration_s > 0:
            self._passed_s += duration_s


class FakeResponse(Response):
    """A scripted response. A piece that is an exception is raised when its turn comes."""

    def __init__(self, status: int, headers: list[tuple[str, str]], pieces: list[Piece]) -> None:
        self.status = status
        self.headers = [(name.lower(), value) for name, value in headers]
        self.is_closed = False
        self._pieces = list(pieces)

    async def read(self) -> bytes:
        if self.is_closed:
            raise TransportError("body", "the response is closed", sent=True)
        while self._pieces:
            piece = self._pieces.pop(0)
            if isinstance(piece, BaseException):
                raise piece
            if piece:
                return piece
        return b""

    async def close(self) -> None:
        self.is_closed = True


class FakeRuntime(Runtime):
    """A whole world in memory.

    `replies` is the script of `http`: (status, headers, body pieces) or an exception each, used in order; or
    set `answer`, which is called with each request and returns such an entry. `requests` and `responses`
    record what happened. `addresses` is what `resolve` knows beside IP addresses. `websockets` is the script of
    `websocket`, an exception for one that does not open; `connections` are those that every listener accepts.
    `processes.children`, `standard_input.pieces` and `signals.names` are the scripts of the rest.
    """

    def __init__(
        self, environment: dict[str, str] | None = None, home: str = "/home/user", now_s: float = FIRST_NOW_S
    ) -> None:
        self.clock: FakeClock = FakeClock(now_s)
        self.files: FakeFiles = FakeFiles(self.clock)
        self.files.make_folder(home)
        self.files.calls.clear()
        self.environment = dict(environment) if environment is not None else {}
        self.home = home
        self.replies: list[Scripted] = []
        self.answer: Callable[[Request], Scripted] | None = None
        self.requests: list[Request] = []
        self.responses: list[FakeResponse] = []
        self.addresses: dict[str, tuple[str, ...]] = {"localhost": ("127.0.0.1",)}
        self.websockets: list[FakeWebSocket | BaseException] = []
        self.connections: list[FakeConnection] = []
        self.listeners: list[FakeListener] = []
        self.lacks_vectors = False
        self._random_state = 1
        self._processes = FakeProcesses(self.clock)
        self._signals = FakeSignals()
        self.standard_input: FakeInput = FakeInput()

    @property
    def processes(self) -> FakeProcesses:
        return self._processes

    @property
    def signals(self) -> FakeSignals:
        return self._signals

    @property
    def has_vectors(self) -> bool:
        return not self.lacks_vectors

    @property
    def vectors(self) -> Vectors | None:
        from clawft.core.exact_vectors import ExactVectors  # noqa: PLC0415 - few tests search

        return ExactVectors() if self.has_vectors else None

    async def http(self, request: Request) -> Response:
        self.requests.append(request)
        if self.answer is not None:
            scripted = self.answer(request)
        elif self.replies:
            scripted = self.replies.pop(0)
        else:
            raise AssertionError("no reply is scripted for " + request.method + " " + request.url)
        if isinstance(scripted, BaseException):
            raise scripted
        response = FakeResponse(scripted[0], scripted[1], scripted[2])
        self.responses.append(response)
        return response

    async def websocket(self, request: Request) -> WebSocket:
        self.requests.append(request)
        if not self.websockets:
            raise AssertionError("no WebSocket is scripted for " + request.url)
        scripted = self.websockets.pop(0)
        if isinstance(scripted, BaseException):
            raise scripted
        scripted.request = request
        return scripted

    async def listen(self, address: str, port: int) -> Listener:
        """Port 0 becomes 49152 and up, one more for each listener."""
        listener = FakeListener(address, port or 49152 + len(self.listeners), self.connections)
        self.listeners.append(listener)
        return listener

    async def resolve(self, host: str, port: int) -> tuple[str, ...]:
        if host in self.addresses:
            return self.addresses[host]
        if ":" in host or not [part for part in host.split(".") if not part.isdigit()]:
            return (host,)
        raise TransportError(
            "resolve", host + ": no address found for this name; check its spelling and the network"
        )

    def random_bytes(self, count: int) -> bytes:
        """The same bytes in every run: a test may write them down."""
        produced = bytearray()
        for _ in range(count):
            # Knuth's MMIX generator: any full-period step will do, nothing here is secret.
            self._random_state = (self._random_state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
            produced.append(self._random_state >> 56)
        return bytes(produced)

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        results = []
        for one in work:
            results.append(await one)  # noqa: PERF401 - MicroPython has no asynchronous comprehensions
        return results


class FakeTerminal(Terminal):
    """Scripted input and captured output. A line that is an exception is raised instead of read.

    Set `is_output_closed` to let the reader of standard output be gone.
    """

    def __init__(self, lines: list[str | BaseException] | None = None, *, is_terminal: bool = False) -> None:
        self.is_input_terminal = is_terminal
        self.is_output_terminal = is_terminal
        self.is_error_terminal = is_terminal
        self.width = 80
        self.lines = list(lines) if lines is not None else []
        self.prompts: list[str] = []
        self.output = ""
        self.errors = ""
        self.is_output_closed = False
        self.completions: tuple[str, ...] = ()
        self.loaded_histories: list[str] = []
        self.saved_histories: list[str] = []

    def write(self, text: str) -> None:
        if self.is_output_closed:
            raise OutputClosed("standard output is closed")
        self.output += text

    def write_error(self, text: str) -> None:
        self.errors += text

    def read_line(self, prompt: str) -> str | None:
        self.prompts.append(prompt)
        if not self.lines:
            return None
        line = self.lines.pop(0)
        if isinstance(line, BaseException):
            raise line
        return line

    def read_all(self) -> str:
        text = ""
        while self.lines:
            line = self.read_line("")
            text += (line or "") + "\n"
        return text

    def load_history(self, path: str) -> None:
        self.loaded_histories.append(path)

    def save_history(self, path: str) -> None:
        self.saved_histories.append(path)

    def set_completions(self, words: tuple[str, ...]) -> None:
        self.completions = words


class FakeHost(Host):
    """The surroundings of a command line in memory. Both ways to run use `run`: nothing may wait."""

    def __init__(
        self,
        runtime: FakeRuntime | None = None,
        terminal: FakeTerminal | None = None,
        features: dict[str, bool] | None = None,
    ) -> None:
        self.runtime = runtime if runtime is not None else FakeRuntime()
        self.terminal: FakeTerminal = terminal if terminal is not None else FakeTerminal()
        self.environment = self.runtime.environment
        self.home = self.runtime.home
        self._features = features if features is not None else {}

    def run_blocking(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        return run(work(self.runtime))

    def run_concurrent(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        return run(work(self.runtime))

    def features(self) -> dict[str, bool]:
        return self._features

"""What the agent knows of the world and of its own parts: base classes that others implement. No behaviour.

Coroutines here may be driven by asyncio or, for a single turn, by sending them None until they end
(`host/blocking.py`): so nothing outside `core/bus.py`, `agent/loop.py` and the runtimes imports asyncio.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.bus import Bus
    from clawft.core.messages import ModelCall, OutboundMessage, Reply, ToolSchema, TurnEvent
    from clawft.core.processes import Processes
    from clawft.core.sockets import Listener, WebSocket
    from clawft.core.vector_engine import Vectors

    Emit = Callable[[TurnEvent], None]


class Timeouts:
    """Limits on one HTTP exchange, in seconds. `total_s` counts from the start to the last byte."""

    __slots__ = ("between_bytes_s", "connect_s", "first_byte_s", "total_s")

    def __init__(
        self,
        connect_s: float = 10.0,
        first_byte_s: float = 120.0,
        between_bytes_s: float = 60.0,
        total_s: float = 600.0,
    ) -> None:
        self.connect_s = connect_s
        self.first_byte_s = first_byte_s
        self.between_bytes_s = between_bytes_s
        self.total_s = total_s


class Request:
    """One HTTP request. `addresses`: the IP addresses it may connect to, None to let the runtime resolve."""

    __slots__ = ("addresses", "body", "headers", "method", "timeouts", "url")

    def __init__(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        body: bytes = b"",
        *,
        addresses: tuple[str, ...] | None = None,
        timeouts: Timeouts | None = None,
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.addresses = addresses
        self.timeouts = timeouts if timeouts is not None else Timeouts()


class Response:
    """An HTTP response whose body is still to come. `headers` has lower-case names, in order, repeats kept."""

    status: int
    headers: list[tuple[str, str]]

    async def read(self) -> bytes:
        """The next piece of the body, b"" at its end. Raises TransportError."""
        raise NotImplementedError

    async def close(self) -> None:
        """Give the connection back, or drop it if the body was not read to its end. May be called twice."""
        raise NotImplementedError


class FileStat:
    """What is known of a file or folder: `kind` is file, folder or other; `modified_s` is Unix time.

    `mode` has the permission bits, None where the system has none (Windows).
    """

    __slots__ = ("kind", "mode", "modified_s", "size_bytes")

    def __init__(self, kind: str, size_bytes: int, modified_s: float, mode: int | None = None) -> None:
        self.mode = mode
        self.kind = kind
        self.size_bytes = size_bytes
        self.modified_s = modified_s


class Folder:
    """A folder that nothing leads out of: every path is relative to it and judged on the file really opened.

    No path component may be `..`, absolute, or a link that leaves the folder; only regular files are opened.
    Whatever is outside, missing, or not a regular file raises the same ToolError ("no such file in the
    workspace"). A file that has another name outside (a hard link) is a ToolError that says so, one over
    `limit_bytes` one that says its size.
    """

    root: str

    def read(self, path: str, limit_bytes: int) -> bytes:
        """The whole file."""
        raise NotImplementedError

    def write(self, path: str, data: bytes, expected: bytes | None = None) -> None:
        """Replace or create the file in one step, durably, making the folders on its way; keeps its mode.

        `expected`: ToolError, and nothing is written, unless the file holds exactly that just before it is replaced.
        """
        raise NotImplementedError

    def list(self, path: str) -> list[tuple[str, FileStat]]:
        """Names and facts of what is in a folder, sorted by name; links are not followed ("" is the root)."""
        raise NotImplementedError

    def stat(self, path: str) -> FileStat:
        """The facts of one file or folder."""
        raise NotImplementedError

    def look(self, path: str) -> str:
        """What a path leads to, with nothing opened or changed: file, folder, missing, other or linked.

        `linked` is a file that has another name outside, `other` a pipe, a device and the like. ToolError where it
        leads out.
        """
        raise NotImplementedError


class Files:
    """Files by absolute path, for the agent's own state: models never reach these.

    A missing file raises FileNotFoundError-like StorageError only where said; other failures (full disk,
    no permission) raise StorageError naming path, cause and what to do.
    """

    def read(self, path: str) -> bytes | None:
        """The whole file, None if there is none."""
        raise NotImplementedError

    def read_range(self, path: str, offset_bytes: int, size_bytes: int) -> bytes:
        """Up to `size_bytes` from an offset; b"" past the end. StorageError if there is no such file."""
        raise NotImplementedError

    def read_judged(self, path: str, limit_bytes: int, judge: Callable[[str], object]) -> bytes:
        """A regular file anywhere; `judge` is given the path without links that was really walked, and may raise.

        ToolError as `Folder.read`.
        """
        raise NotImplementedError

    def stat(self, path: str) -> FileStat | None:
        """The facts of a file or folder (links followed), None if there is none."""
        raise NotImplementedError

    def real_path(self, path: str) -> str | None:
        """The path without links of what is there, None if nothing is."""
        raise NotImplementedError

    def list(self, path: str) -> list[str]:
        """The names in a folder, sorted; [] if there is no such folder."""
        raise NotImplementedError

    def make_folder(self, path: str) -> None:
        """Make a folder and its parents, 0700, unless it is there."""
        raise NotImplementedError

    def write_atomic(
        self, path: str, data: bytes, *, is_new: bool = False, expected_bytes: int | None = None
    ) -> None:
        """Replace the file in one durable step (0600). `is_new`: refuse, with FileChanged, if it exists.

        `expected_bytes`: replace it under its lock, FileChanged unless it is that long.
        """
        raise NotImplementedError

    async def append_durable(self, path: str, data: bytes, expected_bytes: int) -> int:
        """Append under the file's lock if it is still `expected_bytes` long; on disk when this returns.

        The file is made (0600) if it is missing and 0 is expected. Returns the new size. Raises FileChanged
        (nothing is written) if the size is another. A failed append is cut off again before the error.
        """
        raise NotImplementedError

    def cut(self, path: str, size_bytes: int, expected_bytes: int) -> None:
        """Shorten a file to `size_bytes` under its lock, durably; FileChanged if it is not `expected_bytes` long."""
        raise NotImplementedError

    def rename(self, path: str, target: str) -> None:
        """Move a file within a folder, durably; never over another (FileChanged)."""
        raise NotImplementedError

    def remove(self, path: str) -> bool:
        """Delete a file; False if there was none."""
        raise NotImplementedError

    def folder(self, path: str) -> Folder:
        """A confined view of a folder, which is made if it is missing."""
        raise NotImplementedError


class Clock:
    """Time. `now_s` is Unix time with a fraction; `monotonic_s` only ever grows."""

    def now_s(self) -> float:
        """Seconds since 1970-01-01 UTC."""
        raise NotImplementedError

    def monotonic_s(self) -> float:
        """Seconds since some moment."""
        raise NotImplementedError

    async def sleep(self, duration_s: float) -> None:
        """Wait."""
        raise NotImplementedError


class InputStream:
    """Bytes as they come: standard input, or what a child says."""

    async def read(self) -> bytes:
        """The next piece, b"" at the end and ever after. Raises the error of where it comes from."""
        raise NotImplementedError


INTERRUPT = "interrupt"  # SIGINT: Ctrl-C
TERMINATE = "terminate"  # SIGTERM


class Signals:
    """How the user or the system asks this program to end.

    In `run_concurrent` a signal goes to those who wait in `next`, and does nothing else. When nobody waits, the first
    one cancels the work and the second ends the process at once. So whoever takes a signal and waits for no other
    lets the next one cancel what it still does, and the one after that end it. In `run_blocking` an interrupt raises
    KeyboardInterrupt and termination ends the process (with its children), unless `next` is being waited in.
    """

    async def next(self) -> str:
        """Wait for a signal: INTERRUPT or TERMINATE. Several may wait, and all are told."""
        raise NotImplementedError


class Runtime:
    """All the agent knows of the world.

    Read standard input here or through `Terminal`, not both: each may hold what it has read ahead.
    """

    files: Files
    clock: Clock
    standard_input: InputStream
    environment: dict[str, str]
    home: str
    # WebAssembly: no processes, no sockets, and requests without `addresses`, since its host connects.
    is_sandbox = False

    @property
    def processes(self) -> Processes:
        """What starts children. Not in a sandbox."""
        raise NotImplementedError

    @property
    def signals(self) -> Signals:
        """What asks this program to end."""
        raise NotImplementedError

    @property
    def has_vectors(self) -> bool:
        """False in a build without the feature `vectors`."""
        raise NotImplementedError

    @property
    def vectors(self) -> Vectors | None:
        """What compares vectors, None in such a build."""
        raise NotImplementedError

    async def http(self, request: Request) -> Response:
        """Send a request and return when the response's head is there; redirects are not followed.

        Raises TransportError. The exchange ends when the response is read to its end or closed.
        """
        raise NotImplementedError

    async def websocket(self, request: Request) -> WebSocket:
        """Open a WebSocket to a URL of ws, wss, http or https; the total limit ends when it is open.

        Redirects are not followed. Raises TransportError, which names the status of an answer that does not agree.
        """
        raise NotImplementedError

    async def listen(self, address: str, port: int) -> Listener:
        """Listen for connections on an IP address of this machine; port 0 takes a free one. Raises ListenError."""
        raise NotImplementedError

    async def resolve(self, host: str, port: int) -> tuple[str, ...] | None:
        """Every IP address of a host, in the system's order of preference. Raises TransportError.

        None in a sandbox, whose host connects and tells nobody where to.
        """
        raise NotImplementedError

    def keyring(self, service: str, user: str) -> str | None:
        """The secret that the system's keyring keeps for a user of a service, None for none. Raises KeyringError."""
        raise NotImplementedError

    def random_bytes(self, count: int) -> bytes:
        """Bytes from the system's cryptographic generator."""
        raise NotImplementedError

    async def together(self, work: list[Awaitable[Any]]) -> list[Any]:
        """Run coroutines, at the same time where the runtime can; their results in order.

        They must not raise. If the caller is cancelled, so are they.
        """
        raise NotImplementedError


class Model:
    """One model of one provider, ready to answer. `name` is what users write (`openai/gpt-5`)."""

    name: str
    provider: str
    context_window_tokens: int | None

    async def complete(self, call: ModelCall, emit: Emit) -> Reply:
        """One attempt at one call; text is emitted as it comes if the call streams. Raises ProviderError."""
        raise NotImplementedError


class Tool:
    """Something a model may call."""

    schema: ToolSchema

    def check(self, arguments: dict[str, object]) -> None:
        """Raises PolicyDenied or ToolError for a call that would be refused whoever wants it.

        For who asks a person first. It has no effect, and `call` decides again, on what it then finds.
        """

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        """Run with arguments that fit the schema; a result object. Raises ToolError or PolicyDenied."""
        raise NotImplementedError


class Tools:
    """Every tool a model may call in this agent."""

    def find(self, name: str) -> Tool:
        """The tool of that name. ToolError, with the near names, if there is none."""
        raise NotImplementedError

    def schemas(self) -> tuple[ToolSchema, ...]:
        """What models are told, sorted by name."""
        raise NotImplementedError


class Approver:
    """Who can be asked if a tool may run. One question at a time."""

    async def ask(self, tool: str, arguments: str) -> str:
        """`once`, `session` (from now on, in this session) or `deny`. `arguments` is JSON without secrets."""
        raise NotImplementedError


class Channel:
    """Where messages come from and answers go to."""

    async def receive(self, bus: Bus) -> None:
        """Put messages on the bus until no more will come."""
        raise NotImplementedError

    def send(self, answer: OutboundMessage) -> None:
        """Deliver one answer. Raises ChannelError."""
        raise NotImplementedError

"""Runs weft.wasm in wasmtime as any program would that embeds it, and gives it HTTP as weft_http_host.c wants it."""

from __future__ import annotations

import copy
import http.client
import json
import socket
import ssl
import urllib.parse
from typing import TYPE_CHECKING, Any, NamedTuple

import wasmtime

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path


class Ended(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str


class Answer(NamedTuple):
    """One exchange: what of its head was not read yet, and where the rest comes from."""

    head: bytes
    response: http.client.HTTPResponse
    connection: http.client.HTTPConnection


class HttpHost:
    """`clawft.http` over http.client. `requests` are those that were asked for, as the module wrote them."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[bytes] = []
        self._tls = tls
        self._answers: dict[int, Answer] = {}
        self._started = 0
        self._phase = ""

    @property
    def open_exchanges(self) -> int:
        """So many the module has not closed."""
        return len(self._answers)

    def define(self, linker: wasmtime.Linker) -> None:
        kinds = [wasmtime.ValType.i32()] * 3
        linker.define_func(
            "clawft",
            "http",
            wasmtime.FuncType(kinds, [wasmtime.ValType.i32()]),
            self._call,
            access_caller=True,
        )

    def _call(self, caller: wasmtime.Caller, exchange: int, pointer: int, size: int) -> int:
        memory = caller["memory"]
        assert isinstance(memory, wasmtime.Memory)
        pointer &= 0xFFFFFFFF
        try:
            if exchange < 0:
                return self._start(bytes(memory.read(caller, pointer, pointer + size)))
            if size == 0:
                self._close(exchange)
                return 0
            piece = self._read(exchange, size)
        except (OSError, http.client.HTTPException) as error:
            text = f"{self._failed_in(error)} {str(error) or type(error).__name__}".encode()[:size]
            memory.write(caller, text, pointer)
            return -len(text)
        memory.write(caller, piece, pointer)
        return len(piece)

    def _start(self, request: bytes) -> int:
        self.requests.append(request)
        head, _, body = request.partition(b"\n\n")
        first, limits, *lines = head.decode().split("\n")
        method, url = first.split(" ")
        parts = urllib.parse.urlsplit(url)
        connect_s, first_byte_s, between_bytes_s = (int(word) / 1000 for word in limits.split()[:3])
        assert parts.hostname is not None
        connection = (
            http.client.HTTPSConnection(parts.hostname, parts.port, timeout=connect_s, context=self._tls)
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname, parts.port, timeout=connect_s)
        )
        path = parts.path + ("?" + parts.query if parts.query else "")
        headers = dict(line.split(": ", 1) for line in lines)
        try:
            self._phase = "connect"
            connection.connect()
            opened = connection.sock
            opened.settimeout(first_byte_s)
            self._phase = "first_byte"
            connection.request(method, path, body or None, headers)
            response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        opened.settimeout(between_bytes_s)
        told = "".join(f"{name}: {value}\n" for name, value in response.getheaders())
        self._started += 1
        head = f"{response.status}\n{told}\n".encode("latin-1")
        self._answers[self._started] = Answer(head, response, connection)
        return self._started

    def _close(self, exchange: int) -> None:
        answer = self._answers.pop(exchange, None)
        if answer is not None:
            answer.response.close()
            answer.connection.close()

    def _read(self, exchange: int, size: int) -> bytes:
        self._phase = "body"
        answer = self._answers[exchange]
        if answer.head:
            piece = answer.head[:size]
            self._answers[exchange] = answer._replace(head=answer.head[size:])
            return piece
        piece = answer.response.read1(size)
        if not piece and answer.response.length:
            raise http.client.IncompleteRead(b"", answer.response.length)
        return piece

    def _failed_in(self, error: Exception) -> str:
        if isinstance(error, socket.gaierror):
            return "resolve"
        return "tls" if isinstance(error, ssl.SSLError) else self._phase


class ModuleHost:
    """One compiled module; each run is an instance of its own.

    `precompiled`: where the machine code is put, and read back from.
    """

    def __init__(
        self,
        path: Path,
        tls: ssl.SSLContext | None = None,
        *,
        has_fuel: bool = False,
        precompiled: Path | None = None,
    ) -> None:
        config = wasmtime.Config()
        config.consume_fuel = has_fuel
        if precompiled is None:
            config.cache = True
        self.engine = wasmtime.Engine(config)
        self.module = wasmtime.Module.from_file(self.engine, str(path))
        if precompiled is not None:
            precompiled.write_bytes(self.module.serialize())
            self.module = wasmtime.Module.deserialize_file(self.engine, str(precompiled))
        self.http = HttpHost(tls)

    def with_http(self, http: HttpHost) -> ModuleHost:
        """The same compiled module with another host's HTTP."""
        other = copy.copy(self)
        other.http = http
        return other

    def instance(
        self,
        folder: Path,
        arguments: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        preopened: Mapping[str, Path] | None = None,
        read_only: Mapping[str, Path] | None = None,
        said: bytes = b"",
    ) -> tuple[wasmtime.Store, wasmtime.Instance]:
        """A new instance whose standard streams are files in a folder."""
        store = wasmtime.Store(self.engine)
        wasi = wasmtime.WasiConfig()
        wasi.argv = ("weft", *arguments)
        wasi.env = list((environment or {}).items())
        (folder / "stdin").write_bytes(said)
        wasi.stdin_file = str(folder / "stdin")
        wasi.stdout_file = str(folder / "stdout")
        wasi.stderr_file = str(folder / "stderr")
        for inside, outside in (preopened or {}).items():
            wasi.preopen_dir(str(outside), inside)
        for inside, outside in (read_only or {}).items():
            wasi.preopen_dir(str(outside), inside, fs_mutable=False)
        store.set_wasi(wasi)
        linker = wasmtime.Linker(self.engine)
        linker.define_wasi()
        self.http.define(linker)
        return store, linker.instantiate(store, self.module)

    def run(self, folder: Path, *arguments: str, **how: object) -> Ended:
        """Run `weft` with arguments. A trap is raised."""
        store, instance = self.instance(folder, arguments, **how)  # type: ignore[arg-type]
        start: Callable[..., object] = instance.exports(store)["_start"]  # type: ignore[assignment]
        code = 0
        try:
            start(store)
        except wasmtime.ExitTrap as ended:
            code = ended.code
        return Ended(code, (folder / "stdout").read_text("utf-8"), (folder / "stderr").read_text("utf-8"))


class Exports:
    """An instance as a host uses it that calls its exports: the calling convention of weft_exports.c."""

    def __init__(self, store: wasmtime.Store, instance: wasmtime.Instance) -> None:
        self._store = store
        self._exports = instance.exports(store)
        memory = self._exports["memory"]
        assert isinstance(memory, wasmtime.Memory)
        self._memory = memory

    def init(self) -> int:
        return self._call("init")

    def process_message(self, text: str | bytes, session: str | bytes) -> dict[str, Any]:
        given = [value.encode() if isinstance(value, str) else value for value in (text, session)]
        places = [self._given(value) for value in given]
        packed = self._call("process_message", places[0], len(given[0]), places[1], len(given[1]))
        for place in places:
            self.release(place)
        return self._result(packed)

    def capabilities(self) -> dict[str, Any]:
        return self._result(self._call("capabilities"))

    def allocate(self, size_bytes: int) -> int:
        return self._call("allocate", size_bytes) & 0xFFFFFFFF

    def release(self, pointer: int) -> None:
        self._call("release", pointer)

    def memory_bytes(self) -> int:
        return self._memory.data_len(self._store)

    def _given(self, data: bytes) -> int:
        place = self.allocate(len(data))
        assert place or not data
        self._memory.write(self._store, data, place)
        return place

    def _result(self, packed: int) -> dict[str, Any]:
        packed &= 0xFFFFFFFFFFFFFFFF
        place, size = packed >> 32, packed & 0xFFFFFFFF
        if not place:
            raise MemoryError("the module had no memory for a result")
        found: dict[str, Any] = json.loads(bytes(self._memory.read(self._store, place, place + size)))
        return found

    def _call(self, name: str, *values: int) -> int:
        function: Callable[..., int | None] = self._exports[name]  # type: ignore[assignment]
        return function(self._store, *values) or 0

"""Runs the components as their users do: the command line in wasmtime and Node, the handler behind an HTTP server."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from tools import npm, wasm

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNNER = Path(__file__).with_name("run_component.py")
HOSTS = ("wasmtime", "node")
LIMIT_S = 120
JSON = {"content-type": "application/json"}


class Components:
    """The built components in a folder, beside them what Node needs."""

    def __init__(self, folder: Path, is_test_build: bool) -> None:
        name = "nox -s wasm" + (" -- --test" if is_test_build else "")
        assert (folder / wasm.HTTP_COMPONENT).is_file(), (
            f"there is no {wasm.HTTP_COMPONENT}: run `{name}` first"
        )
        self.command = folder / wasm.COMPONENT
        self.handler = folder / wasm.HTTP_COMPONENT
        self.node = folder / wasm.NODE_FOLDER
        with contextlib.suppress(FileExistsError):
            (folder / "node_modules").symlink_to(npm.modules())

    def command_line(self, host: str, home: Path, *arguments: str) -> list[str]:
        """The words that run `weft` in a host that gives it one folder, under its own name."""
        if host == "node":
            return [str(npm.node()), str(self.node / "weft.mjs"), "--dir", str(home), "--", *arguments]
        folders = json.dumps({str(home): str(home)})
        return [sys.executable, str(RUNNER), str(self.command), folders, *arguments]


class Runnable:
    """The test build in a host, as tests/native/network.py runs executables."""

    def __init__(self, components: Components, host: str, home: Path) -> None:
        self.command = components.command_line(host, home)

    def inside(self, path: Path) -> str:
        return str(path)

    def environment(self, **more: str) -> dict[str, str]:
        return environment(**more)


def wasmtime_program() -> Path:
    """The command line of wasmtime."""
    found = importlib.util.find_spec("wasmtime_cli")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).with_name("wasmtime")


def environment(**more: str) -> dict[str, str]:
    """This process's environment without what would configure the agent."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not re.search("KEY|PROXY|CLAWFT|TOKEN", name.upper())
    }
    return {**kept, **more}


class Answer(NamedTuple):
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.body)

    @property
    def events(self) -> list[tuple[str, Any]]:
        assert self.headers["content-type"] == "text/event-stream"
        assert self.body.endswith(b"\n\n")
        found = []
        for block in self.body.decode().removesuffix("\n\n").split("\n\n"):
            name, data = block.split("\n")
            found.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
        return found


class Served:
    """The handler behind a host's HTTP server."""

    def __init__(self, address: str, port: int) -> None:
        self._address = address
        self.port = port

    def connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self._address, self.port, timeout=LIMIT_S)

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = self.connection()
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        found = Answer(response.status, dict(response.getheaders()), response.read())
        connection.close()
        return found

    def chat(self, value: object, **headers: str) -> Answer:
        return self.ask("POST", "/v1/chat", json.dumps(value).encode(), {**JSON, **headers})


@contextlib.contextmanager
def served(components: Components, host: str, home: Path, **more: str) -> Iterator[Served]:
    """The handler in a host whose server listens on loopback."""
    variables = environment(HOME=str(home), **more)
    if host == "node":
        command = [str(npm.node()), str(components.node / "serve.mjs"), "--dir", str(home), "127.0.0.1:0"]
    else:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        command = [
            str(wasmtime_program()),
            "serve",
            "-S",
            "cli",
            "--addr",
            f"127.0.0.1:{port}",
        ]
        command += ["--dir", str(home), "--env", f"HOME={home}", str(components.handler)]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=variables, text=True
    ) as process:
        try:
            assert process.stdout is not None
            told = re.search(r"http://([\d.]+):(\d+)", process.stdout.readline())
            assert told is not None, process.stdout.read()
            yield Served(told[1], int(told[2]))
        finally:
            process.kill()


def configure(home: Path, provider: str, model: str, base_url: str, **more: object) -> None:
    """A configuration with one provider."""
    (home / ".clawft").mkdir(exist_ok=True)
    value = {
        "agents": {"defaults": {"model": model}},
        "providers": {provider: {"api_key": "sk-test", "api_base": base_url}},
        "requests": {"max_attempts": 1},
        **more,
    }
    (home / ".clawft" / "config.json").write_text(json.dumps(value), "utf-8")

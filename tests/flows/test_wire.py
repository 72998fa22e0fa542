"""A message through a real loopback server: each wire format, streamed and not, with two rounds of tool calls."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.model_server import ModelServer
from tests.flows.process import COMMAND

if TYPE_CHECKING:
    from pathlib import Path

TWO_ROUNDS: list[dict[str, Any]] = [
    {
        "text": "Let me look.",
        "tool_calls": [
            {"name": "list_directory", "arguments": {"path": "."}},
            {"name": "read_file", "arguments": {"path": "notes.txt"}},
        ],
        "usage": {"input_tokens": 100, "output_tokens": 10},
    },
    {
        "tool_calls": [
            {"name": "write_file", "arguments": {"path": "out/copy.txt", "content": "milk and eggs"}}
        ],
        "usage": {"input_tokens": 200, "output_tokens": 20, "cache_read_tokens": 50},
    },
    {"text": "I copied your notes.", "usage": {"input_tokens": 300, "output_tokens": 30}},
]


def weft(
    home: Path, *arguments: str, stdin: str | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the real command in a home of its own."""
    env = {"HOME": str(home), "USERPROFILE": str(home), "PATH": os.defpath} | environment
    return subprocess.run(
        [*COMMAND, *arguments],
        env=env,
        input=stdin if stdin is not None else "",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def configure(home: Path, server: ModelServer, wire: str, *, stream: bool) -> None:
    """A configuration for a custom endpoint and a file in the workspace."""
    config = {
        "agents": {"defaults": {"model": "mine/fake-large", "stream": stream}},
        "providers": {"mine": {"apiBase": server.base_url, "apiKey": "secret-key", "format": wire}},
    }
    (home / ".clawft" / "workspace").mkdir(parents=True)
    (home / ".clawft" / "config.json").write_text(json.dumps(config))
    (home / ".clawft" / "workspace" / "notes.txt").write_text("milk and eggs")


@pytest.mark.parametrize("stream", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_two_rounds_of_tools_over_http(tmp_path: Path, wire: str, *, stream: bool) -> None:
    with ModelServer(TWO_ROUNDS, api_key="secret-key") as server:
        configure(tmp_path, server, wire, stream=stream)
        done = weft(tmp_path, "agent", "-m", "copy my notes", "--json")
        assert done.returncode == 0, done.stderr
        requests = list(server.requests)
        assert server.connections == 1, "one connection serves the whole turn"
    answer = json.loads(done.stdout)
    assert answer["reply"] == "I copied your notes."
    assert answer["error"] is None
    assert answer["usage"]["input_tokens"] == 600
    assert answer["usage"]["output_tokens"] == 60
    assert answer["usage"]["cost_usd"] is None, "no price is known for this model, and that is not 0"
    assert (tmp_path / ".clawft/workspace/out/copy.txt").read_text() == "milk and eggs"
    assert len(requests) == 3
    assert [bool(request.body.get("stream")) for request in requests] == [stream] * 3
    assert "secret-key" not in done.stdout + done.stderr
    inspected = weft(tmp_path, "sessions", "inspect", "cli:cli-session", "--json")
    roles = [record["role"] for record in json.loads(inspected.stdout)["messages"]]
    assert roles == ["user", "assistant", "tool", "tool", "assistant", "tool", "assistant"]


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_later_message_carries_the_conversation_with_its_tools(tmp_path: Path, wire: str) -> None:
    with ModelServer([*TWO_ROUNDS, {"text": "Milk and eggs."}], api_key="secret-key") as server:
        configure(tmp_path, server, wire, stream=True)
        assert weft(tmp_path, "agent", "-m", "copy my notes").stdout == "I copied your notes.\n"
        second = weft(tmp_path, "agent", "-m", "what was in them?")
        assert (second.returncode, second.stdout) == (0, "Milk and eggs.\n")
        sent = json.dumps(server.requests[-1].body)
    for piece in ("copy my notes", "I copied your notes.", "milk and eggs", "what was in them?"):
        assert piece in sent


def test_a_failing_server_ends_in_an_error_on_standard_error(tmp_path: Path) -> None:
    with ModelServer([{"status": 401, "message": "bad key secret-key"}]) as server:
        configure(tmp_path, server, "openai", stream=True)
        done = weft(tmp_path, "agent", "-m", "hello")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "mine/fake-large" in done.stderr
    assert "secret-key" not in done.stderr
    assert "Traceback" not in done.stderr


def test_a_rate_limit_is_waited_out(tmp_path: Path) -> None:
    steps: list[dict[str, Any]] = [
        {"status": 429, "headers": {"Retry-After": "0"}},
        {"status": 503},
        {"text": "there"},
    ]
    with ModelServer(steps) as server:
        configure(tmp_path, server, "openai", stream=False)
        done = weft(tmp_path, "agent", "-m", "hello")
    assert (done.returncode, done.stdout) == (0, "there\n")


def test_many_chats_at_once_over_http(tmp_path: Path) -> None:
    lines = "".join(
        json.dumps({"id": n, "chat": f"c{n % 8}", "message": f"message {n}"}) + "\n" for n in range(64)
    )
    with ModelServer() as server:
        configure(tmp_path, server, "openai", stream=False)
        done = weft(tmp_path, "agent", "--jsonl", stdin=lines)
        assert server.connections <= 16
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert sorted((answer["id"], answer["reply"]) for answer in answers) == [
        (n, f"message {n}") for n in range(64)
    ]
    for chat in range(8):
        ids = [answer["id"] for answer in answers if answer["chat"] == f"c{chat}"]
        assert ids == sorted(ids)

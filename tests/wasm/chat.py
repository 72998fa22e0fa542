"""A home whose agent talks to a loopback model server, and what such a server says in two rounds of tool calls."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.model_server import ModelServer

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
        "usage": {"input_tokens": 200, "output_tokens": 20},
    },
    {"text": "I copied your notes.", "usage": {"input_tokens": 300, "output_tokens": 30}},
]


def configure(
    home: Path, server: ModelServer | str, wire: str, *, stream: bool = True, **requests: float
) -> None:
    """A custom provider, and a file in the workspace. `requests`: keys of that section."""
    url = server if isinstance(server, str) else server.base_url
    config = {
        "agents": {"defaults": {"model": "mine/fake-large", "stream": stream}},
        "providers": {"mine": {"apiBase": url, "apiKey": "secret-key", "format": wire}},
        "requests": {"max_attempts": 1, **requests},
    }
    (home / ".clawft" / "workspace").mkdir(parents=True, exist_ok=True)
    (home / ".clawft" / "config.json").write_text(json.dumps(config))
    (home / ".clawft" / "workspace" / "notes.txt").write_text("milk and eggs")

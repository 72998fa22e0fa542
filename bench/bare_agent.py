"""The inert control of the throughput: what every durable agent must do, and nothing else. Imports nothing of ours.

Like `weft agent --jsonl` it answers lines of JSON: each message is appended to a file and synced, the model is asked
over a connection that is kept, the answer is appended, synced and printed. One line after the other, and whole replies
of chat completions, whatever it is told.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

MESSAGES = 50
"""As many of the conversation's latest are sent as an agent sends by default."""


class Link:
    """A kept connection to the model of the environment."""

    def __init__(self) -> None:
        base = os.environ["CLAWFT__PROVIDERS__CUSTOM__API_BASE"].removeprefix("http://")
        place, _, path = base.partition("/")
        host, _, port = place.partition(":")
        self._head = f"POST /{path}/chat/completions HTTP/1.1\r\nHost: {place}\r\nContent-Length: "
        self._socket = socket.create_connection((host, int(port)))
        self._input = self._socket.makefile("rb")
        self._model = os.environ["CLAWFT__AGENTS__DEFAULTS__MODEL"].partition("/")[2]

    def ask(self, messages: list[dict[str, Any]]) -> dict[str, Any]:
        """The message that the model answers with."""
        body = json.dumps({"model": self._model, "messages": messages}).encode()
        self._socket.sendall(f"{self._head}{len(body)}\r\n\r\n".encode() + body)
        length = 0
        while line := self._input.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        message: dict[str, Any] = json.loads(self._input.read(length))["choices"][0]["message"]
        return message


def append(opened: int, message: dict[str, Any]) -> None:
    os.write(opened, json.dumps(message).encode() + b"\n")
    os.fdatasync(opened)


def answer(link: Link, opened: int, messages: list[dict[str, Any]]) -> str:
    """The text that the model comes to, once its calls are answered; each may ask for a file of the workspace."""
    workspace = os.path.join(os.environ["HOME"], ".clawft", "workspace")  # noqa: PTH118 - as below
    while True:
        said = link.ask(messages[-MESSAGES:])
        append(opened, said)
        messages.append(said)
        if not said.get("tool_calls"):
            return str(said["content"])
        for call in said["tool_calls"]:
            path = json.loads(call["function"]["arguments"])["path"]
            with open(os.path.join(workspace, path)) as file:  # noqa: PTH118, PTH123 - as below
                messages.append({"role": "tool", "tool_call_id": call["id"], "content": file.read()})
            append(opened, messages[-1])


def main() -> None:
    """Answer until the end of the input."""
    link = Link()
    chats: dict[str, tuple[int, list[dict[str, Any]]]] = {}
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        chat = asked["chat"]
        if chat not in chats:
            path = os.path.join(os.environ["HOME"], chat + ".jsonl")  # noqa: PTH118 - it starts as fast as it can
            chats[chat] = (os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), [])
        opened, messages = chats[chat]
        messages.append({"role": "user", "content": asked["message"]})
        append(opened, messages[-1])
        reply = answer(link, opened, messages)
        answered = {"id": asked["id"], "chat": chat, "reply": reply, "error": None, "usage": None}
        sys.stdout.write(json.dumps(answered) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

"""A model server for measuring: both wire formats over loopback HTTP, from replies that were made beforehand.

`python -m bench.mock_llm [--port N] [--words N] [--tool-calls N] [--think-s S] [--pause-s S]` prints its base URL, for
`api_base`. The model's name chooses what is answered, streamed or whole as the request asks:
  mock: the text.  mock-think: the text, `--think-s` later.  mock-pause: the text, with a pause of `--pause-s` after its
  first word.  mock-tools: `--tool-calls` calls of read_file, and the text once it is told their results.
`GET /v1/counts` tells what was served. What is no request of the protocol is refused, so that an agent that does not do
its work fails and does not look fast; judging as the real ones do, which takes time, is for the tests' server
(tests/fakes/model_server.py).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from typing import Any, NamedTuple

from bench import model_replies

WIRES = {b"/v1/chat/completions": "openai", b"/v1/messages": "anthropic"}
TEXT_MODEL = "mock"
TOOLS_MODEL = "mock-tools"
PAUSE_MODEL = "mock-pause"
THINK_MODEL = "mock-think"
MODELS = (TEXT_MODEL, TOOLS_MODEL, PAUSE_MODEL, THINK_MODEL)
FIRST_WORD = "Certainly,"
NOTE = "note.txt"
NOTE_TEXT = "what is noted here\n"
"""What mock-tools asks for, and must be told: whoever measures puts it into the workspace."""
# What a reply says of the size of its request: it was made before that came.
REQUEST_BYTES = 4000


Piece = tuple[float, bytes]


class Settings(NamedTuple):
    """What is served: see the module."""

    words: int = 40
    tool_calls: int = 4
    think_s: float = 0.02
    pause_s: float = 0.02


class Refused(ValueError):
    """What came in is no request that a model's API takes."""


def reply_text(words: int) -> str:
    """What every turn ends with: so many words, 1 at least."""
    return " ".join([FIRST_WORD, *(f"word-{number}" for number in range(2, words + 1))])


class Replies:
    """Every response there is, head and framing included, in pieces: (seconds before it, bytes)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        text: model_replies.Step = {"text": reply_text(settings.words)}
        calls = [
            {"id": f"call_{number}", "name": "read_file", "arguments": {"path": NOTE}}
            for number in range(settings.tool_calls)
        ]
        steps = {**dict.fromkeys(MODELS, text), TOOLS_MODEL: {"tool_calls": calls}}
        self._made = {
            (wire, model, is_streamed): self._make(wire, model, step, is_streamed=is_streamed)
            for wire in WIRES.values()
            for model, step in steps.items()
            for is_streamed in (False, True)
        }

    def answer(self, wire: str, body: bytes) -> tuple[Piece, ...]:
        """The response to a request's body. Refused."""
        try:
            asked = json.loads(body)
            model, last, is_streamed = asked["model"], asked["messages"][-1], bool(asked.get("stream"))
            if model == TOOLS_MODEL and is_result(last):
                model = TEXT_MODEL
            return self._made[wire, model, is_streamed]
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise Refused(f"no request of {wire} for one of {', '.join(MODELS)}: {error!r}") from error

    def _make(
        self, wire: str, model: str, step: model_replies.Step, *, is_streamed: bool
    ) -> tuple[Piece, ...]:
        delay_s = self._settings.think_s if model == THINK_MODEL else 0.0
        if not is_streamed:
            return ((delay_s, response(200, model_replies.whole_body(wire, step, model, REQUEST_BYTES))),)
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        events = model_replies.stream_events(wire, step, model, REQUEST_BYTES, with_usage=True)
        chunks = [b"%x\r\n%s\r\n" % (len(event), event) for event in events] + [b"0\r\n\r\n"]
        if model != PAUSE_MODEL:
            return ((delay_s, head + b"".join(chunks)),)
        until = 1 + next(number for number, event in enumerate(events) if FIRST_WORD.encode() in event)
        rest = (self._settings.pause_s, b"".join(chunks[until:]))
        return ((delay_s, head + b"".join(chunks[:until])), rest)


def is_result(message: dict[str, Any]) -> bool:
    """Whether a message, in either format, is the result of a tool call. Refused if it is one, and not of the note."""
    content = message["content"]
    if message["role"] == "tool":
        results = [content]
    elif isinstance(content, list):
        results = [block["content"] for block in content if block["type"] == "tool_result"]
    else:
        results = []
    for result in results:
        if NOTE_TEXT.strip() not in json.dumps(result):
            raise Refused(f"the result of a call is {result!r}, and not what {NOTE} holds")
    return bool(results)


def response(status: int, body: bytes) -> bytes:
    """A whole response of JSON."""
    head = f"HTTP/1.1 {status} Mock\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class MockModel:
    """Serves on the running event loop until cancelled. `counts` is what `/v1/counts` answers."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.counts = {"requests": 0, "request_bytes": 0, "refused": 0, "connections": 0}
        self._replies = Replies(settings)

    async def serve(self, port: int = 0) -> None:
        """Print where, and serve. 0 takes a free port."""
        loop = asyncio.get_running_loop()
        server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", port, backlog=1024)
        sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1\n")
        sys.stdout.flush()
        await server.serve_forever()

    def answer(self, path: bytes, body: bytes) -> tuple[Piece, ...]:
        """The response to one request."""
        if path == b"/v1/counts":
            return ((0.0, response(200, json.dumps(self.counts).encode())),)
        self.counts["requests"] += 1
        self.counts["request_bytes"] += len(body)
        wire = WIRES.get(path, "")
        try:
            return self._replies.answer(wire, body)
        except Refused as refused:
            self.counts["refused"] += 1
            error = model_replies.error_body(wire, 400, "invalid_request_error", str(refused))
            return ((0.0, response(400, error)),)


class _Connection(asyncio.Protocol):
    """One connection: reads requests, and answers one after the other."""

    def __init__(self, server: MockModel) -> None:
        self._server = server
        self._buffer = b""
        self._waiting: asyncio.TimerHandle | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - what create_server hands over
        self._transport = transport
        self._server.counts["connections"] += 1

    def connection_lost(self, _: Exception | None) -> None:
        if self._waiting is not None:
            self._waiting.cancel()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._take()

    def _take(self) -> None:
        while self._waiting is None:
            head, blank, rest = self._buffer.partition(b"\r\n\r\n")
            if not blank:
                return
            length = body_length(head)
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            self._send(self._server.answer(head.split(b" ", 2)[1], body))

    def _send(self, pieces: tuple[Piece, ...]) -> None:
        """Send what need not wait; the rest when its time has come."""
        while pieces and not pieces[0][0]:
            self._transport.write(pieces[0][1])
            pieces = pieces[1:]
        if pieces:
            (delay_s, data), *rest = pieces
            self._waiting = asyncio.get_running_loop().call_later(delay_s, self._go_on, ((0.0, data), *rest))

    def _go_on(self, pieces: tuple[Piece, ...]) -> None:
        self._waiting = None
        self._send(pieces)
        self._take()


def body_length(head: bytes) -> int:
    """How many bytes follow a request's head; 0 if it does not say."""
    _, found, rest = head.lower().partition(b"\r\ncontent-length:")
    return int(rest.partition(b"\r\n")[0]) if found else 0


def main() -> None:
    """Serve until killed."""
    usual = Settings()
    parser = argparse.ArgumentParser(description="A model server on loopback for measuring.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--words", type=int, default=usual.words, help="the length of an answer")
    parser.add_argument(
        "--tool-calls", type=int, default=usual.tool_calls, help="calls in a reply of mock-tools"
    )
    parser.add_argument(
        "--think-s", type=float, default=usual.think_s, help="before the first byte of mock-think"
    )
    parser.add_argument(
        "--pause-s", type=float, default=usual.pause_s, help="after the first word of mock-pause"
    )
    asked = parser.parse_args()
    settings = Settings(asked.words, asked.tool_calls, asked.think_s, asked.pause_s)
    try:
        asyncio.run(MockModel(settings).serve(asked.port))
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()

"""A real HTTP/1.1 server on loopback that speaks both model APIs, judges requests as they do, and fails on demand.

Run `python -m tests.fakes.model_server --port 0 --script steps.jsonl`; it prints its base URL. In tests:
`with ModelServer([{"text": "hello"}]) as server: ... server.base_url ... server.requests`.

Without a step left, the reply is the last message's own text. A step is an object; all fields are optional:
  text, tool_calls [{name, arguments, id}], usage {input_tokens, output_tokens, cache_read_tokens,
  cache_write_tokens}, finish_reason, huge_bytes: the reply.  expect: text the last message must hold (else 400).
  status, headers, message, error_type, body: a failure, or a body word for word (also with status 200).
  garbage: a body that is not JSON.  redirect: answer 302 to this URL.
  first_byte_delay_s, piece_delay_s, stall_after (events sent) with stall_s: slowness.
  cut: "before" any byte, "head" after the head, or a number of body bytes; cut_reset: with RST, not FIN.
  split: bytes a write (1 splits at every byte).  framing: length, chunked, close.
  newline, comments, finish false, done false, stream_error (its type), usage_chunk false, raw_events: streams.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import ssl
import sys
import threading
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench import model_replies
from tests.fakes import model_rules

if TYPE_CHECKING:
    from typing import Self

    from bench.model_replies import Step

PATHS = {"/v1/chat/completions": "openai", "/v1/messages": "anthropic"}
KINDS = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    429: "rate_limit_error",
    500: "api_error",
    529: "overloaded_error",
}


class Recorded:
    """A request as it came in: lower-case header names, body decoded if it is JSON."""

    def __init__(self, method: str, path: str, headers: dict[str, str], raw: bytes) -> None:
        self.method = method
        self.path = path
        self.headers = headers
        self.raw = raw
        try:
            self.body: Any = json.loads(raw) if raw else None
        except ValueError:
            self.body = None


class Plan:
    """A response to send: (delay in seconds, bytes) pairs, then `ending`: keep, close, reset or hang."""

    def __init__(self, parts: list[tuple[float, bytes]], ending: str = "keep") -> None:
        self.parts = parts
        self.ending = ending


class ModelServer:
    """The server, on a thread of its own between `__enter__` and `__exit__`.

    `api_key`: None accepts any key, "" needs none, another must match. `loop_steps`: start over at the end.
    `certificate`: a PEM file with key and chain; then it speaks https.
    """

    def __init__(
        self,
        steps: list[Step] | None = None,
        *,
        port: int = 0,
        api_key: str | None = None,
        loop_steps: bool = False,
        certificate: str | None = None,
    ) -> None:
        self.steps = deque(steps or [])
        self.requests: deque[Recorded] = deque(maxlen=10_000)
        self.connections = 0
        self.port = port
        self._api_key = api_key
        self._loop_steps = loop_steps
        self._certificate = certificate
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._open: set[_Connection] = set()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`, or https."""
        return f"{'https' if self._certificate else 'http'}://127.0.0.1:{self.port}"

    @property
    def base_url(self) -> str:
        """What goes into `api_base`."""
        return self.url + "/v1"

    def __enter__(self) -> Self:
        started = threading.Event()
        self._thread = threading.Thread(target=self._work, args=(started,), daemon=True)
        self._thread.start()
        started.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _work(self, started: threading.Event) -> None:
        try:
            asyncio.run(self.serve(started))
        except OSError as failure:
            self._failure = failure
            started.set()

    async def serve(self, started: threading.Event | None = None) -> None:
        """Serve until stopped, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._stop = asyncio.Event()
        server = await self._loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, backlog=1024, ssl=self._tls()
        )
        self.port = server.sockets[0].getsockname()[1]
        if started is not None:
            started.set()
        else:
            sys.stdout.write(self.base_url + "\n")
            sys.stdout.flush()
        await self._stop.wait()
        server.close()
        for connection in list(self._open):
            connection.abort()
        await asyncio.sleep(0)

    def _tls(self) -> ssl.SSLContext | None:
        if self._certificate is None:
            return None
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self._certificate)
        return context

    def answer(self, request: Recorded) -> Plan:
        """The response to one request."""
        self.requests.append(request)
        path = request.path.split("?")[0]
        if path == "/v1/models":
            return self._models(request)
        wire = PATHS.get(path)
        if wire is None:
            body = model_replies.error_body("openai", 404, "not_found_error", f"Unknown request URL: {path}")
            return Plan([(0, _head(404, "application/json", len(body)) + body)])
        verdict = model_rules.judge_headers(wire, request.method, request.headers, self._api_key)
        if verdict is None:
            judge = model_rules.judge_anthropic if wire == "anthropic" else model_rules.judge_openai
            verdict = judge(request.body)
        if verdict is not None:
            return _failure(wire, {"status": verdict[0], "error_type": verdict[1], "message": verdict[2]})
        step = self._next_step(request.body)
        said = _last_text(request.body)
        if "expect" in step and step["expect"] not in said:
            return _failure(wire, {"status": 400, "message": f"expected {step['expect']!r} in {said!r}"})
        return _plan(wire, step, request)

    def _next_step(self, body: dict[str, Any]) -> Step:
        if not self.steps:
            return {"text": _last_text(body)}
        step = self.steps.popleft()
        if self._loop_steps:
            self.steps.append(step)
        return step

    def _models(self, request: Recorded) -> Plan:
        kind = {"type": "model"} if "anthropic-version" in request.headers else {"object": "model"}
        listed = {"object": "list", "data": [{"id": name, **kind} for name in ("fake-large", "fake-small")]}
        body = json.dumps(listed).encode()
        return Plan([(0, _head(200, "application/json", len(body)) + body)])

    def opened(self, connection: _Connection) -> None:
        """A connection came."""
        self.connections += 1
        self._open.add(connection)

    def closed(self, connection: _Connection) -> None:
        """A connection went."""
        self._open.discard(connection)


def _last_text(body: dict[str, Any]) -> str:
    content = body["messages"][-1].get("content") or ""
    if isinstance(content, str):
        return content
    texts = [block.get("text") or block.get("content") or "" for block in content]
    return "\n".join(text if isinstance(text, str) else json.dumps(text) for text in texts)


def _head(status: int, content_type: str, length: int | None, extra: dict[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Fake", f"Content-Type: {content_type}"]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in (extra or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _failure(wire: str, step: Step) -> Plan:
    status = step["status"]
    kind = step.get("error_type", KINDS.get(status, "api_error"))
    text = step.get("body")
    body = (
        text.encode()
        if text is not None
        else model_replies.error_body(wire, status, kind, step.get("message", ""))
    )
    return Plan(
        [
            (
                step.get("first_byte_delay_s", 0),
                _head(status, _type(step), len(body), step.get("headers")) + body,
            )
        ]
    )


def _type(step: Step) -> str:
    return str(step.get("content_type", "application/json"))


def _plan(wire: str, step: Step, request: Recorded) -> Plan:
    if step.get("cut") == "before":
        return Plan([], "reset" if step.get("cut_reset") else "close")
    if "redirect" in step:
        return Plan([(0, _head(302, "text/html", 0, {"Location": step["redirect"]}))])
    if step.get("status", 200) != 200:
        return _failure(wire, step)
    body, is_stream = request.body, bool(request.body.get("stream"))
    if "body" in step or step.get("garbage"):
        pieces = [step.get("body", '{"choices": [{"message": <html>').encode()]
    elif "raw_events" in step:
        pieces = [event.encode() for event in step["raw_events"]]
    elif is_stream:
        wants = bool((body.get("stream_options") or {}).get("include_usage")) and step.get(
            "usage_chunk", True
        )
        pieces = model_replies.stream_events(wire, step, body["model"], len(request.raw), with_usage=wants)
    else:
        pieces = [model_replies.whole_body(wire, step, body["model"], len(request.raw))]
    return _framed(step, pieces, is_stream=is_stream)


def _framed(step: Step, pieces: list[bytes], *, is_stream: bool) -> Plan:
    framing = step.get("framing", "chunked" if is_stream else "length")
    extra = dict(step.get("headers", {}))
    extra.update(
        {"chunked": {"Transfer-Encoding": "chunked"}, "close": {"Connection": "close"}}.get(framing, {})
    )
    length = sum(len(piece) for piece in pieces) if framing == "length" else None
    head = _head(
        200, step.get("content_type", "text/event-stream" if is_stream else "application/json"), length, extra
    )
    ending = "close" if framing == "close" else "keep"
    cut = step.get("cut")
    if isinstance(cut, int):
        pieces = _first_bytes(pieces, cut)
    if cut is not None:
        ending = "reset" if step.get("cut_reset") else "close"
        pieces = [] if cut == "head" else pieces
    if framing == "chunked":
        pieces = [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces if piece]
        pieces += [b"0\r\n\r\n"] if cut is None else []
    parts = [(step.get("first_byte_delay_s", 0.0), head)]
    for index, piece in enumerate(pieces):
        delay = (
            step.get("stall_s", 3600.0)
            if step.get("stall_after") == index
            else step.get("piece_delay_s", 0.0)
        )
        size = step.get("split", 0) or len(piece) or 1
        parts += [(delay if at == 0 else 0.0, piece[at : at + size]) for at in range(0, len(piece), size)]
    return Plan(_joined(parts) if "split" not in step else parts, ending)


def _first_bytes(pieces: list[bytes], count: int) -> list[bytes]:
    kept = []
    for piece in pieces:
        kept.append(piece[:count])
        count -= len(kept[-1])
    return [piece for piece in kept if piece]


def _joined(parts: list[tuple[float, bytes]]) -> list[tuple[float, bytes]]:
    joined: list[tuple[float, list[bytes]]] = []
    for delay, data in parts:
        if delay or not joined:
            joined.append((delay, []))
        joined[-1][1].append(data)
    return [(delay, b"".join(data)) for delay, data in joined]


class _Connection(asyncio.Protocol):
    """One connection: requests in, one at a time; plans out. By hand because benchmarks lean on it."""

    def __init__(self, server: ModelServer) -> None:
        self._server = server
        self._buffer = bytearray()
        self._task: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.opened(self)

    def connection_lost(self, _: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()
        self._server.closed(self)

    def abort(self) -> None:
        """Drop it now."""
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._serve()

    def _serve(self) -> None:
        while self._task is None and not self._transport.is_closing():
            request = self._next_request()
            if request is None:
                return
            plan = self._server.answer(request)
            if len(plan.parts) == 1 and not plan.parts[0][0]:
                self._transport.write(plan.parts[0][1])
                self._end(plan.ending)
            else:
                self._task = asyncio.get_running_loop().create_task(self._send(plan))

    def _next_request(self) -> Recorded | None:
        end = self._buffer.find(b"\r\n\r\n")
        if end < 0:
            return None
        lines = bytes(self._buffer[:end]).decode("latin-1").split("\r\n")
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        size = end + 4 + int(headers.get("content-length", "0"))
        if "transfer-encoding" in headers:
            raise AssertionError("a model API client sends Content-Length")
        if len(self._buffer) < size:
            return None
        method, path, _version = lines[0].split(" ")
        request = Recorded(method, path, headers, bytes(self._buffer[end + 4 : size]))
        del self._buffer[:size]
        return request

    async def _send(self, plan: Plan) -> None:
        for delay, data in plan.parts:
            await asyncio.sleep(delay)
            self._transport.write(data)
        self._task = None
        self._end(plan.ending)
        self._serve()

    def _end(self, ending: str) -> None:
        if ending == "close":
            self._transport.close()
        elif ending == "reset":
            self._transport.abort()


def read_script(path: str) -> list[Step]:
    """The steps of a JSONL file; empty lines are skipped."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]


def main() -> None:
    """Serve until killed."""
    parser = argparse.ArgumentParser(description="A model server on loopback for tests and benchmarks.")
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free one")
    parser.add_argument("--script", help="a JSONL file of steps; without it, the last message is echoed")
    parser.add_argument("--loop", action="store_true", help="start the script over at its end")
    parser.add_argument("--key", default=None, help="the API key to demand (default: any)")
    parser.add_argument("--certificate", help="speak https with this PEM file of key and chain")
    asked = parser.parse_args()
    steps = read_script(asked.script) if asked.script else []
    server = ModelServer(
        steps, port=asked.port, api_key=asked.key, loop_steps=asked.loop, certificate=asked.certificate
    )
    try:
        asyncio.run(server.serve())
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    main()

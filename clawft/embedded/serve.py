"""Answers the HTTP requests of a component's host: `POST /v1/chat` and `GET /healthz`.

port/weft_serve_component.c calls `serve` with each, one at a time. Nothing is raised: what fails is in the answer. Who
may ask is for the host, or a proxy before it, to decide.
"""

from __future__ import annotations

import _weft

from clawft.agent.answer import answer_json, failed, no_answer
from clawft.core.compat import json_text, json_value
from clawft.core.errors import ProviderError, WeftError
from clawft.core.messages import InboundMessage
from clawft.embedded import exports
from clawft.embedded.waiting import ready, writable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Runtime
    from clawft.core.messages import TurnEvent

CHANNEL = "http"
MOST_BODY_BYTES = 1024 * 1024
PATHS = {"/v1/chat": "POST", "/healthz": "GET"}
JSON = "application/json"
EVENTS = "text/event-stream"
_READ_BYTES = 65536
_KEYS = ("message", "session", "stream")
_EXAMPLE = 'expected an object such as {"message":"hello","session":"a","stream":false}'
# What of a turn is told while it runs; `approval` is for a person at a terminal.
_TOLD = ("text", "tool_call", "tool_result", "notice")


class Refused(Exception):
    """A request that is not answered by the agent: a status, and what was expected."""

    def __init__(self, status: int, message: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers


class Asked:
    """A checked request for a turn; `session` is "" for a new one."""

    __slots__ = ("is_stream", "message", "session")

    def __init__(self, message: str, session: str, *, is_stream: bool) -> None:
        self.message = message
        self.session = session
        self.is_stream = is_stream


class Exchange:
    """One request and its answer, over `_weft`."""

    def __init__(self, handle: int) -> None:
        self._handle = handle
        self.is_begun = False
        self.method, self.target, self.headers = _weft.incoming(handle)

    def header(self, name: str) -> str:
        """The value of a header, "" if it is absent, several joined as HTTP says."""
        return ", ".join([value for key, value in self.headers if key == name])

    async def body(self) -> bytes:
        """The whole body. Refused if it is too large, or broke off."""
        pieces: list[bytes] = []
        size = 0
        while True:
            try:
                piece = _weft.read(self._handle, _READ_BYTES)
            except OSError:
                raise Refused(400, "the body broke off before its end")
            if piece is None:
                await ready(self._handle)
            elif not piece:
                return b"".join(pieces)
            else:
                size += len(piece)
                if size > MOST_BODY_BYTES:
                    raise Refused(413, "the body is larger than " + str(MOST_BODY_BYTES) + " bytes")
                pieces.append(piece)

    def begin(self, status: int, kind: str, more: tuple[tuple[str, str], ...] = ()) -> None:
        """Send the head of the answer."""
        self.is_begun = True
        _weft.respond(self._handle, status, (("content-type", kind), ("cache-control", "no-store")) + more)

    def answer(self, status: int, value: object, more: tuple[tuple[str, str], ...] = ()) -> None:
        """Send a whole answer."""
        data = (json_text(value) + "\n").encode()
        self.begin(status, JSON, (("content-length", str(len(data))),) + more)
        _weft.write(self._handle, data)

    def event(self, name: str, value: object) -> None:
        """Send one event of a stream. JSON has no line breaks, so that one line of data holds it."""
        _weft.write(self._handle, ("event: " + name + "\ndata: " + json_text(value) + "\n\n").encode())

    async def end(self) -> None:
        """Wait until the host has taken all of the answer, or nobody listens any more."""
        await writable(self._handle)


def serve(handle: int) -> None:
    """Answer one request."""
    exchange = Exchange(handle)

    async def work(runtime: Runtime) -> None:
        await _serve(runtime, exchange)
        await exchange.end()

    exports.HOST.run_blocking(work)
    _weft.close(handle)


async def _serve(runtime: Runtime, exchange: Exchange) -> None:
    try:
        if route(exchange) == "/healthz":
            exchange.answer(200, {"status": "ok"})
            return
        asked = read_asked(await exchange.body(), exchange.header("accept"))
        await _chat(runtime, exchange, asked)
    except Refused as refused:
        exchange.answer(refused.status, {"error": refused.message}, refused.headers)
    except Exception as error:  # noqa: BLE001 - as in cli/main.py: a host gets an answer in any case
        answer = {"error": exports.unforeseen(error)}
        if exchange.is_begun:
            exchange.event("error", answer)
        else:
            exchange.answer(500, answer)


def route(exchange: Exchange) -> str:
    """The path that is asked for. Refused for another, for another method, and for a body that is not JSON."""
    path: str = exchange.target.partition("?")[0]
    method = PATHS.get(path)
    if method is None:
        raise Refused(404, "no such path; expected POST /v1/chat or GET /healthz")
    if exchange.method != method:
        raise Refused(405, path + ": expected " + method, (("allow", method),))
    if method == "POST":
        # A page of somebody else's may send any other type without asking whether it may.
        kind = exchange.header("content-type").partition(";")[0].strip().lower()
        if kind != JSON:
            raise Refused(415, "expected content-type: " + JSON + ", found " + (kind or "none"))
        length = exchange.header("content-length")
        if length.isdigit() and int(length) > MOST_BODY_BYTES:
            raise Refused(413, "the body is larger than " + str(MOST_BODY_BYTES) + " bytes")
    return path


def read_asked(body: bytes, accept: str) -> Asked:
    """What a body asks for. Refused, with what was expected, if it is not such a request."""
    try:
        value = json_value(body.decode())
    except ValueError as error:
        raise Refused(400, "not JSON in UTF-8 (" + str(error) + "); " + _EXAMPLE)
    if not isinstance(value, dict):
        raise Refused(400, _EXAMPLE)
    for key in value:
        if key not in _KEYS:
            raise Refused(400, json_text(key) + ": there is no such key; " + _EXAMPLE)
    message = value.get("message")
    if not isinstance(message, str) or not message.strip():
        raise Refused(400, '"message": expected a text that is not empty')
    is_stream = value.get("stream", accept.partition(",")[0].partition(";")[0].strip().lower() == EVENTS)
    if not isinstance(is_stream, bool):
        raise Refused(400, '"stream": expected true or false')
    return Asked(message, _session(value.get("session")), is_stream=is_stream)


def _session(key: object) -> str:
    """The chat id of a session key, "" where none was asked for."""
    if key is None:
        return ""
    if not isinstance(key, str) or not key:
        raise Refused(400, '"session": expected a text that is not empty')
    name: str = key
    channel, colon, chat_id = name.partition(":")
    if not colon:
        return name
    if channel != CHANNEL or not chat_id:
        raise Refused(400, '"session": expected one of this channel, as "' + CHANNEL + ':NAME" or "NAME"')
    return chat_id


async def _chat(runtime: Runtime, exchange: Exchange, asked: Asked) -> None:
    if not asked.session:
        from clawft.core.chat_id import new_chat_id  # noqa: PLC0415 - only for a new session

        asked.session = new_chat_id(runtime)
    message = InboundMessage(CHANNEL, asked.session, asked.message)

    def tell(event: TurnEvent) -> None:
        if asked.is_stream and event.kind in _TOLD:
            if not exchange.is_begun:
                exchange.begin(200, EVENTS)
            exchange.event(event.kind, event_value(event))

    error: WeftError | None
    try:
        app = await exports.opened(runtime)
        answer, error = await answer_json(app.agent, message, tell)
    except WeftError as unopened:
        answer, error = failed(no_answer(CHANNEL + ":" + asked.session), unopened)
    if not asked.is_stream:
        exchange.answer(status_of(error), answer)
        return
    if not exchange.is_begun:
        exchange.begin(status_of(error), EVENTS)
    exchange.event("result" if error is None else "error", answer)


def event_value(event: TurnEvent) -> dict[str, object]:
    """The data of an event while a turn runs."""
    value: dict[str, object] = {"text": event.text}
    if event.name:
        value["name"] = event.name
    if event.kind == "tool_result":
        value["is_error"] = event.is_error
    return value


def status_of(error: WeftError | None) -> int:
    """What HTTP calls a turn that ended so: 502 where the provider failed, 500 where it is ours to put right."""
    if error is None:
        return 200
    return 502 if isinstance(error, ProviderError) else 500

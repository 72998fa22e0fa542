"""Turns one model call into a reply over HTTP: one attempt in `HttpModel`, retries and failover around models.

Wire formats, prices and configuration come from outside; what is decided here is when to ask again, and whom.
"""

from __future__ import annotations

from clawft.core.errors import ProviderError, TransportError
from clawft.core.interfaces import Model, Timeouts
from clawft.core.messages import ModelCall, TurnEvent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.config import Config
    from clawft.core.interfaces import Clock, Emit, Request, Response, Runtime
    from clawft.core.messages import Reply, Usage
    from clawft.core.wire_format import WireFormat

    Cost = Callable[[str, str, Usage], float | None]

REPLY_LIMIT_BYTES = 64 * 1024 * 1024
ERROR_LIMIT_BYTES = 64 * 1024
MAX_ATTEMPTS = 4
FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
# A provider that asks for more than this is passed over: a person is waiting.
LONGEST_ASKED_S = 60.0

# Phase of a transport failure: (kind, may be retried, what happened).
PHASES = {
    "resolve": ("network", True, "its address was not found"),
    "connect": ("network", True, "it could not be reached"),
    "tls": ("network", False, "no secure connection"),
    "send": ("network", True, "the request could not be sent"),
    "first_byte": ("timeout", True, "it did not begin to answer"),
    "body": ("network", True, "the answer broke off"),
    "total": ("timeout", False, "the answer took too long"),
}
# Kinds that another model may be spared: an invalid request is ours to put right, a refusal is an answer.
STAYS = ("invalid_request", "refused")


class HttpModel(Model):
    """A model behind an HTTP API. `cost` is asked for what a use costs where the provider does not tell."""

    def __init__(  # noqa: PLR0913 - made once, by keyword, from what was chosen
        self,
        runtime: Runtime,
        wire: WireFormat,
        *,
        provider: str,
        model: str,
        base_url: str,
        api_key: str = "",
        headers: list[tuple[str, str]] | None = None,
        timeouts: Timeouts | None = None,
        context_window_tokens: int | None = None,
        cost: Cost | None = None,
        limit_bytes: int = REPLY_LIMIT_BYTES,
    ) -> None:
        self.name = provider + "/" + model
        self.provider = provider
        self.model = model
        self.context_window_tokens = context_window_tokens
        self._runtime = runtime
        self._wire = wire
        self._base_url = base_url
        self._api_key = api_key
        self._headers = headers if headers is not None else []
        self._timeouts = timeouts
        self._cost = cost
        self._limit_bytes = limit_bytes

    async def complete(self, call: ModelCall, emit: Emit) -> Reply:
        """One attempt; the call's own model name is not used. ProviderError for whatever goes wrong."""
        call = ModelCall(
            self.model,
            call.messages,
            tools=call.tools,
            max_tokens=call.max_tokens,
            temperature=call.temperature,
            stream=call.stream,
        )
        request = self._wire.build_request(call, self._base_url, self._api_key, self._headers)
        reply: Reply = await self._exchanged(request, lambda response: self._reply(response, call, emit))
        reply.provider = self.provider
        reply.model = self.model
        if reply.usage.cost_usd is None and self._cost is not None:
            reply.usage.cost_usd = self._cost(self.provider, self.model, reply.usage)
        return reply

    async def _exchanged(self, request: Request, read: Callable[[Response], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what `read` gives
        if self._timeouts is not None:
            request.timeouts = self._timeouts
        try:
            response = await self._runtime.http(request)
            try:
                if not 200 <= response.status < 300:  # noqa: PLR2004 - HTTP's own class of success
                    raise await self._refused(response)
                return await read(response)
            finally:
                await response.close()
        except TransportError as error:
            raise self._transport_error(error)

    async def _reply(self, response: Response, call: ModelCall, emit: Emit) -> Reply:
        content_type = _header(response, "content-type").lower()
        if call.stream and "application/json" not in content_type:
            return await self._streamed(response, emit)
        body = await self._body(response, self._limit_bytes)
        reply = self._wire.parse_response(body)
        if call.stream and reply.text:
            emit(TurnEvent("text", reply.text))
        return reply

    async def ask(self, request: Request) -> bytes:
        """The body that answers a request which is no call: one attempt, errors as of `complete`."""
        body: bytes = await self._exchanged(request, lambda response: self._body(response, self._limit_bytes))
        return body

    async def _streamed(self, response: Response, emit: Emit) -> Reply:
        reader = self._wire.reader()
        size_bytes = 0
        while True:
            try:
                data = await response.read()
            except TransportError:
                # Some servers say all there is to say and then drop the connection: that is a reply.
                try:
                    return reader.finish()
                except ProviderError:
                    pass
                raise
            if not data:
                return reader.finish()
            size_bytes += len(data)
            if size_bytes > self._limit_bytes:
                raise self._too_long()
            for piece in reader.feed(data):
                emit(TurnEvent("text", piece))

    async def _body(self, response: Response, limit_bytes: int) -> bytes:
        pieces: list[bytes] = []
        size_bytes = 0
        while True:
            data = await response.read()
            if not data:
                return b"".join(pieces)
            pieces.append(data)
            size_bytes += len(data)
            if size_bytes > limit_bytes:
                raise self._too_long()

    async def _refused(self, response: Response) -> ProviderError:
        if 300 <= response.status < 400:  # noqa: PLR2004 - HTTP's own class of redirects
            target = _header(response, "location")
            return ProviderError(
                "invalid_request",
                f"{self.provider} redirects (HTTP {response.status}) to {_origin(target)}, which is not followed: a key"
                f" goes only where it was meant for; if that is right, set providers.{self.provider}.api_base to it",
                status=response.status,
            )
        pieces: list[bytes] = []
        size_bytes = 0
        try:
            while size_bytes < ERROR_LIMIT_BYTES:
                data = await response.read()
                if not data:
                    break
                pieces.append(data)
                size_bytes += len(data)
        except TransportError:
            pass  # the status says enough: what came of the body is a bonus
        return self._wire.parse_error(
            response.status, response.headers, b"".join(pieces), self._runtime.clock.now_s()
        )

    def _transport_error(self, error: TransportError) -> ProviderError:
        kind, may_retry, what = PHASES[error.phase]
        text = error.message
        for secret in [self._api_key] + [value for _, value in self._headers]:
            if len(secret) > 3:  # noqa: PLR2004 - shorter is a placeholder, and would tear words apart
                text = text.replace(secret, "[redacted]")
        return ProviderError(kind, self.provider + ": " + what + " (" + text + ")", retryable=may_retry)

    def _too_long(self) -> ProviderError:
        return ProviderError(
            "invalid_response",
            f"{self.provider}: the reply is over {self._limit_bytes} bytes and was dropped",
        )


def timeouts_of(config: Config) -> Timeouts:
    """How patient a configuration is."""
    return Timeouts(
        config.number("requests.connect_timeout_s"),
        config.number("requests.first_byte_timeout_s"),
        config.number("requests.between_bytes_timeout_s"),
        config.number("requests.total_timeout_s"),
    )


class Shown:
    """An emit that remembers whether any of an answer has been shown."""

    def __init__(self, emit: Emit) -> None:
        self._emit = emit
        self.is_shown = False

    def __call__(self, event: TurnEvent) -> None:
        if event.kind == "text" and event.text:
            self.is_shown = True
        self._emit(event)


async def complete_with_failover(
    models: list[Model],
    call: ModelCall,
    emit: Emit,
    clock: Clock,
    random_bytes: Callable[[int], bytes],
    max_attempts: int = MAX_ATTEMPTS,
) -> Reply:
    """The reply of the first model that gives one; each is asked up to `max_attempts` times.

    An answer that was half shown when it broke off is not asked for again: what a person has read stays true.
    ProviderError names every model that was asked and why it did not answer.
    """
    failures: list[tuple[str, ProviderError]] = []
    for index, model in enumerate(models):
        is_last = index == len(models) - 1
        for attempt in range(1, max_attempts + 1):
            shown = Shown(emit)
            try:
                return await model.complete(call, shown)
            except ProviderError as failure:
                error = failure
            if shown.is_shown:
                raise ProviderError(
                    error.kind,
                    f"{model.name}: {error.message}; part of the answer had been shown, so it is not asked for again",
                    status=error.status,
                )
            wait_s = wait_before_retry_s(error, attempt, random_bytes)
            if wait_s is None or attempt == max_attempts:
                break
            emit(
                TurnEvent(
                    "notice",
                    f"{model.name}: {error.message}; trying again in {wait_s:.1f} s ({attempt + 1} of {max_attempts})",
                )
            )
            await clock.sleep(wait_s)
        failures.append((model.name, error))
        if error.kind in STAYS:
            break
        if not is_last:
            emit(
                TurnEvent("notice", f"{model.name}: {error.message}; asking {models[index + 1].name} instead")
            )
    raise _all_failed(failures)


def wait_before_retry_s(
    error: ProviderError, attempt: int, random_bytes: Callable[[int], bytes]
) -> float | None:
    """Seconds to wait after the attempt of this number (from 1) failed, None if it is not to be tried again.

    Full jitter (anything from 0 to a bound that doubles), or what the provider asks for and up to a tenth more, so
    that many who wait for the same limit do not come back at once.
    """
    if not error.retryable:
        return None
    part = int.from_bytes(random_bytes(4), "big") / 4294967296
    if error.retry_after_s is not None:
        asked_s = error.retry_after_s
        return None if asked_s > LONGEST_ASKED_S else asked_s * (1 + part / 10)
    bound_s = FIRST_WAIT_S * (1 << min(attempt - 1, 30))
    return part * min(LONGEST_WAIT_S, bound_s)


def _all_failed(failures: list[tuple[str, ProviderError]]) -> ProviderError:
    if not failures:
        return ProviderError("invalid_request", "there is no model to ask; set agents.defaults.model")
    last = failures[-1][1]
    told = "; ".join([name + ": " + error.message for name, error in failures])
    return ProviderError(
        last.kind,
        told if len(failures) == 1 else "no model answered: " + told,
        retryable=last.retryable,
        retry_after_s=last.retry_after_s,
        status=last.status,
    )


def _header(response: Response, name: str) -> str:
    for found, value in response.headers:
        if found == name:
            return value
    return ""


def _origin(url: str) -> str:
    """Scheme and host of a URL, whose rest may hold secrets; a relative one is named so."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return "another path"
    host = rest.split("/")[0].split("?")[0].split("@")[-1]
    return "".join([letter for letter in scheme + mark + host if "!" <= letter <= "~"])[:200]

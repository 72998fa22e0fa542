"""Sends what a model named as a URL, and whatever it redirects to: judged, resolved once and pinned at every hop.

Every hop is put on record with the addresses it may reach before anything is connected to. Reads no body beyond its
limit, and knows no content.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError, TransportError
from clawft.core.interfaces import Request, Timeouts
from clawft.core.url import UrlError
from clawft.security.canonical_url import canonical_url
from clawft.security.url_requests import (
    checked_headers,
    checked_method,
    redirected_headers,
    redirected_method,
)
from clawft.security.urls import REDIRECT_STATUSES, CheckedUrl

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from clawft.core.interfaces import Response, Runtime
    from clawft.security.urls import UrlPolicy

    # Puts on record what is about to be asked: (kind, subject, tool, session). Raises StorageError: then nothing is.
    Record = Callable[[str, str, str, str], Awaitable[None]]

CONNECT_S = 10.0
FIRST_BYTE_S = 30.0
BETWEEN_BYTES_S = 15.0
TOTAL_S = 60.0  # of all hops together


class Answer:
    """The head of the last hop's answer. `hops` are the URLs that led there. `read` and `close` its body."""

    __slots__ = ("_response", "hops", "status", "url")

    def __init__(self, response: Response, url: CheckedUrl, hops: list[str]) -> None:
        self._response = response
        self.status = response.status
        self.url = url
        self.hops = hops

    def header(self, name: str) -> str:
        """The first header of a name (in lower case), "" if there is none."""
        for other, value in self._response.headers:
            if other == name:
                return value
        return ""

    async def read(self) -> bytes:
        """The next piece, b"" at the end. Raises ToolError."""
        try:
            return await self._response.read()
        except TransportError as error:
            raise ToolError(self.url.origin + ": the answer broke off: " + error.message)

    async def close(self) -> None:
        await self._response.close()


class WebClient:
    """What one tool may ask of the web under one policy."""

    def __init__(self, runtime: Runtime, policy: UrlPolicy, record: Record, tool: str) -> None:
        self._runtime = runtime
        self._policy = policy
        self._record = record
        self._tool = tool

    def check(
        self, method: str, url: str, headers: list[tuple[str, str]]
    ) -> tuple[str, CheckedUrl, list[tuple[str, str]]]:
        """Method, URL and headers as they will be asked for, judged as far as that goes before a name is resolved.

        Raises PolicyDenied, and ToolError for what is no URL.
        """
        settings = self._policy.settings
        method = checked_method(settings, method)
        headers = checked_headers(settings, method, headers)
        try:
            return method, self._policy.judge(url), headers
        except UrlError as error:
            raise ToolError("url: " + str(error))

    async def open(
        self,
        method: str,
        url: str,
        headers: list[tuple[str, str]],
        total_s: float = TOTAL_S,
        session: str = "",
    ) -> Answer:
        """The answer at the end of all redirects; the caller closes it. `headers` are the model's.

        Raises PolicyDenied, also for a name that does not resolve, and ToolError for what is no URL, does not answer
        or leads nowhere.
        """
        method, checked, headers = self.check(method, url, headers)
        until_s = self._runtime.clock.monotonic_s() + total_s
        hops: list[str] = []
        while True:
            response = await self._sent(method, checked, headers, until_s, session)
            location = location_of(response) if response.status in REDIRECT_STATUSES else ""
            if not location:
                return Answer(response, checked, hops)
            await response.close()
            hops.append(checked.text)
            try:
                following = self._policy.redirect(checked, response.status, location)
            except UrlError as error:
                raise ToolError(checked.origin + " redirects to what is no URL: " + str(error))
            next_method = redirected_method(response.status, method)
            headers = redirected_headers(
                headers, checked.canonical.parts, following.canonical.parts, keeps_body=next_method == method
            )
            method, checked = next_method, following

    async def ask(self, request: Request, session: str = "") -> Answer:
        """The answer to a request whose address an owner configured: no policy binds it, no redirect is followed.

        Raises PolicyDenied or UrlError for what `canonical_url` refuses, and ToolError where nothing answers.
        """
        url = CheckedUrl(canonical_url(request.url), None, 0, may_reach_private=True)
        request.url = url.text
        await self._record("url", request.method + " " + url.text, self._tool, session)
        try:
            return Answer(await self._runtime.http(request), url, [])
        except TransportError as error:
            raise ToolError(error.message)

    async def _sent(
        self, method: str, checked: CheckedUrl, headers: list[tuple[str, str]], until_s: float, session: str
    ) -> Response:
        addresses = await self._addresses(checked)
        where = "an address that the sandbox's host chooses" if addresses is None else ", ".join(addresses)
        subject = method + " " + checked.text + " at " + where
        await self._record("url", subject, self._tool, session)
        left_s = until_s - self._runtime.clock.monotonic_s()
        if left_s <= 0:
            raise ToolError(checked.origin + ": the time for this request is over")
        limits = [min(limit_s, left_s) for limit_s in (CONNECT_S, FIRST_BYTE_S, BETWEEN_BYTES_S)]
        request = Request(
            method,
            checked.text,
            headers,
            addresses=addresses,
            timeouts=Timeouts(limits[0], limits[1], limits[2], left_s),
        )
        try:
            return await self._runtime.http(request)
        except TransportError as error:
            raise ToolError(error.message)

    async def _addresses(self, checked: CheckedUrl) -> tuple[str, ...] | None:
        """Where this hop may connect to: of one resolution, which is the only one there is.

        None in a sandbox: names and literal addresses have been judged, and its host alone can judge the rest.
        """
        if checked.address is not None:  # judged with the text
            return (checked.address.text,)
        try:
            found = await self._runtime.resolve(checked.host, checked.port)
        except TransportError:
            found = ()
        return None if found is None else self._policy.judge_addresses(checked, found)


async def body_of(answer: Answer, limit_bytes: int) -> tuple[bytes, bool]:
    """What an answer says, up to a limit, and if that is all of it. The rest is not received. Raises ToolError."""
    pieces: list[bytes] = []
    size_bytes = 0
    try:
        while size_bytes <= limit_bytes:
            piece = await answer.read()
            if not piece:
                return b"".join(pieces), True
            pieces.append(piece)
            size_bytes += len(piece)
    finally:
        await answer.close()
    return b"".join(pieces)[:limit_bytes], False


def location_of(response: Response) -> str:
    """Where a redirect leads, "" if it does not say. Raises PolicyDenied where it says two things."""
    values = [value for name, value in response.headers if name == "location"]
    if not values:
        return ""
    for value in values[1:]:
        if value != values[0]:
            raise PolicyDenied("url.redirect", "a redirect", "it names two places to go to")
    return _as_utf_8(values[0])


def _as_utf_8(value: str) -> str:
    """A header's bytes read as what URLs are written in. A runtime hands them on as Latin-1, byte by byte."""
    if max(value + " ") < "\x80" or max(value) > "\xff":
        return value
    try:
        return bytes([ord(character) for character in value]).decode()
    except UnicodeError:
        return value

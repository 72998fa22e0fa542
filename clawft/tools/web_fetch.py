"""Turns a URL that a model names into text it can read. What may be fetched is `security.urls`' to say.

Compressed answers are refused: requests ask for none, and what inflates to no more than it was cannot be a bomb.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, ToolError
from clawft.core.interfaces import Tool
from clawft.core.sanitize import sanitize_content
from clawft.core.url import UrlError
from clawft.security.canonical_url import resolved
from clawft.tools.charsets import charset_of, decoded
from clawft.tools.content import BINARY, HTML, expect_identity, kind_of_content, media_type
from clawft.tools.web_client import TOTAL_S, body_of
from clawft.tools.web_schemas import WEB_FETCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.tools.web_client import Answer, WebClient

# A page that is longer is cut: no model reads more, and an executable takes about a second over the worst of them.
MOST_BODY_BYTES = 1024 * 1024
# Each costs some time to read; the text of further links stays, their addresses do not.
MOST_LINKS = 2000
# For redirects and the server's own words.
SHOWN_CHARACTERS = 200
ACCEPT = "text/html,application/xhtml+xml,text/markdown,text/plain,application/json;q=0.9,*/*;q=0.5"


class WebFetch(Tool):
    """Fetches text. HTML becomes Markdown unless `raw` is asked for; binary content is refused with its type."""

    schema = WEB_FETCH

    def __init__(
        self, client: WebClient, limit_bytes: int = MOST_BODY_BYTES, total_s: float = TOTAL_S
    ) -> None:
        self.client = client
        self._limit_bytes = limit_bytes
        self._total_s = total_s

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        headers = _headers(arguments)
        if "accept" not in [name.lower() for name, _ in headers]:
            headers.append(("accept", ACCEPT))
        answer = await self.client.open(
            _method(arguments), str(arguments["url"]), headers, self._total_s, session
        )
        data, is_whole = await self._body(answer)
        content_type = answer.header("content-type")
        result: dict[str, object] = {
            "status": answer.status,
            "content_type": sanitize_content(content_type)[:SHOWN_CHARACTERS],
            "url": answer.url.text,
            "bytes": len(data),
        }
        if answer.hops:
            result["redirects"] = answer.hops
        if not is_whole:
            result["truncated"] = True
        self._add_text(result, answer, data, is_raw=arguments.get("raw") is True)
        return result

    def check(self, arguments: dict[str, object]) -> None:
        self.client.check(_method(arguments), str(arguments["url"]), _headers(arguments))

    async def _body(self, answer: Answer) -> tuple[bytes, bool]:
        """The body up to the limit, and if that is all of it. Raises ToolError for what is no plain text."""
        name, _ = media_type(answer.header("content-type"))
        is_text = False
        first = b""
        try:
            expect_identity(answer.header("content-encoding"))
            first = await answer.read()
            is_text = not first or kind_of_content(name, first) != BINARY
        finally:
            if not is_text:
                await answer.close()
        rest, is_whole = (
            await body_of(answer, self._limit_bytes - len(first)) if is_text and first else (b"", True)
        )
        data = first + rest
        if data and kind_of_content(name, data) == BINARY:  # the first piece may have been one byte
            raise _binary(answer, name)
        return data[: self._limit_bytes], is_whole and len(data) <= self._limit_bytes

    def _add_text(self, result: dict[str, object], answer: Answer, data: bytes, *, is_raw: bool) -> None:
        name, declared = media_type(answer.header("content-type"))
        is_html = kind_of_content(name, data) == HTML
        text = decoded(data, charset_of(declared, data, is_html=is_html))
        if "truncated" in result:
            text = text.rstrip("\ufffd")  # the cut may go through a character
        if is_html and not is_raw:
            from clawft.tools.html_text import page_of  # noqa: PLC0415 - only pages need it

            page = page_of(text, _Links(answer))
            if page.title:
                result["title"] = sanitize_content(page.title)
            text = page.text
        result["body"] = sanitize_content(text)


def _headers(arguments: dict[str, object]) -> list[tuple[str, str]]:
    given = arguments.get("headers")
    return [(name, str(value)) for name, value in given.items()] if isinstance(given, dict) else []


def _method(arguments: dict[str, object]) -> str:
    return str(arguments.get("method", "GET"))


class _Links:
    """Makes a page's links such as a model may fetch, "" for those that it could not."""

    def __init__(self, answer: Answer) -> None:
        self._base = answer.url.canonical
        self._known: dict[str, str] = {}

    def __call__(self, address: str) -> str:
        if address[:7].lower() == "mailto:":
            return address
        known = self._known.get(address)
        if known is None:
            known = self._resolved(address) if len(self._known) < MOST_LINKS else ""
            self._known[address] = known
        return known

    def _resolved(self, address: str) -> str:
        try:
            return resolved(self._base, address).text
        except (UrlError, PolicyDenied):
            return ""


def _binary(answer: Answer, name: str) -> ToolError:
    length = answer.header("content-length")
    size = length + " bytes" if length.isdigit() else "of unknown size"
    return ToolError(
        answer.url.text[:SHOWN_CHARACTERS]
        + ": is no text but "
        + (sanitize_content(name)[:60] or "binary data")
        + " ("
        + size[:30]
        + "); only text can be fetched"
    )

"""What each search engine is asked and how its answer is read: bytes and records in, bytes and records out. No I/O."""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.errors import ToolError
from clawft.core.interfaces import Request
from clawft.core.sanitize import sanitize_content

TITLE_CHARACTERS = 300
SNIPPET_CHARACTERS = 1000
URL_CHARACTERS = 2048
_UNRESERVED = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"


class Found:
    """One result, in plain text."""

    __slots__ = ("snippet", "title", "url")

    def __init__(self, title: str, url: str, snippet: str) -> None:
        self.title = title
        self.url = url
        self.snippet = snippet


class SearchEngine:
    """One engine's protocol. `name` is what answers and configurations call it, `note` what its results lack."""

    name = ""
    note = ""
    default_endpoint = ""
    needs_key = False
    is_owners = True  # configured by the owner: no policy for what models name binds it
    limit_statuses: tuple[int, ...] = (429,)
    key_statuses: tuple[int, ...] = (401, 403)
    refusal = "check tools.web.search.api_key"  # what an owner can do about one of key_statuses

    def request(self, endpoint: str, api_key: str, query: str, count: int) -> Request:
        """What to send."""
        raise NotImplementedError

    def items(self, answer: dict[str, object]) -> object:
        """Where the answer has its list of results."""
        raise NotImplementedError

    def found(self, item: dict[str, object]) -> Found:
        """One result of the list, as it came."""
        raise NotImplementedError

    def results(self, body: bytes, count: int) -> list[Found]:
        """At most `count` results that have a web address. ToolError for an answer in another form."""
        try:
            answer = json_value(body.decode())
        except (ValueError, UnicodeError):
            raise ToolError(self.name + ": the answer is not JSON")
        items = self.items(answer) if isinstance(answer, dict) else None
        if not isinstance(items, list):
            raise ToolError(self.name + ": the answer has no list of results")
        kept: list[Found] = []
        for item in items:
            if isinstance(item, dict) and len(kept) < count:
                found = self.found(item)
                if found.url[:7].lower() == "http://" or found.url[:8].lower() == "https://":
                    kept.append(found)
        return kept


class Brave(SearchEngine):
    """Of api.search.brave.com, see https://api-dashboard.search.brave.com/app/documentation/web-search ."""

    name = "brave"
    default_endpoint = "https://api.search.brave.com/res/v1/web/search"
    needs_key = True
    key_statuses = (401, 403, 422)  # 422: SUBSCRIPTION_TOKEN_INVALID

    def request(self, endpoint: str, api_key: str, query: str, count: int) -> Request:
        url = endpoint + "?q=" + quoted(query) + "&count=" + str(count)
        return Request("GET", url, [("Accept", "application/json"), ("X-Subscription-Token", api_key)])

    def items(self, answer: dict[str, object]) -> object:
        web = answer.get("web")
        if web is None and answer.get("type") == "search":  # nothing found
            return []
        return web.get("results") if isinstance(web, dict) else None

    def found(self, item: dict[str, object]) -> Found:
        return plain_found(item, "description")


class Tavily(SearchEngine):
    """Of api.tavily.com, see https://docs.tavily.com/documentation/api-reference/endpoint/search ."""

    name = "tavily"
    default_endpoint = "https://api.tavily.com/search"
    needs_key = True
    limit_statuses = (429, 432, 433)  # 432 and 433: what the plan or its owner allows is used up

    def request(self, endpoint: str, api_key: str, query: str, count: int) -> Request:
        body = json_text({"query": query, "max_results": count})
        headers = [
            ("Accept", "application/json"),
            ("Authorization", "Bearer " + api_key),
            ("Content-Type", "application/json"),
        ]
        return Request("POST", endpoint, headers, body.encode())

    def items(self, answer: dict[str, object]) -> object:
        return answer.get("results")

    def found(self, item: dict[str, object]) -> Found:
        return plain_found(item, "content")


class Searxng(SearchEngine):
    """An instance of one's own, with `json` among its formats: https://docs.searxng.org/dev/search_api.html ."""

    name = "searxng"
    refusal = "its settings must list json under search.formats and let you in"

    def request(self, endpoint: str, api_key: str, query: str, count: int) -> Request:  # noqa: ARG002 - no such option
        url = endpoint.rstrip("/")
        if not url.endswith("/search"):
            url += "/search"
        headers = [("Accept", "application/json")]
        if api_key:
            headers.append(("Authorization", "Bearer " + api_key))
        return Request("GET", url + "?q=" + quoted(query) + "&format=json", headers)

    def items(self, answer: dict[str, object]) -> object:
        return answer.get("results")

    def found(self, item: dict[str, object]) -> Found:
        return plain_found(item, "content")


class Wikipedia(SearchEngine):
    """The encyclopedia alone, without a key: https://www.mediawiki.org/wiki/API:REST_API/Reference ."""

    name = "wikipedia"
    is_owners = False
    note = (
        "Only Wikipedia was searched: no search engine is configured. For the whole web the owner can set "
        "tools.web.search.provider to brave, tavily or searxng."
    )
    default_endpoint = "https://en.wikipedia.org/w/rest.php/v1/search/page"
    page = "https://en.wikipedia.org/wiki/"

    def request(self, endpoint: str, api_key: str, query: str, count: int) -> Request:  # noqa: ARG002 - needs none
        return Request("GET", endpoint + "?q=" + quoted(query) + "&limit=" + str(count), [])

    def items(self, answer: dict[str, object]) -> object:
        return answer.get("pages")

    def found(self, item: dict[str, object]) -> Found:
        key = item.get("key")
        address = self.page + quoted(key, b"/:,()!'") if isinstance(key, str) and key else ""
        snippet = plain(item.get("excerpt"), SNIPPET_CHARACTERS)
        description = plain(item.get("description"), SNIPPET_CHARACTERS)
        if description and snippet:
            snippet = description + ": " + snippet
        return Found(plain(item.get("title"), TITLE_CHARACTERS), address, snippet or description)


ENGINES: tuple[type[SearchEngine], ...] = (Brave, Tavily, Searxng, Wikipedia)


def plain_found(item: dict[str, object], snippet: str) -> Found:
    """A result with the usual names."""
    url = item.get("url")
    return Found(
        plain(item.get("title"), TITLE_CHARACTERS),
        sanitize_content(url)[:URL_CHARACTERS] if isinstance(url, str) else "",
        plain(item.get(snippet), SNIPPET_CHARACTERS),
    )


def plain(value: object, limit: int) -> str:
    """The text of a fragment of HTML on one line, "" for what is no text."""
    if not isinstance(value, str):
        return ""
    text = value[: 4 * limit]
    if "<" in text or "&" in text:
        text = _words(text)
    return " ".join(sanitize_content(text).split())[:limit]


def _words(html: str) -> str:
    from clawft.tools.html_entities import Entities  # noqa: PLC0415 - not every answer needs it
    from clawft.tools.html_tokens import TEXT, tokens  # noqa: PLC0415 - as above

    entities = Entities()
    return "".join(
        [entities.decoded(content.decode()) for kind, _, content in tokens(html.encode()) if kind == TEXT]
    )


def quoted(text: str, more: bytes = b"") -> str:
    """Text percent-encoded for a query, or for a path with `more` bytes left as they are."""
    return "".join(
        [chr(byte) if byte in _UNRESERVED or byte in more else "%%%02X" % byte for byte in text.encode()]
    )

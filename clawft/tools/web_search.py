"""Turns a query into results of the configured search engine. What engines are asked is `search_engines`' to know."""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied, ToolError
from clawft.core.interfaces import Timeouts, Tool
from clawft.core.near import did_you_mean
from clawft.core.sanitize import sanitize_content
from clawft.core.url import UrlError
from clawft.security.canonical_url import canonical_url
from clawft.tools.search_engines import ENGINES, SearchEngine, Wikipedia
from clawft.tools.web_client import BETWEEN_BYTES_S, CONNECT_S, FIRST_BYTE_S, body_of
from clawft.tools.web_schemas import MOST_RESULTS, WEB_SEARCH

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Request
    from clawft.tools.web_client import Answer, WebClient

SECTION = "tools.web.search"
DEFAULT_RESULTS = 5
QUERY_CHARACTERS = 400  # what engines take
ANSWER_LIMIT_BYTES = 1024 * 1024
TOTAL_S = 30.0
_DONE = 200


def search_engine(provider: str, api_key: str, endpoint: str) -> SearchEngine:
    """The engine that a configuration names, "" for the one that needs none. Raises ConfigError."""
    if not provider:
        if api_key or endpoint:
            names = ", ".join([engine.name for engine in ENGINES])
            raise ConfigError(SECTION + ".provider", "one of " + names, "none, beside a key or an endpoint")
        return Wikipedia()
    for kind in ENGINES:
        if kind.name == provider.lower():
            _check(kind, api_key, endpoint)
            return kind()
    names_known = [kind.name for kind in ENGINES]
    raise ConfigError(
        SECTION + ".provider",
        "one of " + ", ".join(names_known),
        repr(provider),
        did_you_mean(provider.lower(), names_known),
    )


def _check(kind: type[SearchEngine], api_key: str, endpoint: str) -> None:
    if kind.needs_key and not api_key:
        raise ConfigError(SECTION + ".api_key", "the API key of " + kind.name, "none")
    if not (endpoint or kind.default_endpoint):
        raise ConfigError(SECTION + ".endpoint", "the URL of your " + kind.name, "none")
    if endpoint:
        try:
            canonical_url(endpoint)
        except (UrlError, PolicyDenied) as error:
            raise ConfigError(SECTION + ".endpoint", "an http or https URL", "another text", str(error))


class WebSearch(Tool):
    """Searches with the one configured engine, an owner's own or the one that needs no key."""

    schema = WEB_SEARCH

    def __init__(
        self,
        client: WebClient,
        *,
        provider: str = "",
        api_key: str = "",
        endpoint: str = "",
        default_results: int = DEFAULT_RESULTS,
    ) -> None:
        """Raises ConfigError for a provider that does not exist, or lacks its key or endpoint."""
        self.engine = search_engine(provider, api_key, endpoint)
        self._client = client
        self._api_key = api_key
        self._endpoint = endpoint
        self._default_results = default_results

    async def call(self, arguments: dict[str, object], session: str = "") -> dict[str, object]:
        query = " ".join(sanitize_content(str(arguments["query"])).split())
        if not query or len(query) > QUERY_CHARACTERS:
            raise ToolError(f"query: expected 1 to {QUERY_CHARACTERS} characters, found {len(query)}")
        count = arguments.get("num_results", self._default_results)
        count = max(1, min(count, MOST_RESULTS)) if isinstance(count, int) else DEFAULT_RESULTS
        answer = await self._asked(query, count, session)
        data, is_whole = await body_of(answer, ANSWER_LIMIT_BYTES)
        self._expect_success(answer)
        if not is_whole:
            raise ToolError(f"{self.engine.name}: the answer is larger than {ANSWER_LIMIT_BYTES} bytes")
        found = self.engine.results(data, count)
        result: dict[str, object] = {
            "query": query,
            "engine": self.engine.name,
            "results": [{"title": one.title, "url": one.url, "snippet": one.snippet} for one in found],
        }
        if self.engine.note:
            result["note"] = self.engine.note
        return result

    def check(self, _arguments: dict[str, object]) -> None:
        if not self.engine.is_owners:
            request = self._request("", 1)
            self._client.check(request.method, request.url, request.headers)

    def _request(self, query: str, count: int) -> Request:
        engine = self.engine
        return engine.request(self._endpoint or engine.default_endpoint, self._api_key, query, count)

    async def _asked(self, query: str, count: int, session: str) -> Answer:
        request = self._request(query, count)
        if not self.engine.is_owners:
            return await self._client.open(request.method, request.url, request.headers, TOTAL_S, session)
        request.timeouts = Timeouts(CONNECT_S, FIRST_BYTE_S, BETWEEN_BYTES_S, TOTAL_S)
        return await self._client.ask(request, session)

    def _expect_success(self, answer: Answer) -> None:
        """Raises ToolError for any other status than 200."""
        name, status = self.engine.name, str(answer.status)
        if answer.status == _DONE:
            return
        if answer.status in self.engine.limit_statuses:
            after = answer.header("retry-after")
            wait = " after " + after[:9] + " s" if after.isdigit() else " later"
            raise ToolError(name + ": too many searches (" + status + "); try again" + wait)
        if answer.status in self.engine.key_statuses:
            raise ToolError(name + ": the search is refused (" + status + "): " + self.engine.refusal)
        raise ToolError(name + ": the search failed with status " + status)

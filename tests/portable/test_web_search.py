"""`web_search`: what each engine is sent, byte by byte what it answers, and what every failure says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.compat import json_value
from clawft.core.errors import ConfigError, PolicyDenied, ToolError, TransportError
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy
from clawft.tools.web_client import WebClient
from clawft.tools.web_search import WebSearch

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

BRAVE = b"""{"type":"search","query":{"original":"a b"},"web":{"type":"search","results":[
{"title":"One &amp; <strong>two</strong>","url":"https://one.example/?a=1&b=2","is_source_local":false,
"description":"About <strong>a b</strong>\\u202e.","language":"en"},
{"title":"No address","url":"javascript:alert(1)","description":"x"},
{"title":7,"url":"http://two.example/","description":null}]}}"""
TAVILY = b"""{"query":"a b","follow_up_questions":null,"answer":null,"images":[],"results":[
{"title":"One","url":"https://one.example/","content":"Text\\n of  it","score":0.9,"raw_content":null},
{"title":"Two","url":"https://two.example/","content":"More","score":0.5,"raw_content":null}],"response_time":1.1}"""
SEARXNG = b"""{"query":"a b","number_of_results":0,"results":[{"template":"default.html","url":"https://one.example/",
"title":"One","content":"Text","engine":"duckduckgo","engines":["duckduckgo"],"score":1.0,"category":"general"}],
"answers":[],"corrections":[],"infoboxes":[],"suggestions":[],"unresponsive_engines":[]}"""
WIKIPEDIA = b"""{"pages":[{"id":38930,"key":"Caf\xc3\xa9_(disambiguation)/x","title":"Caf\xc3\xa9",
"excerpt":"<span class=\\"searchmatch\\">Caf\xc3\xa9</span> is &quot;coffee&quot;","matched_title":null,"anchor":null,
"description":"Place","thumbnail":null},{"id":1,"key":"Two","title":"Two","excerpt":"","description":null}]}"""
ONE = {"title": "One", "url": "https://one.example/", "snippet": "Text"}


class World:
    """A tool on a runtime, and what was put on record."""

    def __init__(
        self,
        runtime: FakeRuntime,
        settings: UrlSettings | None = None,
        provider: str = "",
        api_key: str = "",
        endpoint: str = "",
    ) -> None:
        self.runtime = runtime
        runtime.addresses = {"en.wikipedia.org": ("198.35.26.96",)}
        self.records: list[str] = []
        policy = UrlPolicy(settings if settings is not None else UrlSettings())
        self.search = WebSearch(
            WebClient(runtime, policy, self.record, "web_search"),
            provider=provider,
            api_key=api_key,
            endpoint=endpoint,
        )

    async def record(self, kind: str, subject: str, tool: str, session: str) -> None:
        assert (kind, tool, session) == ("url", "web_search", "cli:a")
        self.records.append(subject)

    async def call(self, body: bytes, status: int = 200, **arguments: object) -> dict[str, object]:
        self.runtime.replies.append((status, [("Content-Type", "application/json")], [body]))
        arguments["query"] = arguments.get("query", "a b")
        return await self.search.call(arguments, "cli:a")

    async def error(self, body: bytes, status: int = 200, **arguments: object) -> str:
        try:
            result = await self.call(body, status, **arguments)
        except ToolError as error:
            assert "key-1" not in error.message
            return error.message
        raise AssertionError(result)


async def test_brave_is_asked_with_its_key_in_a_header(runtime: FakeRuntime) -> None:
    world = World(runtime, provider="brave", api_key="key-1")
    assert await world.call(BRAVE, query=" caf\u00e9 &\n", num_results=3) == {
        "query": "caf\u00e9 &",
        "engine": "brave",
        "results": [
            {"title": "One & two", "url": "https://one.example/?a=1&b=2", "snippet": "About a b."},
            {"title": "", "url": "http://two.example/", "snippet": ""},
        ],
    }
    request = runtime.requests[0]
    url = "https://api.search.brave.com/res/v1/web/search?q=caf%C3%A9%20%26&count=3"
    assert (request.method, request.url, request.body) == ("GET", url, b"")
    assert request.headers == [("Accept", "application/json"), ("X-Subscription-Token", "key-1")]
    assert request.addresses is None  # an owner's: a proxy may serve it
    assert world.records == ["GET " + url]
    nothing = await world.call(b'{"type":"search","query":{"original":"a b"}}')
    assert nothing["results"] == []


async def test_tavily_is_asked_with_a_body(runtime: FakeRuntime) -> None:
    world = World(runtime, provider="Tavily", api_key="key-1")
    result = await world.call(TAVILY, num_results=1)
    assert result["results"] == [{"title": "One", "url": "https://one.example/", "snippet": "Text of it"}]
    request = runtime.requests[0]
    assert (request.method, request.url) == ("POST", "https://api.tavily.com/search")
    assert json_value(request.body.decode()) == {"query": "a b", "max_results": 1}
    assert ("Authorization", "Bearer key-1") in request.headers
    assert world.records == ["POST https://api.tavily.com/search"]


async def test_searxng_is_an_instance_of_ones_own(runtime: FakeRuntime) -> None:
    for endpoint in ("http://127.0.0.1:7777", "http://127.0.0.1:7777/", "http://127.0.0.1:7777/search"):
        world = World(runtime, provider="searxng", endpoint=endpoint)
        assert (await world.call(SEARXNG))["results"] == [ONE]
        assert runtime.requests[-1].url == "http://127.0.0.1:7777/search?q=a%20b&format=json"
    assert runtime.requests[-1].headers == [("Accept", "application/json")]
    World(runtime, provider="searxng", endpoint="http://h/", api_key="key-1")


async def test_without_a_configuration_wikipedia_answers_and_says_so(runtime: FakeRuntime) -> None:
    world = World(runtime)
    result = await world.call(WIKIPEDIA, num_results=2)
    assert result["engine"] == "wikipedia"
    assert "Only Wikipedia was searched" in str(result["note"])
    assert result["results"] == [
        {
            "title": "Caf\u00e9",
            "url": "https://en.wikipedia.org/wiki/Caf%C3%A9_(disambiguation)/x",
            "snippet": 'Place: Caf\u00e9 is "coffee"',
        },
        {"title": "Two", "url": "https://en.wikipedia.org/wiki/Two", "snippet": ""},
    ]
    request = runtime.requests[0]
    assert request.url == "https://en.wikipedia.org/w/rest.php/v1/search/page?q=a%20b&limit=2"
    assert request.addresses == ("198.35.26.96",)
    assert world.records == ["GET " + request.url + " at 198.35.26.96"]


async def test_the_engine_that_nobody_configured_is_under_the_policy(runtime: FakeRuntime) -> None:
    world = World(runtime, UrlSettings(blocked_domains=["wikipedia.org"]))
    try:
        await world.call(WIKIPEDIA)
    except PolicyDenied as denied:
        assert denied.rule == "url.blocked_domains"
    else:
        raise AssertionError("wikipedia.org is blocked")
    runtime.replies.clear()
    # An owner who configures an engine has decided about it.
    settings = UrlSettings(blocked_domains=["brave.com"])
    assert (await World(runtime, settings, "brave", "key-1").call(BRAVE))["engine"] == "brave"


async def test_failures_say_what_to_do(runtime: FakeRuntime) -> None:
    brave = World(runtime, provider="brave", api_key="key-1")
    tavily = World(runtime, provider="tavily", api_key="key-1")
    searxng = World(runtime, provider="searxng", endpoint="http://127.0.0.1:8888")
    for world, status, words in (
        (brave, 401, "brave: the search is refused (401): check tools.web.search.api_key"),
        (brave, 422, "brave: the search is refused (422): check tools.web.search.api_key"),
        (tavily, 401, "tavily: the search is refused (401): check tools.web.search.api_key"),
        (
            searxng,
            403,
            "searxng: the search is refused (403): its settings must list json under search.formats",
        ),
        (brave, 429, "brave: too many searches (429); try again later"),
        (tavily, 432, "tavily: too many searches (432); try again later"),
        (brave, 500, "brave: the search failed with status 500"),
        (brave, 302, "brave: the search failed with status 302"),
    ):
        assert words in await world.error(b"{}", status), status
    runtime.replies.append((429, [("Retry-After", "30")], []))
    try:
        await brave.search.call({"query": "x"}, "cli:a")
    except ToolError as error:
        assert "try again after 30 s" in error.message
    runtime.replies.append(TransportError("connect", "https://api.search.brave.com: could not connect"))
    try:
        await brave.search.call({"query": "x"}, "cli:a")
    except ToolError as error:
        assert error.message.endswith("could not connect")
    assert all(response.is_closed for response in runtime.responses)


async def test_an_answer_in_another_form_is_an_error(runtime: FakeRuntime) -> None:
    world = World(runtime, provider="searxng", endpoint="http://127.0.0.1:8888")
    for body, words in (
        (b"<html>", "is not JSON"),
        (b"", "is not JSON"),
        (b'{"results":[', "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[]", "no list of results"),
        (b"{}", "no list of results"),
        (b'{"results":{}}', "no list of results"),
        (b" " * (1024 * 1024 + 1), "larger than"),
    ):
        assert words in await world.error(body), body[:20]
    assert (await world.call(b'{"results":[1,null,[],{},{"url":7}]}'))["results"] == []


async def test_a_query_must_hold_something(runtime: FakeRuntime) -> None:
    world = World(runtime)
    assert "expected 1 to 400" in await world.error(b"", query=" \u200b\n")
    assert "expected 1 to 400" in await world.error(b"", query="x" * 401)
    assert not runtime.requests


def test_a_configuration_is_checked_when_the_agent_starts(runtime: FakeRuntime) -> None:
    for provider, api_key, endpoint, path in (
        ("brave", "", "", "api_key"),
        ("tavily", "", "https://t.example/", "api_key"),
        ("searxng", "", "", "endpoint"),
        ("searxng", "", "localhost:8888", "endpoint"),
        ("searxng", "", "http://me:pw@h/", "endpoint"),
        ("bravo", "k", "", "provider"),
        ("", "k", "", "provider"),
    ):
        try:
            World(runtime, None, provider, api_key, endpoint)
        except ConfigError as error:
            assert error.path == "tools.web.search." + path, (provider, error.message)
        else:
            raise AssertionError(provider)
    assert World(runtime, None, "wikipedia").search.engine.name == "wikipedia"

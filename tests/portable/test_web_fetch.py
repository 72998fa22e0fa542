"""`web_fetch` under a policy: every hop judged, resolved once, pinned and on record; text out of all that is text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.errors import PolicyDenied, StorageError, ToolError, TransportError
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy
from clawft.tools.web_client import WebClient
from clawft.tools.web_fetch import MOST_BODY_BYTES, WebFetch

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime, Piece

PUBLIC = "93.184.216.34"
OTHER = "1.1.1.1"
PLAIN = [("Content-Type", "text/plain")]


class World:
    """A runtime with two public names, a tool on it, and what was put on record."""

    def __init__(self, runtime: FakeRuntime, settings: UrlSettings | None = None) -> None:
        self.runtime = runtime
        self.records: list[tuple[str, str]] = []
        runtime.addresses = {"a.example": (PUBLIC,), "b.example": (OTHER, "2606:4700:4700::1111")}
        policy = UrlPolicy(settings if settings is not None else UrlSettings())
        self.fetch = WebFetch(WebClient(runtime, policy, self.record, "web_fetch"))

    async def record(self, kind: str, subject: str, tool: str, session: str) -> None:
        assert (tool, session) == ("web_fetch", "cli:a")
        # Before anything is connected to: as many records as requests, and one.
        assert len(self.records) == len(self.runtime.requests)
        self.records.append((kind, subject))

    def answers(self, status: int, headers: list[tuple[str, str]], *pieces: Piece) -> None:
        self.runtime.replies.append((status, headers, list(pieces)))

    def redirects(self, location: str, status: int = 302) -> None:
        self.answers(status, [("Location", location)])

    async def call(self, url: str, **arguments: object) -> dict[str, object]:
        arguments["url"] = url
        return await self.fetch.call(arguments, "cli:a")

    async def denied(self, url: str, **arguments: object) -> str:
        """The rule that refused it."""
        try:
            await self.call(url, **arguments)
        except PolicyDenied as denied:
            return denied.rule
        raise AssertionError(url)

    async def error(self, url: str, **arguments: object) -> str:
        try:
            await self.call(url, **arguments)
        except ToolError as error:
            return error.message
        raise AssertionError(url)


async def test_a_text_comes_with_what_is_known_of_it(runtime: FakeRuntime) -> None:
    world = World(runtime)
    world.answers(200, [("Content-Type", "text/plain; charset=utf-8")], b"caf", "\u00e9".encode())
    assert await world.call("HTTP://A.example/x#part") == {
        "status": 200,
        "content_type": "text/plain; charset=utf-8",
        "url": "http://a.example/x",
        "bytes": 5,
        "body": "caf\u00e9",
    }
    request = runtime.requests[0]
    assert (request.method, request.url, request.addresses) == ("GET", "http://a.example/x", (PUBLIC,))
    assert world.records == [("url", "GET http://a.example/x at " + PUBLIC)]
    assert request.timeouts.total_s == 60.0
    assert runtime.responses[0].is_closed


async def test_a_page_becomes_markdown_unless_its_source_is_asked_for(runtime: FakeRuntime) -> None:
    world = World(runtime)
    page = (
        b"<title>A &amp; B</title><h1>Hi</h1><p>Go <a href='/y?z'>on</a>, <a href='javascript:x()'>not</a> "
        b"<a href='mailto:me@a.example'>here</a><script>alert()</script>"
    )
    world.answers(200, [("Content-Type", "text/html")], page)
    result = await world.call("https://a.example/d/")
    assert result["title"] == "A & B"
    assert result["body"] == ("# Hi\n\nGo [on](https://a.example/y?z), not [here](mailto:me@a.example)")
    world.answers(200, [("Content-Type", "text/html")], page)
    result = await world.call("https://a.example/d/", raw=True)
    assert result["body"] == page.decode()
    assert "title" not in result


async def test_a_page_of_nothing_but_links_keeps_the_first_addresses(runtime: FakeRuntime) -> None:
    world = World(runtime)
    page = "".join(["<a href=%d>%d</a> <a href=0>again</a> " % (number, number) for number in range(2001)])
    world.answers(200, [("Content-Type", "text/html")], page.encode())
    body = str((await world.call("http://a.example/"))["body"])
    assert "[1999](http://a.example/1999)" in body
    assert body.endswith("2000 [again](http://a.example/0)")


async def test_a_status_that_is_no_success_is_an_answer(runtime: FakeRuntime) -> None:
    world = World(runtime)
    world.answers(404, PLAIN, b"gone")
    result = await world.call("http://a.example/")
    assert (result["status"], result["body"]) == (404, "gone")
    world.answers(204, [])
    result = await world.call("http://a.example/")
    assert (result["status"], result["body"], result["bytes"]) == (204, "", 0)
    world.answers(301, [], b"")  # a redirect to nowhere
    assert (await world.call("http://a.example/"))["status"] == 301
    world.answers(200, [("Content-Type", "image/png"), ("Content-Length", "5000")])
    assert (await world.call("http://a.example/", method="head"))["content_type"] == "image/png"
    assert runtime.requests[-1].method == "HEAD"


async def test_what_a_policy_refuses_is_neither_resolved_nor_asked(runtime: FakeRuntime) -> None:
    world = World(runtime)
    for url, rule in (
        ("http://127.0.0.1/", "url.private"),
        ("http://2130706433/", "url.private"),
        ("http://169.254.169.254/latest/meta-data/", "url.metadata"),
        ("http://a.example:25/", "url.allowed_ports"),
        ("ftp://a.example/", "url.scheme"),
        ("http://me:pw@a.example/", "url.userinfo"),
        ("http://a.example/\r\nX: y", "url.characters"),
    ):
        assert await world.denied(url) == rule, url
    assert "expected a URL" in await world.error("a.example")
    assert not runtime.requests
    assert not world.records


async def test_all_addresses_of_a_name_must_be_fit_to_reach(runtime: FakeRuntime) -> None:
    world = World(runtime)
    runtime.addresses["in.example"] = ("10.0.0.1",)
    runtime.addresses["half.example"] = (PUBLIC, "127.0.0.1")
    runtime.addresses["cloud.example"] = ("169.254.169.254",)
    assert await world.denied("http://in.example/") == "url.private"
    assert await world.denied("http://half.example/") == "url.private"
    assert await world.denied("http://cloud.example/") == "url.metadata"
    assert await world.denied("http://missing.example/") == "url.resolution"
    assert not runtime.requests
    world.answers(200, PLAIN, b"x")
    await world.call("http://b.example/")
    assert runtime.requests[0].addresses == (OTHER, "2606:4700:4700::1111")


async def test_an_address_is_pinned_to_itself(runtime: FakeRuntime) -> None:
    world = World(runtime)
    world.answers(200, PLAIN, b"x")
    await world.call("http://0x01.1.1.1/")
    assert (runtime.requests[0].url, runtime.requests[0].addresses) == ("http://1.1.1.1/", (OTHER,))


async def test_what_cannot_be_put_on_record_is_not_asked(runtime: FakeRuntime) -> None:
    world = World(runtime)

    async def full(kind: str, subject: str, tool: str, session: str) -> None:
        raise StorageError("the disk is full")

    world.fetch = WebFetch(WebClient(runtime, UrlPolicy(UrlSettings()), full, "web_fetch"))
    try:
        await world.call("http://a.example/")
    except StorageError:
        assert not runtime.requests
    else:
        raise AssertionError("it was asked")


async def test_a_name_is_resolved_once_a_hop(runtime: FakeRuntime) -> None:
    world = World(runtime)
    asked: list[str] = []
    first = runtime.resolve

    async def rebinding(host: str, port: int) -> tuple[str, ...]:
        asked.append(host)
        return await first(host, port) if len(asked) == 1 else ("127.0.0.1",)

    runtime.resolve = rebinding  # type: ignore[method-assign]
    world.answers(200, PLAIN, b"x")
    await world.call("http://a.example/")
    assert asked == ["a.example"]
    assert runtime.requests[0].addresses == (PUBLIC,)
    # Its second answer is refused, also where a redirect leads back to the same name.
    world.redirects("http://a.example/again")
    asked.clear()
    assert await world.denied("http://a.example/") == "url.private"
    assert len(runtime.requests) == 2


async def test_each_hop_is_judged_pinned_and_on_record(runtime: FakeRuntime) -> None:
    world = World(runtime)
    for location in ("/two", "three?x", "//b.example/four", "http://a.example/five", "?six"):
        world.redirects(location)
    world.answers(200, PLAIN, b"end")
    result = await world.call("http://a.example/one/")
    hops = [
        "http://a.example/one/",
        "http://a.example/two",
        "http://a.example/three?x",
        "http://b.example/four",
        "http://a.example/five",
    ]
    assert result["redirects"] == hops
    assert result["url"] == "http://a.example/five?six"
    assert [request.url for request in runtime.requests] == hops + ["http://a.example/five?six"]
    assert [request.addresses for request in runtime.requests][3:5] == [
        (OTHER, "2606:4700:4700::1111"),
        (PUBLIC,),
    ]
    assert len(world.records) == 6
    assert all(response.is_closed for response in runtime.responses)


async def test_a_redirect_leads_nowhere_that_could_not_be_asked_for(runtime: FakeRuntime) -> None:
    world = World(runtime)
    for location, rule in (
        ("http://127.0.0.1/", "url.private"),
        ("http://[::ffff:10.0.0.1]/", "url.private"),
        ("http://169.254.169.254/", "url.metadata"),
        ("http://metadata.google.internal/", "url.metadata"),
        ("http://user@b.example/", "url.userinfo"),
        ("file:///etc/passwd", "url.scheme"),
        ("http://b.example:22/", "url.allowed_ports"),
        ("/\\b.example/", "url.characters"),
        ("http://missing.example/", "url.resolution"),
    ):
        world.redirects(location)
        assert await world.denied("http://a.example/") == rule, location
    world.redirects("http://b.example/")
    assert await world.denied("https://a.example/") == "url.redirect"
    world.redirects("http:///")
    assert "no URL" in await world.error("http://a.example/")
    world.answers(302, [("Location", "/a"), ("Location", "/b")])
    assert await world.denied("http://a.example/") == "url.redirect"
    assert all(response.is_closed for response in runtime.responses[:-1])


async def test_a_sixth_redirect_is_one_too_many(runtime: FakeRuntime) -> None:
    world = World(runtime)
    for number in range(6):
        world.redirects("/" + str(number))
    assert await world.denied("http://a.example/") == "url.redirect"
    assert len(runtime.requests) == 6


async def test_a_location_is_read_as_the_bytes_that_were_sent(runtime: FakeRuntime) -> None:
    world = World(runtime)
    # UTF-8, as runtimes hand headers on: byte by byte.
    world.redirects("/caf\u00c3\u00a9")
    world.answers(200, PLAIN, b"x")
    assert (await world.call("http://a.example/"))["url"] == "http://a.example/caf%C3%A9"


async def test_what_could_be_a_credential_stays_with_its_origin(runtime: FakeRuntime) -> None:
    world = World(runtime, UrlSettings(allowed_headers=["X-Token"]))
    headers = {"X-Token": "t", "Accept-Language": "de"}
    world.redirects("/next")
    world.redirects("http://b.example/")
    world.answers(200, PLAIN, b"x")
    await world.call("http://a.example/", headers=headers)
    names = [sorted([name for name, _ in request.headers]) for request in runtime.requests]
    assert names == [
        ["accept", "accept-language", "x-token"],
        ["accept", "accept-language", "x-token"],
        ["accept", "accept-language"],
    ]


async def test_methods_and_headers_are_the_policys(runtime: FakeRuntime) -> None:
    world = World(runtime)
    assert await world.denied("http://a.example/", method="POST") == "url.allowed_methods"
    for name, value in (
        ("Authorization", "x"),
        ("Host", "b.example"),
        ("Metadata-Flavor", "Google"),
        ("Cookie", "a=b"),
        ("X-Other", "1"),
        ("Accept", "a\r\nX-Injected: 1"),
        ("Accept\r\nX", "a"),
    ):
        assert await world.denied("http://a.example/", headers={name: value}) == "url.allowed_headers", name
    assert not runtime.requests
    world = World(runtime, UrlSettings(allowed_methods=["GET", "POST"]))
    world.redirects("/next", 303)
    world.answers(200, PLAIN, b"x")
    await world.call("http://a.example/", method="post", headers={"Accept": "text/plain"})
    assert [request.method for request in runtime.requests] == ["POST", "GET"]
    assert runtime.requests[0].headers == [("accept", "text/plain")]


async def test_what_is_no_text_is_refused_with_its_type_and_size(runtime: FakeRuntime) -> None:
    world = World(runtime)
    world.answers(200, [("Content-Type", "image/png"), ("Content-Length", "70000")], b"\x89PNG", b"more")
    error = await world.error("http://a.example/x.png")
    assert error == "http://a.example/x.png: is no text but image/png (70000 bytes); only text can be fetched"
    world.answers(200, PLAIN, b"a", b"\x00\x01")
    assert "text/plain (of unknown size)" in await world.error("http://a.example/")
    world.answers(200, [("Content-Encoding", "gzip")] + PLAIN, b"\x1f\x8b")
    assert "compressed (gzip)" in await world.error("http://a.example/")
    assert all(response.is_closed for response in runtime.responses)
    world.answers(200, [("Content-Encoding", "identity")] + PLAIN, b"a")
    assert (await world.call("http://a.example/"))["body"] == "a"


async def test_an_endless_answer_is_cut_at_the_limit(runtime: FakeRuntime) -> None:
    world = World(runtime)
    half = b"x" * (MOST_BODY_BYTES // 2)
    world.answers(200, PLAIN, half, half)
    result = await world.call("http://a.example/")
    assert (result["bytes"], "truncated" in result) == (MOST_BODY_BYTES, False)
    world.answers(200, PLAIN, b"y", half, half, ToolError("what is over the limit is not received"))
    result = await world.call("http://a.example/")
    assert (result["bytes"], result["truncated"]) == (MOST_BODY_BYTES, True)
    assert runtime.responses[-1].is_closed
    world.fetch = WebFetch(world.fetch.client, limit_bytes=4)
    world.answers(200, [("Content-Type", "text/plain; charset=utf-8")], "abc\u00e9".encode())
    result = await world.call("http://a.example/")
    assert (result["body"], result["bytes"], result["truncated"]) == ("abc", 4, True)
    world.answers(200, PLAIN, b"ab", b"cde")
    assert (await world.call("http://a.example/"))["body"] == "abcd"


async def test_an_answer_that_breaks_off_is_an_error(runtime: FakeRuntime) -> None:
    world = World(runtime)
    world.answers(200, PLAIN, b"abc", TransportError("body", "the connection ended early", sent=True))
    error = await world.error("http://a.example/secret?key=1")
    assert error == "http://a.example: the answer broke off: the connection ended early"
    runtime.replies.append(TransportError("connect", "http://a.example: could not connect"))
    assert await world.error("http://a.example/") == "http://a.example: could not connect"


async def test_all_hops_together_have_a_minute(runtime: FakeRuntime) -> None:
    world = World(runtime)

    def slow(_: object) -> tuple[int, list[tuple[str, str]], list[Piece]]:
        runtime.clock.advance(25.0)
        return 302, [("Location", "/next")], []

    runtime.answer = slow
    assert "the time for this request is over" in await world.error("http://a.example/")
    assert [request.timeouts.total_s for request in runtime.requests] == [60.0, 35.0, 10.0]
    assert runtime.requests[2].timeouts.first_byte_s == 10.0


async def test_charsets_are_what_the_answer_says(runtime: FakeRuntime) -> None:
    world = World(runtime)
    for content_type, data, body in (
        ("text/plain; charset=iso-8859-1", b"\xe9", "\u00e9"),
        ("text/plain; charset=utf-8", b"a\xe9b", "a\ufffdb"),
        ("text/plain", b"\xff\xfea\x00", "a"),
        ("text/html", b"<meta charset=windows-1252><p>\x80", "\u20ac"),
        ("", b'{"a": 1}', '{"a": 1}'),
        ("text/plain", b"a\xe2\x80\xae\xe2\x80\x8bb\x1b[0m", "ab[0m"),  # nothing that cannot be seen
    ):
        world.answers(200, [("Content-Type", content_type)], data)
        assert (await world.call("http://a.example/"))["body"] == body, content_type
    world.answers(200, [("Content-Type", "text/plain; charset=rot13")], b"x")
    assert "charset" in await world.error("http://a.example/")

"""The checks of `web.py` that pass on every runtime. Servers are real; `program` is a fixture of who imports them."""

from __future__ import annotations

import gzip

from tests.fakes.raw_server import REQUEST, STALL, TLS, ByteByByte, RawServer

HERE = ("127.0.0.1",)
METADATA = ("169.254.169.254",)
END = b"Connection: close\r\n\r\n"
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"


def text(body):
    return TEXT + b"Content-Length: %d\r\n" % len(body) + END + body


def redirect(location, status=302):
    return b"HTTP/1.1 %d Found\r\nLocation: %s\r\nContent-Length: 0\r\n" % (status, location) + END


def fetched(program, server, *paths, answers=None, host="a.example", **options):
    """The outcomes of web_fetch for paths of one name that leads to `server`, and that is all this name may."""
    calls = [{"url": f"http://{host}:{server.port}{path}"} for path in paths]
    answers = answers if answers is not None else {host: [HERE] * (len(paths) + 5)}
    return program("fetch", calls, answers, ports=[80, 443, server.port], private=[host], **options)


def test_the_connection_goes_to_what_was_judged_under_the_right_name(program):
    with RawServer([[REQUEST, text("café".encode())]]) as server:
        outcomes, asked, records = fetched(program, server, "/x", answers={"a.example": [HERE, METADATA]})
    # The name exists in the table alone: whoever resolved it again could not have come here.
    assert asked == ["a.example"]
    assert outcomes[0]["body"] == "café"
    assert records == [f"GET http://a.example:{server.port}/x at 127.0.0.1"]
    head = server.requests[0]
    assert head.startswith(b"GET /x HTTP/1.1\r\n")
    assert b"\r\nhost: a.example:%d\r\n" % server.port in head.lower()
    assert b"\r\naccept-encoding: identity\r\n" in head.lower()


def test_tls_is_asked_for_by_name_at_the_pinned_address(program):
    with RawServer([[TLS, REQUEST, text(b"sealed")]]) as server:
        calls = [{"url": f"https://api.test:{server.port}/"}]
        outcomes, _, _ = program(
            "fetch", calls, {"api.test": [HERE]}, ports=[server.port], private=["api.test"]
        )
    assert outcomes[0]["body"] == "sealed"
    assert server.names == ["api.test"]


def test_a_name_that_rebinds_is_refused_at_its_second_answer(program):
    with RawServer([[REQUEST, redirect(b"/again")]]) as server:
        outcomes, asked, _ = fetched(program, server, "/", answers={"a.example": [HERE, METADATA]})
    assert outcomes == ["url.metadata"]
    assert asked == ["a.example", "a.example"]
    assert server.connections == 1


def test_a_proxy_does_not_resolve_the_name_again(program):
    with RawServer([[REQUEST, text(b"direct")]]) as server, RawServer([]) as proxy:
        environment = {"http_proxy": proxy.url(), "HTTP_PROXY": proxy.url(), "all_proxy": proxy.url()}
        outcomes, _, _ = fetched(program, server, "/", environment=environment)
    assert outcomes[0]["body"] == "direct"
    assert proxy.connections == 0


def test_redirects_lead_to_what_could_have_been_asked_for(program):
    with RawServer([]) as closed:
        port = closed.port
    locations = (
        (b"http://b.example:%d/", "url.private"),  # resolves to 127.0.0.1, and may not
        (b"http://127.0.0.1:%d/", "url.private"),
        (b"http://169.254.169.254/latest/meta-data/", "url.metadata"),
        (b"//metadata.google.internal/", "url.metadata"),
        (b"http://user:pw@a.example:%d/", "url.userinfo"),
        (b"http://a.example:25/", "url.allowed_ports"),
        (b"http://none.example/", "url.resolution"),
        (b"gopher://a.example/", "url.scheme"),
        (b"/\\\\127.0.0.1/", "url.characters"),
    )
    scripts = [[REQUEST, redirect(where % port if b"%d" in where else where)] for where, _ in locations]
    with RawServer(scripts) as server:
        answers = {"a.example": [HERE] * len(locations), "b.example": [HERE]}
        calls = [{"url": f"http://a.example:{server.port}/"}] * len(locations)
        outcomes, _, _ = program(
            "fetch", calls, answers, ports=[80, 443, port, server.port], private=["a.example"]
        )
    assert outcomes == [rule for _, rule in locations]
    assert server.connections == len(locations)


def test_a_location_is_read_as_the_bytes_that_were_sent(program):
    chain = [[REQUEST, redirect("/café".encode())], [REQUEST, redirect(b"/caf\xe9")], [REQUEST, text(b"end")]]
    with RawServer(chain) as server:
        outcomes, _, _ = fetched(program, server, "/")
    assert [request.split(b" ")[1] for request in server.requests[:2]] == [b"/", b"/caf%C3%A9"]
    assert outcomes[0]["body"] == "end"


def test_five_redirects_are_followed_and_a_sixth_is_not(program):
    chain = [[REQUEST, redirect(b"step?%d" % number)] for number in range(5)]
    with RawServer([*chain, [REQUEST, text(b"end")]]) as server:
        outcomes, asked, records = fetched(program, server, "/a/b")
    assert outcomes[0]["body"] == "end"
    assert outcomes[0]["url"] == f"http://a.example:{server.port}/a/step?4"
    assert len(asked) == len(records) == 6
    with RawServer([*chain, [REQUEST, redirect(b"/")]]) as server:
        assert fetched(program, server, "/a/b")[0] == ["url.redirect"]
    assert server.connections == 6


def test_from_https_to_http_is_refused(program):
    with RawServer([[TLS, REQUEST, redirect(b"http://api.test/")]]) as server:
        calls = [{"url": f"https://api.test:{server.port}/"}]
        outcomes, _, _ = program(
            "fetch", calls, {"api.test": [HERE, HERE]}, ports=[80, server.port], private=["api.test"]
        )
    assert outcomes == ["url.redirect"]


def test_a_credential_stays_with_its_origin(program):
    with RawServer([[REQUEST, text(b"other")]]) as other:
        to_other = redirect(b"http://b.example:%d/" % other.port)
        with RawServer([[REQUEST, redirect(b"/next")], [REQUEST, to_other]]) as server:
            headers = {"X-Token": "t-1", "Accept-Language": "de"}
            calls = [{"url": f"http://a.example:{server.port}/", "headers": headers}]
            answers = {"a.example": [HERE, HERE], "b.example": [HERE]}
            outcomes, _, _ = program(
                "fetch",
                calls,
                answers,
                ports=[server.port, other.port],
                private=["a.example", "b.example"],
            )
    assert outcomes[0]["body"] == "other"
    assert [b"t-1" in request for request in server.requests] == [True, True]
    assert b"t-1" not in other.requests[0]
    assert b"accept-language: de" in other.requests[0].lower()


def test_nothing_in_a_header_starts_another(program):
    with RawServer([]) as server:
        injected = {"url": f"http://a.example:{server.port}/", "headers": {"Accept": "a\r\nX-Injected: 1"}}
        in_url = {"url": f"http://a.example:{server.port}/ HTTP/1.1\r\nX-Injected: 1"}
        outcomes, _, _ = program("fetch", [injected, in_url], {}, ports=[server.port], private=["a.example"])
    assert outcomes == ["url.allowed_headers", "url.characters"]
    assert server.connections == 0


def test_a_compressed_answer_is_not_inflated(program):
    bomb = gzip.compress(b"0" * 10_000_000)
    headers = b"Content-Encoding: gzip\r\nContent-Length: %d\r\n" % len(bomb)
    with RawServer([[REQUEST, TEXT + headers + END + bomb]]) as server:
        outcomes, _, _ = fetched(program, server, "/")
    assert "compressed (gzip)" in outcomes[0]


def test_an_endless_answer_is_left_at_the_limit(program):
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    with RawServer([[REQUEST, TEXT + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 40, STALL]]) as server:
        outcomes, _, _ = fetched(program, server, "/", limit_bytes=100_000)
        assert server.hung_up.wait(30)
    assert outcomes[0]["bytes"] == 100_000
    assert outcomes[0]["truncated"] is True
    assert outcomes[0]["body"] == "x" * 100_000


def test_a_slow_answer_ends_with_its_time(program):
    with RawServer([[REQUEST, TEXT + END + b"begun", STALL]]) as server:
        outcomes, _, _ = fetched(program, server, "/", total_s=0.5)
    assert "broke off" in outcomes[0]


def test_lengths_that_lie_are_found_out(program):
    longer = [REQUEST, TEXT + b"Content-Length: 100\r\n" + END + b"short"]
    shorter = [REQUEST, TEXT + b"Content-Length: 3\r\n" + END + b"longer"]
    with RawServer([longer, shorter, [REQUEST, ByteByByte(text(b"exact"))]]) as server:
        outcomes, _, _ = fetched(program, server, "/1", "/2", "/3")
    assert "broke off" in outcomes[0]
    assert outcomes[1]["body"] == "lon"
    assert outcomes[2]["body"] == "exact"


def test_what_is_no_text_is_refused_and_not_read_to_its_end(program):
    image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 5000000\r\n" + END
    hidden = TEXT + END + b"MZ\x90\x00\x03\x00"
    with RawServer([[REQUEST, image + b"\x89PNG\r\n\x1a\n" * 1000, STALL], [REQUEST, hidden]]) as server:
        outcomes, _, _ = fetched(program, server, "/x.png", "/y.txt")
    assert "no text but image/png (5000000 bytes)" in outcomes[0]
    assert "no text but text/plain" in outcomes[1]


def test_hostile_pages_become_text(program):
    pages = [
        b"<div>" * 50_000 + b"deep",
        b"<" * 100_000,
        b"<p>" + b"&#x110000;&#0;&lt;script&gt;" * 100 + b"<script>alert(1)</script>",
        b'<a href="javascript:alert(1)">x</a><a href="//b.example/">y</a><a href="\tjava\nscript:x">z</a>',
        b"<title>t" * 1000,
        b"<p>caf\xe9",
        b"<meta charset=utf-16><p>plain",
        b"\xfe\xff\x00<\x00p\x00>\x00a",
    ]
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n" + END
    with RawServer([[REQUEST, head + page] for page in pages]) as server:
        outcomes, _, _ = fetched(program, server, *["/"] * len(pages), answers={"a.example": [HERE] * 8})
    bodies = [outcome["body"] for outcome in outcomes]
    assert bodies[0] == "deep"
    assert "alert" not in bodies[2]
    assert "<script>" in bodies[2]
    assert bodies[3] == "x[y](http://b.example/)z"
    assert bodies[5] == "café"
    assert bodies[6] == "plain"
    assert bodies[7] == "a"


def test_engines_are_asked_as_they_want_it(program):
    found = b'{"results":[{"title":"One","url":"https://one.example/","content":"Text"}]}'
    reply = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % len(found)
    result = {"title": "One", "url": "https://one.example/", "snippet": "Text"}
    with RawServer([[REQUEST, reply + END + found], [REQUEST, reply + END + found]]) as server:
        searxng = program("search", "searxng", "", server.url(), "a b")
        tavily = program("search", "tavily", "key-1", server.url("/search"), "a b")
    assert searxng["results"] == tavily["results"] == [result]
    assert server.requests[0].startswith(b"GET /search?q=a%20b&format=json HTTP/1.1\r\n")
    head, _, body = server.requests[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /search HTTP/1.1\r\n")
    assert b"\r\nauthorization: bearer key-1" in head.lower()
    assert body == b'{"query":"a b","max_results":5}'
    with RawServer([[REQUEST, b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n" + END]]) as server:
        refused = program("search", "brave", "key-1", server.url("/web"), "a b")
    assert refused == "brave: the search is refused (401): check tools.web.search.api_key"
    assert b"\r\nx-subscription-token: key-1\r\n" in server.requests[0].lower()

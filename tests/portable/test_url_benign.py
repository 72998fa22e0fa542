"""Ordinary URLs, as people and models write them, are not refused, and become what a browser would ask for."""

from __future__ import annotations

from clawft.security.url_decision import url_decision

PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]

NAMES = """
http://example.com https://example.com/ HTTPS://Example.COM/ http://example.com. https://example.com./x
http://example.com:80/
https://example.com:443/ http://example.com:/ http://example.com:8080/ https://example.com:8443/admin
http://example.com:0080/
http://example.com:3000/ http://example.com:8000/docs https://www.rust-lang.org/
https://docs.python.org/3/library/re.html#flags
https://en.wikipedia.org/wiki/Python_(programming_language) https://en.wikipedia.org/wiki/AC/DC
https://de.wikipedia.org/wiki/K\u00f6ln
https://ja.wikipedia.org/wiki/\u6771\u4eac https://ru.wikipedia.org/wiki/\u041c\u043e\u0441\u043a\u0432\u0430
https://example.com/\U0001f600
https://de.wikipedia.org/wiki/K%C3%B6ln https://example.com/a%20b https://example.com/100%25 https://example.com/a%2Fb
https://github.com/python/cpython/pull/1234/files?diff=split&w=1
https://github.com/a/b/blob/main/README.md?plain=1#L10-L20
https://raw.githubusercontent.com/a/b/main/x.json https://api.github.com/repos/a/b/issues?state=open&per_page=100
https://www.google.com/search?q=hello+world&hl=en https://duckduckgo.com/?q=a%3Ab https://example.com/?q=a&q=b&r[]=1
https://example.com/?url=http://127.0.0.1/ https://example.com/?next=//169.254.169.254/
https://example.com/redirect?to=http%3A%2F%2Flocalhost
https://example.com/http://127.0.0.1/ https://web.archive.org/web/2020/http://example.com/ https://example.com/@user
https://medium.com/@user/post https://example.com/?email=a@example.com https://example.com/#@evil.example
https://example.com/a:b
https://example.com/a;v=1,2 https://example.com/~user/ https://example.com/$a/*b/!c/'d' https://example.com/(x)
https://example.com/a|b
https://example.com/[a] https://example.com/{a} https://example.com/a^b https://example.com/?a|b{c}
https://example.com//double//slash
https://example.com/a/../b https://example.com/./a https://example.com/.well-known/security.txt
https://example.com/...
https://example.com? https://example.com?a=b https://example.com/?# https://example.com#top
https://example.com/%zz https://example.com/%
https://xn--bcher-kva.example/ https://XN--BCHER-KVA.example/ https://xn--fsq.com/ https://xn--r8jz45g.xn--zckzah/
https://xn--80ak6aa92e.com/ https://xn--ls8h.la/ https://xn--e1afmkfd.xn--p1ai/ https://faxn--not.example/
https://a-b.example/
https://r3---sn-4g5e6nez.googlevideo.com/ https://-a.example/ https://my_service.example.com/
https://_dmarc.example.com/
https://1password.com/ https://9gag.com/ https://0.pool.ntp.example/ https://a.b.c.d.e.f.example.co.uk/
https://3.14.example/
https://127.0.0.1.example.com/ https://0x7f.example/ https://deadbeef.example/ https://0xbeef.cafe/
https://10.example/
https://localhost.example/ https://metadata.example.com/ https://my-metadata.google.com/
https://instance-data.example.com/
https://internal.example/ https://local.example/ https://notlocalhost/ https://metadatax.internal.example/
https://metadata.google.com/
https://ex%61mple.com/ https://%65xample.com/ https://\uff45xample.com/ https://example\u3002com/
https://EXAMPLE%2ECOM/
https://1.1.1.1.nip.example/ https://cdn.jsdelivr.net/npm/vue@3/dist/vue.js https://unpkg.com/react@18/umd/react.js
https://fonts.googleapis.com/css2?family=Roboto:wght@400;700&display=swap https://example.com/path/to/file.tar.gz
https://example.com/a?b=c?d https://example.com/?a=/../b https://example.com/?x=%00 https://example.com/%0d%0aX
https://t.co/a
https://example.com/?q=caf\u00e9 https://example.com/?q=\u6771\u4eac https://export.arxiv.org/abs/2401.00001v2
https://doi.org/10.1000/182
https://lists.example.org/archives/list/a@lists.example.org/thread/X/
https://s3.eu-west-1.amazonaws.com/bucket/key?X-Amz-Date=1
https://user.github.io/ https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=42s https://news.ycombinator.com/item?id=1
https://x.com/a/status/1
""".split() + [
    " https://example.com/ ", "https://example.com/\n", "\thttps://example.com", "https://example.com/a b",
    "https://example.com/?q=a b c",
    "https://example.com/" + "x" * 4000, "https://" + "a" * 63 + ".example/", "https://example.com/#a b\u00e9",
    "https://example.com/\u00a0",
]  # fmt: skip

ADDRESSES = """
http://1.1.1.1/ http://8.8.8.8/ https://9.9.9.9/dns-query http://93.184.216.34/ http://134744072/
http://0x08080808/ http://8.8.2056/
http://1.1/ http://9.255.255.255/ http://11.0.0.1/ http://100.63.255.255/ http://100.128.0.1/
http://126.255.255.255/ http://128.0.0.1/
http://169.253.255.255/ http://169.255.0.1/ http://172.15.255.255/ http://172.32.0.1/ http://191.255.255.255/
http://192.0.1.1/
http://192.0.0.9/ http://192.0.0.10/ http://192.0.3.1/ http://192.88.98.1/ http://192.167.255.255/ http://192.169.0.1/
http://198.17.255.255/ http://198.20.0.1/ http://198.51.99.1/ http://203.0.112.1/ http://223.255.255.255/
http://1.2.3.4./
http://192.31.196.1/ http://168.63.129.15/ https://[2606:4700:4700::1111]/ https://[2001:4860:4860::8888]:443/
https://[2001:4860:4860:0:0:0:0:8888]/
https://[2A00:1450::1]/ http://[::ffff:8.8.8.8]/ http://[::ffff:808:808]/ http://[64:ff9b::8.8.8.8]/
http://[2001:20::1]/ http://[2001:200::1]/
http://[2003::1]/ http://[2620:4f:8000::1]/ http://[2606:4700::5efe:8.8.8.8]/ http://[2001:3::1]/
http://[2001:4:112::1]/
""".split()

BECOMES = (
    ("HTTP://Example.COM", "http://example.com/"),
    (" https://example.com:443?x#y ", "https://example.com/?x"),
    ("http://example.com:0080/a/./b/../c", "http://example.com/a/c"),
    ("https://example.com./", "https://example.com/"),
    ("https://example.com/K\u00f6ln a?\u00fc'", "https://example.com/K%C3%B6ln%20a?%C3%BC%27"),
    ("http://0x8.2056/", "http://8.0.8.8/"),
    ("http://[2001:DB8:0:0:1:0:0:1]:8080/", "http://[2001:db8::1:0:0:1]:8080/"),
    ("http://[::ffff:8.8.8.8]/", "http://[::ffff:808:808]/"),
    ("http://\uff25xample\u3002com/%2e%2e/x", "http://example.com/x"),
)


def test_names_that_resolve_to_public_addresses_are_allowed() -> None:
    for url in NAMES:
        host = url.strip().split("://")[1]
        for mark in "/?#:":
            host = host.split(mark)[0]
        record: dict[str, object] = {"value": url, "policy": {}, "resolve": {host: PUBLIC}}
        assert url_decision(record)[:2] == ("allow", "url.addresses"), (url, url_decision(record))
        del record["resolve"]
        assert url_decision(record)[:2] == ("allow", "url.name"), url


def test_public_addresses_are_allowed() -> None:
    for url in ADDRESSES:
        assert url_decision({"value": url})[:2] == ("allow", "url.address"), (
            url,
            url_decision({"value": url}),
        )


def test_urls_become_what_a_browser_would_ask_for() -> None:
    for url, text in BECOMES:
        found = url_decision({"value": url, "policy": {"allow_private": True}})
        assert found[0] == "allow" and found[2].split(" ")[0] == text, (url, found)
        assert url_decision({"value": text, "policy": {"allow_private": True}})[2] == found[2], url


def test_there_are_enough_urls() -> None:
    assert len(NAMES) + len(ADDRESSES) >= 150, len(NAMES) + len(ADDRESSES)


def test_a_name_in_another_script_is_mapped_where_there_are_tables_and_refused_elsewhere() -> None:
    for url, text in (
        ("https://b\u00fccher.example/", "https://xn--bcher-kva.example/"),
        ("https://B%C3%9CCHER.example/", "https://xn--bcher-kva.example/"),
        ("https://\u4f8b\u3048.jp/", "https://xn--r8jz45g.jp/"),
    ):
        decision, rule, reason = url_decision({"value": url})
        if decision == "allow":
            assert reason.startswith(text), (url, reason)
        else:
            assert (decision, rule) == ("error", "url.malformed")
            assert "xn--" in reason, reason

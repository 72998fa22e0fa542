"""What our canonicaliser accepts, it reads as Node's WHATWG `URL` does: the same scheme, host, port, path and query.

It may refuse more, and accept more where only Unicode's tables tell that a name is invalid. Two differences are
meant: a full stop at the end of a host is left out, and `^` in a path is percent-encoded as the standard has it since
2024. A machine without `node` fails here.
"""

from __future__ import annotations

import json
import random
import re
import subprocess

from clawft.core.errors import PolicyDenied
from clawft.core.url import UrlError, parse_url
from clawft.security.canonical_url import CanonicalUrl, canonical_url, resolved

SCRIPT = """
const read = ([text, base]) => {
  try {
    const url = base ? new URL(text, base) : new URL(text);
    url.hash = '';
    const user = url.username || url.password ? 'user@' : '';
    const query = url.href.includes('?') ? '?' + url.search.slice(1) : '';
    return [url.protocol + '//' + user + url.host, url.pathname + query];
  } catch (error) { return null; }
};
console.log(JSON.stringify(JSON.parse(require('fs').readFileSync(0, 'utf8')).map(read)));
"""

LABELS = """example EXAMPLE a test com internal metadata localhost
    127 0 1 255 256 0x7f 0X7F 0x 0177 08 09 00 0x100 1e1 ffff
    2130706433 4294967295 4294967296 017700000001 0x7f000001 a_b -a a- ab--cd * ~ $ . ..
    xn--bcher-kva xn--a xn-- xn--fsq xn--ls8h xn--localhost- xn--nxasmq6b
    \uff11\uff12\uff17 \uff45\uff58 \u24d4\u2460 \u00b2 \u212aelvin K \u017f \uff05 \u3002 \uff0e \uff61
    a%2eb %61 %31%32%37 %00 %ff %C3%BC""".split()
NUMBERS = LABELS[8:24]
IPV6 = """:: ::1 [::1] ::ffff:127.0.0.1 ::FFFF:7f00:1 1:2:3:4:5:6:7:8 1::2:0:0:3:0:0 1:2:3:4:5:6:7::
    ::2:3:4:5:6:7:8 1:2:3:4:5:6:1.2.3.4 ::1.2.3 ::01.2.3.4 ::256.1.1.1 1::2::3 :1 1: 12345:: g::
    fe80::1%25eth0 fe80::1%eth0 0:0:0:0:0:0:0:1 0000::0001 2001:DB8:0:0:1:0:0:1 ::1.2.3.4:5
    1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 64:ff9b::8.8.8.8""".split()
PORTS = ["", "", "", *": :80 :443 :8080 :00080 :65535 :65536 :0 :8a :-1 :+1 :99999999999".split()]
PATHS = [
    "",
    "",
    "/a b",
    *"""/ /a /a/../b /./..//c /%2e%2E/x /a/%2e /é /\U0001f600/ü /a%zz /"<>`{}|^[]' // /;a=1,b""".split(),
]
QUERIES = ["", "", "?a b", *"""? ?a=b ?'"<>`{}|^ ?é=ü ?? ?/../ ?%zz#x #frag # ?# ?a\\b""".split()]
SCHEMES = [
    "ht tp://",
    *"ftp:// // http:\\\\ http:/ http: http:/// https:////".split(),
    *["http://", "https://", "HTTP://"] * 12,
]
SEEDS = """http://example.com http://user:pass@example.com/ http://example.com@evil.com/
    http://evil.com\\@example.com/ http://example.com#@evil.com/ http://example.com?@evil.com/ http://1.2.3.4/
    http://[::1]:80/a?b=c https://a.b.c:8443/x/y/../z http://0x7f.1/ http://127.1:8080/ http://\uff41.example/
    http://a\u3002b/ http://xn--bcher-kva.example/""".split()
ALPHABET = "ab01.:/?#@[]%\\ -_x7fé\u2460\u3002\t\u00ad\u200b&=+~"
# Node 20.20's parser (ada 2.9.2) leaves `..` in a path after a segment that begins with a dot: /.a/b/../c.
LEFT_IN = re.compile(r"/\.[^/]+/(?:.*/)?\.\.?(?:/|$)")


def test_generated_urls_are_read_alike() -> None:
    random_ = random.Random(20260101)  # noqa: S311 - the same URLs every time
    texts = list(SEEDS)
    for _ in range(12_000):
        host = ".".join(random_.choices(LABELS, k=random_.randint(1, 4)))
        if random_.random() < 0.2:
            host = "[" + random_.choice(IPV6) + "]"
        elif random_.random() < 0.3:
            host = ".".join(random_.choices(NUMBERS, k=random_.randint(1, 5)))
        if random_.random() < 0.1:
            host += "."
        texts.append(
            random_.choice(SCHEMES)
            + host
            + random_.choice(PORTS)
            + random_.choice(PATHS)
            + random_.choice(QUERIES)
        )
    for _ in range(12_000):
        text = random_.choice(SEEDS)
        for _ in range(random_.randint(1, 4)):
            at = random_.randrange(len(text) + 1)
            text = text[:at] + random_.choice(ALPHABET) + text[at + random_.randint(0, 1) :]
        texts.append(text)
    assert compare([(text, None) for text in texts]) > 3_000


def test_every_character_of_a_host_is_read_alike() -> None:
    codes = [*range(0x20, 0xD800), *range(0xE000, 0x20000)]
    codes.remove(0x1E9E)  # the capital sharp s is ss for Node 20, and a small one since Unicode 15.1
    assert compare([(f"http://1{chr(code)}2.example/", None) for code in codes]) > 250


def test_redirects_lead_to_the_same_place() -> None:
    bases = [
        "http://a.example/b/c?d",
        "https://a.example:8443/",
        "http://1.2.3.4/x/",
        "https://[::1]/a/b/../c",
    ]
    locations = [
        scheme + rest + query
        for scheme in (
            "",
            "/",
            "//b.example/",
            "http://b.example/",
            "https:",
            "http:/",
            "?",
            "./",
            "../",
            "g:",
        )
        for rest in ("", "x", "x/y/../z", "..", "../../../w", "%2e%2e/q", "é ü", ".", "a:b", "a//b")
        for query in ("", "?q=1", "?q=/../", "#f", "?a b#c")
    ]
    assert compare([(location, base) for base in bases for location in locations]) > 1_000


def compare(cases: list[tuple[str, str | None]]) -> int:
    """How many of the URLs both accept; each of those must be read alike, by the connecting parser too."""
    done = subprocess.run(
        ["node", "-e", SCRIPT],
        input=json.dumps(cases),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    count = 0
    for (text, base), answer in zip(cases, json.loads(done.stdout), strict=True):
        ours = canonical(text, base)
        if ours is None:
            continue
        if answer is None:
            # Whether what xn-- stands for is a valid name takes tables that we have not, and where a runtime has
            # some they may be of a later Unicode than Node's.
            is_of_tables = "xn--" in ours.parts.host or not text.isascii()
            assert is_of_tables, f"{text!r} to {base}: only we accept it, as {ours.text}"
            continue
        origin, target = answer
        origin = re.sub(r"\.(?=$|:\d+$)", "", origin)
        path, mark, query = target.partition("?")
        if LEFT_IN.search(path):
            continue
        assert ours.text == origin + path.replace("^", "%5E") + mark + query, (text, base)
        again = parse_url(ours.text)
        assert again.origin == origin
        count += 1
    return count


def canonical(text: str, base: str | None) -> CanonicalUrl | None:
    try:
        return canonical_url(text) if base is None else resolved(canonical_url(base), text)
    except (PolicyDenied, UrlError):
        return None

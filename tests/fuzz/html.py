"""Pages: any text at all is a page, its Markdown is in proportion, and its links lead to the web."""

from __future__ import annotations

from clawft.tools.html_text import page_of
from clawft.tools.html_tokens import tokens
from tests.fuzz.texts import text_of

MOST_GROWTH = 16


def seeds():
    return [
        b"<title>A &amp; b</title><h1>One</h1><p>Two\n three</p><p>four<br>five",
        b"<ul><li>a<ul><li>b</ul><li>c</ul><ol><li>x</ol>",
        b'go <a href=/x> y </a>now <a href="javascript:x()">y</a><img src=a alt="b c">',
        b"<table><tr><th>a<td>b<tr><td>c|d</table><pre>  x\n y</pre><code>`z`</code>",
        b"<script>if (a < b) '</p>'</script><style>x</style><!-- c --><!doctype html><nav>n</nav>",
        b"<textarea><b></textarea><xmp><i></xmp><svg><g></svg>&#x41;&#0;&#xD800;&notit;&eacute",
        b"<blockquote><blockquote>a<br>b</blockquote></blockquote></p></ul></div>",
    ]


def check(data):
    html = text_of(data).encode("utf-8", "replace").decode()
    page = page_of(html)
    assert len(page.text) + len(page.title) <= MOST_GROWTH * (len(html) + 1)
    assert page.text == page.text.strip("\n")
    for _, name, content in tokens(html.encode()):
        assert name.encode() == name.encode().lower()  # of ASCII letters only, as the standard has it
        content.decode()
    linked = page_of(html, lambda address: "")
    assert len(linked.text) <= MOST_GROWTH * (len(html) + 1)

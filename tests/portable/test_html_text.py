"""Pages become Markdown: what a reader came for stays, and no page takes more time than its length asks for."""

from __future__ import annotations

from clawft.tools.html_entities import Entities
from clawft.tools.html_text import page_of
from clawft.tools.html_tokens import attribute, tokens


def text(html: str) -> str:
    return page_of(html).text


def test_headings_paragraphs_and_line_breaks() -> None:
    for html, found in (
        ("<h1>One</h1><p>Two\n three</p><p>four", "# One\n\nTwo three\n\nfour"),
        ("<H2>A <em>b</em></H2>c", "## A b\n\nc"),
        ("<h6>x</h6><h3></h3>", "###### x"),
        ("a<br>b<br/>c<br><br>d", "a\nb\nc\nd"),
        ("a<hr>b", "a\n\n---\n\nb"),
        ("<div>a<div>b</div>c</div>", "a\n\nb\n\nc"),
        ("<p>a<p>b", "a\n\nb"),
        ("a <b> b </b> c", "a b c"),
        ("a<b>b</b>c", "abc"),
        ("  <p>\n\n  x \n y </p> ", "x y"),
        ("a&nbsp;b", "a b"),
        ("", ""),
        ("plain", "plain"),
        ("<blockquote>a<p>b</blockquote>c", "> a\n\n> b\n\nc"),
        ("<blockquote><blockquote>a<br>b", "> > a\n> > b"),
    ):
        assert text(html) == found, (html, text(html))


def test_lists() -> None:
    for html, found in (
        ("<ul><li>a<li>b</ul>c", "- a\n- b\n\nc"),
        ("x<ul><li>a</li><li>b</li></ul>", "x\n\n- a\n- b"),
        ("<ol><li>a<li>b</ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</ul><li>c</ul>", "- a\n  - b\n- c"),
        ("<ol><li><p>a</p></li><li><div>b</div></ol>", "1. a\n2. b"),
        ("<ul><li></ul>x", "x"),
        ("<li>a", "- a"),
        ("</ul><p>a", "a"),
    ):
        assert text(html) == found, (html, text(html))


def test_links_and_images() -> None:
    for html, found in (
        ('<a href="/x">y</a>', "[y](/x)"),
        ("go <a href=/x> y </a>now", "go [y](/x) now"),
        ("<a href='/a b(c)'>y</a>", "[y](/a%20b%28c%29)"),
        ('<a href="/?a=1&amp;b=2">y</a>', "[y](/?a=1&b=2)"),
        ('<a href="javascript:x()">y</a>', "y"),
        ('<a href=" JavaScript:x()">y</a>', "y"),
        ('<a href="data:text/html,x">y</a>', "y"),
        ('<a href="mailto:a@b">y</a>', "[y](mailto:a@b)"),
        ('<a href="#top">y</a>', "y"),
        ("<a name=x>y</a>", "y"),
        ('<a href="/x"></a>z', "z"),
        ('<a href="/1">a<a href="/2">b</a>', "[a](/1)[b](/2)"),
        ('<p><a href="/x">y</p><p>z</a>', "[y](/x)\n\nz"),
        ('<img alt="a  b" src=x>', "[image: a b]"),
        ("<img src=x>", ""),
        ('<a href="/x"><img alt="logo"></a>', "[[image: logo]](/x)"),
    ):
        assert text(html) == found, (html, text(html))
    page = page_of(
        '<a href="/x">y</a><a href="bad">z</a>',
        lambda address: "" if address == "bad" else "http://a" + address,
    )
    assert page.text == "[y](http://a/x)z"


def test_code_keeps_its_lines() -> None:
    for html, found in (
        ("<pre>\n a\n   b\n</pre>", "```\n a\n   b\n```"),
        ("<pre><code>a &lt; b</code></pre>", "```\na < b\n```"),
        ("<pre>```</pre>", "````\n```\n````"),
        ("use <code>a b</code>.", "use `a b`."),
        ("<p><code>a</p>b", "`a`\n\nb"),
        ("<pre>a<br>b", "```\na\nb\n```"),
        ("<pre></pre>x", "x"),
    ):
        assert text(html) == found, (html, text(html))


def test_tables() -> None:
    for html, found in (
        ("<table><tr><th>A<th>B<tr><td>1<td>2</table>", "| A | B |\n| --- | --- |\n| 1 | 2 |"),
        (
            "<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>x|y</td><td><p>p</p><p>q</p></td></tr></tbody></table>z",
            "| A | B |\n| --- | --- |\n| x\\|y | p q |\n\nz",
        ),
        ("<table><tr><td>layout</table>", "layout"),
        ("<table><tr></table>", ""),
        ("<td>a<td>b", "a b"),
    ):
        assert text(html) == found, (html, text(html))


def test_what_is_no_text_is_left_out() -> None:
    for html, found in (
        ("a<script>if (x < 1) { '</p>' }</script>b", "ab"),
        ("a<style>p{}</style>b", "ab"),
        ("a<SCRIPT>x</ScRiPt >b", "ab"),
        ("a<script>x</scripty>y</script>b", "ab"),
        ("a<script>never closed <p>b", "a"),
        ("a<nav><ul><li>menu</ul></nav>b", "ab"),
        ("a<nav>x<nav>y</nav>z</nav>b", "ab"),
        ("<nav>never closed<main>b", "b"),
        ("a<svg><text>x</text></svg>b", "ab"),
        ("a<svg/>b", "ab"),
        ("a<noscript>x</noscript>b<template>y</template>c", "abc"),
        ("a<!-- x > y -->b<!doctype html>c<?php x?>d", "abcd"),
        ("a<!-- never closed", "a"),
        ("a</3>b", "ab"),
        ("<title>T</title><p>x", "x"),
        ("a<textarea><b></textarea>", "a<b>"),
    ):
        assert text(html) == found, (html, text(html))


def test_the_title_is_the_first_one() -> None:
    assert page_of("<title> A &amp;\n B </title><svg><title>C</title></svg>").title == "A & B"
    assert page_of("<title><b>x</title>").title == "<b>x"
    assert page_of("<title>never closed").title == "never closed"
    assert page_of("<p>x").title == ""


def test_broken_markup_is_read_as_far_as_it_goes() -> None:
    for html, found in (
        ("a < b", "a < b"), ("a <", "a <"), ("a<b", "a"), ("<", "<"), ("</", ""), ("<>", "<>"), ("a<p", "a"),
        ("1<2>3", "1<2>3"),
        ('a<p x="', "a"), ('a<p x=">">b', "a\n\nb"), ("a<p don't>b", "a\n\nb"), ("a<p x='>'y=\">\">b", "a\n\nb"),
        ('<p x = "a>b">c', "c"), ("</p></div></table></ol>x", "x"), ("a</p>b", "a\n\nb"),
    ):  # fmt: skip
        assert text(html) == found, (html, text(html))


def test_attributes_are_found_as_browsers_find_them() -> None:
    for attributes, name, value in (
        (' href="a"', "href", "a"), (" href=a", "href", "a"), (" HREF='a b'", "href", "a b"),
        (" x href = a y", "href", "a"),
        (" x", "x", ""), (" x", "y", None), (' href="a" href="b"', "href", "a"), (" a=href=b", "href", None),
        ("/href=a", "href", "a"),
        (' title="href=x" href=y', "href", "y"), (" = href=a", "href", "a"), (' href="a', "href", "a"),
        ("", "href", None), (" href=", "href", ""),
    ):  # fmt: skip
        assert attribute(attributes.encode(), name) == value, attributes


def test_entities() -> None:
    entities = Entities()
    for html, found in (
        ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"), ("&#65;&#x42;&#X43;", "ABC"),
        ("&#8364;&#128;&euro;", "\u20ac\u20ac\u20ac"),
        ("&eacute;&Eacute;&szlig;", "\u00e9\u00c9\u00df"), ("&copy 2024", "\u00a9 2024"),
        ("&copy2024", "&copy2024"), ("&ampx", "&ampx"),
        ("?a=1&copy=2", "?a=1&copy=2"), ("?a=1&lt=2", "?a=1&lt=2"), ("&nosuch;", "&nosuch;"), ("&", "&"),
        ("&&", "&&"), ("&#", "&#"), ("&#;", "&#;"),
        ("&#x;", "&#x;"), ("&#0;", "\ufffd"), ("&#xD800;", "\ufffd"), ("&#x110000;", "\ufffd"),
        ("&#99999999999999999999;", "\ufffd"),
        ("&alpha;&omega;", "\u03b1\u03c9"), ("&alpha", "&alpha"), ("&rarr;&hellip;&mdash;", "\u2192\u2026\u2014"),
        ("&amp;lt;", "&lt;"),
    ):  # fmt: skip
        assert entities.decoded(html) == found, (html, entities.decoded(html))


def test_tokens_hold_every_tag_and_text() -> None:
    assert list(tokens(b"a<B c=d>e</B f>g")) == [
        ("text", "", b"a"), ("start", "b", b" c=d"), ("text", "", b"e"), ("end", "b", b""), ("text", "", b"g"),
    ]  # fmt: skip


def test_deep_nesting_ends() -> None:
    assert text("<div>" * 5_000 + "x") == "x"
    assert text("<ul><li>" * 500 + "x") == "  " * 5 + "- x"
    assert text("<blockquote>" * 500 + "x") == "> > > x"
    assert text("<ol>" * 500 + "</ol>" * 499 + "<li>x").endswith("1. x")
    assert text("<pre>" * 500 + "x") == "```\nx\n```"
    assert text("<table><tr><td>" * 500 + "x") == "x"


def test_hostile_pages_are_read_to_their_end() -> None:
    for piece in (
        "<",
        "<a ",
        "<a>",
        "</",
        "&",
        "&#1",
        "<a href=x>y",
        "<td>x",
        "<code>x",
        "<p",
        "='",
        "\u00e9<b>",
    ):
        assert text(piece * (2_000 // len(piece)) + "<p>'>\">end").endswith("end"), piece
    for piece in ("<!--", "<script></", "<title>", "<a x='", "<style>", "<?"):  # what these begin has no end
        assert "end" not in text(piece * (2_000 // len(piece)) + "end"), piece
    assert text("<a " + "'" * 4_000 + '">x') == "x"
    assert text("<a href" + " =" * 2_000 + ">x</a>") == "[x](=)"
    assert text("<a b='c'" + " " * 4_000 + "'>x") == "x"

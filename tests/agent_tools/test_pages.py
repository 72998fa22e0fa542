"""Pages and charsets beside CPython's own libraries, and whatever a server sends."""

from __future__ import annotations

import html as cpython
from html.entities import html5
from html.parser import HTMLParser

from hypothesis import example, given
from hypothesis import strategies as st

from clawft.tools.charsets import charset_of, decoded
from clawft.tools.content import kind_of_content, media_type
from clawft.tools.html_entities import Entities
from clawft.tools.html_text import page_of
from clawft.tools.html_tokens import END, START, TEXT, tokens

PIECES = """< > </ <p> </p> <a href="/x"> </a> <ul> <ol> <li> </ul> <pre> </pre> <code> </code> <table> <tr> <td>
<th> </table>
    <script> </script> <nav> </nav> <!-- --> <br> <h1> </h1> <blockquote> </blockquote> <img alt=" &amp; &#65; & "
    ' = / text
    é <title> </title> <main> <svg/> <a href='javascript:x'>""".split()
PAGES = st.builds(" ".join, st.lists(st.sampled_from(PIECES), max_size=30)) | st.text(
    alphabet=st.characters(exclude_categories=["Cs"]), max_size=80
)


@given(PAGES)
@example("<table><tr><td><pre><table>")
def test_every_page_has_a_text(page: str) -> None:
    found = page_of(page)
    assert "](javascript:" not in found.text
    assert not found.text.startswith("\n")
    assert not found.text.endswith("\n")


@given(
    st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="<&|"), max_size=60)
)
def test_plain_words_stay(text: str) -> None:
    assert page_of(text).text.split() == text.replace("\u00a0", " ").split()


@given(PAGES)
def test_nothing_is_in_two_pieces(page: str) -> None:
    data = page.encode()
    pieces = list(tokens(data))
    assert sum(len(content) for _, _, content in pieces) <= len(data)
    for kind, name, content in pieces:
        assert kind in (TEXT, START, END)
        assert name == name.lower()
        content.decode()


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.found.append((START, tag))

    def handle_endtag(self, tag: str) -> None:
        self.found.append((END, tag))


@given(
    st.lists(
        st.sampled_from(
            "<p> </p> <a href='>'> </a> text <br> <td class=x> <i x=\"'\"> <!--<b>--> </ul >".split()
        ),
        max_size=12,
    )
)
def test_tags_of_ordinary_markup_are_those_of_cpython(pieces: list[str]) -> None:
    page = " ".join(pieces)
    parser = Tags()
    parser.feed(page)
    parser.close()
    assert [(kind, name) for kind, name, _ in tokens(page.encode()) if kind != TEXT] == parser.found


def test_our_entities_mean_what_cpython_says() -> None:
    entities = Entities()
    known = [name for name in html5 if name.endswith(";") and entities.decoded("&" + name) != "&" + name]
    assert len(known) > 220
    for name in known:
        assert entities.decoded("&" + name) == html5[name], name


@given(
    st.integers(min_value=0, max_value=0x120000), st.sampled_from(["&#{};", "&#{} ", "&#x{:x};", "&#X{:X}z"])
)
def test_numbers_mean_what_cpython_says(code: int, form: str) -> None:
    if (
        code in (0x81, 0x8D, 0x8F, 0x90, 0x9D, 0xD)
        or 0 < code < 0x20
        or 0x7F <= code < 0xA0
        or code & 0xFFFE == 0xFFFE
        or 0xFDD0 <= code < 0xFDF0
    ):
        return  # CPython drops some of them; the standard keeps them
    text = form.format(code)
    assert Entities().decoded(text) == cpython.unescape(text)


@given(st.binary(max_size=64))
def test_text_is_decoded_as_cpython_does(data: bytes) -> None:
    unmarked = data.removeprefix(b"\xef\xbb\xbf")
    assert decoded(data, "utf-8") == unmarked.decode("utf-8", "replace").removeprefix(
        "\ufeff" if unmarked == data else ""
    )
    latin = data.decode("latin-1")
    assert [ord(a) for a, b in zip(decoded(data, "windows-1252"), latin, strict=True) if a == b] == [
        ord(b) for b in latin if not 0x80 <= ord(b) < 0xA0 or ord(b) in (0x81, 0x8D, 0x8F, 0x90, 0x9D)
    ]


@given(st.text(max_size=30).filter(lambda text: not text.startswith("\ufeff")))
def test_utf_16_is_read_back(text: str) -> None:
    clean = text.encode("utf-16-le", "replace").decode("utf-16-le")
    for codec in ("utf-16-le", "utf-16-be"):
        assert decoded(clean.encode(codec), codec) == clean


@given(st.text(max_size=40), st.binary(max_size=64))
def test_whatever_a_server_sends_is_read(header: str, data: bytes) -> None:
    name, charset = media_type(header)
    kind = kind_of_content(name, data)
    assert kind in ("html", "json", "text", "binary")
    assert charset_of(charset, data, is_html=kind == "html")

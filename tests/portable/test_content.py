"""What a fetched body is, in which charset, and that a compressed one is refused."""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.tools.charsets import charset_of, decoded
from clawft.tools.content import expect_identity, kind_of_content, media_type


def test_a_content_type_is_read() -> None:
    for header, found in (
        ("text/html; charset=UTF-8", ("text/html", "utf-8")),
        ("Text/HTML ;Charset = 'ISO-8859-1' ; x=y", ("text/html", "iso-8859-1")),
        ('application/json;charset="utf-8"', ("application/json", "utf-8")),
        ("text/plain", ("text/plain", "")),
        ("text/html;charset", ("text/html", "")),
        ("text/html; notcharset=x", ("text/html", "")),
        ("", ("", "")),
        (";;;", ("", "")),
    ):
        assert media_type(header) == found, header


def test_a_body_is_of_the_kind_that_its_type_and_bytes_say() -> None:
    for name, beginning, kind in (
        ("text/html", b"<p>", "html"), ("application/xhtml+xml", b"<?xml", "html"),
        ("application/json", b"{", "json"),
        ("application/ld+json", b"{", "json"), ("text/plain", b"x", "text"), ("text/markdown", b"# x", "text"),
        ("application/xml", b"<x/>", "text"), ("application/atom+xml", b"<x/>", "text"),
        ("application/javascript", b"x", "text"),
        ("image/svg+xml", b"<svg/>", "text"), ("image/png", b"\x89PNG", "binary"),
        ("application/pdf", b"%PDF", "binary"),
        ("application/zip", b"PK", "binary"), ("video/mp4", b"x", "binary"), ("font/woff2", b"x", "binary"),
        ("text/plain", b"\x00\x01\x02", "binary"), ("text/html", b"MZ\x90\x00\x03", "binary"),
        ("application/json", b"\x00", "binary"),
        ("text/plain", b"a\x1b[0mb\tc\r\n\x0c", "text"), ("text/plain", b"\xff\xfea\x00", "text"),
        ("text/plain", b"", "text"),
        ("", b"<!DOCTYPE html><p>", "html"), ("", b" \n<HTML>", "html"), ("", b"{}", "json"), ("", b"[1]", "json"),
        ("", b"hello", "text"),
        ("", b"\x7fELF\x02\x01\x01\x00", "binary"), ("application/octet-stream", b"plain", "text"),
        ("application/octet-stream", b"\x00\x00", "binary"), ("", b"", "text"), ("x/y", b"text", "binary"),
    ):  # fmt: skip
        assert kind_of_content(name, beginning) == kind, (name, beginning)


def test_the_charset_is_the_marks_then_the_headers_then_the_pages() -> None:
    meta = b'<html><meta name=x><META http-equiv="Content-Type" content="text/html; charset=Shift_JIS">'
    for declared, data, is_html, charset in (
        ("", b"abc", False, "utf-8"), ("", "\u00e9".encode(), False, "utf-8"),
        ("", b"caf\xe9", False, "windows-1252"),
        ("utf-8", b"\xe9", False, "utf-8"), ("UTF8", b"", False, "utf-8"),
        ("iso-8859-1", b"\x80", True, "windows-1252"),
        ("us-ascii", b"", False, "windows-1252"), ("shift_jis", b"", False, "shift_jis"),
        ("latin1", b"\xef\xbb\xbfx", False, "utf-8"),
        ("utf-8", b"\xff\xfex\x00", False, "utf-16-le"), ("", b"\xfe\xff\x00x", True, "utf-16-be"),
        ("utf-16", b"x\x00", False, "utf-16-le"),
        ("", b'<meta charset="gbk">', True, "gbk"), ("", b"<meta charset=utf-8 />", True, "utf-8"),
        ("", meta, True, "shift_jis"),
        ("", b"<meta charset=utf-16>", True, "utf-8"), ("utf-8", meta, True, "utf-8"), ("", meta, False, "utf-8"),
        ("", b"<meta charset=", True, "utf-8"), ("", b" " * 2000 + b"<meta charset=gbk>", True, "utf-8"),
        ("", b"x" * 65535 + "\u00e9".encode(), False, "utf-8"),
    ):  # fmt: skip
        assert charset_of(declared, data, is_html=is_html) == charset, (declared, data[:60])


def test_text_is_decoded() -> None:
    for data, charset, text in (
        (b"\xef\xbb\xbfa\xc3\xa9", "utf-8", "a\u00e9"), (b"a\xffb", "utf-8", "a\ufffdb"),
        (b"\x80\x93\xe9\x81", "windows-1252", "\u20ac\u201c\u00e9\x81"),
        (b"\xff\xfea\x00\x3d\xd8\x00\xde", "utf-16-le", "a\U0001f600"),
        (b"\xfe\xff\xd8\x3d\xde\x00\x00a", "utf-16-be", "\U0001f600a"),
        (b"a\x00\x3d\xd8b\x00", "utf-16-le", "a\ufffdb"), (b"\x00\xdea\x00", "utf-16-le", "\ufffda"),
        (b"a\x00\x3d\xd8", "utf-16-le", "a\ufffd"),
        (b"a\x00b", "utf-16-le", "a\ufffd"), (b"\x3d\xd8\x3d\xd8\x00\xde", "utf-16-le", "\ufffd\U0001f600"),
        (b"", "utf-8", ""),
    ):  # fmt: skip
        assert decoded(data, charset) == text, (data, charset, decoded(data, charset))


def test_a_charset_of_old_is_decoded_where_there_is_a_table_and_refused_elsewhere() -> None:
    try:
        assert decoded(b"\x82\xa0", "shift_jis") == "\u3042"
        assert decoded(b"\xc0", "koi8-r") == "\u044e"
        assert decoded(b"\xc0", "windows-1251") == "\u0410"
        assert decoded(b"\xa4", "iso-8859-15") == "\u20ac"
    except ToolError as error:
        assert "shift_jis" in error.message
    for charset in (
        "",
        "rot13",
        "base64",
        "zlib",
        "utf-7",
        "idna",
        "unicode_escape",
        "iso-8859-99",
        "iso-8859-",
        "x" * 500,
    ):
        try:
            decoded(b"abc", charset)
        except ToolError as error:
            assert len(error.message) < 200
        else:
            raise AssertionError(charset)


def test_only_what_is_not_compressed_is_read() -> None:
    for header in ("", "identity", "Identity", "identity, identity", ","):
        expect_identity(header)
    for header in ("gzip", "x-gzip", "deflate", "br", "zstd", "identity, gzip", "gzip, gzip", "x" * 300):
        try:
            expect_identity(header)
        except ToolError as error:
            assert "compressed" in error.message and len(error.message) < 200
        else:
            raise AssertionError(header)

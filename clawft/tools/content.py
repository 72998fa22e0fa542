"""Decides what a fetched body is, and refuses one that is compressed. Reads no network."""

from __future__ import annotations

from clawft.core.errors import ToolError
from clawft.tools.charsets import has_utf_16_mark

HTML = "html"
JSON = "json"
TEXT = "text"
BINARY = "binary"

_SNIFFED_BYTES = 1024
_TEXT_TYPES = (
    "application/ecmascript", "application/graphql", "application/javascript", "application/rtf", "application/sql",
    "application/toml", "application/x-httpd-php", "application/x-javascript", "application/x-ndjson",
    "application/x-sh",
    "application/x-subrip", "application/x-tex", "application/x-www-form-urlencoded", "application/x-yaml",
    "application/xml", "application/xml-dtd", "application/yaml", "image/svg+xml", "message/rfc822",
)  # fmt: skip
_JSON_TYPES = ("application/json", "text/json", "application/x-json")
_HTML_TYPES = ("text/html", "application/xhtml+xml")
_UNKNOWN_TYPES = ("", "application/octet-stream", "application/unknown", "unknown/unknown", "*/*")


def expect_identity(header: str) -> None:
    """Raises ToolError for a body that its Content-Encoding header says is compressed: none was asked for."""
    codings = [part.strip().lower() for part in header.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if codings:
        raise ToolError(
            "the answer is compressed (" + ", ".join(codings)[:60] + ") although that was not asked for"
        )


def media_type(header: str) -> tuple[str, str]:
    """The type and the charset parameter of a Content-Type header, both in lower case, "" where they are not given."""
    parts = header.split(";")
    name = parts[0].strip().lower()
    for part in parts[1:]:
        key, equals, value = part.partition("=")
        if equals and key.strip().lower() == "charset":
            return name, value.strip().strip("\"'").strip().lower()
    return name, ""


def kind_of_content(name: str, beginning: bytes) -> str:
    """HTML, JSON, TEXT or BINARY, from the media type and the body's first bytes; a kilobyte is enough.

    A type that says text for what is none counts as BINARY. Without a type the bytes decide.
    """
    beginning = beginning[:_SNIFFED_BYTES]
    if has_utf_16_mark(beginning):
        is_binary = False
    else:
        is_binary = any(byte < 0x20 and byte not in (9, 10, 12, 13, 27) for byte in beginning)  # noqa: PLR2004 - C0
    if name in _UNKNOWN_TYPES:
        return BINARY if is_binary else _sniffed(beginning)
    if name in _HTML_TYPES:
        kind = HTML
    elif name in _JSON_TYPES or name.endswith("+json"):
        kind = JSON
    elif name.startswith("text/") or name in _TEXT_TYPES or name.endswith("+xml"):
        kind = TEXT
    else:
        return BINARY
    return BINARY if is_binary else kind


def _sniffed(beginning: bytes) -> str:
    start = beginning.lstrip()[:15].lower()
    for mark in (b"<!doctype html", b"<html", b"<head"):
        if start.startswith(mark):
            return HTML
    return JSON if start[:1] in (b"{", b"[") else TEXT

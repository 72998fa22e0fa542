"""Decides which methods and headers a model may choose, and what of a request survives a redirect."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.url import Url
    from clawft.security.url_settings import UrlSettings

# What asks for a form of an answer and proves nobody's identity. Only these cross from one origin to another.
DEFAULT_HEADERS = (
    "accept",
    "accept-charset",
    "accept-language",
    "cache-control",
    "dnt",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "pragma",
    "range",
    "user-agent",
)
BODY_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-type",
    "transfer-encoding",
)
METHODS_WITH_BODY = ("POST", "PUT", "PATCH", "DELETE")

# No configuration allows these: they belong to the connection, name another host, carry the user's identity or open
# metadata services.
_NEVER = (
    "accept-encoding",  # the runtime's: it must be able to undo it, within limits
    "authorization",
    "connection",
    "content-length",
    "cookie",
    "cookie2",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "metadata",
    "metadata-flavor",
    "origin",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-google-metadata-request",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-real-ip",
    "x-rewrite-url",
)
_NEVER_PREFIXES = ("proxy-", "sec-", "x-aws-", "x-forwarded-", ":")
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-.^_`|~"
_LONGEST_VALUE = 4096
_MOST_HEADERS = 32


def checked_method(settings: UrlSettings, method: str) -> str:
    """A method in capitals. Raises PolicyDenied (url.allowed_methods)."""
    name = method.upper()
    if name not in settings.allowed_methods:
        raise PolicyDenied(
            "url.allowed_methods",
            "a request by " + name[:20],
            "allowed are " + ", ".join(settings.allowed_methods),
        )
    return name


def checked_headers(
    settings: UrlSettings, method: str, headers: list[tuple[str, str]]
) -> list[tuple[str, str]]:
    """Headers a model chose, names in lower case. Raises PolicyDenied (url.allowed_headers) for any other."""
    if len(headers) > _MOST_HEADERS:
        raise PolicyDenied("url.allowed_headers", "a request", f"expected at most {_MOST_HEADERS} headers")
    extra = [name.lower() for name in settings.allowed_headers]
    found: list[tuple[str, str]] = []
    for name, value in headers:
        lowered = name.lower()
        is_of_body = lowered == "content-type" and method in METHODS_WITH_BODY
        if is_never_allowed(lowered) or not (lowered in DEFAULT_HEADERS or lowered in extra or is_of_body):
            raise PolicyDenied(
                "url.allowed_headers", "the header " + _shown(lowered), "a model may not set it"
            )
        if lowered in [other for other, _ in found]:
            raise PolicyDenied("url.allowed_headers", "the header " + lowered, "it is given twice")
        plain = value.strip(" \t")
        for character in plain:
            if not " " <= character <= "~" and character != "\t":
                raise PolicyDenied(
                    "url.allowed_headers",
                    "the header " + lowered,
                    "its value has a line break, a control or a non-ASCII character",
                )
        if len(plain) > _LONGEST_VALUE:
            raise PolicyDenied(
                "url.allowed_headers",
                "the header " + lowered,
                f"expected at most {_LONGEST_VALUE} characters",
            )
        found.append((lowered, plain))
    return found


def is_never_allowed(name: str) -> bool:
    """Whether a header, in lower case, may never be set by a model; what is no header's name too."""
    if not name or name in _NEVER:
        return True
    for prefix in _NEVER_PREFIXES:
        if name.startswith(prefix):
            return True
    return any(character not in _NAME_CHARACTERS for character in name)


def redirected_method(status: int, method: str) -> str:
    """The method of the next hop (RFC 9110, section 15.4, as browsers do it): a changed one is sent without a body."""
    if status == 303 and method != "HEAD":  # noqa: PLR2004 - See Other
        return "GET"
    if status in (301, 302) and method == "POST":
        return "GET"
    return method


def redirected_headers(
    headers: list[tuple[str, str]], before: Url, after: Url, *, keeps_body: bool
) -> list[tuple[str, str]]:
    """What of a request's headers goes to the next hop: to another origin nothing that could be a credential."""
    is_same_origin = before.scheme == after.scheme and before.host == after.host and before.port == after.port
    kept = []
    for name, value in headers:
        lowered = name.lower()
        if lowered in BODY_HEADERS:
            if keeps_body:
                kept.append((name, value))
        elif lowered != "host" and (is_same_origin or lowered in DEFAULT_HEADERS):
            kept.append((name, value))
    return kept


def _shown(name: str) -> str:
    return "".join([character if "!" <= character <= "~" else "?" for character in name[:40]])

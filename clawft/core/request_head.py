"""Judges the head of an HTTP request before any runtime sends it, and fills in what every request says."""

from __future__ import annotations

from clawft.core.errors import TransportError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Request

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
_OWN_HEADERS = (
    "connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization", "proxy-connection",
    "te", "trailer", "transfer-encoding", "upgrade",
)  # fmt: skip
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyz-0123456789!#$%&'*+.^_`|~"
# What most values consist of. Such a value needs no look at each of its characters.
_PLAIN_CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ ./_=;,+"


def headers_of(request: Request, origin: str, user_agent: str) -> list[tuple[str, str]]:
    """The headers that a request is sent with, without Host, Content-Length and the proxy's. Raises TransportError."""
    if request.method not in _METHODS:
        raise TransportError("send", origin + ": the method is none of " + ", ".join(_METHODS))
    headers = []
    names = []
    for name, value in request.headers:
        headers.append((name, _checked(name, value)))
        names.append(name.lower())
    if "user-agent" not in names:
        headers.append(("User-Agent", user_agent))
    if "accept-encoding" not in names:
        headers.append(("Accept-Encoding", "identity"))
    return headers


def has_length(request: Request) -> bool:
    """Whether a request says how long its body is."""
    return bool(request.body) or request.method in _METHODS_WITH_BODY


def _checked(name: str, value: str) -> str:
    """The value as it may be sent. The error never quotes it: it may be a key."""
    # What is left when all that is allowed is stripped off has a character that is not.
    if not name or name.lower().strip(_NAME_CHARACTERS):
        raise TransportError("send", "a header's name has a character that HTTP does not allow in names")
    if name.lower() in _OWN_HEADERS:
        raise TransportError("send", "the header " + name + " is set by the client itself: leave it out")
    for character in value.strip(_PLAIN_CHARACTERS):
        if not (" " <= character <= "\xff" or character == "\t") or character == "\x7f":
            raise TransportError(
                "send",
                "the value of the header "
                + name
                + " has a line break or another character that HTTP cannot carry",
            )
    return value.strip(" \t")

"""Turns what a provider says of a failure into a ProviderError with a kind. Shared by the wire formats; no I/O.

Everything a provider sends may quote our request back, key and all: nothing of it leaves here unredacted.
"""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.errors import ProviderError
from clawft.providers.retry_after import duration_s, wait_asked_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIMIT_CHARACTERS = 600
REDACTED = "[redacted]"

# Status: (kind, may be retried, what it means). Any other 5xx is as 500, any other 4xx as 400.
STATUSES = {
    400: ("invalid_request", False, "refused the request"),
    401: ("auth", False, "refused the API key"),
    402: ("auth", False, "wants the account paid up"),
    403: ("auth", False, "does not permit this"),
    404: ("invalid_request", False, "knows no such address; check api_base"),
    408: ("timeout", True, "waited too long for the request"),
    409: ("overloaded", True, "has a conflict"),
    413: ("context_too_long", False, "finds the request too large"),
    429: ("rate_limited", True, "asks for fewer requests"),
    500: ("overloaded", True, "failed inside"),
    502: ("overloaded", True, "could not be reached behind its gateway"),
    503: ("overloaded", True, "is not available"),
    504: ("timeout", True, "took too long behind its gateway"),
    529: ("overloaded", True, "is overloaded"),
}

# The provider's own word (type or code): (kind, may be retried). Beats the status, and is all a stream has.
WORDS = {
    "authentication_error": ("auth", False),
    "permission_error": ("auth", False),
    "invalid_api_key": ("auth", False),
    "insufficient_quota": ("auth", False),
    "billing_error": ("auth", False),
    "billing_hard_limit_reached": ("auth", False),
    "not_found_error": ("model_not_found", False),
    "model_not_found": ("model_not_found", False),
    "model_not_available": ("model_not_found", False),
    "model_decommissioned": ("model_not_found", False),
    "invalid_model": ("model_not_found", False),
    "context_length_exceeded": ("context_too_long", False),
    "exceed_context_size_error": ("context_too_long", False),
    "request_too_large": ("context_too_long", False),
    "string_above_max_length": ("context_too_long", False),
    "rate_limit_error": ("rate_limited", True),
    "rate_limit_exceeded": ("rate_limited", True),
    "overloaded_error": ("overloaded", True),
    "api_error": ("overloaded", True),
    "server_error": ("overloaded", True),
    "timeout_error": ("timeout", True),
    "content_filter": ("refused", False),
    "content_policy_violation": ("refused", False),
}

# What the message says where there is no word for it: (all of these, kind). Only for 400, 404, 413, 422 and streams.
PHRASES = (
    (("context length",), "context_too_long"),
    (("context window",), "context_too_long"),
    (("context size",), "context_too_long"),
    (("prompt is too long",), "context_too_long"),
    (("input is too long",), "context_too_long"),
    (("reduce the length",), "context_too_long"),
    (("credit balance is too low",), "auth"),
    (("model", "not found"), "model_not_found"),
    (("model", "not exist"), "model_not_found"),
    (("model", "not a valid model"), "model_not_found"),
    (("invalid model",), "model_not_found"),
    (("unknown model",), "model_not_found"),
    (("model", "decommissioned"), "model_not_found"),
)
PHRASE_STATUSES = (0, 400, 404, 413, 422)


class Failure:
    """What a provider says went wrong: `words` are its type and code, `details` the rest of its error object."""

    __slots__ = ("details", "message", "words")

    def __init__(self, message: str, words: tuple[str, ...], details: dict[str, Any]) -> None:
        self.message = message
        self.words = words
        self.details = details


def failure_in(value: object) -> Failure | None:
    """The failure in a decoded body or stream event of any provider we know, None if there is none.

    `{"error": {"message", "type", "code"}}`, `{"error": "text"}`, `{"message", "type"}`, `{"detail": ...}`, and
    each of them in a list (Gemini).
    """
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return None
    error = value.get("error")
    if isinstance(error, str) and error:
        return Failure(error, (), value)
    if isinstance(error, dict):
        words = [
            str(error[name]) for name in ("code", "type", "status") if isinstance(error.get(name), (str, int))
        ]
        message = error.get("message")
        return Failure(message if isinstance(message, str) else "", tuple(words), error)
    for name in ("message", "detail"):
        if isinstance(value.get(name), str) and "choices" not in value:
            kind = value.get("type")
            return Failure(value[name], (kind,) if isinstance(kind, str) else (), value)
    return None


def response_error(
    provider: str,
    model: str,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
    now_s: float,
    secret: str,
) -> ProviderError:
    """The error of a response that is no success. `provider` is how users know it; `secret` never shows."""
    try:
        text = body.decode("utf-8")
    except ValueError:
        text = ""
    try:
        failure = failure_in(json_value(text))
    except ValueError:
        failure = None
    base = STATUSES.get(status) or STATUSES[500 if status >= 500 else 400]  # noqa: PLR2004 - HTTP's own classes
    kind, may_retry = _kind_of(failure, status) or base[:2]
    said = failure.message if failure is not None and failure.message else text
    wait_s = wait_asked_s(headers, now_s, is_limit=kind == "rate_limited")
    if wait_s is None and failure is not None:
        wait_s = _wait_in(failure.details)
    for name, value in headers:
        if name.lower() == "x-should-retry" and value.strip().lower() in ("true", "false"):
            may_retry = value.strip().lower() == "true"
    message = provider + " " + base[2] + " (HTTP " + str(status) + ")"
    said = redacted(said, secret)
    message += ": " + said if said else ""
    if kind == "model_not_found":
        message += _near_models(provider, model)
    return ProviderError(
        kind,
        message,
        retryable=may_retry,
        retry_after_s=wait_s,
        status=status,
    )


def stream_error(provider: str, failure: Failure, secret: str) -> ProviderError:
    """The error that a stream, or a body with status 200, reports."""
    status = 0
    for word in failure.words:
        if word in (
            "400",
            "401",
            "402",
            "403",
            "404",
            "408",
            "413",
            "429",
            "500",
            "502",
            "503",
            "504",
            "529",
        ):
            status = int(word)
    base = STATUSES[status or 500]
    kind, may_retry = _kind_of(failure, status) or base[:2]
    message = (
        provider + " failed while it answered: " + redacted(failure.message or "no reason given", secret)
    )
    return ProviderError(kind, message, retryable=may_retry, retry_after_s=_wait_in(failure.details))


def _kind_of(failure: Failure | None, status: int) -> tuple[str, bool] | None:
    if failure is None:
        return None
    if status in PHRASE_STATUSES:
        lower = failure.message.lower()
        for parts, kind in PHRASES:
            if not [part for part in parts if part not in lower]:
                return (kind, False)
    for word in failure.words:
        is_vague = (word == "api_error" and 0 < status < 500) or (  # noqa: PLR2004 - Ollama's word for every error
            word == "not_found_error"
            and "model" not in failure.message.lower()  # Anthropic's for a wrong path too
        )
        if word in WORDS and not is_vague:
            return WORDS[word]
    return None


def _near_models(provider: str, model: str) -> str:
    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only when a name was wrong
    from clawft.providers.prices import known_models  # noqa: PLC0415 - as above

    guess = did_you_mean(model, known_models(provider))
    return "; " + guess if guess else ""


def _wait_in(details: dict[str, Any]) -> float | None:
    """Seconds a body asks for: `retry_after_ms`, `retry_after`, or Gemini's `retryDelay` among its details."""
    for name, scale in (("retry_after_ms", 0.001), ("retry_after", 1.0)):
        value = details.get(name)
        if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e9:  # noqa: PLR2004
            return value * scale
    parts = details.get("details")
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and isinstance(part.get("retryDelay"), str):
            return duration_s(part["retryDelay"])
    return None


KEY_STARTS = ("sk-", "sk_", "gsk_", "rk-", "pk-", "xai-", "hf_", "tgp_", "nvapi-", "AIza", "eyJ")
KEY_RUN = 20
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."


def redacted(text: str, secret: str) -> str:
    """One line of at most `LIMIT_CHARACTERS` without the secret, whatever looks like a key, or control characters."""
    if len(secret) > 3:  # noqa: PLR2004 - a shorter "key" is a placeholder, and would tear ordinary words apart
        text = text.replace(secret, REDACTED)
    text = "".join(
        [letter if letter >= " " and letter != "\x7f" else " " for letter in text[: 4 * LIMIT_CHARACTERS]]
    )
    pieces: list[str] = []
    start = 0
    for index in range(len(text) + 1):
        if index < len(text) and text[index] in _WORD:
            continue
        word = text[start:index]
        pieces.append(REDACTED if _is_key(word) else word)
        pieces.append(text[index : index + 1])
        start = index + 1
    line = " ".join("".join(pieces).split())
    return line if len(line) <= LIMIT_CHARACTERS else line[: LIMIT_CHARACTERS - 3] + "..."


def _is_key(word: str) -> bool:
    if len(word) >= 8 and [start for start in KEY_STARTS if word.startswith(start)]:  # noqa: PLR2004 - else a word
        return True
    if len(word) < KEY_RUN:
        return False
    for part in word.replace("-", ".").replace("_", ".").split("."):
        has_digit = bool([letter for letter in part if letter.isdigit()])
        if len(part) >= KEY_RUN and has_digit and bool([letter for letter in part if letter.isalpha()]):
            return True
    return False

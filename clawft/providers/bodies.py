"""Turns bytes a provider sent into a JSON object and its numbers into counts. Shared by the wire formats; no I/O."""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.errors import ProviderError
from clawft.providers.failures import failure_in, redacted, stream_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_TOKENS = 1_000_000_000_000
SHOWN_CHARACTERS = 80


def decoded(provider: str, data: bytes | str, secret: str) -> dict[str, Any]:
    """The JSON object in a body or event. A ProviderError shows how it begins, without the secret."""
    text = ""
    try:
        text = data if isinstance(data, str) else data.decode("utf-8")
        value = json_value(text)
    except ValueError as error:
        message = provider + ": the reply is not JSON (" + redacted(str(error), secret) + ")"
        if text:
            message += "; it begins " + redacted(text, secret)[:SHOWN_CHARACTERS]
        raise ProviderError("invalid_response", message, retryable=True)
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        raise ProviderError(
            "invalid_response", provider + ": the reply is JSON but no object", retryable=True
        )
    return value


def answered(provider: str, data: bytes | str, secret: str) -> dict[str, Any]:
    """As `decoded`, and a ProviderError for a failure that came with the status of a success."""
    value = decoded(provider, data, secret)
    failure = failure_in(value)
    if failure is not None:
        raise stream_error(provider, failure, secret)
    return value


def count(value: object) -> int:
    """A number of tokens; 0 for what is none."""
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 < value < MOST_TOKENS:
        return 0
    return int(value)

"""Event streams: the same events however the bytes are split, never more than they held."""

from __future__ import annotations

from clawft.core.errors import ProviderError
from clawft.providers.sse import SseParser
from tests.portable.test_sse import CASES

LIMIT_BYTES = 512


def seeds():
    return [bytes([cut]) + data for data, _ in CASES for cut in (1, 3, 200)]


def check(data):
    step = max(data[0] if data else 0, 1)
    data = data[1:]
    whole = fed([data])
    parts = fed([data[at : at + step] for at in range(0, len(data), step)])
    assert whole == parts or ProviderError in (whole, parts)
    if whole is not ProviderError:
        assert sum(len(text.encode()) for _, text in whole) <= len(data)
        assert fed([data[at : at + 1] for at in range(len(data))]) == whole


def fed(parts):
    """The events, or ProviderError for the one error there may be."""
    parser = SseParser(LIMIT_BYTES)
    try:
        return [event for part in parts for event in parser.feed(part)]
    except ProviderError as error:
        assert error.kind == "invalid_response"
        return ProviderError

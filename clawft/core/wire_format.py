"""What a provider's protocol is to whoever speaks it. Interfaces, as in `core/interfaces.py`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.errors import ProviderError
    from clawft.core.interfaces import Request
    from clawft.core.messages import ModelCall, Reply


class WireFormat:
    """One provider protocol, without I/O: bytes and records in, bytes and records out."""

    def build_request(
        self, call: ModelCall, base_url: str, api_key: str, headers: list[tuple[str, str]]
    ) -> Request:
        """The HTTP request for a call. `headers` are the user's extra ones and win over ours."""
        raise NotImplementedError

    def parse_response(self, body: bytes) -> Reply:
        """A whole, unstreamed, successful body. Raises ProviderError (invalid_response)."""
        raise NotImplementedError

    def parse_error(
        self, status: int, headers: list[tuple[str, str]], body: bytes, now_s: float
    ) -> ProviderError:
        """What a failed response means: its kind, if it may be retried, and how long the provider asks to wait."""
        raise NotImplementedError

    def reader(self) -> StreamReader:
        """A fresh reader for one event stream."""
        raise NotImplementedError


class StreamReader:
    """Reads one event stream. A stream that stops before its own end marker is an error, not a short reply."""

    def feed(self, data: bytes) -> list[str]:
        """Take bytes, split anywhere; the pieces of answer text that they complete. Raises ProviderError."""
        raise NotImplementedError

    def finish(self) -> Reply:
        """The whole reply, after the last byte. Raises ProviderError if the stream was cut."""
        raise NotImplementedError

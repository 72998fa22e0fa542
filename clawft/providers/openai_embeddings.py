"""Turns texts into a request for their embeddings by OpenAI's protocol, and the answer into vectors. No I/O."""

from __future__ import annotations

from clawft.core.compat import json_text
from clawft.core.errors import ProviderError
from clawft.core.interfaces import Request
from clawft.core.wire_format import WireFormat
from clawft.providers.bodies import answered
from clawft.providers.failures import response_error
from clawft.providers.limits import merged_headers

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST_DIMENSIONS = 4096
# Of a longer text the beginning: models take some 8,000 tokens, and a character may be one.
TEXT_LIMIT_CHARACTERS = 8000


class OpenAiEmbeddings(WireFormat):
    """One endpoint and model. `provider` is how errors name it; `dimensions` None: as many as the model gives."""

    def __init__(self, provider: str, model: str, dimensions: int | None = None) -> None:
        self._provider = provider
        self._model = model
        self._dimensions = dimensions
        self._secret = ""

    def request(
        self, texts: list[str], base_url: str, api_key: str, headers: list[tuple[str, str]]
    ) -> Request:
        self._secret = api_key
        asked: dict[str, Any] = {
            "model": self._model,
            "input": [text[:TEXT_LIMIT_CHARACTERS] for text in texts],
        }
        if self._dimensions is not None:
            asked["dimensions"] = self._dimensions
        ours = [("Content-Type", "application/json"), ("Accept", "application/json")]
        if api_key:
            ours.append(("Authorization", "Bearer " + api_key))
        return Request(
            "POST",
            base_url.rstrip("/") + "/embeddings",
            merged_headers(ours, headers),
            json_text(asked).encode("utf-8"),
        )

    def vectors(self, body: bytes, count: int) -> list[list[float]]:
        data = answered(self._provider, body, self._secret).get("data")
        found: list[list[float]] = [[] for _ in range(count)]
        for position, entry in enumerate(data if isinstance(data, list) else []):
            place = entry.get("index", position) if isinstance(entry, dict) else -1
            if isinstance(place, int) and 0 <= place < count and _is_vector(entry.get("embedding")):
                found[place] = entry["embedding"]
        sizes = [len(vector) for vector in found]
        if not min(sizes) or min(sizes) != max(sizes):
            raise ProviderError(
                "invalid_response",
                f"{self._provider}: expected a vector of 1 to {MOST_DIMENSIONS} numbers for each of {count} texts",
            )
        return found

    def parse_error(
        self, status: int, headers: list[tuple[str, str]], body: bytes, now_s: float
    ) -> ProviderError:
        return response_error(self._provider, self._model, status, headers, body, now_s, self._secret)


def _is_vector(value: object) -> bool:
    if not isinstance(value, list) or not 0 < len(value) <= MOST_DIMENSIONS:
        return False
    return not [
        number for number in value if not isinstance(number, (int, float)) or isinstance(number, bool)
    ]

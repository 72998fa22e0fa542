"""Turns texts into vectors by a model behind an HTTP API, trying again where that helps. Knows no protocol."""

from __future__ import annotations

from clawft.core.errors import ProviderError
from clawft.pipeline.transport import wait_before_retry_s

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Runtime
    from clawft.core.vector_engine import EmbeddingFormat
    from clawft.pipeline.transport import HttpModel

BATCH = 32


class HttpEmbedder:
    """An `Embedder`: one model of one provider (`http`), asked up to `max_attempts` times for each batch."""

    batch = BATCH

    def __init__(
        self,
        runtime: Runtime,
        http: HttpModel,
        wire: EmbeddingFormat,
        where: tuple[str, str, list[tuple[str, str]]],
        max_attempts: int,
    ) -> None:
        self.name = http.name
        self._http = http
        self._runtime = runtime
        self._wire = wire
        self._where = where
        self._max_attempts = max_attempts

    async def embed(self, texts: list[str]) -> list[list[float]]:
        base_url, api_key, headers = self._where
        for attempt in range(1, self._max_attempts + 1):
            request = self._wire.request(texts, base_url, api_key, headers)
            try:
                return self._wire.vectors(await self._http.ask(request), len(texts))
            except ProviderError as failure:
                error = failure
            wait_s = wait_before_retry_s(error, attempt, self._runtime.random_bytes)
            if wait_s is None or attempt == self._max_attempts:
                break
            await self._runtime.clock.sleep(wait_s)
        raise error

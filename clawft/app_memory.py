"""Wires search in memory: a part of `app` that is loaded only when somebody searches."""

from __future__ import annotations

from clawft.core.errors import ConfigError
from clawft.core.memory_search import MemorySearch
from clawft.providers.choose import Chooser
from clawft.providers.registry import OPENAI

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.config import Config
    from clawft.core.interfaces import Runtime
    from clawft.core.memory import MemoryStore
    from clawft.core.vector_engine import Embedder

MODEL_KEY = "memory.embedding.model"


def memory_search(
    runtime: Runtime, config: Config, memory: MemoryStore, report: Callable[[str], None]
) -> MemorySearch:
    """Raises ConfigError for a model of embeddings that cannot be made."""
    return MemorySearch(
        runtime,
        memory,
        config.state_folder + "/memory",
        report,
        _embedder(runtime, config),
        config.optional_number("memory.embedding.min_similarity"),
    )


def _embedder(runtime: Runtime, config: Config) -> Embedder | None:
    """The model that gives vectors for texts, None where none is configured. Raises ConfigError."""
    wanted = config.text(MODEL_KEY)
    if not wanted:
        return None
    if "/" not in wanted:
        raise ConfigError(MODEL_KEY, "PROVIDER/MODEL", "'" + wanted + "'")
    choice = Chooser(config, runtime.environment, runtime.files, runtime.keyring).choice(wanted, MODEL_KEY)
    if choice.format != OPENAI:
        raise ConfigError(MODEL_KEY, "a provider that speaks OpenAI's protocol", "'" + wanted + "'")
    from clawft.pipeline.embedding import HttpEmbedder  # noqa: PLC0415 - only where one is configured
    from clawft.pipeline.transport import HttpModel, timeouts_of  # noqa: PLC0415 - as above
    from clawft.providers.openai_embeddings import OpenAiEmbeddings  # noqa: PLC0415

    dimensions = config.optional_number("memory.embedding.dimensions")
    wire = OpenAiEmbeddings(choice.provider, choice.model, None if dimensions is None else int(dimensions))
    http = HttpModel(
        runtime,
        wire,
        provider=choice.provider,
        model=choice.model,
        base_url=choice.base_url,
        api_key=choice.api_key,
        headers=choice.headers,
        timeouts=timeouts_of(config),
    )
    where = (choice.base_url, choice.api_key, choice.headers)
    return HttpEmbedder(runtime, http, wire, where, config.integer("requests.max_attempts"))

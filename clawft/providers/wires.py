"""Makes the wire format of a provider. The protocols are imported only when they are spoken."""

from __future__ import annotations

from clawft.providers.registry import ANTHROPIC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.wire_format import WireFormat
    from clawft.providers.registry import ProviderSpec


def wire_for(name: str, wire: str, spec: ProviderSpec | None) -> WireFormat:
    """A fresh wire format: it learns what its endpoint refuses, so each endpoint has its own.

    `wire` is `openai` or `anthropic`; `spec` is None for an endpoint of the user's own.
    """
    temperature_models = spec.temperature_models if spec is not None and spec.format == wire else None
    if wire == ANTHROPIC:
        from clawft.providers.anthropic import AnthropicMessages  # noqa: PLC0415 - the other is not loaded

        return AnthropicMessages(name, temperature_models=temperature_models)
    from clawft.providers.openai_chat import OpenAiChat  # noqa: PLC0415 - as above

    return OpenAiChat(
        name,
        token_field=spec.token_field if spec is not None else "max_tokens",
        temperature_models=temperature_models,
        has_cost=spec is not None and spec.has_cost,
    )

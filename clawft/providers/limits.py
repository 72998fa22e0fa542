"""Knows what an endpoint takes beside messages, and learns it from its refusals. No I/O.

Models come faster than tables: one that refuses `temperature` or `max_tokens`, or takes fewer tokens than asked,
says so in a 400; the next attempt at the same call then leaves it out. Also the one way headers are merged.
"""

from __future__ import annotations

from clawft.core.errors import ProviderError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.messages import ModelCall


class LearnedLimits:
    """What may be sent. `temperature_models`: beginnings of the names of models that take one, None for all."""

    def __init__(self, token_field: str, temperature_models: tuple[str, ...] | None) -> None:
        self.token_field = token_field
        self.has_stream_options = True
        self._temperature_models = temperature_models
        self._has_temperature = True
        self._most_tokens = 0

    def may_send_temperature(self, call: ModelCall) -> bool:
        """Whether this call's temperature may go out."""
        if call.temperature is None or not self._has_temperature:
            return False
        if self._temperature_models is None:
            return True
        model = call.model.lower()
        return bool([start for start in self._temperature_models if model.startswith(start)])

    def max_tokens(self, call: ModelCall) -> int:
        """What the call asks for, or what the endpoint says is its most."""
        return min(call.max_tokens, self._most_tokens) if self._most_tokens else call.max_tokens

    def learn(self, error: ProviderError) -> ProviderError:
        """The same error, or, where the next attempt will leave out what was refused, one to be retried at once."""
        if error.kind != "invalid_request" or error.status not in (400, 422):
            return error
        said = error.message.lower()
        if not self._is_new(said):
            return error
        return ProviderError(
            error.kind, error.message, retryable=True, retry_after_s=0.0, status=error.status
        )

    def _is_new(self, said: str) -> bool:
        if "max_completion_tokens" in said and "max_tokens" in said and "use" in said:
            was_other = self.token_field != "max_completion_tokens"  # noqa: S105 - a field of the protocol
            self.token_field = "max_completion_tokens"  # noqa: S105 - as above
            return was_other
        most = _most_tokens(said)
        if most and (not self._most_tokens or most < self._most_tokens):
            self._most_tokens = most
            return True
        if "stream_options" in said and self.has_stream_options:
            self.has_stream_options = False
            return True
        if "temperature" in said and self._has_temperature:
            self._has_temperature = False
            return True
        return False


def _most_tokens(said: str) -> int:
    """The most reply tokens a refusal allows, 0 if it is about something else.

    "max_tokens: 8192 > 4096, which is the maximum allowed number of output tokens for ..." (Anthropic),
    "max_tokens is too large: 8192. This model supports at most 4096 completion tokens" (OpenAI),
    "max_tokens must be less than or equal to 4096" (Groq).
    """
    if "max_tokens" not in said and "max_completion_tokens" not in said:
        return 0
    for mark in (" > ", "at most ", "less than or equal to ", "<= "):
        at = said.find(mark)
        if at < 0:
            continue
        digits = ""
        for letter in said[at + len(mark) :].replace("`", ""):
            if not letter.isdigit():
                break
            digits += letter
        if digits and len(digits) < 9:  # noqa: PLR2004 - no model writes a thousand million tokens
            return int(digits)
    return 0


def merged_headers(ours: list[tuple[str, str]], theirs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Our headers and the user's; where names are the same, whatever their case, the user's alone."""
    names = [name.lower() for name, _ in theirs]
    return [(name, value) for name, value in ours if name.lower() not in names] + list(theirs)

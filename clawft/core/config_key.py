"""What one configuration key is: its path, its kind of value, its bounds. The keys stand in `config_keys`."""

from __future__ import annotations

TEXT = "text"  # no control characters; `low` is its least length
PATH = "path"  # absolute, or from the home folder by ~/
URL = "url"  # http or https, nothing after its path
PRINTABLE = "printable"  # may stand in an HTTP header
CHOICE = "choice"  # one of `choices`
INTEGER = "integer"  # from `low` to `high`
NUMBER = "number"  # from `low` to `high`
FLAG = "flag"
TEXTS = "texts"  # a list of texts that are not empty
INTEGERS = "integers"  # a list of integers from `low` to `high`
HEADERS = "headers"  # HTTP header names and their values


class Key:
    """One key. `path` is dotted, `*` in it the user's own name for a provider; a default of None allows null.

    `effect` is one line for documentation; `is_secret` values are never shown and never stand in a message.
    """

    __slots__ = ("choices", "default", "effect", "high", "is_secret", "kind", "low", "path")

    def __init__(
        self,
        path: str,
        kind: str,
        default: object,
        effect: str,
        *,
        low: float = 0,
        high: float = 0,
        choices: tuple[str, ...] = (),
        is_secret: bool = False,
    ) -> None:
        self.path = path
        self.kind = kind
        self.default = default
        self.effect = effect
        self.low = low
        self.high = high
        self.choices = choices
        self.is_secret = is_secret

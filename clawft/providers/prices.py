"""Looks up what models cost and how much they can read, in the table that `tools/prices.py` generates.

A model that is not in the table has no price: its cost is None, which is not 0. The table is only loaded when asked.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.messages import Usage

    Tiers = tuple[tuple[int, float], ...]

FIELDS = 7
TOKENS_PRICED = 1_000_000
FOUND_LIMIT = 32
# What was looked up: every reply asks for its own model, and reading the table takes half a millisecond.
_FOUND: dict[str, Price | None] = {}


class Price:
    """US dollars a million tokens, as ((from input tokens, price), ...), None where unknown, and the window."""

    __slots__ = ("cache_read", "cache_write", "context_window_tokens", "input", "model", "output")

    def __init__(
        self,
        model: str,
        input_price: Tiers | None,
        output_price: Tiers | None,
        cache_read: Tiers | None,
        cache_write: Tiers | None,
        context_window_tokens: int | None,
    ) -> None:
        self.model = model
        self.input = input_price
        self.output = output_price
        self.cache_read = cache_read
        self.cache_write = cache_write
        self.context_window_tokens = context_window_tokens


def price(provider: str, model: str) -> Price | None:
    """The price of a provider's model by any of its names, None if it is not known."""
    key = provider + "/" + model
    if key not in _FOUND:
        if len(_FOUND) >= FOUND_LIMIT:
            _FOUND.clear()
        _FOUND[key] = _search(provider, model)
    return _FOUND[key]


def _search(provider: str, model: str) -> Price | None:
    wanted = model.lower()
    for line in _lines(provider):
        at = line.find("|")
        model_id = line[:at].lower()
        rules = line[at + 1 : line.find("|", at + 1)]
        if _is_meant(rules, model_id, wanted):
            return _price(line)
    return None


def cost_usd(provider: str, model: str, usage: Usage) -> float | None:
    """What this use cost in US dollars; None where any price that it needs is unknown.

    Cached input is charged as plain input where the table has no price for it. A use without tokens was not counted
    by the provider, so its cost is unknown too.
    """
    if usage.input_tokens + usage.output_tokens <= 0:
        return None
    found = price(provider, model)
    if found is None:
        return None
    plain_tokens = max(0, usage.input_tokens - usage.cache_read_tokens - usage.cache_write_tokens)
    total = 0.0
    for tokens, tiers in (
        (plain_tokens, found.input),
        (usage.output_tokens, found.output),
        (usage.cache_read_tokens, found.cache_read or found.input),
        (usage.cache_write_tokens, found.cache_write or found.input),
    ):
        if tokens <= 0:
            continue
        if not tiers:
            return None
        total += tokens * _tier(tiers, usage.input_tokens)
    return total / TOKENS_PRICED


def context_window_tokens(provider: str, model: str) -> int | None:
    """The most tokens a model reads and writes in one call, None if it is not known."""
    found = price(provider, model)
    return found.context_window_tokens if found is not None else None


def known_models(provider: str) -> list[str]:
    """The ids in the table that the provider itself takes as names; [] for a provider it has not."""
    found = []
    for line in _lines(provider):
        fields = line.split("|", 2)
        if _is_meant(fields[1], fields[0].lower(), fields[0].lower()):
            found.append(fields[0])
    return found


def source() -> str:
    """Where the prices come from, with the version that dates them."""
    from clawft.providers.price_data import SOURCE  # noqa: PLC0415 - a large table, loaded only when asked

    return SOURCE


def _lines(provider: str) -> list[str]:
    from clawft.providers.price_data import TABLES  # noqa: PLC0415 - a large table, loaded only when asked

    return [line for line in TABLES.get(provider, "").split("\n") if line]


def _is_meant(rules: str, model_id: str, wanted: str) -> bool:
    for rule in rules.split(";"):
        if not [part for part in rule.split("&") if not _holds(part, model_id, wanted)]:
            return True
    return False


def _holds(part: str, model_id: str, wanted: str) -> bool:
    mark = part[:1] or "="
    text = part[1:] or model_id
    if mark == "*":
        return text in wanted
    if mark == "!":
        return text not in wanted
    if mark == "$":
        return wanted.endswith(text)
    if mark == "+":
        mark = "="
        text = model_id + text
    if mark == "=" and len(wanted) != len(text):
        return False
    return _begins(wanted, text)


def _begins(wanted: str, text: str) -> bool:
    if "#" not in text:
        return wanted.startswith(text)
    if len(wanted) < len(text):
        return False
    for index, letter in enumerate(text):
        if letter == "#":
            if not wanted[index].isdigit():
                return False
        elif wanted[index] != letter:
            return False
    return True


def _price(line: str) -> Price:
    fields = line.split("|")
    fields += [""] * (FIELDS - len(fields))
    window = fields[6]
    tokens = int(window[:-1]) * 1000 if window.endswith("k") else int(window or "0")
    return Price(
        fields[0], _tiers(fields[2]), _tiers(fields[3]), _tiers(fields[4]), _tiers(fields[5]), tokens or None
    )


def _tiers(text: str) -> Tiers | None:
    if not text:
        return None
    parts = text.split(">")
    tiers = [(0, float(parts[0]))]
    for part in parts[1:]:
        start, _, value = part.partition(":")
        tiers.append((int(start), float(value)))
    return tuple(tiers)


def _tier(tiers: Tiers, input_tokens: int) -> float:
    found = tiers[0][1]
    for start, value in tiers:
        if input_tokens > start:
            found = value
    return found

"""Turns the installed `genai-prices` package into `clawft/providers/price_data.py`, the table the agent ships.

`python -m tools.prices` writes it, `--check` fails if it would change. What is not carried over is counted and
printed, never dropped in silence. Only the providers of the agent's registry are kept.
"""

# ruff: noqa: ANN401 - the package's own objects, and it need not be installed where types are checked
from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGET = Path(__file__).resolve().parents[1] / "clawft" / "providers" / "price_data.py"

# Our name for a provider and the package's.
PROVIDERS = {
    "anthropic": "anthropic",
    "deepseek": "deepseek",
    "gemini": "google",
    "groq": "groq",
    "minimax": "minimax",
    "mistral": "mistral",
    "moonshot": "moonshotai",
    "openai": "openai",
    "openrouter": "openrouter",
    "together": "together",
    "zhipu": "zai",
}
# Google's list is that of its cloud as well; the endpoint we speak to serves its own models.
ONLY_STARTING = {"gemini": ("gemini", "gemma", "learnlm")}
# The sense of the one negative pattern in use: speech models are another price.
NOT_SPEECH = r"^(?!.*-[tT][tT][sS](?:$|-))"

PRICES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
# Prices of what an agent of text does not do or is not charged for by the token: known, and left out.
OTHER_PRICES = re.compile(
    r"(audio|image|video|search|requests|_1h_|reasoning|grounding|seconds|batch|character|tool)"
)
HEADER = '''\
"""Prices (US dollars a million tokens) and context windows of our providers' models. Generated: do not edit.

From genai-prices {version} (Pydantic Services Inc., MIT licence) by `python -m tools.prices`. One model a line:
id|rules|input|output|cache read|cache write|context window; what is missing at the end is unknown. The rules are
alternatives (";") of parts that must all hold ("&"): =is ^begins $ends *holds !holds not, +is the id and this; "#"
stands for a digit, nothing after the mark for the id, no mark for =. The first line that fits counts. A price
`3>200000:6` is 6 for every token once the input is over 200000 tokens. Of prices that change by date the latest is
here, of those that change by the hour the dearest.
"""

from __future__ import annotations
'''


class Dropped(ValueError):
    """Why something is not carried over."""


def number(value: Any) -> str:
    """A Decimal or integer as short as it can be written."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def price(value: Any) -> str:
    """A price and its tiers, "" for none."""
    if value is None:
        return ""
    if not hasattr(value, "tiers"):
        return number(value)
    return ">".join([number(value.base), *(f"{tier.start}:{number(tier.price)}" for tier in value.tiers)])


def window(tokens: int | None) -> str:
    """A context window; thousands as `k`."""
    if not tokens:
        return ""
    return f"{tokens // 1000}k" if tokens % 1000 == 0 else str(tokens)


def alternatives(clause: Any) -> list[str]:
    """The rules that say what a clause says."""
    kind = type(clause).__name__
    if kind == "ClauseOr":
        return [rule for part in clause.or_ for rule in alternatives(part)]
    if kind == "ClauseAnd":
        joined = [""]
        for part in clause.and_:
            joined = [f"{left}&{right}" if left else right for left in joined for right in alternatives(part)]
        return joined
    if kind == "ClauseRegex":
        return regex_rules(clause.regex)
    marks = {
        "ClauseEquals": ("=", "equals"),
        "ClauseStartsWith": ("^", "starts_with"),
        "ClauseEndsWith": ("$", "ends_with"),
        "ClauseContains": ("*", "contains"),
    }
    if kind not in marks:
        raise Dropped(f"a clause of type {kind}")
    mark, attribute = marks[kind]
    text = getattr(clause, attribute).lower()
    if re.search(r"[|;&#\s]", text):
        raise Dropped(f"the name {text!r} holds a character of the table's own")
    return [mark + text]


def regex_rules(pattern: str) -> list[str]:
    r"""The rules of the few shapes in use: literal text, `\d`, `\d{n}` and one set of letters, from `^`."""
    if pattern == NOT_SPEECH:
        return ["!-tts"]
    body = re.sub(r"\\d\{(\d+)\}", lambda found: "#" * int(found[1]), pattern).replace(r"\d", "#")
    found = re.fullmatch(r"\^((?:[a-z0-9#/-]|\\\.|\[[^\]^\\]+\])+)(\$?)", body)
    if found is None:
        raise Dropped(f"the pattern {pattern!r}")
    mark = "=" if found[2] else "^"
    texts = [""]
    for letter in re.findall(r"\[[^\]]+\]|\\\.|.", found[1]):
        choices = letter[1:-1] if letter.startswith("[") else letter[-1]
        texts = [text + choice for text in texts for choice in choices]
    return [mark + text for text in texts]


def current(prices: Any) -> Any:
    """The one price to keep: the latest by date, and of those by the hour the dearest."""
    if not isinstance(prices, list):
        return prices
    dated = [one for one in prices if type(one.constraint).__name__ != "TimeOfDateConstraint"]
    hourly = [one for one in prices if type(one.constraint).__name__ == "TimeOfDateConstraint"]
    latest = (
        max(dated, key=lambda one: str(getattr(one.constraint, "start_date", ""))) if dated else hourly[0]
    )
    return max([latest, *hourly], key=dearness).prices


def dearness(conditional: Any) -> float:
    """What a million tokens in and out cost at first."""
    total = 0.0
    for name in PRICES[:2]:
        value = getattr(conditional.prices, name)
        total += float(getattr(value, "base", value) or 0)
    return total


def model_line(model: Any, dropped: Counter[str]) -> str:
    """The line of one model. Raises Dropped."""
    found = current(model.prices)
    if not hasattr(found, "input_mtok") or found.input_mtok is None or found.output_mtok is None:
        raise Dropped("no price by token both ways (speech, images, embeddings, free of charge)")
    for name, value in vars(found).items():
        if value is not None and name not in PRICES:
            if not OTHER_PRICES.search(name):
                raise Dropped(f"an unknown price {name}")
            dropped[f"price left out: {name}"] += 1
    rules = alternatives(model.match)
    fields = [model.id, ";".join(shorter(rule, model.id.lower()) for rule in rules)]
    fields += [price(getattr(found, name)) for name in PRICES]
    fields.append(window(model.context_window))
    return "|".join(fields).rstrip("|")


def shorter(rule: str, model_id: str) -> str:
    """A rule without what the id says already."""
    if "&" in rule:
        return rule
    mark, text = rule[0], rule[1:]
    if text == model_id:
        return "" if mark == "=" else mark
    if mark == "=" and text.startswith(model_id):
        return "+" + text[len(model_id) :]
    return rule


def provider_lines(name: str, provider: Any, dropped: Counter[str]) -> Iterator[str]:
    """The lines of one provider."""
    for model in provider.models:
        if not model.id.lower().startswith(ONLY_STARTING.get(name, "")):
            dropped["model of another maker in Google's list"] += 1
            continue
        try:
            line = model_line(model, dropped)
        except Dropped as reason:
            dropped[f"model left out: {reason}"] += 1
            continue
        if '"' in line or "\\" in line or not line.isascii():
            raise ValueError(f"{line!r} does not fit into a plain string")
        yield line


def source(dropped: Counter[str]) -> str:
    """The module's text."""
    from genai_prices.data import providers  # noqa: PLC0415 - heavy, and absent where only the agent is installed

    by_id = {provider.id: provider for provider in providers}
    version = metadata.version("genai-prices")
    parts = [HEADER.format(version=version), f'SOURCE = "genai-prices {version}"\n', "TABLES = {"]
    for ours, theirs in PROVIDERS.items():
        lines = "\n".join(provider_lines(ours, by_id[theirs], dropped))
        parts.append(f'    "{ours}": """\\\n{lines}\n""",')
    return "\n".join([*parts, "}\n"])


def main(arguments: list[str] | None = None) -> int:
    """0, or 1 if the check finds that the table is not what the package makes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--check", action="store_true", help="fail if the table is out of date")
    asked = parser.parse_args(arguments)
    dropped: Counter[str] = Counter()
    text = source(dropped)
    for reason, count in sorted(dropped.items()):
        sys.stderr.write(f"{count:5} {reason}\n")
    size = len(text.encode())
    sys.stderr.write(f"{size} bytes, {text.count(chr(10))} lines\n")
    if asked.check:
        if not TARGET.exists() or TARGET.read_text(encoding="utf-8") != text:
            sys.stderr.write(
                f"{TARGET.name} is not what the installed genai-prices makes: run python -m tools.prices\n"
            )
            return 1
        return 0
    TARGET.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

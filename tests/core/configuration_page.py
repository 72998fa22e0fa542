"""Makes docs/reference/configuration.md out of the table of keys: `python -m tests.core.configuration_page`."""

from __future__ import annotations

import json
from pathlib import Path

from clawft.core.config_keys import KEYS, LATER, SECTIONS, VARIABLE_PREFIX, Key
from clawft.core.config_values import expected
from clawft.security.commands import DEFAULT_ALLOWLIST, DEFAULT_DENYLIST
from clawft.security.url_settings import DEFAULT_METHODS, DEFAULT_PORTS, SCHEMES

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "configuration.md"
HEAD = f"""\
# Configuration

Made from the table of keys by `python -m tests.core.configuration_page`; a test compares the two.

The file is JSON with comments and trailing commas: `weft config init` writes one with every key, `weft config show`
prints what is in force. The command line (`--set KEY=VALUE`) goes before the environment
(`{VARIABLE_PREFIX}SECTION__KEY`), that before the file, and that before the default. Each key may also be written in
camel case (`maxTokens`). An unknown key is a warning, but in `tools.approval`, `tools.command_policy` and
`tools.url_policy` an error: a misspelt list of what is denied must not be an empty one.
"""


def page() -> str:
    """The whole page."""
    parts = [HEAD]
    for section, words in SECTIONS:
        keys = [key for key in KEYS if section in (key.path.rpartition(".")[0], key.path.split(".*.")[0])]
        if keys:
            parts.append(f"## {section}\n\n{words}\n\n| key | takes | default | effect |\n|---|---|---|---|")
            parts.append("\n".join(_row(key) for key in keys) + "\n")
    parts.append(f"""\
## Lists that stand for an empty or null one

| key | default list |
|---|---|
| `tools.command_policy.allowlist` | {_words(DEFAULT_ALLOWLIST)} |
| `tools.command_policy.denylist`, in denylist mode | {_words(DEFAULT_DENYLIST)} |
| `tools.url_policy.allowed_schemes` | {_words(SCHEMES)} |
| `tools.url_policy.allowed_ports` | {_words(DEFAULT_PORTS)} |
| `tools.url_policy.allowed_methods` | {_words(DEFAULT_METHODS)} |

## Not in this version

These sections are kept as they are, and a warning says that they do nothing yet: {_words(LATER)}.
""")
    return "\n".join(parts)


def _row(key: Key) -> str:
    default = list(key.default) if isinstance(key.default, tuple) else key.default
    cells = (f"`{key.path}`", expected(key), f"`{json.dumps(default)}`", key.effect)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _words(words: tuple[object, ...]) -> str:
    return ", ".join(f"`{word}`".replace("|", "\\|") for word in words)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8", newline="\n")

"""The one table of configuration keys: from it come parsing, defaults, schema, starting file and documentation.

Holds no parsing. A key that stands here has the effect it states; what is planned stands in `LATER`.
"""

from __future__ import annotations

from clawft.core.config_key import (
    CHOICE,
    FLAG,
    HEADERS,
    INTEGER,
    INTEGERS,
    NUMBER,
    PATH,
    PRINTABLE,
    TEXT,
    TEXTS,
    URL,
    Key,
)
from clawft.core.config_tool_keys import TOOL_KEYS

__all__ = [
    "CHOICE",
    "FLAG",
    "HEADERS",
    "INTEGER",
    "INTEGERS",
    "KEYS",
    "LATER",
    "NUMBER",
    "PATH",
    "PRINTABLE",
    "PROVIDERS",
    "STRICT",
    "TEXT",
    "TEXTS",
    "URL",
    "Key",
]

CONFIG_FILE = "/.clawft/config.json"
LEGACY_CONFIG_FILE = "/.nanobot/config.json"
STATE_FOLDER = "/.clawft/state"
VARIABLE_PREFIX = "CLAWFT__"

MOST_USD = 1_000_000
MOST_S = 86_400


KEYS = (
    Key(
        "agents.defaults.workspace",
        PATH,
        "~/.clawft/workspace",
        "The folder that file tools are confined to; made if it is missing. Absolute or from ~/; not our state's own.",
    ),
    Key(
        "agents.defaults.model",
        TEXT,
        None,
        "The model that answers, as PROVIDER/MODEL; null: the default model of the first provider that has a key.",
    ),
    Key(
        "agents.defaults.fallback_models",
        TEXTS,
        (),
        "Models tried in this order when the one before cannot answer.",
    ),
    Key(
        "agents.defaults.max_tokens",
        INTEGER,
        8192,
        "The longest reply to ask a model for, in tokens.",
        low=1,
        high=1_000_000,
    ),
    Key(
        "agents.defaults.temperature",
        NUMBER,
        0.7,
        "How freely a model may choose its words: 0 the least, 2 the most.",
        low=0,
        high=2,
    ),
    Key(
        "agents.defaults.max_tool_iterations",
        INTEGER,
        20,
        "How many rounds of tool calls one turn may take before it is stopped.",
        low=1,
        high=1000,
    ),
    Key(
        "agents.defaults.memory_window",
        INTEGER,
        50,
        "How many of a conversation's latest messages are sent to the model.",
        low=1,
        high=100_000,
    ),
    Key(
        "agents.defaults.stream",
        FLAG,
        True,  # noqa: FBT003 - the default of a flag
        "Ask for the reply piece by piece and show it as it comes.",
    ),
    Key(
        "providers.*.api_key",
        PRINTABLE,
        "",
        "The provider's key; its environment variable (OPENAI_API_KEY, ...) serves as well.",
        is_secret=True,
    ),
    Key(
        "providers.*.api_key_file",
        PATH,
        None,
        "A file that holds nothing but the key. Absolute or from ~/.",
    ),
    Key(
        "providers.*.api_key_keyring",
        PRINTABLE,
        "",
        "SERVICE/USER of the system's keyring, which keeps the key; needs the extra `keyring`.",
    ),
    Key(
        "providers.*.api_base",
        URL,
        None,
        "Where the provider's API is; null: its public address. A provider of your own needs one.",
    ),
    Key(
        "providers.*.extra_headers",
        HEADERS,
        None,
        "HTTP headers to send with each request, over ours where names are the same.",
        is_secret=True,
    ),
    Key(
        "providers.*.format",
        CHOICE,
        None,
        "The protocol it speaks; null: the provider's own, openai for one of your own.",
        choices=("openai", "anthropic"),
    ),
    Key(
        "memory.embedding.model",
        TEXT,
        None,
        "The model that makes vectors of notes, as PROVIDER/MODEL; null: their words are hashed, on this machine.",
    ),
    Key(
        "memory.embedding.dimensions",
        INTEGER,
        None,
        "How many numbers to ask that model for; null: as many as it gives.",
        low=1,
        high=4096,
    ),
    Key(
        "memory.embedding.min_similarity",
        NUMBER,
        None,
        "How similar a note without all the words must be to be found; null: what suits the model.",
        low=0,
        high=1,
    ),
    Key(
        "requests.connect_timeout_s",
        NUMBER,
        10.0,
        "How long connecting to a provider may take, in seconds.",
        low=0.1,
        high=MOST_S,
    ),
    Key(
        "requests.first_byte_timeout_s",
        NUMBER,
        120.0,
        "How long a provider may think before its reply begins, in seconds.",
        low=0.1,
        high=MOST_S,
    ),
    Key(
        "requests.between_bytes_timeout_s",
        NUMBER,
        60.0,
        "How long a reply may pause, in seconds.",
        low=0.1,
        high=MOST_S,
    ),
    Key(
        "requests.total_timeout_s",
        NUMBER,
        600.0,
        "How long one request may take from its start to its last byte, in seconds.",
        low=0.1,
        high=MOST_S,
    ),
    Key(
        "requests.max_attempts",
        INTEGER,
        4,
        "How often one request is tried before the next model is, the first time counted.",
        low=1,
        high=20,
    ),
    Key(
        "budget.day_usd",
        NUMBER,
        None,
        "What all sessions together may spend a day (UTC), in US dollars; null: no limit.",
        low=0,
        high=MOST_USD,
    ),
    Key(
        "budget.session_usd",
        NUMBER,
        None,
        "What one session may spend, in US dollars; null: no limit.",
        low=0,
        high=MOST_USD,
    ),
) + TOOL_KEYS

# What stands above each section in a starting file.
SECTIONS = (
    ("agents", "Who answers."),
    ("agents.defaults", "What every agent starts with."),
    ("providers", "Who runs the models: their keys and addresses, by name."),
    ("tools", "What the model may do."),
    ("tools.approval", "Which tools ask a person first, and which never run; the others run at once."),
    ("tools.command_policy", "Which commands exec_shell and spawn may run."),
    ("tools.exec", "How commands run."),
    ("tools.url_policy", "What the model may fetch. Every list replaces its default."),
    ("tools.web", "The web."),
    ("tools.web.search", "Who answers web_search."),
    ("memory", "How notes are found."),
    ("memory.embedding", "What makes vectors of texts, to find what is similar."),
    ("requests", "How patient we are with providers."),
    ("budget", "What may be spent."),
)

# Providers we know by name; any other name is the user's own and needs an api_base.
PROVIDERS = (
    "custom",
    "openrouter",
    "aihubmix",
    "anthropic",
    "openai",
    "openai_codex",
    "deepseek",
    "gemini",
    "zhipu",
    "dashscope",
    "moonshot",
    "minimax",
    "vllm",
    "groq",
    "mistral",
    "together",
    "ollama",
    "llamacpp",
)

# Sections that a later version reads: they are kept as they are, and one warning each says that they do nothing yet.
LATER = (
    "gateway",
    "channels.telegram",
    "channels.slack",
    "channels.discord",
    "channels.whatsapp",
    "channels.feishu",
    "channels.dingtalk",
    "channels.mochat",
    "channels.email",
    "channels.qq",
    "tools.mcp_servers",
)

# Sections in which an unknown key is an error: a misspelt list of what is denied must not be an empty one.
STRICT = ("tools.approval", "tools.command_policy", "tools.url_policy")


def camel(name: str) -> str:
    """The other spelling of a key's name: `max_tokens` is also `maxTokens`."""
    parts = name.split("_")
    return parts[0] + "".join([part[0].upper() + part[1:] for part in parts[1:]])


def snake(name: str) -> str:
    """A key's name from its other spelling: `maxTokens` is `max_tokens`."""
    return "".join(["_" + letter.lower() if "A" <= letter <= "Z" else letter for letter in name])


def variable(path: str) -> str:
    """The environment variable that overrides a key: `CLAWFT__AGENTS__DEFAULTS__MAX_TOKENS`."""
    return VARIABLE_PREFIX + path.upper().replace("-", "_").replace(".", "__")


def tree() -> dict[str, object]:
    """The table as nested sections: a Key where one stands, None where a later version reads, a dict otherwise."""
    root: dict[str, object] = {}
    for key in KEYS:
        _put(root, key.path, key)
    for path in LATER:
        _put(root, path, None)
    return root


def provider_keys() -> dict[str, Key]:
    """The keys of one provider section, by name."""
    return {key.path[len("providers.*.") :]: key for key in KEYS if key.path.startswith("providers.*.")}


def _put(root: dict[str, object], path: str, value: object) -> None:
    section = root
    names = path.split(".")
    for name in names[:-1]:
        inner = section.get(name)
        if not isinstance(inner, dict):
            inner = {}
            section[name] = inner
        section = inner
    section[names[-1]] = value

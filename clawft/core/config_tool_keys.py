"""The configuration keys of tools and of the policies that stand before them. A part of the table in `config_keys`."""

from __future__ import annotations

from clawft.core.config_key import CHOICE, FLAG, INTEGER, INTEGERS, NUMBER, PRINTABLE, TEXTS, URL, Key

MOST_S = 86_400

TOOL_KEYS = (
    Key(
        "tools.restrict_to_workspace",
        FLAG,
        True,  # noqa: FBT003 - the default of a flag
        "false lets read_file read outside the workspace too; a warning says so. Nothing else widens.",
    ),
    Key(
        "tools.result_limit_bytes",
        INTEGER,
        65_536,
        "The most of one tool result that a model is given; the middle of a longer one is left out.",
        low=1024,
        high=1_048_576,
    ),
    Key(
        "tools.approval.ask",
        TEXTS,
        (),
        "Tools that ask a person before each call; where nobody can answer, that is a refusal. web_* names all such.",
    ),
    Key(
        "tools.approval.deny",
        TEXTS,
        (),
        "Tools that never run, whatever tools.approval.ask says. * names every tool.",
    ),
    Key(
        "tools.command_policy.mode",
        CHOICE,
        "allowlist",
        "allowlist runs only the programs listed; denylist runs all but those listed, and a warning says so.",
        choices=("allowlist", "denylist"),
    ),
    Key(
        "tools.command_policy.allowlist",
        TEXTS,
        (),
        "Programs that may run, or a program and how its arguments must begin; empty: the default list.",
    ),
    Key(
        "tools.command_policy.denylist",
        TEXTS,
        (),
        "What may not run, in either mode; empty: the default list in denylist mode, nothing more in allowlist mode.",
    ),
    Key(
        "tools.exec.timeout",
        NUMBER,
        60.0,
        "How long a command may take before it and its children are ended, in seconds.",
        low=0.1,
        high=MOST_S,
    ),
    Key(
        "tools.url_policy.enabled",
        FLAG,
        True,  # noqa: FBT003 - the default of a flag
        "false lets the model reach every host and port but metadata services; a warning says so.",
    ),
    Key(
        "tools.url_policy.allow_private",
        FLAG,
        False,  # noqa: FBT003 - the default of a flag
        "true lets the model reach this machine and private networks, never metadata services; a warning says so.",
    ),
    Key(
        "tools.url_policy.allowed_domains",
        TEXTS,
        (),
        "Where any are listed, no other host may be reached. example.com covers the names below it too.",
    ),
    Key(
        "tools.url_policy.blocked_domains",
        TEXTS,
        (),
        "Hosts that may not be reached, whatever allows them.",
    ),
    Key(
        "tools.url_policy.private_domains",
        TEXTS,
        (),
        "Hosts that may be reached although their addresses are private.",
    ),
    Key(
        "tools.url_policy.allowed_schemes",
        TEXTS,
        None,
        "Schemes that may be fetched; null: http and https.",
    ),
    Key(
        "tools.url_policy.allowed_ports",
        INTEGERS,
        None,
        "Ports that may be reached; null: those of the web and those under which web servers usually stand.",
        low=1,
        high=65_535,
    ),
    Key(
        "tools.url_policy.allowed_methods",
        TEXTS,
        None,
        "HTTP methods that the model may choose; null: GET and HEAD.",
    ),
    Key(
        "tools.url_policy.allowed_headers",
        TEXTS,
        (),
        "HTTP headers that the model may set besides the harmless ones; never those that carry credentials.",
    ),
    Key(
        "tools.web.search.provider",
        CHOICE,
        None,
        "Who answers web_search; null: brave where there is a key, else wikipedia, which needs none.",
        choices=("brave", "searxng", "tavily", "wikipedia"),
    ),
    Key(
        "tools.web.search.api_key",
        PRINTABLE,
        "",
        "The key of that provider.",
        is_secret=True,
    ),
    Key(
        "tools.web.search.max_results",
        INTEGER,
        5,
        "How many results web_search gives at most, unless the model asks for fewer.",
        low=1,
        high=20,
    ),
    Key(
        "tools.web.search.endpoint",
        URL,
        None,
        "Where that provider's API is; null: its public address. searxng needs one.",
    ),
)

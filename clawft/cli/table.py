"""The command table: every command, option, argument, example and exit code as plain data.

The parser, `--help`, the completions and the reference pages derive from it. Holds no behaviour and imports
nothing but its records: `weft --help` reads little else. A handler is named as "module:function" and is
imported only when it runs.
"""

from __future__ import annotations

from clawft.cli.records import FILE, INTEGER, TEXT, Argument, Command, Option
from clawft.cli.table_policies import AUDIT, JSON, POLICY

SHELLS = ("bash", "zsh", "fish", "powershell")

EXIT_CODES = (
    (0, "done"),
    (1, "failed: the provider, the disk or the named thing let the command down"),
    (2, "the command line or the configuration is wrong"),
    (3, "denied by a policy"),
    (130, "interrupted (Ctrl-C)"),
    (141, "nobody read the output any more (`weft ... | head`)"),
)

CONFIG_NOTE = (
    "Configuration is read from the first of: -c PATH, $CLAWFT_CONFIG, ~/.clawft/config.json, "
    "~/.nanobot/config.json. `weft config init` writes a commented one. Any scalar can also be set by an environment "
    "variable, CLAWFT__AGENTS__DEFAULTS__MODEL=openai/gpt-5, or by --set."
)

GLOBAL_OPTIONS = (
    Option(("-c", "--config"), "Read this configuration file; it must exist.", kind=FILE, placeholder="PATH"),
    Option(
        ("--set",),
        "Set one configuration key for this run (`agents.defaults.max_tokens=1024`).",
        kind=TEXT,
        placeholder="KEY=VALUE",
        is_repeatable=True,
    ),
    Option(
        ("-v", "--verbose"), "Say more on standard error, with a traceback if something unforeseen happens."
    ),
    Option(("-h", "--help"), "Explain the command, and stop."),
    Option(("-V", "--version"), "Print the version, and stop."),
)

_KEY = Argument("KEY", "A session key, as `weft sessions list` shows it (`cli:cli-session`).")

AGENT = Command(
    "agent",
    "Talk to the agent: one message, a pipe, JSON lines, or a conversation.",
    handler="clawft.cli.agent:run_agent",
    options=(
        Option(
            ("-m", "--message"),
            "Send this message, print the answer, and stop. `-` stands for all of standard input. Given more than "
            "once, the parts are joined by blank lines.",
            kind=TEXT,
            placeholder="TEXT",
            is_repeatable=True,
        ),
        Option(
            ("--model",),
            "Use this model (`provider/name`) instead of the configured one.",
            kind=TEXT,
            placeholder="NAME",
        ),
        Option(
            ("-s", "--session"),
            "Continue this session, which is made if it is new: a chat id of the console (`work`) or a whole key "
            "(`cli:work`).",
            kind=TEXT,
            placeholder="KEY",
            default="cli-session",
        ),
        Option(("--new",), "Start a new session, and say its key on standard error."),
        Option(
            ("--json",), "Print one JSON object: reply, error, usage, provider, model, session, iterations."
        ),
        Option(
            ("--jsonl",),
            "Read {id, chat, message} lines from standard input and write {id, chat, reply, error, usage} lines as "
            "turns end. Chats run at the same time; messages of one chat stay in order.",
        ),
        Option(
            ("--max-concurrent",),
            "With --jsonl: run at most this many chats at once.",
            kind=INTEGER,
            placeholder="N",
            default=16,
            least=1,
        ),
        Option(("--no-stream",), "Show the answer when it is complete, not while it grows."),
    ),
    details=(
        "Without -m, reads the message from standard input if that is a pipe or a file, and otherwise starts a "
        "conversation (/help lists its commands). With -m, standard input is left alone unless `-m -` asks for it, "
        "so that the command is safe in loops and under process supervisors. A failed turn prints nothing on "
        "standard output."
    ),
    examples=(
        ('weft agent -m "What is in my workspace?"', "one question"),
        ("git diff | weft agent -m 'Write a commit message for this:' -m -", "a question about a pipe"),
        ("weft agent < question.txt", "the message is a file"),
        ("weft agent -s work", "a conversation in its own session"),
        ("weft agent --jsonl < batch.jsonl > replies.jsonl", "many chats at once"),
    ),
    stray_hint="to send it as a message, use -m {}",
)

STATUS = Command(
    "status",
    "Show what the agent would use: configuration, model, folders, sessions, tools.",
    handler="clawft.cli.status:show_status",
    options=(
        Option(("--detailed",), "Also show every provider, tool and limit."),
        JSON,
    ),
    examples=(("weft status", "an overview"), ("weft status --json --detailed", "all of it, for a program")),
)

SESSIONS = Command(
    "sessions",
    "List, inspect, export and delete conversations.",
    children=(
        Command(
            "list",
            "List the sessions, the most recently used first.",
            handler="clawft.cli.sessions:list_sessions",
            options=(
                Option(
                    ("-n", "--limit"),
                    "Show at most this many, 0 for all of them.",
                    kind=INTEGER,
                    placeholder="N",
                    default=0,
                ),
                JSON,
            ),
            examples=(("weft sessions list", "every session"),),
        ),
        Command(
            "inspect",
            "Show a session's messages, and what it used and cost.",
            handler="clawft.cli.sessions:inspect_session",
            options=(
                Option(
                    ("-n", "--limit"),
                    "Show only the last N messages, 0 for all of them; totals always count the whole session.",
                    kind=INTEGER,
                    placeholder="N",
                    default=0,
                ),
                JSON,
            ),
            arguments=(_KEY,),
            examples=(("weft sessions inspect cli:cli-session -n 10", "the last ten messages"),),
        ),
        Command(
            "export",
            "Write a session out, as JSON lines, JSON or Markdown.",
            handler="clawft.cli.sessions:export_session",
            options=(
                Option(
                    ("-f", "--format"),
                    "The form to write.",
                    kind=TEXT,
                    placeholder="FORM",
                    choices=("jsonl", "json", "markdown"),
                    default="jsonl",
                ),
                Option(
                    ("-o", "--output"),
                    "Write to this file instead of standard output; it must not exist.",
                    kind=FILE,
                    placeholder="FILE",
                ),
            ),
            arguments=(_KEY,),
            examples=(("weft sessions export cli:work -f markdown -o work.md", "a session to read"),),
        ),
        Command(
            "delete",
            "Delete a session for good.",
            handler="clawft.cli.sessions:delete_session",
            options=(Option(("-y", "--yes"), "Do not ask. Needed where there is no terminal to ask on."),),
            arguments=(_KEY,),
            examples=(("weft sessions delete cli:old --yes", "without a question"),),
        ),
    ),
)

MEMORY = Command(
    "memory",
    "Read and search what the agent remembers across sessions.",
    children=(
        Command(
            "show",
            "Print the long-term memory (MEMORY.md).",
            handler="clawft.cli.memory:show_memory",
            options=(JSON,),
            examples=(("weft memory show", "what it knows"),),
        ),
        Command(
            "history",
            "Print the history of past conversations (HISTORY.md).",
            handler="clawft.cli.memory:show_history",
            options=(JSON,),
            examples=(("weft memory history | tail", "the latest entries"),),
        ),
        Command(
            "search",
            "Find the entries of memory and history that hold every word of a text, then those similar to it.",
            handler="clawft.cli.memory:search_memory",
            options=(
                Option(
                    ("-n", "--limit"),
                    "Show at most this many entries.",
                    kind=INTEGER,
                    placeholder="N",
                    default=10,
                    least=1,
                ),
                Option(("--exact",), "Only entries that hold every word."),
                JSON,
            ),
            arguments=(Argument("QUERY", "The text to look for; upper and lower case are the same."),),
            examples=(('weft memory search "birthday" -n 3', "at most three entries"),),
        ),
    ),
)

CONFIG = Command(
    "config",
    "Show, explain and start the configuration.",
    children=(
        Command(
            "show",
            "Print the configuration in effect as JSON, secrets masked.",
            handler="clawft.cli.config:show_config",
            options=(
                Option(("--reveal",), "Print secrets in clear."),
                Option(("--json",), "Print it on one line."),
            ),
            examples=(("weft config show", "what is in effect"),),
        ),
        Command(
            "section",
            "Print one top-level section of the configuration in effect.",
            handler="clawft.cli.config:show_section",
            options=(
                Option(("--reveal",), "Print secrets in clear."),
                Option(("--json",), "Print it on one line."),
            ),
            arguments=(Argument("NAME", "A top-level section, such as agents or tools."),),
            examples=(("weft config section tools", "the tools section"),),
        ),
        Command(
            "schema",
            "Print the JSON Schema of the configuration file, for editors and checks.",
            handler="clawft.cli.config:show_schema",
            options=(Option(("--json",), "Print it on one line."),),
            examples=(("weft config schema > config.schema.json", "for an editor"),),
        ),
        Command(
            "init",
            "Write a commented configuration file to start from, never over another one.",
            handler="clawft.cli.config:init_config",
            arguments=(
                Argument(
                    "PATH",
                    "Where to write it; ~/.clawft/config.json if left out.",
                    kind=FILE,
                    is_optional=True,
                ),
            ),
            examples=(("weft config init", "make ~/.clawft/config.json"),),
        ),
        Command(
            "path",
            "Print the path of the configuration file in effect, or of the one `init` would make.",
            handler="clawft.cli.config:show_path",
            examples=(('"$EDITOR" "$(weft config path)"', "edit it"),),
        ),
    ),
)

COMPLETIONS = Command(
    "completions",
    "Print a script that makes a shell complete weft's commands and options.",
    handler="clawft.cli.completions:print_completions",
    arguments=(Argument("SHELL", "Which shell.", choices=SHELLS),),
    examples=(
        ("weft completions bash > ~/.local/share/bash-completion/completions/weft", "bash"),
        ('weft completions zsh > "${fpath[1]}/_weft"', "zsh"),
        ("weft completions fish > ~/.config/fish/completions/weft.fish", "fish"),
        ("weft completions powershell >> $PROFILE", "PowerShell"),
    ),
)

HELP = Command(
    "help",
    "Explain weft or one of its commands.",
    handler="clawft.cli.help:print_help",
    arguments=(
        Argument("COMMAND", "The command to explain.", is_optional=True),
        Argument("SUBCOMMAND", "A command within it.", is_optional=True),
    ),
    examples=(("weft help sessions export", "the same as `weft sessions export --help`"),),
)

ROOT = Command(
    "weft",
    "clawft AI assistant CLI",
    children=(AGENT, STATUS, SESSIONS, MEMORY, CONFIG, POLICY, AUDIT, COMPLETIONS, HELP),
    details="A personal AI agent: durable conversations, tools confined to a workspace, any provider.",
    examples=(
        ("weft agent -m hello", "works before anything is configured"),
        ("weft config init", "then put a key in ~/.clawft/config.json"),
        ("weft agent", "a conversation"),
    ),
)


def leaves(command: Command = ROOT) -> list[Command]:
    """Every command that runs something, in the table's order."""
    found = []
    for child in command.children:
        if child.handler:
            found.append(child)
        found += leaves(child)
    return found

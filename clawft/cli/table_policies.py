"""The part of the command table about policies and what they decided. Plain data, as in `table`."""

from __future__ import annotations

from clawft.cli.records import INTEGER, TEXT, Argument, Command, Option

JSON = Option(("--json",), "Print one JSON value instead of text.")

POLICY = Command(
    "policy",
    "Ask the policies what they allow, and show those in force.",
    children=(
        Command(
            "check",
            "Say if a URL, a command or a path is allowed, by which rule, and why. Nothing is run or fetched.",
            handler="clawft.cli.policy:check_policy",
            options=(
                Option(
                    ("--operation",),
                    "What to do with a path.",
                    kind=TEXT,
                    placeholder="NAME",
                    choices=("read", "write", "edit", "list"),
                    default="read",
                ),
                Option(
                    ("--tool",),
                    "Which tool a command is for: a line (exec_shell) or a program (spawn).",
                    kind=TEXT,
                    placeholder="NAME",
                    choices=("exec_shell", "spawn"),
                    default="exec_shell",
                ),
                Option(
                    ("--arg",),
                    "With --tool spawn: an argument of the program.",
                    kind=TEXT,
                    placeholder="TEXT",
                    is_repeatable=True,
                ),
                JSON,
                Option(
                    ("--jsonl",),
                    "Judge JSON objects from standard input, one a line, and answer each with one line: "
                    '{"id", "kind": "url", "value", "policy", "resolve"}, {"id", "kind": "command", "tool", "value", '
                    '"args", "policy"} or {"id", "kind": "path", "value", "operation", "workspace"}.',
                ),
            ),
            arguments=(
                Argument("KIND", "What the value is.", choices=("url", "command", "path"), is_optional=True),
                Argument("VALUE", "The URL, the command line or the path.", is_optional=True),
            ),
            details=(
                "The exit code says what was decided: 0 allowed, 3 denied, 2 malformed. With --jsonl it is 0 if every "
                "line could be read. A record without a policy is judged by the one in force."
            ),
            examples=(
                ("weft policy check command 'ls -l | wc -l'", "a command line"),
                ("weft policy check url http://169.254.169.254/", "denied, and why"),
                ("weft policy check path notes.md --operation write", "a path of the workspace"),
                ("weft policy check --jsonl < records.jsonl", "many at once"),
            ),
        ),
        Command(
            "show",
            "Print the policies in force, every default filled in.",
            handler="clawft.cli.policy:show_policy",
            options=(JSON,),
            examples=(("weft policy show", "what is in force"),),
        ),
    ),
)

AUDIT = Command(
    "audit",
    "Show what was decided about tool calls, and check that nobody changed that.",
    children=(
        Command(
            "verify",
            "Check the whole log of decisions: exit code 0 if it is whole, 1 if it was changed.",
            handler="clawft.cli.audit:verify_audit",
            options=(
                Option(
                    ("--expect",),
                    "Also check that the record with this hash, from an earlier verification, is still there.",
                    kind=TEXT,
                    placeholder="HASH",
                ),
                JSON,
            ),
            examples=(("weft audit verify", "is it whole?"),),
        ),
        Command(
            "list",
            "List the newest decisions.",
            handler="clawft.cli.audit:list_audit",
            options=(
                Option(
                    ("-n", "--limit"),
                    "Show at most this many, 0 for all of them.",
                    kind=INTEGER,
                    placeholder="N",
                    default=20,
                ),
                JSON,
            ),
            examples=(("weft audit list -n 5", "the last five"),),
        ),
    ),
)

"""Every command as a real process: exit code, both streams, `--json`, wrong options, missing files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from clawft.cli.table import leaves
from tests.flows.process import COMMAND, environment, weft, write_session

USAGE = {
    "input_tokens": 10,
    "output_tokens": 5,
    "cache_read_tokens": 4,
    "cache_write_tokens": 0,
    "cost_usd": 0.25,
}
RECORDS: list[dict[str, object]] = [
    {"role": "user", "content": "Grüße, 日本!", "timestamp": "2026-11-22T20:15:01.250Z"},
    {
        "role": "assistant",
        "content": "",
        "timestamp": "2026-11-22T20:15:02.250Z",
        "tool_calls": [{"id": "1", "name": "read_file", "arguments": '{"path":"a"}'}],
        "usage": USAGE,
    },
    {
        "role": "tool",
        "content": "```x",
        "timestamp": "2026-11-22T20:15:03.250Z",
        "tool_call_id": "1",
        "name": "read_file",
    },
    {"role": "assistant", "content": "**done**", "timestamp": "2026-11-22T20:15:04.250Z", "usage": USAGE},
]


class Case(NamedTuple):
    """A command line and what must come of it. `out` and `err` must stand in the streams; None: nothing at all."""

    words: str
    exit_code: int = 0
    out: str | None = None
    err: str | None = None
    stdin: str = ""


CASES = (
    Case("--version", out="weft "),
    Case("-V", out="weft "),
    Case("--help", out="Usage: weft [OPTIONS] COMMAND"),
    Case("", 2, err="needs one of these commands"),
    Case("help", out="Usage: weft [OPTIONS] COMMAND"),
    Case("help sessions export", out="Usage: weft sessions export [OPTIONS] KEY"),
    Case("help nonsense", 2, err="unknown command 'nonsense'"),
    Case("nonsense", 2, err="unknown command 'nonsense'"),
    Case("statsu", 2, err="did you mean status?"),
    Case("--nonsense", 2, err="unknown option --nonsense"),
    Case("status --help", out="Usage: weft status [OPTIONS]"),
    Case("status", out="Workspace:"),
    Case("status --detailed", out="agents.defaults.max_tokens"),
    Case("status --jsn", 2, err="did you mean --json?"),
    Case("status extra", 2, err="unexpected argument 'extra'"),
    Case("status -c missing.json", 2, err="missing.json"),
    Case("status --set agents.defaults.max_tokens=many", 2, err="agents.defaults.max_tokens"),
    Case("status --set nonsense", 2, err="expected KEY=VALUE, found 'nonsense'"),
    Case("sessions", 2, err="weft sessions needs one of these commands"),
    Case("sessions list", out="cli:work  4"),
    Case("sessions list --limit x", 2, err="--limit: expected a whole number of at least 0, found 'x'"),
    Case("sessions inspect cli:work", out="Grüße, 日本!"),
    Case("sessions inspect work", out="$0.5000"),
    Case("sessions inspect cli:wrk", 1, err="did you mean cli:work?"),
    Case("sessions inspect", 2, err="KEY is missing"),
    Case("sessions export cli:work", out='"content":"**done**"'),
    Case("sessions export work -f markdown", out="````\n```x\n````"),
    Case("sessions export work --format xml", 2, err="expected one of jsonl, json, markdown"),
    Case("sessions export work -o config.json", 2, err="config.json is there already"),
    Case("sessions export nobody", 1, err="there is no session 'nobody'"),
    Case("sessions delete cli:work", 2, err="expected --yes"),
    Case("sessions delete nobody --yes", 1, err="there is no session 'nobody'"),
    Case("sessions delete work -y", err="deleted cli:work"),
    Case("memory", 2, err="weft memory needs one of these commands"),
    Case("memory show", out="likes tea"),
    Case("memory show --limit 3", 2, err="unknown option --limit"),
    Case("memory history more", 2, err="unexpected argument 'more'"),
    Case("memory history", out="asked about tea"),
    Case("memory search TEA", out="1. MEMORY.md\nlikes tea"),
    Case("memory search coffee", err="nothing found for 'coffee'"),
    Case("memory search tea --limit 0", 2, err="at least 1"),
    Case("memory search", 2, err="QUERY is missing"),
    Case("config show", out='"max_tokens": 1234'),
    Case("config show --reveal", out='"api_key": "sk-secret"'),
    Case("config show --frm", 2, err="unknown option --frm"),
    Case("config section agents", out='"max_tokens": 1234'),
    Case("config section agent", 2, err="did you mean agents?"),
    Case("config section", 2, err="NAME is missing"),
    Case("config schema", out='"$schema"'),
    Case("config init", 2, err="expected no file there yet"),
    Case("config init new/own.json", err="wrote new/own.json"),
    Case("config path", out=".clawft/config.json\n"),
    Case("config path -c own.json", out="own.json\n"),
    Case("config schema --reveal", 2, err="unknown option --reveal"),
    Case("config path a b", 2, err="unexpected argument 'a'"),
    Case("policy", 2, err="weft policy needs one of these commands"),
    Case("policy check url https://example.com/", out="url.name"),
    Case("policy check url http://169.254.169.254/", 3, out="url.metadata"),
    Case("policy check url http://[", 2, out="url.malformed"),
    Case("policy check command ls", out="it starts ls"),
    Case("policy check command reboot", 3, out="command."),
    Case("policy check command --tool spawn --arg -l --arg=x ls", out="it starts ls"),
    Case("policy check command --tool spawn --arg -delete find", 3, out="command.option"),
    Case("policy check path memory/MEMORY.md", out="path.inside"),
    Case("policy check path ../x --operation write", 3, out="path.outside"),
    Case("policy check path x --operation remove", 2, err="expected one of read, write, edit, list"),
    Case("policy check path x --tool spawn", 2, err="--tool is for a command"),
    Case("policy check pth x", 2, err="did you mean path?"),
    Case("policy check path", 2, err="expected url, command or path and a VALUE, or --jsonl"),
    Case("policy check --jsonl --json", 2, err="--json and --jsonl cannot be given together"),
    Case("policy check --jsonl url", 2, err="--jsonl reads records from standard input"),
    Case(
        "policy check --jsonl",
        stdin='{"kind":"url","value":"http://10.0.0.1/"}\n',
        out='"rule":"url.private"',
    ),
    Case("policy check --jsonl", 2, stdin="nonsense\n", out="not JSON"),
    Case("policy show", out="echo, cat, ls"),
    Case("policy show", out="Confinement\n  Commands:"),
    Case("policy show all", 2, err="unexpected argument 'all'"),
    Case("audit verify", out="Newest hash:  000"),
    Case("audit verify --expect 12", 2, err="64 hexadecimal digits"),
    Case("audit verify --expect " + "1" * 64, 1, err="the record with the expected hash is missing"),
    Case("audit list", out="TIME"),
    Case("audit list -n x", 2, err="expected a whole number"),
    Case("completions bash", out="complete -o filenames -F _weft weft"),
    Case("completions zsh", out="#compdef weft"),
    Case("completions fish", out="complete -c weft"),
    Case("completions powershell", out="Register-ArgumentCompleter"),
    Case("completions tcsh", 2, err="expected one of bash, zsh, fish, powershell"),
    Case("completions", 2, err="SHELL is missing; expected one of bash, zsh, fish, powershell"),
    Case("agent", 2, err="found nothing but white space in standard input", stdin=" \n"),
    Case("agent -m", 2, err="-m needs a value: -m TEXT"),
    Case("agent hello", 2, err="use -m 'hello'"),
    Case("agent --jsonl -m hello", 2, err="--jsonl and --message cannot be given together"),
    Case("agent --new -s work -m hello", 2, err="--new and --session cannot be given together"),
    Case("agent --max-concurrent 2 -m hello", 2, err="--max-concurrent needs --jsonl"),
    Case("agent --jsonl --max-concurrent 0", 2, err="at least 1"),
    Case("agent -m hello -c missing.json", 2, err="missing.json"),
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that has been lived in: a configuration, a session, some memory."""
    write_session(tmp_path, "cli:work", RECORDS)
    memory = tmp_path / ".clawft" / "workspace" / "memory"
    memory.mkdir(parents=True)
    (memory / "MEMORY.md").write_text("likes tea\n\nlives in Rome\n")
    (memory / "HISTORY.md").write_text("asked about tea and more\n")
    config = {"agents": {"defaults": {"maxTokens": 1234}}, "providers": {"openai": {"api_key": "sk-secret"}}}
    (tmp_path / ".clawft" / "config.json").write_text(json.dumps(config))
    (tmp_path / "config.json").write_text("{}")
    return tmp_path


@pytest.mark.parametrize("case", CASES, ids=[case.words or "(nothing)" for case in CASES])
def test_a_command_line_does_what_it_says(case: Case, home: Path) -> None:
    done = weft(home, *case.words.split(), stdin=case.stdin)
    assert done.returncode == case.exit_code, done.stderr
    for expected, stream in ((case.out, done.stdout), (case.err, done.stderr)):
        if expected is None:
            assert stream == ""
        else:
            assert expected in stream
    if "--reveal" not in case.words:
        assert "sk-secret" not in done.stdout + done.stderr


def test_every_command_of_the_table_has_a_case_that_works_and_one_that_is_refused() -> None:
    for command in leaves():
        name = " ".join(command.path)
        codes = [case.exit_code for case in CASES if (case.words + " ").startswith(name + " ")]
        if command.path != ("agent",):  # its working cases have a file of their own
            assert 0 in codes, f"no case runs `weft {name}` to its end"
        assert 2 in codes, f"no case makes a mistake with `weft {name}`"


JSON_CASES: dict[str, Any] = {
    "policy check command ls --json": lambda value: value["decision"] == "allow",
    "policy show --json": lambda value: value["command"]["mode"] == "allowlist",
    "audit verify --json": lambda value: value["is_whole"] and value["count"] == 0,
    "audit list --json": lambda value: value == [],
    "status --json": lambda value: (
        value["is_offline"] is False and value["sessions"] == 1 and value["features"]["exec"] is True
    ),
    "status --json --detailed": lambda value: any(row["origin"] == "file" for row in value["settings"]),
    "sessions list --json": lambda value: (
        [(row["key"], row["message_count"]) for row in value] == [("cli:work", 4)]
    ),
    "sessions inspect work --json": lambda value: (
        value["messages"] == RECORDS and value["usage"]["cost_usd"] == 0.5
    ),
    "sessions inspect work --json -n 1": lambda value: (
        value["messages"] == RECORDS[-1:] and value["message_count"] == 4
    ),
    "sessions export work -f json": lambda value: value["records"] == RECORDS and value["key"] == "cli:work",
    "memory show --json": lambda value: value["text"].startswith("likes tea"),
    "memory history --json": lambda value: value["path"].endswith("HISTORY.md"),
    "memory search tea --json": lambda value: [row["source"] for row in value] == ["MEMORY.md", "HISTORY.md"],
    "memory search coffee --json": lambda value: value == [],
    "config show --json": lambda value: value["providers"]["openai"]["api_key"] == "********",
    "config section agents --json": lambda value: value["defaults"]["max_tokens"] == 1234,
    "config schema --json": lambda value: value["type"] == "object",
}


@pytest.mark.parametrize("words", JSON_CASES)
def test_json_is_one_value_on_one_line_and_nothing_else(words: str, home: Path) -> None:
    done = weft(home, *words.split())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.count("\n") == 1
    assert JSON_CASES[words](json.loads(done.stdout)), done.stdout


def test_every_command_with_a_json_option_has_a_json_case() -> None:
    for command in leaves():
        if command.path != ("agent",) and any("--json" in option.names for option in command.options):
            name = " ".join(command.path)
            assert any(words.startswith(name) for words in JSON_CASES), name


def test_a_first_run_needs_nothing(tmp_path: Path) -> None:
    assert weft(tmp_path, "status").returncode == 0
    assert weft(tmp_path, "status").stdout.count("none configured") == 1
    listed = weft(tmp_path, "sessions", "list")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "no sessions yet" in listed.stderr
    shown = weft(tmp_path, "memory", "show")
    assert (shown.returncode, shown.stdout) == (0, "")
    path = weft(tmp_path, "config", "path").stdout.strip()
    made = weft(tmp_path, "config", "init")
    assert made.returncode == 0
    assert Path(path).read_text().startswith("//")
    again = weft(tmp_path, "status")
    assert (again.returncode, again.stderr) == (0, ""), (
        "the starting file changes nothing and warns of nothing"
    )


def test_an_exported_session_is_written_to_a_new_file_only(home: Path) -> None:
    done = weft(home, "sessions", "export", "work", "-o", "out.jsonl")
    assert (done.returncode, done.stdout) == (0, "")
    lines = [json.loads(line) for line in (home / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    assert lines[0]["_type"] == "metadata"
    assert lines[1:] == RECORDS
    assert weft(home, "sessions", "export", "work", "-o", "out.jsonl").returncode == 2


def test_a_deleted_session_is_gone(home: Path) -> None:
    assert weft(home, "sessions", "delete", "cli:work", "--yes").returncode == 0
    assert json.loads(weft(home, "sessions", "list", "--json").stdout) == []
    assert weft(home, "sessions", "delete", "cli:work", "--yes").returncode == 1


def test_a_broken_configuration_is_named_and_can_still_be_found(home: Path) -> None:
    (home / ".clawft" / "config.json").write_text("{broken")
    done = weft(home, "status")
    assert (done.returncode, done.stdout) == (2, "")
    assert "config.json" in done.stderr
    assert weft(home, "config", "path").returncode == 0


def test_settings_of_the_environment_and_the_command_line_hold(home: Path) -> None:
    name = "CLAWFT__AGENTS__DEFAULTS__MAX_TOKENS"
    shown = weft(home, "config", "section", "agents", "--json", **{name: "77"})
    assert json.loads(shown.stdout)["defaults"]["max_tokens"] == 77
    words = ("config", "section", "agents", "--json", "--set", "agents.defaults.max_tokens=78")
    assert json.loads(weft(home, *words, **{name: "77"}).stdout)["defaults"]["max_tokens"] == 78


@pytest.mark.parametrize("words", [["--help"], ["--version"], ["completions", "zsh"], ["config", "schema"]])
def test_a_closed_pipe_ends_a_command_quietly(words: list[str], tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [*COMMAND, *words],
            env=environment(tmp_path),
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert (done.returncode, done.stderr) == (141, "")


COMPLETIONS = (
    ("weft ", "agent status sessions memory config policy audit completions help"),
    ("weft se", "sessions"),
    ("weft sessions ", "list inspect export delete"),
    ("weft -v -c own.json memory s", "show search"),
    ("weft agent --m", "--message --model --max-concurrent"),
    ("weft sessions export --format ", "jsonl json markdown"),
    ("weft sessions export --format = ma", "markdown"),
    ("weft policy check ", "url command path"),
    ("weft policy check path --operation ", "read write edit list"),
    ("weft completions f", "fish"),
    ("weft help con", "config"),
    ("weft agent -m sessions ", ""),
    ("weft config init conf", "config.json"),
    ("weft -c conf", "config.json"),
)


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not on this system (Windows)")
@pytest.mark.parametrize(("line", "expected"), COMPLETIONS)
def test_bash_completes(line: str, expected: str, home: Path) -> None:
    script = home / "weft.bash"
    script.write_text(weft(home, "completions", "bash").stdout)
    words = [*line.split(), ""] if line.endswith(" ") else line.split()
    asked = 'source weft.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _weft; echo "${COMPREPLY[*]}"'
    done = subprocess.run(
        ["bash", "--norc", "-uc", asked, "bash", *words],
        cwd=home,
        env=environment(home),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.stdout.strip(), done.stderr) == (expected, "")

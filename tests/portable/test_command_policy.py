"""The policy as its callers meet it: modes and lists, plans, programs by path, spawn."""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied
from clawft.security.command_git import SAFE_ENVIRONMENT, SAFE_OPTIONS
from clawft.security.commands import DEFAULT_ALLOWLIST, DENYLIST_WARNING, CommandPolicy
from clawft.security.shell_words import MalformedCommand

WORK = "/home/me/work"


def rule(policy: CommandPolicy, line: str) -> str:
    try:
        policy.judge_line(line)
    except PolicyDenied as denied:
        return denied.rule
    except MalformedCommand:
        return "malformed"
    return ""


def rule_of_argv(policy: CommandPolicy, program: str, arguments: list[str]) -> str:
    try:
        policy.judge_argv(program, arguments)
    except PolicyDenied as denied:
        return denied.rule
    except MalformedCommand:
        return "malformed"
    return ""


def resolve(name: str) -> str | None:
    found = {
        "ls": "/usr/bin/ls",
        "/bin/ls": "/usr/bin/ls",
        "/usr/bin/ls": "/usr/bin/ls",
        "awk": "/usr/bin/mawk",
    }
    return found.get(name)


def test_the_default_list_has_the_17_programs() -> None:
    policy = CommandPolicy()
    assert len(DEFAULT_ALLOWLIST) == 17
    for name in DEFAULT_ALLOWLIST:
        assert rule(policy, name) == "", name
    for name in ("curl", "python3", "make", "git", "LS", "lss"):
        assert rule(policy, name) in ("command.allowlist", "command.network"), name


def test_a_list_replaces_the_default_and_an_empty_one_does_not() -> None:
    policy = CommandPolicy("allowlist", ["make", "git log"])
    assert rule(policy, "make all") == ""
    assert rule(policy, "make -C /etc") == "path.outside"
    assert rule(policy, "ls") == "command.allowlist"
    assert rule(policy, "git log") == ""
    assert rule(policy, "git log --oneline") == ""
    assert rule(policy, "git diff") == "command.allowlist"
    assert rule(CommandPolicy("allowlist", []), "ls") == ""


def test_an_interpreter_needs_its_script_on_the_list() -> None:
    policy = CommandPolicy("allowlist", ["python3", "bash tools/run.sh", "sh"])
    assert rule(policy, "bash tools/run.sh a b") == ""
    assert rule(policy, "bash tools/run.sh /etc/passwd") == "path.outside"
    assert rule(policy, "bash other.sh") == "command.allowlist"
    assert rule(policy, "python3 x.py") == "command.interpreter"
    assert rule(policy, "python3 --version") == ""
    assert rule(policy, "sh") == "command.interpreter"


def test_no_list_allows_what_is_never_run() -> None:
    for mode in ("allowlist", "denylist"):
        policy = CommandPolicy(mode, ["sudo", "curl", "dd", "vim", "eval", "su", "mkfs.ext4"], ["nothing"])
        for line in ("sudo ls", "curl x", "dd", "vim x", "eval x", "su", "mkfs.ext4 x"):
            assert rule(policy, line) in (
                "command.dangerous",
                "command.network",
                "command.wrapper",
                "command.shell",
            ), line


def test_modes() -> None:
    assert CommandPolicy().warnings == []
    assert CommandPolicy("denylist").warnings == [DENYLIST_WARNING]
    for mode in ("denylst", "Denylist", "", "anything"):
        try:
            CommandPolicy(mode)
        except ConfigError as error:
            assert error.path == "tools.command_policy.mode"
        else:
            raise AssertionError(mode)
    try:
        CommandPolicy("denylst")
    except ConfigError as error:
        assert "did you mean denylist?" in error.message
    for entry in ("", "a | b", "/usr/bin/ls", "'", "A=1"):
        try:
            CommandPolicy("allowlist", [entry])
        except ConfigError as error:
            assert error.path == "tools.command_policy.allowlist"
        else:
            raise AssertionError(entry)


def test_entries_of_a_denylist_match_by_meaning() -> None:
    policy = CommandPolicy(
        "denylist",
        (),
        ["git push", "npm", "rm -rf build", "/secret", "x --force", "> out", "kubectl delete pod"],
    )
    for line in (
        "git push",
        "git push origin main",
        "git -C sub push",
        "NPM test",
        "n''pm test",
        "env npm test",
        "rm -fr build",
        "rm build -r -f",
        "rm --recursive --force build",
        "cat a/secret",
        'cat "a/sec"ret',
        "x -f",
        "x a --force",
        "ls > out",
        "ls >out.txt",
        "cat < a/secret",
        "kubectl --now delete pod x",
    ):
        assert rule(policy, line) == "command.denylist", line
    for line in (
        "git pull",
        "npx x",
        "rm -r build",
        "rm -rf other",
        "cat secret",
        "x -v",
        "ls > in",
        "echo npm",
    ):
        assert rule(policy, line) == "", line
    assert rule(CommandPolicy("allowlist", (), ["grep secret"]), "grep secret f") == "command.denylist"


def test_a_program_given_by_its_path_must_be_the_one_that_its_name_leads_to() -> None:
    for policy in (CommandPolicy(), CommandPolicy(resolve=resolve)):
        assert rule(policy, "/usr/bin/ls") == ""
        assert rule(policy, "/bin/ls") == ""
        for line in ("/tmp/ls", "./ls", "bin/ls", "../../../bin/sh", "/usr/bin/../bin/ls", "//bin/ls", "/ls"):
            assert rule(policy, line) == "command.program", line
        assert rule(policy, "/usr/bin/curl") in ("command.network", "command.program")
    assert rule(CommandPolicy(resolve=resolve), "cat") == "command.program"
    assert CommandPolicy(resolve=resolve).judge_line("ls").pipelines[0].stages[0].path == "/usr/bin/ls"
    stage = CommandPolicy("allowlist", ["awk"], resolve=resolve).judge_line("awk 1 f").pipelines[0].stages[0]
    assert (stage.argv[0], stage.path) == ("awk", "/usr/bin/mawk")


def test_a_plan_says_all_that_will_happen() -> None:
    policy = CommandPolicy(workspaces=[WORK], environment={"HOME": "/home/me", "LANG": "C.UTF-8"})
    plan = policy.judge_line(
        "LC_ALL=$LANG sort -u <a | uniq -c >>sub/b 2>&1 && ! cat <<E >/dev/null\n$HOME\nE"
    )
    assert plan.folder == ""
    assert plan.programs() == ["sort", "uniq", "cat"]
    first, second = plan.pipelines
    assert (first.connector, first.is_negated, second.connector, second.is_negated) == ("", False, "&&", True)
    sort, uniq = first.stages
    assert sort.argv == ["sort", "-u"]
    assert sort.environment == {"LC_ALL": "C.UTF-8"}
    assert [(one.fd, one.what, one.path) for one in sort.redirections] == [(0, "read", "a")]
    assert sort.paths == [("read", "a")]
    assert [(one.fd, one.what, one.path, one.other) for one in uniq.redirections] == [
        (1, "append", "sub/b", -1),
        (2, "copy", "", 1),
    ]
    assert uniq.paths == [("write", "sub/b")]
    cat = second.stages[0]
    assert [(one.fd, one.what, one.text) for one in cat.redirections] == [
        (0, "text", "/home/me\n"),
        (1, "null", ""),
    ]


def test_paths_are_named_from_the_workspace() -> None:
    policy = CommandPolicy(workspaces=[WORK])
    plan = policy.judge_line(f"cat {WORK}/a ./b sub//c $PWD/d")
    assert plan.pipelines[0].stages[0].paths == [
        ("read", "a"),
        ("read", "b"),
        ("read", "sub/c"),
        ("read", "d"),
    ]
    assert not plan.has_patterns
    assert policy.judge_line("ls; cat a*").has_patterns
    plan = policy.judge_line("cd sub && cat a > b")
    assert plan.folder == "sub"
    assert plan.programs() == ["cat"]
    assert plan.pipelines[0].stages[0].paths == [("read", "sub/a"), ("write", "sub/b")]
    assert plan.pipelines[0].stages[0].redirections[0].path == "sub/b"
    for line in ("cd .. && ls", "cd / && ls", "cd ~ && ls", "cd sub && cat ../a"):
        assert rule(policy, line) == "path.outside", line
    for line in ("cd sub", "cd && ls", "cd a b && ls", "cd -P a && ls", "ls && cd sub && ls"):
        assert rule(policy, line) in ("command.shell", "command.allowlist"), line


def test_git_is_started_so_that_no_configuration_runs_anything() -> None:
    policy = CommandPolicy("allowlist", ["git"], workspaces=[WORK])
    stage = policy.judge_line("git -C sub diff a").pipelines[0].stages[0]
    assert stage.argv == ["git"] + SAFE_OPTIONS + ["-C", "sub", "diff", "--no-ext-diff", "--no-textconv", "a"]
    assert stage.environment["GIT_CONFIG_GLOBAL"] == SAFE_ENVIRONMENT["GIT_CONFIG_GLOBAL"] == "/dev/null"
    assert stage.environment["GIT_CEILING_DIRECTORIES"] == "/home/me"


def test_lines_of_several_commands_are_judged_to_the_last() -> None:
    policy = CommandPolicy()
    assert rule(policy, "echo a\necho b\n") == ""
    assert rule(policy, "echo a\ncurl x") == "command.network"
    assert rule(policy, "cat > notes.md <<'EOF'\n# $(title) `x`\n\nEOF\nls") == ""
    assert rule(policy, "cat <<EOF\n$(id)\nEOF") == "command.substitution"
    assert rule(policy, "cat <<EOF\nx\nEOF\nsh") == "command.allowlist"
    assert rule(policy, "") == rule(policy, " \n# x\n") == "command.empty"
    assert rule(policy, "ls\0") == rule(policy, "ls\r\n") == "malformed"


def test_spawned_arguments_are_judged_as_strictly_and_not_expanded() -> None:
    policy = CommandPolicy()
    for program, arguments in (
        ("ls", ["-la"]),
        ("cat", ["a b", "*", "$HOME", "`x`"]),
        ("echo", ["$(id)", ";", "&&", "~", "/etc/passwd"]),
        ("grep", ["a|b", "f"]),
        ("/bin/ls", []),
    ):
        assert policy.judge_argv(program, arguments).pipelines[0].stages[0].argv[1:] == arguments
    for expected, program, arguments in (
        ("command.wrapper", "env", ["sh", "-c", "id"]),
        ("path.outside", "cat", ["/etc/passwd"]),
        ("path.outside", "cat", ["~/x"]),
        ("path.outside", "cat", ["../x"]),
        ("command.option", "find", [".", "-exec", "id", ";"]),
        ("command.allowlist", "sh", ["-c", "ls"]),
        ("command.program", "./ls", []),
        ("command.program", "ls -la", []),
        ("command.program", "ls;id", []),
        ("command.empty", "", []),
        ("command.dangerous", "sudo", ["ls"]),
        ("command.size", "echo", ["x" * 200_000]),
        ("malformed", "ls", ["\0"]),
    ):
        assert rule_of_argv(policy, program, arguments) == expected, program
    denying = CommandPolicy("denylist")
    for program, arguments in (("env", ["sudo", "x"]), ("bash", ["-c", "x"]), ("rm", ["-rf", "/"])):
        assert rule_of_argv(denying, program, arguments) in ("command.dangerous", "command.interpreter")

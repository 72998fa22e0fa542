"""Command lines: what is accepted names listed programs, stays in the workspace, and is judged the same again."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_rules import NEVER
from clawft.security.commands import DEFAULT_ALLOWLIST, CommandPolicy
from clawft.security.shell_words import MalformedCommand
from tests.fuzz.texts import rows_of, text_of
from tests.portable import (
    test_command_attacks,
    test_command_denylist_attacks,
    test_command_path_attacks,
    test_command_uses,
    test_shell_syntax,
)

WORK = "/home/me/work"
LISTED = (*DEFAULT_ALLOWLIST, "awk", "git", "sed", "tar", "timeout", "xargs", "tee", "jq")
ENVIRONMENT = {"HOME": "/home/me", "LANG": "a  b", "LINES": "", "PATH": "/usr/bin:/bin"}
NAMES = {"": ["a", "b.txt", "-n", "sub"], "sub": ["c.txt"]}
ALLOWLIST = CommandPolicy("allowlist", LISTED, (), (WORK,), ENVIRONMENT)
REFUSED = {name for _, _, names in NEVER for name in names.split()}
DENYLIST = CommandPolicy("denylist", (), (), (WORK,), ENVIRONMENT)
# What the longest expansion makes of a character: git's own options, in front of each git.
MOST_GROWTH = 400


def seeds():
    tables = (
        *test_command_attacks.ATTACKS.values(),
        *test_command_path_attacks.ATTACKS.values(),
        *test_command_denylist_attacks.ATTACKS.values(),
        test_command_uses.USES,
    )
    return [row for table in tables for row in rows_of(table)] + rows_of(test_shell_syntax.__doc__ or "")


def check(data):
    line = text_of(data)
    plan = judged(ALLOWLIST, line)
    if plan is not None:
        assert set(plan.programs()) <= {*LISTED, "["}, plan.programs()  # `test`'s other name
        check_plan(ALLOWLIST, plan, line)
    plan = judged(DENYLIST, line)
    if plan is not None:
        assert not set(plan.programs()) & REFUSED, plan.programs()
        check_plan(DENYLIST, plan, line)


def judged(policy, line):
    """The plan, None for a refusal: which is on one line, whatever the command holds."""
    try:
        plan = policy.judge_line(line, NAMES.get)
    except PolicyDenied as denied:
        assert denied.rule.partition(".")[0] in ("command", "path")
        assert "\n" not in denied.subject + denied.reason
        return None
    except MalformedCommand as malformed:
        assert "\n" not in malformed.message
        return None
    assert shape(policy.judge_line(line, NAMES.get)) == shape(plan)
    return plan


def check_plan(policy, plan, line):
    size = 0
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            size += sum(len(word) for word in stage.argv)
            for _, path in stage.paths:
                assert not path.startswith("/"), path
                assert ".." not in path.split("/"), path
            for redirection in stage.redirections:
                assert not redirection.path.startswith("/")
                assert ".." not in redirection.path.split("/")
            # What is run is what was judged: judging it changes nothing. (git's own options are ours, and `xargs`
            # depends on what stands before it.)
            is_alone = len(pipeline.stages) == 1 and not plan.folder
            if is_alone and "git" not in stage.argv and not plan.has_patterns:
                again = policy.judge_argv(stage.argv[0], stage.argv[1:])
                assert again.pipelines[0].stages[0].argv == stage.argv
    assert size <= MOST_GROWTH * (len(line) + 1)


def shape(plan):
    return [
        (
            pipeline.connector,
            pipeline.is_negated,
            [
                (
                    stage.argv,
                    stage.environment,
                    stage.paths,
                    [(r.fd, r.what, r.path, r.text) for r in stage.redirections],
                )
                for stage in pipeline.stages
            ],
        )
        for pipeline in plan.pipelines
    ]

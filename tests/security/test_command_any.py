"""Whatever a model writes, judging it ends in a plan inside the workspace or in a refusal that fits on one line."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from clawft.core.errors import PolicyDenied
from clawft.security.command_rules import INTERPRETERS, NEVER, RULES, WRAPPERS
from clawft.security.commands import CommandPolicy
from clawft.security.shell_words import MalformedCommand

SPECIAL = "[ awk cd command date env find git jq ps sed sleep tar test xargs make echo".split()
PROGRAMS = [*RULES, *WRAPPERS, *INTERPRETERS, *SPECIAL, *[names.split(" ")[0] for _, _, names in NEVER]]
WORDS = st.one_of(
    st.sampled_from(
        """- -- -a -c -e -f -i -n -o -r -s -x -I -C -m -rf --all --file --output=x --help --version = a=b /
        /etc .. a/../b ~ ~/x . ./a a.txt 1 5 0.5 + +%F ! ( ) {} ; + -exec -name -delete -print0 log show
        commit config stash branch --list HEAD a..b ls sh rm sudo env timeout xargs python3 -c s/a/b/
        {print} system(1) xf cfz .git .git/config file:///x http://x/y ext::x '' *""".split()
    ),
    st.text(alphabet="-=/.~a1 \n'\"\\é", max_size=6),
)
POLICIES = [
    CommandPolicy(
        "allowlist", [name for name in PROGRAMS if name not in (".", "cd", "[")], workspaces=["/work"]
    ),
    CommandPolicy("denylist", workspaces=["/work"]),
    CommandPolicy(),
]


def outcome(judge, *arguments):
    """The plan and None, or None and the refusal."""
    try:
        return judge(*arguments), None
    except (PolicyDenied, MalformedCommand) as refused:
        return None, refused


def check_refusal(refused):
    assert refused.rule.startswith(("command.", "path."))
    assert "\n" not in refused.message
    assert len(refused.message) < 500


def check_plan(plan):
    for pipeline in plan.pipelines:
        for stage in pipeline.stages:
            assert stage.argv
            for _, path in stage.paths:
                assert not path.startswith("/")
                assert ".." not in path.split("/")


@given(st.sampled_from(POLICIES), st.sampled_from(PROGRAMS), st.lists(WORDS, max_size=6))
def test_any_arguments(policy, program, arguments):
    plan, refused = outcome(policy.judge_argv, program, arguments)
    if refused is not None:
        check_refusal(refused)
    else:
        check_plan(plan)


@given(st.sampled_from(POLICIES), st.text(max_size=60))
def test_any_text(policy, text):
    plan, refused = outcome(policy.judge_line, text)
    if refused is not None:
        check_refusal(refused)
    else:
        check_plan(plan)

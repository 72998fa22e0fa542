"""Turns a record of `weft policy check` about a command into a decision. Only builds that run commands have it."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.commands import ALLOWLIST, CommandPolicy
from clawft.security.decisions import ALLOW, DENY, ERROR, because, text_in, wrong
from clawft.security.shell_words import MalformedCommand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.security.command_plan import CommandPlan
    from clawft.security.decisions import Decided
    from clawft.security.policies import Policies

EXEC_SHELL = "exec_shell"
SPAWN = "spawn"
POLICY_KEYS = ("mode", "allowlist", "denylist")


def command_decision(record: dict[str, object], policies: Policies) -> Decided:
    """Decision, rule and reason; for ERROR the rule says what is malformed. Raises ConfigError for a wrong record."""
    value = text_in(record, "value")
    arguments = _texts_in(record, "args")
    tool = record.get("tool", EXEC_SHELL)
    if tool not in (EXEC_SHELL, SPAWN):
        raise wrong("tool", EXEC_SHELL + " or " + SPAWN, tool)
    if tool == EXEC_SHELL and arguments:
        raise wrong("args", "none, since " + EXEC_SHELL + " takes one line", arguments)
    policy = _policy(record, policies)
    try:
        plan = policy.judge_line(value) if tool == EXEC_SHELL else policy.judge_argv(value, arguments)
    except PolicyDenied as denied:
        return DENY, denied.rule, because(denied)
    except MalformedCommand as malformed:
        return ERROR, malformed.rule, malformed.message
    return ALLOW, "command." + policy.mode, "it starts " + _programs(plan)


def _policy(record: dict[str, object], policies: Policies) -> CommandPolicy:
    given = record.get("policy")
    if given is None:
        return policies.commands
    if not isinstance(given, dict):
        raise wrong("policy", "an object with " + ", ".join(POLICY_KEYS), given)
    for name in given:
        if name not in POLICY_KEYS:
            raise wrong("policy", "any of " + ", ".join(POLICY_KEYS), name)
    mode = given.get("mode", ALLOWLIST)
    return CommandPolicy(
        mode if isinstance(mode, str) else repr(mode),
        _texts_in(given, "allowlist"),
        _texts_in(given, "denylist"),
        policies.workspaces,
    )


def _texts_in(record: dict[str, object], name: str) -> list[str]:
    values = record.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or [one for one in values if not isinstance(one, str)]:
        raise wrong(name, "a list of texts", values)
    return list(values)


def _programs(plan: CommandPlan) -> str:
    return ", ".join(plan.programs())

"""Turns records of `weft policy check` into decisions, one by one. Runs nothing and touches no network.

A record about a path looks, through the confined folder, at what the path leads to; it opens and changes nothing.
"""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied, StorageError, ToolError, WeftError
from clawft.security.paths import inside_path, outside_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Folder
    from clawft.security.command_plan import CommandPlan
    from clawft.security.commands import CommandPolicy
    from clawft.security.policies import Policies

    # The confined view of a folder, None where there is none.
    Open = Callable[[str], Folder | None]
    # Decision, rule, reason.
    Decided = tuple[str, str, str]

ALLOW = "allow"
DENY = "deny"
ERROR = "error"
KINDS = ("url", "command", "path")
OPERATIONS = ("read", "write", "edit", "list")
EXEC_SHELL = "exec_shell"
SPAWN = "spawn"
POLICY_KEYS = ("mode", "allowlist", "denylist")
INPUT = "input"

LED_OUT = "it leads out of the workspace, or in circles"
REFUSED_KINDS = {
    "other": ("path.kind", "it is a pipe, a device or another thing that is no stored file"),
    "linked": ("path.links", "the same file has another name outside the workspace"),
}


class Judge:
    """Answers records under the policies in force, or under the policy that a record brings along."""

    def __init__(self, policies: Policies, open_folder: Open) -> None:
        self._policies = policies
        self._open_folder = open_folder

    def answer(self, record: object) -> dict[str, object]:
        """The answer to one record; what is no such record is answered by `error`. An `id` comes back."""
        if not isinstance(record, dict):
            return _answer({}, (ERROR, INPUT, "expected a JSON object"))
        try:
            decided = self._decided(record)
        except WeftError as error:
            decided = (ERROR, INPUT, error.message)
        return _answer(record, decided)

    def _decided(self, record: dict[str, object]) -> Decided:
        kind = record.get("kind")
        if kind == "url":
            return self._url(record)
        if kind == "command":
            return self._command(record)
        if kind == "path":
            return self._path(record)
        raise _wrong("kind", "one of " + ", ".join(KINDS), kind)

    def _url(self, record: dict[str, object]) -> Decided:
        from clawft.security.url_decision import resolutions, url_decision, url_decision_by  # noqa: PLC0415 - as asked

        if record.get("policy") is not None:
            return url_decision(record)
        value = _text(record, "value")
        return url_decision_by(self._policies.urls, value, resolutions(record.get("resolve")))

    def _command(self, record: dict[str, object]) -> Decided:
        from clawft.security.shell_words import MalformedCommand  # noqa: PLC0415 - much code, as asked

        value = _text(record, "value")
        arguments = _texts(record, "args")
        tool = record.get("tool", EXEC_SHELL)
        if tool not in (EXEC_SHELL, SPAWN):
            raise _wrong("tool", EXEC_SHELL + " or " + SPAWN, tool)
        if tool == EXEC_SHELL and arguments:
            raise _wrong("args", "none, since " + EXEC_SHELL + " takes one line", arguments)
        policy = self._command_policy(record)
        try:
            plan = policy.judge_line(value) if tool == EXEC_SHELL else policy.judge_argv(value, arguments)
        except PolicyDenied as denied:
            return DENY, denied.rule, _because(denied)
        except MalformedCommand as malformed:
            return ERROR, malformed.rule, malformed.message
        return ALLOW, "command." + policy.mode, "it starts " + _programs(plan)

    def _command_policy(self, record: dict[str, object]) -> CommandPolicy:
        given = record.get("policy")
        if given is None:
            return self._policies.commands
        from clawft.security.commands import ALLOWLIST, CommandPolicy  # noqa: PLC0415 - as above

        if not isinstance(given, dict):
            raise _wrong("policy", "an object with " + ", ".join(POLICY_KEYS), given)
        for name in given:
            if name not in POLICY_KEYS:
                raise _wrong("policy", "any of " + ", ".join(POLICY_KEYS), name)
        mode = given.get("mode", ALLOWLIST)
        return CommandPolicy(
            mode if isinstance(mode, str) else repr(mode),
            _texts(given, "allowlist"),
            _texts(given, "denylist"),
            self._policies.workspaces,
        )

    def _path(self, record: dict[str, object]) -> Decided:
        value = _text(record, "value")
        operation = record.get("operation", OPERATIONS[0])
        if operation not in OPERATIONS:
            raise _wrong("operation", "one of " + ", ".join(OPERATIONS), operation)
        if record.get("policy") is not None:
            raise _wrong("policy", "none, since paths have no settings of their own", record["policy"])
        policies = self._policies
        workspace = _workspace(record, policies.workspaces[0])
        folder = self._open_folder(workspace)
        names = (workspace,) + ((folder.root,) if folder is not None else ())
        if workspace == policies.workspaces[0]:
            names += policies.workspaces[1:]
        try:
            relative = inside_path(value, names, policies.private_folders)
        except PolicyDenied as denied:
            if not (policies.reads_widely and operation == "read" and denied.rule == "path.outside"):
                return DENY, denied.rule, _because(denied)
            return _outside(value, policies.private_folders)
        return _found(folder, relative)


def _outside(path: str, private_folders: tuple[str, ...]) -> Decided:
    try:
        return ALLOW, "path.reads_outside", outside_path(path, private_folders) + " is outside the workspace"
    except PolicyDenied as denied:
        return DENY, denied.rule, _because(denied)


def _found(folder: Folder | None, relative: str) -> Decided:
    """What a path that is inside as a text really leads to."""
    shown = relative or "."
    if folder is None:
        return ALLOW, "path.inside", shown + " is in the workspace, which is not there yet"
    try:
        kind = folder.look(relative)
    except StorageError as error:
        return ERROR, "path.unreadable", error.message
    except ToolError:
        return DENY, "path.outside", shown + ": " + LED_OUT
    if kind in REFUSED_KINDS:
        rule, reason = REFUSED_KINDS[kind]
        return DENY, rule, shown + ": " + reason
    return (
        ALLOW,
        "path.inside",
        shown + " is in the workspace" + (" (there is none now)" if kind == "missing" else ""),
    )


def _answer(record: dict[str, object], decided: Decided) -> dict[str, object]:
    answer: dict[str, object] = {"id": record["id"]} if "id" in record else {}
    answer["decision"], answer["rule"], answer["reason"] = decided
    return answer


def _programs(plan: CommandPlan) -> str:
    return ", ".join(plan.programs())


def _because(denied: PolicyDenied) -> str:
    return denied.subject + ": " + denied.reason if denied.subject else denied.reason


def _text(record: dict[str, object], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise _wrong(name, "a text", value)
    return value


def _workspace(record: dict[str, object], otherwise: str) -> str:
    if "workspace" not in record:
        return otherwise
    folder = _text(record, "workspace")
    if not folder.startswith("/") and folder[1:3] not in (":/", ":\\"):
        raise _wrong("workspace", "an absolute path", folder)
    return folder if folder == "/" else folder.rstrip("/")


def _texts(record: dict[str, object], name: str) -> list[str]:
    values = record.get(name)
    if values is None:
        return []
    if not isinstance(values, list) or [one for one in values if not isinstance(one, str)]:
        raise _wrong(name, "a list of texts", values)
    return list(values)


def _wrong(name: str, expected: str, found: object) -> ConfigError:
    return ConfigError(name, expected, "nothing" if found is None else repr(found)[:100])

"""Turns records of `weft policy check` into decisions, one by one. Runs nothing and touches no network.

A record about a path looks, through the confined folder, at what the path leads to; it opens and changes nothing.
"""

from __future__ import annotations

from clawft.core.compat import feature
from clawft.core.errors import ConfigError, PolicyDenied, StorageError, ToolError, WeftError
from clawft.security.paths import inside_path, outside_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Folder
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
        raise wrong("kind", "one of " + ", ".join(KINDS), kind)

    def _url(self, record: dict[str, object]) -> Decided:
        from clawft.security.url_decision import resolutions, url_decision, url_decision_by  # noqa: PLC0415 - as asked

        if record.get("policy") is not None:
            return url_decision(record)
        value = text_in(record, "value")
        return url_decision_by(self._policies.urls, value, resolutions(record.get("resolve")))

    def _command(self, record: dict[str, object]) -> Decided:
        commands = feature("clawft.security.command_decision")
        if commands is None:
            raise ConfigError("kind", "url or path", "command, and this build runs none (feature exec)")
        decided: Decided = commands.command_decision(record, self._policies)
        return decided

    def _path(self, record: dict[str, object]) -> Decided:
        value = text_in(record, "value")
        operation = record.get("operation", OPERATIONS[0])
        if operation not in OPERATIONS:
            raise wrong("operation", "one of " + ", ".join(OPERATIONS), operation)
        if record.get("policy") is not None:
            raise wrong("policy", "none, since paths have no settings of their own", record["policy"])
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
                return DENY, denied.rule, because(denied)
            return _outside(value, policies.private_folders)
        return _found(folder, relative)


def _outside(path: str, private_folders: tuple[str, ...]) -> Decided:
    try:
        return ALLOW, "path.reads_outside", outside_path(path, private_folders) + " is outside the workspace"
    except PolicyDenied as denied:
        return DENY, denied.rule, because(denied)


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


def because(denied: PolicyDenied) -> str:
    """What was denied, and why."""
    return denied.subject + ": " + denied.reason if denied.subject else denied.reason


def text_in(record: dict[str, object], name: str) -> str:
    """A text of a record. Raises ConfigError."""
    value = record.get(name)
    if not isinstance(value, str):
        raise wrong(name, "a text", value)
    return value


def _workspace(record: dict[str, object], otherwise: str) -> str:
    if "workspace" not in record:
        return otherwise
    folder = text_in(record, "workspace")
    if not folder.startswith("/") and folder[1:3] not in (":/", ":\\"):
        raise wrong("workspace", "an absolute path", folder)
    return folder if folder == "/" else folder.rstrip("/")


def wrong(name: str, expected: str, found: object) -> ConfigError:
    """What is wrong with a part of a record."""
    return ConfigError(name, expected, "nothing" if found is None else repr(found)[:100])

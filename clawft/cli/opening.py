"""Turns a checked command line into an App, and shows warnings. Knows no command."""

from __future__ import annotations

from clawft.app import open_app
from clawft.core.errors import UsageError, without_secrets

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.app import App
    from clawft.cli.parser import Invocation
    from clawft.core.interfaces import Approver, Runtime
    from clawft.core.output import Output


def opened(
    runtime: Runtime,
    call: Invocation,
    output: Output,
    *,
    model: str | None = None,
    extra: tuple[tuple[str, str], ...] = (),
    approver: Approver | None = None,
) -> App:
    """The App a command works with; `extra` settings win over --set. Raises UsageError and ConfigError.

    `approver` is who can be asked before a tool runs, None where nobody can.
    """

    def report(warning: str) -> None:
        output.notice("weft: warning: " + without_secrets(warning))

    def show(chat: str, content: str) -> None:
        output.notice("weft: message to " + chat + ": " + without_secrets(content))

    settings = tuple(overrides(call)) + extra
    return open_app(
        runtime,
        config_path=call.text("config"),
        model=model,
        overrides=settings,
        report=report,
        approver=approver,
        show=show,
    )


def overrides(call: Invocation) -> list[tuple[str, str]]:
    """The keys and values of every --set. UsageError for one that is not KEY=VALUE."""
    found = []
    for given in call.texts("set"):
        key, equals, value = given.partition("=")
        if not key or not equals:
            raise UsageError("--set: expected KEY=VALUE, found '" + given + "'")
        found.append((key, value))
    return found

"""Every tool call passes here before it has any effect: it is approved, recorded, and its result freed of secrets."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.core.messages import TurnEvent
from clawft.security.approval import ASK, DENY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.audit import AuditLog
    from clawft.core.interfaces import Approver, Emit
    from clawft.core.messages import ToolCall
    from clawft.security.approval import ApprovalPolicy
    from clawft.security.secrets import Redactor

# What a person can answer.
ONCE = "once"
SESSION = "session"


class ToolGate:
    """Stands between what a model calls and the tools. `approver` is None where nobody can be asked.

    The log and the redactor are asked for when the first tool is called: most turns call none.
    Raises StorageError where a decision cannot be recorded: then the call does not happen.
    """

    def __init__(
        self,
        approval: ApprovalPolicy,
        audit: Callable[[], AuditLog],
        redactor: Callable[[], Redactor],
        approver: Approver | None = None,
    ) -> None:
        self._approval = approval
        self._audit = audit
        self._redactor = redactor
        self._approver = approver
        self._granted: list[tuple[str, str]] = []  # (session, tool), for as long as this process runs

    async def admit(self, call: ToolCall, session: str, emit: Emit, check: Callable[[], None]) -> None:
        """Returns when the call may happen and that is on disk. Raises PolicyDenied (approval.*).

        Nobody is asked about a call that `check` refuses; what it raises is raised.
        """
        level = self._approval.level(call.name)
        if level == DENY:
            raise PolicyDenied("approval.denied", call.name, "tools.approval.deny names it")
        rule = ""
        if level == ASK:
            rule = await self._ask(call, session, emit, check)
        await self._keep("tool", call.arguments, is_allowed=True, rule=rule, tool=call.name, session=session)

    async def _ask(self, call: ToolCall, session: str, emit: Emit, check: Callable[[], None]) -> str:
        """The rule by which the call may happen. Raises PolicyDenied."""
        if (session, call.name) in self._granted:
            return "approval.session"
        check()
        if self._approver is None:
            raise PolicyDenied(
                "approval.nobody",
                call.name,
                "tools.approval.ask names it and nobody can be asked here; run weft on a terminal, or take it off "
                "that list",
            )
        emit(TurnEvent("approval", call.arguments, name=call.name))
        answer = await self._approver.ask(call.name, self._redactor().text(call.arguments))
        if answer == SESSION:
            self._granted.append((session, call.name))
            return "approval.session"
        if answer == ONCE:
            return "approval.once"
        raise PolicyDenied("approval.refused", call.name, "the person who was asked said no")

    async def record(self, kind: str, subject: str, tool: str, session: str) -> None:
        """Put on disk that a policy allows what a tool is about to do: the words it runs, the address it asks."""
        await self._keep(kind, subject, is_allowed=True, tool=tool, session=session)

    async def denied(self, call: ToolCall, session: str, denied: PolicyDenied) -> None:
        """Put on disk that a policy said no."""
        kind = denied.rule.partition(".")[0]
        await self._keep(
            "tool" if kind == "approval" else kind,
            denied.subject,
            is_allowed=False,
            rule=denied.rule,
            reason=denied.reason,
            tool=call.name,
            session=session,
        )

    async def _keep(
        self,
        kind: str,
        subject: str,
        *,
        is_allowed: bool,
        tool: str,
        session: str,
        rule: str = "",
        reason: str = "",
    ) -> None:
        from clawft.core.audit import Decision  # noqa: PLC0415 - most turns call no tool

        decision = Decision(
            kind, subject, is_allowed=is_allowed, rule=rule, reason=reason, tool=tool, session=session
        )
        await self._audit().add(decision)

    def without_secrets(self, result: dict[str, object]) -> dict[str, object]:
        """A tool's result as it may be kept, and shown to a person and to a model."""
        return {name: self._redactor().named(name, value) for name, value in result.items()}

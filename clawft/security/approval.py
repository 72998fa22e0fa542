"""Decides which tools run at once, which ask a person first, and which never run. No I/O."""

from __future__ import annotations

ALLOW = "allow"
ASK = "ask"
DENY = "deny"
ANY = "*"


class ApprovalPolicy:
    """The level of each tool by name: `deny` wins over `ask`, what neither names is allowed; `*` names every tool.

    A name that ends in `*` names all that begin so (`github__*`).
    """

    def __init__(self, ask: tuple[str, ...] = (), deny: tuple[str, ...] = ()) -> None:
        self._ask = ask
        self._deny = deny

    def level(self, tool: str) -> str:
        """ALLOW, ASK or DENY."""
        if _names(self._deny, tool):
            return DENY
        return ASK if _names(self._ask, tool) else ALLOW


def _names(entries: tuple[str, ...], tool: str) -> bool:
    return any(entry == tool or (entry.endswith(ANY) and tool.startswith(entry[:-1])) for entry in entries)

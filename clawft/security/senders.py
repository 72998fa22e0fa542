"""Decides who may talk to the agent on a channel, by the channel's allow-list. No I/O."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied

EVERYBODY = "*"


class SenderPolicy:
    """Who may write on one channel: nobody where the list is empty, everybody where it holds `*`.

    An entry is an identifier (`123456`) or, with `@`, a name (`@ada`). Names can change hands on most networks, so an
    identifier is the safer entry; names are compared without case, identifiers exactly.
    """

    def __init__(self, channel: str, allow_from: tuple[str, ...]) -> None:
        self._channel = channel
        entries = [entry.strip() for entry in allow_from]
        self._is_open = EVERYBODY in entries
        self._identifiers = [entry for entry in entries if entry and not entry.startswith("@")]
        self._names = [entry[1:].lower() for entry in entries if len(entry) > 1 and entry.startswith("@")]

    @property
    def warning(self) -> str:
        """What must be said when the channel starts, "" for nothing."""
        place = "channels." + self._channel + ".allow_from"
        if self._is_open:
            return place + " holds *: everybody who finds this channel can use the agent and its tools"
        if not self._identifiers and not self._names:
            return place + " is empty: nobody can use this channel; add the identifiers of those who may"
        return ""

    def judge(self, identifier: str, name: str = "") -> None:
        """Raises PolicyDenied (sender.unknown) unless the sender of that identifier or name may write."""
        if self._is_open:
            return
        if identifier and identifier != EVERYBODY and identifier in self._identifiers:
            return
        plain = (name[1:] if name.startswith("@") else name).lower()
        if plain and plain in self._names:
            return
        raise PolicyDenied(
            "sender.unknown",
            self._channel + ":" + _shown(identifier or name),
            "it is not in channels." + self._channel + ".allow_from",
        )


def _shown(text: str) -> str:
    return "".join([character if " " <= character <= "~" else "?" for character in text[:64]])

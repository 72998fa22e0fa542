"""What a release refuses to do, why, and the command that helps. Holds nothing else."""

from __future__ import annotations


class Refusal(Exception):
    """The release cannot go on; `help_command` is what to run or to do then, "" where nothing is known to help."""

    def __init__(self, reason: str, help_command: str = "") -> None:
        super().__init__(f"{reason}; run: {help_command}" if help_command else reason)

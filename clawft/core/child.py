"""A started child as a runtime gives it: the names of its pipes, and what can be done with it. Decides nothing."""

from __future__ import annotations

# What `Child.ready` waits for.
INPUT = "input"
OUTPUT = "output"
ERRORS = "errors"
EXIT = "exit"

TERMINATE = 15
KILL = 9
# How much is read or written at once.
PIECE_BYTES = 65536


class Child:
    """A started child and its pipes, as a runtime gives them. Nothing here waits but `ready`. Failures are OSErrors."""

    def read(self, stream: str) -> bytes | None:
        """Up to 64 KB of OUTPUT or ERRORS: None for nothing yet, b"" at the end and where there is no such pipe."""
        raise NotImplementedError

    def write(self, data: bytes) -> int:
        """How many of these bytes its input has taken; 0 while it is full."""
        raise NotImplementedError

    def close_input(self) -> None:
        """Let it read the end of its input. May be called again."""
        raise NotImplementedError

    def close_stream(self, stream: str) -> None:
        """Let go of OUTPUT or ERRORS: whoever still writes there is told that nobody reads. May be called again."""
        raise NotImplementedError

    def status(self) -> int | None:
        """As in `Finished`; None while it runs."""
        raise NotImplementedError

    def kill(self, number: int) -> None:
        """Send a signal to it and all it has started; on Windows, end them at once."""
        raise NotImplementedError

    def close(self) -> None:
        """Kill what still runs of it and let go of its pipes; who waits in `ready` goes on. May be called again."""
        raise NotImplementedError

    async def ready(self, events: tuple[str, ...], until_s: float | None) -> None:
        """Wait for one of INPUT, OUTPUT, ERRORS and EXIT, or for a moment of the monotonic clock."""
        raise NotImplementedError

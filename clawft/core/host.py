"""What a command line is started with: a terminal and ways to run work. Interfaces, as in `core/interfaces.py`."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from typing import Any

    from clawft.core.interfaces import Runtime


class Terminal:
    """The three standard streams. Results go to `write`, everything else to `write_error`."""

    is_input_terminal: bool
    is_output_terminal: bool
    is_error_terminal: bool
    width: int

    def write(self, text: str) -> None:
        """To standard output, flushed. A closed pipe raises OutputClosed."""
        raise NotImplementedError

    def write_error(self, text: str) -> None:
        """To standard error; never raises."""
        raise NotImplementedError

    def read_line(self, prompt: str) -> str | None:
        """One edited line without its newline, None at end of input. KeyboardInterrupt on Ctrl-C."""
        raise NotImplementedError

    def read_all(self) -> str:
        """All of standard input as text (UTF-8; wrong bytes become U+FFFD)."""
        raise NotImplementedError

    def load_history(self, path: str) -> None:
        """Let `read_line` recall the lines kept in a file; nothing where there is no editing or no file."""
        raise NotImplementedError

    def save_history(self, path: str) -> None:
        """Keep the lines read so far in a file (0600, its folder must exist); nothing where there is no editing."""
        raise NotImplementedError

    def set_completions(self, words: tuple[str, ...]) -> None:
        """What the Tab key completes the first word of a line to; nothing where lines cannot be edited."""
        raise NotImplementedError


class Host:
    """What a command line is started with: a terminal and the ways to run work in a runtime."""

    terminal: Terminal
    environment: dict[str, str]
    home: str

    def run_blocking(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        """Run one coroutine in a runtime without an event loop: light to start, nothing concurrent."""
        raise NotImplementedError

    def run_concurrent(self, work: Callable[[Runtime], Awaitable[Any]]) -> Any:  # noqa: ANN401 - what work returns
        """Run one coroutine in a runtime with an event loop. SIGINT and SIGTERM cancel it (see `Signals`)."""
        raise NotImplementedError

    def features(self) -> dict[str, bool]:
        """Whether each optional part is here; what is left out is nowhere else. Empty in a bare source tree."""
        raise NotImplementedError

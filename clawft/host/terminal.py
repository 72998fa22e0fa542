"""The three standard streams on CPython: UTF-8 whatever the locale, closed pipes told apart, lines edited on terminals.

Draws nothing: what text looks like is decided above.
"""

from __future__ import annotations

import errno
import os
import sys

from clawft.core.errors import OutputClosed, StorageError
from clawft.core.host import Terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import TextIO

HISTORY_LINES = 1000
DEFAULT_WIDTH = 80
_BYTE_ORDER_MARK = "\ufeff"
_STREAMS = 3


class StandardTerminal(Terminal):
    """The standard streams of this process."""

    def __init__(self) -> None:
        _fill_closed_descriptors()
        self._input: TextIO | None = sys.stdin
        self._output: TextIO | None = sys.stdout
        self._error: TextIO | None = sys.stderr
        for stream in (self._input, self._output, self._error):
            _speak_utf8(stream)
        self.is_input_terminal = _is_terminal(self._input)
        self.is_output_terminal = _is_terminal(self._output)
        self.is_error_terminal = _is_terminal(self._error)
        self.width = self._measure_width()
        self._readline: ModuleType | None = None

    def write(self, text: str) -> None:
        if self._output is None:
            raise OutputClosed("standard output is closed")
        try:
            self._output.write(text)
            self._output.flush()
        except BrokenPipeError as error:
            _send_to_nowhere(self._output)
            raise OutputClosed("standard output is closed: nobody reads it") from error
        except OSError as error:
            _send_to_nowhere(self._output)
            if (
                sys.platform == "win32" and error.errno == errno.EINVAL
            ):  # how Windows says that a pipe is closed
                raise OutputClosed("standard output is closed: nobody reads it") from error
            raise StorageError(f"standard output: {error.strerror}; what was written last is lost") from error

    def write_error(self, text: str) -> None:
        if self._error is None:
            return
        try:
            self._error.write(text)
            self._error.flush()
        except OSError:
            _send_to_nowhere(self._error)

    def read_line(self, prompt: str) -> str | None:
        if self._input is None:
            return None
        if self.is_input_terminal and self.is_output_terminal:
            self._editor()
            try:
                return input(prompt)
            except EOFError:
                return None
        if self.is_input_terminal:
            self.write_error(prompt)  # standard output is a file or a pipe: a prompt there would be data
        try:
            line = self._input.readline()
        except OSError as error:
            raise _unreadable(error) from error
        if not line:
            return None
        return line.removesuffix("\n").removesuffix("\r")

    def read_all(self) -> str:
        if self._input is None:
            return ""
        try:
            text = self._input.read()
        except OSError as error:
            raise _unreadable(error) from error
        return text.removeprefix(_BYTE_ORDER_MARK)

    def load_history(self, path: str) -> None:
        editor = self._editor()
        if editor is None:
            return
        try:
            with open(path, encoding="utf-8", errors="replace") as kept:
                for line in kept:
                    editor.add_history(line.rstrip("\n"))
        except OSError:
            return  # no history yet, or none that we may read: editing works without

    def save_history(self, path: str) -> None:
        editor = self._readline
        if editor is None:
            return
        last = editor.get_current_history_length()
        lines = [
            editor.get_history_item(number) for number in range(max(1, last - HISTORY_LINES + 1), last + 1)
        ]
        temporary = f"{path}.{os.getpid()}"
        try:
            # Not readline's own writer: only this one is 0600 from the start whatever library stands behind it.
            with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as kept:
                kept.write("".join(f"{line}\n" for line in lines if line).encode("utf-8", "replace"))
            os.replace(temporary, path)
        except OSError as error:
            self.write_error(f"the history could not be kept in {path}: {error.strerror}\n")

    def set_completions(self, words: tuple[str, ...]) -> None:
        editor = self._editor()
        if editor is None:
            return

        def complete(begun: str, state: int) -> str | None:
            if editor.get_begidx() > 0:
                return None
            fitting = [word for word in words if word.startswith(begun)]
            return fitting[state] if state < len(fitting) else None

        editor.set_completer(complete)
        editor.set_completer_delims(" \t\n")
        is_libedit = "libedit" in (editor.__doc__ or "")
        editor.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")

    def _editor(self) -> ModuleType | None:
        if self._readline is None and self.is_input_terminal and self.is_output_terminal:
            try:
                import readline  # noqa: PLC0415 - only a conversation on a terminal edits lines
            except ImportError:  # Windows: its console edits lines itself
                return None
            # Text of several lines that is pasted is one message, not one for each line.
            readline.parse_and_bind("set enable-bracketed-paste on")
            self._readline = readline
        return self._readline

    def _measure_width(self) -> int:
        for stream in (self._output, self._error):
            if stream is not None and _is_terminal(stream):
                try:
                    return os.get_terminal_size(stream.fileno()).columns or DEFAULT_WIDTH
                except OSError:
                    continue
        return DEFAULT_WIDTH


def _fill_closed_descriptors() -> None:
    """Open the null device where a standard stream is closed: else the next file or socket becomes that stream."""
    for number in range(_STREAMS):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is this one


def _speak_utf8(stream: TextIO | None) -> None:
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is None:
        return  # closed, or replaced by something that takes any text
    try:
        reconfigure(encoding="utf-8", errors="replace")
    except OSError:
        return  # something has been read from it already: its encoding stays


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except (OSError, ValueError):
        return False


def _send_to_nowhere(stream: TextIO) -> None:
    """What the stream still holds must not fail once more when the interpreter flushes it at its end."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
    except OSError:
        return


def _unreadable(error: OSError) -> StorageError:
    return StorageError(f"standard input cannot be read: {error.strerror}")

"""The three standard streams of our executables: UTF-8, closed pipes told apart, lines edited on terminals.

Draws nothing but the line being edited: what text looks like is decided above.
"""

from __future__ import annotations

import _weft

from clawft.core.errors import OutputClosed, StorageError
from clawft.core.host import Terminal
from clawft.core.storage_errors import cause_of, is_one_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.line_splitter import LineSplitter

HISTORY_LINES = 1000
DEFAULT_WIDTH = 80
_BYTE_ORDER_MARK = "\ufeff"
_READ_BYTES = 65536
_NO_LIMIT = 1 << 30
_IS_WINDOWS = _weft.system() == "windows"


class StandardTerminal(Terminal):
    """The standard streams of this process."""

    def __init__(self) -> None:
        self.is_input_terminal = _weft.is_terminal(0)
        self.is_output_terminal = _weft.is_terminal(1)
        self.is_error_terminal = _weft.is_terminal(2)
        is_measured = self.is_output_terminal or self.is_error_terminal
        self.width = (_weft.width() if is_measured else 0) or DEFAULT_WIDTH
        self._history: list[str] = []
        self._words: tuple[str, ...] = ()
        self._ahead = b""  # typed before it was asked for
        self._lines: LineSplitter | None = None

    def write(self, text: str) -> None:
        try:
            _weft.write_fd(1, text.encode())
        except OSError as error:
            # On Windows EINVAL is how the system says that a pipe is closed.
            if is_one_of(error, ("EPIPE", "EBADF")) or (_IS_WINDOWS and is_one_of(error, ("EINVAL",))):
                raise OutputClosed("standard output is closed: nobody reads it")
            raise StorageError("standard output: " + cause_of(error) + "; what was written last is lost")

    def write_error(self, text: str) -> None:
        try:
            _weft.write_fd(2, text.encode())
        except OSError:
            return

    def read_line(self, prompt: str) -> str | None:
        if self._may_edit():
            return self._edit(prompt)
        if self.is_input_terminal and self.is_output_terminal:
            self.write(prompt)
        elif self.is_input_terminal:
            self.write_error(prompt)  # standard output is a file or a pipe: a prompt there would be data
        return self._read_plain_line()

    def read_all(self) -> str:
        from clawft.core.utf8 import text_of  # noqa: PLC0415 - most commands read nothing

        parts = []
        data = self._pull()
        while data:
            parts.append(data)
            data = self._pull()
        text = text_of(b"".join(parts))
        return text[1:] if text.startswith(_BYTE_ORDER_MARK) else text

    def load_history(self, path: str) -> None:
        if not self._may_edit():
            return
        from clawft.core.files import BlockingFiles  # noqa: PLC0415 - only a conversation
        from clawft.core.utf8 import text_of  # noqa: PLC0415 - as above
        from clawft.embedded.waiting import pause_alone  # noqa: PLC0415 - as above

        try:
            kept = BlockingFiles(_weft, pause_alone).read(path) or b""
        except StorageError:
            return  # none that we may read: editing works without
        self._history = [line for line in text_of(kept).split("\n") if line][-HISTORY_LINES:]

    def save_history(self, path: str) -> None:
        if not self._may_edit():
            return
        from clawft.core.locked_file import write_all  # noqa: PLC0415 - only a conversation
        from clawft.core.replace import unlink_quietly  # noqa: PLC0415 - as above

        text = "".join([line + "\n" for line in self._history[-HISTORY_LINES:]])
        temporary = path + "." + _weft.random(4).hex()
        try:
            # Not write_atomic, which waits for the disk: nobody should wait for that before an answer.
            fd = _weft.open(temporary, _weft.O_WRONLY | _weft.O_CREAT | _weft.O_EXCL, 0o600)
            try:
                write_all(_weft, fd, text.encode())
            finally:
                _weft.fd_close(fd)
            _weft.rename(temporary, path)
        except OSError as error:
            unlink_quietly(_weft, _weft.HERE, temporary)
            self.write_error("the history could not be kept in " + path + ": " + cause_of(error) + "\n")

    def set_completions(self, words: tuple[str, ...]) -> None:
        self._words = words

    def _may_edit(self) -> bool:
        return (
            self.is_input_terminal
            and self.is_output_terminal
            and _weft.environ().get("TERM", "") != "dumb"
            and _weft.system() != "wasi"  # where a terminal's modes are its host's
        )

    def _edit(self, prompt: str) -> str | None:
        from clawft.embedded.line_editor import PASTE_OFF, PASTE_ON, LineEditor  # noqa: PLC0415 - only a conversation

        editor = LineEditor(prompt, _weft.width() or self.width, self._history, self._words)
        _weft.raw_mode(True)
        try:
            self.write(PASTE_ON + editor.start())
            self.write(editor.feed(self._ahead))
            while not editor.outcome:
                try:
                    data = self._pull()
                except KeyboardInterrupt:
                    self.write(editor.interrupt())
                    break
                if not data:
                    editor.outcome = "end"
                    break
                self.write(editor.feed(data))
        finally:
            self._ahead = editor.rest if editor.outcome == "line" else b""
            _weft.raw_mode(False)
            self._write_quietly(PASTE_OFF)
        if editor.outcome == "interrupt":
            raise KeyboardInterrupt
        if editor.outcome == "end":
            return None
        if editor.text and self._history[-1:] != [editor.text]:
            self._history.append(editor.text)
        return editor.text

    def _write_quietly(self, text: str) -> None:
        """To the terminal, whatever has become of it."""
        try:
            _weft.write_fd(1, text.encode())
        except OSError:
            return

    def _read_plain_line(self) -> str | None:
        from clawft.core.line_splitter import LineSplitter  # noqa: PLC0415 - only where a pipe is read
        from clawft.core.utf8 import text_of  # noqa: PLC0415 - as above

        if self._lines is None:
            self._lines = LineSplitter(_NO_LIMIT)
        lines = self._lines
        while not lines.has_line():
            if lines.is_ended:
                return None
            lines.take(self._pull())
        return text_of(lines.next_line())

    def _pull(self) -> bytes:
        """What has come on standard input, b"" at its end. KeyboardInterrupt on SIGINT."""
        from clawft.embedded.waiting import wait_alone  # noqa: PLC0415 - most commands read nothing

        try:
            handle = _weft.standard_input()
            data = _weft.read(handle, _READ_BYTES)
            while data is None:
                wait_alone(handle)
                data = _weft.read(handle, _READ_BYTES)
        except OSError as error:
            raise StorageError("standard input cannot be read: " + cause_of(error))
        piece: bytes = data
        return piece

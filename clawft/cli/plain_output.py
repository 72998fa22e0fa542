"""Turns output records into plain text, for pipes, for terminals without colour, and where nothing can draw."""

from __future__ import annotations

from clawft.core.display import columns_of, cut_to, one_line, printable
from clawft.core.output import MarkdownStream, Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.core.host import Terminal

GAP = "  "
NARROWEST = 8


class PlainOutput(Output):
    """Plain text. On a terminal, cells are cut to fit and control characters are made harmless."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        cells = [list(columns)]
        cells.extend([[one_line(cell) for cell in row] for row in rows])
        widths = [max([columns_of(row[index]) for row in cells]) for index in range(len(columns))]
        if self._terminal.is_output_terminal:
            _narrow(widths, self._terminal.width - 1)
        lines = [title] if title else []
        lines.extend([_line(row, widths) for row in cells])
        self._terminal.write("\n".join(lines) + "\n")

    def fields(self, pairs: Sequence[tuple[str, str]], title: str = "") -> None:
        lines = [title] if title else []
        indent = GAP if title else ""
        width = max([columns_of(name) for name, _ in pairs] or [0])
        for name, value in pairs:
            shown = printable(value).replace("\n", "\n" + " " * (len(indent) + width + 3))
            lines.append((indent + name + ":" + " " * (width - columns_of(name)) + GAP + shown).rstrip())
        self._terminal.write("\n".join(lines) + "\n")

    def text(self, text: str) -> None:
        if text:
            shown = printable(text) if self._terminal.is_output_terminal else text
            self._terminal.write(shown if shown.endswith("\n") else shown + "\n")

    def json(self, value: object) -> None:
        from clawft.core.compat import json_text  # noqa: PLC0415 - most output is not JSON

        self._terminal.write(json_text(value) + "\n")

    def markdown(self) -> MarkdownStream:
        return PlainMarkdown(self, self._terminal)

    def diff(self, text: str) -> None:
        self.notice(text)

    def notice(self, text: str) -> None:
        shown = printable(text) if self._terminal.is_error_terminal else text
        self._terminal.write_error(shown if shown.endswith("\n") else shown + "\n")


class PlainMarkdown(MarkdownStream):
    """An answer as it was written. A pipe gets it whole at its end: what it has read cannot be taken back."""

    def __init__(self, output: PlainOutput, terminal: Terminal) -> None:
        self._output = output
        self._terminal = terminal
        self._shown: list[str] = []

    def feed(self, piece: str) -> None:
        if self._terminal.is_output_terminal and piece:
            self._shown.append(piece)
            self._terminal.write(printable(piece))

    def progress(self, text: str) -> None:
        pass

    def restart(self) -> None:
        if self._shown:
            self.stop()
            self._output.notice("(the answer starts over)")

    def finish(self, text: str) -> None:
        shown = "".join(self._shown)
        if not text.startswith(shown):
            self.restart()
            shown = ""
        rest = text[len(shown) :]
        self._output.text(rest)
        if rest:
            self._shown = []
        self.stop()

    def stop(self) -> None:
        if self._shown and self._terminal.is_output_terminal and not self._shown[-1].endswith("\n"):
            self._terminal.write("\n")
        self._shown = []


def _narrow(widths: list[int], most: int) -> None:
    """Take columns from the widest cells until a row fits, or nothing is left to take."""
    while sum(widths) + len(GAP) * (len(widths) - 1) > most:
        widest = max(widths)
        if widest <= NARROWEST:
            return
        widths[widths.index(widest)] = widest - 1


def _line(row: Sequence[str], widths: list[int]) -> str:
    line = ""
    for index in range(len(row)):
        cell = cut_to(row[index], widths[index])
        line += cell + " " * (widths[index] - columns_of(cell)) + GAP
    return line.rstrip()

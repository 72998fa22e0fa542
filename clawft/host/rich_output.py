"""Turns output records into drawings on a terminal with rich, which is imported when something is first drawn."""

from __future__ import annotations

import io
import os
import time

from clawft.core.compat import json_text
from clawft.core.display import one_line, printable
from clawft.core.output import MarkdownStream, Output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console, RenderableType

    from clawft.core.host import Terminal

# Drawing may take this part of the time at most, so that a long answer does not slow down as it grows.
DRAWING_SHARE = 0.1
SHORTEST_WAIT_S = 0.05
ERASE_TO_END = "\x1b[J"


class RichOutput(Output):
    """Drawn output. `screen_lines` tells the terminal's height; `monotonic_s` is a clock."""

    def __init__(
        self,
        terminal: Terminal,
        environment: dict[str, str],
        *,
        screen_lines: Callable[[], int] | None = None,
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._terminal = terminal
        self._environment = environment
        self._screen_lines = screen_lines if screen_lines is not None else _screen_lines
        self._monotonic_s = monotonic_s
        self._live: RichMarkdown | None = None

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> None:
        from rich import box  # noqa: PLC0415 - only where a table is drawn
        from rich.table import Table  # noqa: PLC0415
        from rich.text import Text  # noqa: PLC0415

        table = Table(title=title or None, title_justify="left", box=box.SIMPLE_HEAD, pad_edge=False)
        for column in columns:
            table.add_column(column, overflow="ellipsis")
        for row in rows:
            table.add_row(*[Text(one_line(cell)) for cell in row])
        self._terminal.write(self.drawn(table))

    def fields(self, pairs: Sequence[tuple[str, str]], title: str = "") -> None:
        from rich.table import Table  # noqa: PLC0415 - only where fields are drawn
        from rich.text import Text  # noqa: PLC0415

        grid = Table.grid(padding=(0, 2))
        grid.title = Text(title, style="bold") if title else None
        grid.title_justify = "left"
        grid.add_column(style="bold cyan", no_wrap=True)
        grid.add_column(overflow="fold")
        for name, value in pairs:
            grid.add_row(name + ":", Text(printable(value)))
        self._terminal.write(self.drawn(grid))

    def text(self, text: str) -> None:
        if text:
            self._terminal.write(_ended(printable(text)))

    def json(self, value: object) -> None:
        self._terminal.write(json_text(value) + "\n")

    def markdown(self) -> MarkdownStream:
        self._live = RichMarkdown(self, self._terminal, self._screen_lines, self._monotonic_s)
        return self._live

    def diff(self, text: str) -> None:
        if not self._terminal.is_error_terminal:
            self._to_person(_ended(text))
            return
        from rich.syntax import Syntax  # noqa: PLC0415 - only where a diff is drawn

        drawing = Syntax(printable(text).rstrip("\n"), "diff", theme="ansi_dark", background_color="default")
        self._to_person(self.drawn(drawing))

    def notice(self, text: str) -> None:
        if not self._terminal.is_error_terminal:
            self._to_person(_ended(text))
            return
        from rich.text import Text  # noqa: PLC0415 - only where a notice is drawn

        self._to_person(self.drawn(Text(printable(text).rstrip("\n"), style="dim")))

    def drawn(self, drawing: RenderableType) -> str:
        """What a drawing is on this terminal, with its colours."""
        console = self._console()
        console.print(drawing)
        file = console.file
        return file.getvalue() if isinstance(file, io.StringIO) else ""

    def drawn_markdown(self, text: str) -> str:
        """Markdown as it looks on this terminal."""
        from rich.markdown import Markdown  # noqa: PLC0415 - only where an answer is drawn

        return self.drawn(Markdown(printable(text)))

    def _to_person(self, text: str) -> None:
        live = self._live
        if live is None or not self._terminal.is_error_terminal:
            self._terminal.write_error(text)
            return
        live.clear()
        self._terminal.write_error(text)
        live.draw()

    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - only where something is drawn

        return Console(
            file=io.StringIO(),
            force_terminal=True,
            width=max(self._terminal.width, 20),
            highlight=False,
            legacy_windows=False,
            _environ=self._environment,
        )


class RichMarkdown(MarkdownStream):
    """An answer drawn while it grows: finished blocks are printed for good, the last one is drawn again and again.

    What is drawn again never exceeds the screen, because a terminal cannot take back what has scrolled away.
    """

    def __init__(
        self,
        output: RichOutput,
        terminal: Terminal,
        screen_lines: Callable[[], int],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._output = output
        self._terminal = terminal
        self._screen_lines = screen_lines
        self._monotonic_s = monotonic_s
        self._fed: list[str] = []
        self._blocks = MarkdownBlocks()
        self._has_printed = False
        self._live_lines = 0
        self._progress = ""
        self._next_draw_s = 0.0
        self._is_open = True

    def feed(self, piece: str) -> None:
        self._fed.append(piece)
        self._progress = ""
        finished = self._blocks.feed(piece)
        if finished:
            self.clear()
            self._print(finished)
            self.draw()
        elif self._monotonic_s() >= self._next_draw_s:
            self.clear()
            self.draw()

    def progress(self, text: str) -> None:
        self._progress = text
        self.clear()
        self.draw()
        self._next_draw_s = 0.0  # the first words are shown at once

    def restart(self) -> None:
        self.clear()
        if self._has_printed:
            self._terminal.write(self._output.drawn("[dim](the answer starts over)[/dim]"))
        self._fed = []
        self._blocks = MarkdownBlocks()
        self._has_printed = False

    def finish(self, text: str) -> None:
        fed = "".join(self._fed)
        if not text.startswith(fed):
            self.restart()
            fed = ""
        self.clear()
        self._is_open = False
        self._print(self._blocks.feed(text[len(fed) :]) + self._blocks.rest())

    def stop(self) -> None:
        self.clear()
        self._is_open = False
        self._print(self._blocks.rest())

    def clear(self) -> None:
        """Take the part that is still drawn off the screen."""
        if self._live_lines:
            self._terminal.write("\r\x1b[" + str(self._live_lines) + "A" + ERASE_TO_END)
            self._live_lines = 0

    def draw(self) -> None:
        """Draw the unfinished part, as much of its end as the screen holds."""
        if not self._is_open:
            return
        started_s = self._monotonic_s()
        lines: list[str] = []
        rest = self._blocks.rest()
        if rest.strip():
            lines = self._drawn_block(rest).split("\n")[:-1]
        if self._progress:
            lines += self._output.drawn("[dim]" + _escaped(one_line(self._progress)) + " …[/dim]").split(
                "\n"
            )[:1]
        lines = lines[-max(self._screen_lines() - 2, 1) :]
        if lines:
            self._terminal.write("\n".join(lines) + "\n")
        self._live_lines = len(lines)
        ended_s = self._monotonic_s()
        self._next_draw_s = ended_s + max((ended_s - started_s) / DRAWING_SHARE, SHORTEST_WAIT_S)

    def _print(self, text: str) -> None:
        if text.strip():
            self._terminal.write(self._drawn_block(text))
            self._has_printed = True

    def _drawn_block(self, text: str) -> str:
        return ("\n" if self._has_printed else "") + self._output.drawn_markdown(text)


class MarkdownBlocks:
    """Splits growing Markdown where a block has surely ended.

    That is at an empty line, outside fences, before an unindented line that continues no list.
    """

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._partial = ""
        self._fence = ""
        self._is_after_empty = False
        self._is_list = False

    def feed(self, piece: str) -> str:
        """Take more text; the text of the blocks it has finished, "" if none."""
        finished: list[str] = []
        *whole, self._partial = (self._partial + piece).split("\n")
        for line in whole:
            if self._starts_block(line):
                finished += self._lines
                self._lines = []
            self._lines.append(line)
            self._note(line)
        return "".join(line + "\n" for line in finished)

    def rest(self) -> str:
        """The text that is not finished yet."""
        return "".join(line + "\n" for line in self._lines) + self._partial

    def _starts_block(self, line: str) -> bool:
        if not self._is_after_empty or self._fence or not line.strip() or line[0] in " \t":
            return False
        return not (self._is_list and _is_item(line))

    def _note(self, line: str) -> None:
        stripped = line.strip()
        if self._fence:
            if stripped.startswith(self._fence) and not stripped.strip(self._fence[0]):
                self._fence = ""
        elif stripped.startswith(("```", "~~~")):
            self._fence = stripped[: len(stripped) - len(stripped.lstrip(stripped[0]))]
        if stripped and line[0] not in " \t" and not self._fence:
            self._is_list = _is_item(line)
        self._is_after_empty = not stripped


def _is_item(line: str) -> bool:
    head = line.split(" ", 1)[0]
    return head in {"-", "*", "+"} or (len(head) > 1 and head[:-1].isdigit() and head[-1] in ".)")


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")


def _screen_lines() -> int:
    try:
        return os.get_terminal_size(1).lines
    except OSError:
        return 24

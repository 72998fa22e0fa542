"""Turns rows of text into Markdown tables. Knows nothing of what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: str = "") -> list[str]:
    """The lines of a table; a column whose letter in `numbers` is "r" is set to the right."""
    rule = ["--:" if letter == "r" else "---" for letter in numbers.ljust(len(head), "l")]
    return [_line(head), _line(rule), *(_line([cell(text) for text in row]) for row in rows)]


def cell(text: str) -> str:
    """Text that cannot end its cell, nor become markup of a page."""
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def page(lines: Iterable[str]) -> str:
    """The lines with one newline at the end."""
    return "\n".join(lines).rstrip() + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

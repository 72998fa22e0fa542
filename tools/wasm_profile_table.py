"""Shows a profile of a module: a screenful, with how far it is from its goal and what changed. Judges nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.markup import escape
from rich.table import Table

from tools.wasm_profile_record import changes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from tools.wasm_profile_record import Change, Line, Record

GOAL_BYTES, GOAL_GZIP_BYTES = 300_000, 120_000
"""What the module with the whole core should come to, as it is and by gzip."""
ROWS = 12
"""So many functions, files and changes are shown."""
NAME_WIDTH = 44
_TEXTS = ("component", "name", "needed by", "file")


def show(
    console: Console, found: Record, old: Record | None, gzip_bytes: int | None, rows: int = ROWS
) -> None:
    """Components, then what is largest, then what changed."""
    console.print(_goal("as it is", found.size_bytes, GOAL_BYTES))
    if gzip_bytes is not None:
        console.print(_goal("by gzip", gzip_bytes, GOAL_GZIP_BYTES))
    console.print(_components(found, old))
    functions = [line for line in found.lines.values() if line.retained_bytes]
    files = [line for line in found.lines.values() if not line.retained_bytes]
    console.print(_largest("largest", functions[:rows]))
    heavy = sorted(functions, key=lambda line: -line.retained_bytes)
    console.print(_largest("what would go with", heavy[:rows]))
    if files:
        console.print(_files(files[:rows]))
    if old is not None:
        console.print(_changes(changes(old, found), rows))


def _goal(what: str, size: int, goal: int) -> str:
    over = size - goal
    said = f"[red]{over:,} above[/]" if over > 0 else f"[green]{-over:,} below[/]"
    return f"{size:,} bytes {what}, {said} the goal of {goal:,}"


def _table(*columns: str, title: str = "") -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title=title or None)
    table.title_justify, table.title_style = "left", "bold"
    for column in columns:
        if column in _TEXTS:
            table.add_column(column, no_wrap=True, overflow="ellipsis", max_width=NAME_WIDTH)
        else:
            table.add_column(column, justify="right", no_wrap=True, min_width=len(column.split()[0]) + 4)
    return table


def _components(found: Record, old: Record | None) -> Table:
    table = _table("component", "bytes", "of all", "of goal", "deflated", "change")
    for name, size in found.components.items():
        was = old.components.get(name, 0) if old is not None else size
        packed = found.compressed_alone.get(name)
        table.add_row(
            *(escape(name), f"{size:,}", f"{size / found.size_bytes:.1%}", f"{size / GOAL_BYTES:.1%}"),
            *(f"{packed:,}" if packed is not None else "", _signed(size - was)),
        )
    growth = _signed(found.size_bytes - old.size_bytes) if old is not None else ""
    table.add_row("all", f"{found.size_bytes:,}", "", f"{found.size_bytes / GOAL_BYTES:.1%}", "", growth)
    return table


def _largest(title: str, lines: Iterable[Line]) -> Table:
    table = _table("component", "name", "bytes", "with it", "needed by", title=title)
    for line in lines:
        sizes = (f"{line.size_bytes:,}", f"{line.retained_bytes:,}")
        table.add_row(escape(line.component), escape(line.name), *sizes, escape(line.needed_by))
    return table


def _files(lines: Iterable[Line]) -> Table:
    table = _table("component", "file", "bytes", title="files of Python")
    for line in lines:
        table.add_row(escape(line.component), escape(line.name), f"{line.size_bytes:,}")
    return table


def _changes(found: list[Change], rows: int) -> Table:
    table = _table("component", "name", "before", "now", "change", title="what changed")
    for one in found[:rows]:
        sizes = (f"{one.old_bytes:,}", f"{one.new_bytes:,}", _signed(one.growth_bytes))
        table.add_row(escape(one.component), escape(one.name), *sizes)
    rest = found[rows:]
    if rest:
        table.add_row("", f"{len(rest)} more", "", "", _signed(sum(one.growth_bytes for one in rest)))
    if not found:
        table.add_row("", "nothing", "", "", "")
    return table


def _signed(growth: int) -> str:
    return f"{growth:+,}".replace("-", "\u2212") if growth else ""

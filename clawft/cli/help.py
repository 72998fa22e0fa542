"""Turns the command table into help pages. Imports only the table and its parser: `weft --help` must start fast."""

from __future__ import annotations

from clawft.cli.records import FLAG
from clawft.cli.table import CONFIG_NOTE, EXIT_CODES, GLOBAL_OPTIONS, ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.cli.records import Argument, Command, Option
    from clawft.core.host import Host
    from clawft.core.output import Output

WIDTH = 96
NAME_WIDTH = 26


def print_help(host: Host, call: Invocation, output: Output) -> int:  # noqa: ARG001 - every handler takes a host
    """`weft help [COMMAND [SUBCOMMAND]]`. UsageError for a command that is not there."""
    from clawft.cli.parser import find  # noqa: PLC0415 - help itself needs no parser

    output.text(help_page(find(call.arguments)))
    return 0


def help_page(command: Command) -> str:
    """Everything there is to know about a command, ended by a newline."""
    name = " ".join(("weft",) + command.path)
    lines = wrapped(name + ": " + command.summary if command.path else command.summary, "")
    if command.details:
        lines.append("")
        lines += wrapped(command.details, "")
    lines += ["", "Usage: " + usage(command)]
    if command.children:
        _section(lines, "Commands", [(child.name, child.summary) for child in command.children])
    if command.arguments:
        _section(
            lines, "Arguments", [(argument.name, _argument_text(argument)) for argument in command.arguments]
        )
    if command.options:
        _section(lines, "Options", [_option_row(option) for option in command.options])
    _section(lines, "Global options", [_option_row(option) for option in GLOBAL_OPTIONS])
    if command.examples:
        lines += ["", "Examples:"]
        for line, meaning in command.examples:
            lines += ["  " + line, "      " + meaning]
    _section(lines, "Exit codes", [(str(code), meaning) for code, meaning in EXIT_CODES])
    if command is ROOT:
        lines.append("")
        lines += wrapped(CONFIG_NOTE, "")
        lines += ["", "`weft help COMMAND` explains a command."]
    return "\n".join(lines) + "\n"


def usage(command: Command) -> str:
    """How the command is written: `weft sessions export [OPTIONS] KEY`."""
    parts = ["weft"]
    parts.extend(command.path)
    parts.append("[OPTIONS]")
    if command.children:
        parts.append("COMMAND")
    parts.extend(["[" + each.name + "]" if each.is_optional else each.name for each in command.arguments])
    return " ".join(parts)


def wrapped(text: str, indent: str) -> list[str]:
    """Text as lines of at most `WIDTH` columns where its words allow, each after the indent."""
    lines = []
    line = indent
    for word in text.split():
        if len(line) > len(indent) and len(line) + 1 + len(word) > WIDTH:
            lines.append(line)
            line = indent
        line += word if line == indent else " " + word
    lines.append(line)
    return lines


def _section(lines: list[str], title: str, rows: list[tuple[str, str]]) -> None:
    lines += ["", title + ":"]
    for name, text in rows:
        left = "  " + name
        column = " " * NAME_WIDTH
        block = wrapped(text, column)
        if len(left) < NAME_WIDTH - 1:
            block[0] = left + column[len(left) :] + block[0][NAME_WIDTH:]
            lines += block
        else:
            lines.append(left)
            lines += block


def _option_row(option: Option) -> tuple[str, str]:
    names = ", ".join(option.names)
    if len(option.names) == 1:
        names = "    " + names
    text = option.help
    if option.kind != FLAG:
        names += " " + option.placeholder
        if option.choices:
            text += " One of " + ", ".join(option.choices) + "."
        if option.default is not None:
            text += " (default: " + str(option.default) + ")"
        if option.is_repeatable and "more than once" not in text:
            text += " Can be given more than once."
    return names, text


def _argument_text(argument: Argument) -> str:
    return argument.help + (" One of " + ", ".join(argument.choices) + "." if argument.choices else "")

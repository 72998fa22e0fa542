"""Turns the words of a command line into an `Invocation` by the command table. Runs and prints nothing."""

from __future__ import annotations

from clawft.cli.records import FLAG, INTEGER
from clawft.cli.table import GLOBAL_OPTIONS, ROOT
from clawft.core.errors import UsageError

MOST_DIGITS = 9

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.records import Command, Option


class Invocation:
    """A checked command line: the command, and what its options and arguments were given as."""

    __slots__ = ("arguments", "command", "is_help", "is_version", "values")

    def __init__(self, command: Command) -> None:
        self.command = command
        self.values: dict[str, list[str]] = {}
        self.arguments: list[str] = []
        self.is_help = False
        self.is_version = False

    def flag(self, key: str) -> bool:
        """If a flag was given."""
        return key in self.values

    def texts(self, key: str) -> list[str]:
        """Every value of a repeatable option, in order; [] if it was not given."""
        return self.values.get(key, [])

    def text(self, key: str) -> str | None:
        """An option's value, its default if it was not given."""
        given = self.values.get(key)
        if given:
            return given[-1]
        default = _by_key(self.command, key).default
        return None if default is None else str(default)

    def integer(self, key: str) -> int:
        """A whole number's value, its default (0 if it has none) if it was not given."""
        return int(self.text(key) or 0)

    def argument(self, index: int) -> str | None:
        """A positional argument by its place in the table, None if an optional one was left out."""
        return self.arguments[index] if index < len(self.arguments) else None


def parse(words: list[str]) -> Invocation:
    """Read a command line without the program's name. UsageError names what is wrong and what was expected."""
    call = Invocation(ROOT)
    position = 0
    has_ended = False
    while position < len(words) and not call.is_help:
        word = words[position]
        position += 1
        if has_ended or word == "-" or not word.startswith("-"):
            _take_word(call, word)
        elif word == "--":
            has_ended = True
        elif word.startswith("--"):
            position = _take_long(call, words, position)
        else:
            position = _take_cluster(call, words, position)
    if not call.is_help and not call.is_version and call.command.handler:
        _check_arguments(call)
    return call


def name_of(command: Command) -> str:
    """A command as it is typed: `weft sessions list`."""
    return " ".join(("weft",) + command.path)


def find(path: list[str]) -> Command:
    """The command at a path of names. UsageError with the near ones if there is none."""
    command = ROOT
    for name in path:
        command = _child(command, name)
    return command


def _take_word(call: Invocation, word: str) -> None:
    command = call.command
    if command.children:
        call.command = _child(command, word)
        return
    index = len(call.arguments)
    if index >= len(command.arguments):
        message = name_of(command) + ": unexpected argument " + _quoted(word)
        if command.stray_hint:
            message += "; " + command.stray_hint.replace("{}", _quoted(word))
        else:
            message += "; it takes " + (_arguments_line(command) or "no arguments")
        raise UsageError(message + _help_hint(command))
    argument = command.arguments[index]
    if argument.choices and word not in argument.choices:
        raise UsageError(
            name_of(command)
            + ": "
            + argument.name
            + ": expected one of "
            + ", ".join(argument.choices)
            + ", found "
            + _quoted(word)
            + _did_you_mean(word, argument.choices)
        )
    call.arguments.append(word)


def _take_long(call: Invocation, words: list[str], position: int) -> int:
    name, equals, value = words[position - 1].partition("=")
    option = _option(call.command, name)
    if option.kind == FLAG:
        if equals:
            raise UsageError(name_of(call.command) + ": " + name + " takes no value, found " + _quoted(value))
        _keep(call, option, "", name)
    elif equals:
        _keep(call, option, value, name)
    else:
        position = _take_value(call, option, name, words, position)
    return position


def _take_cluster(call: Invocation, words: list[str], position: int) -> int:
    letters = words[position - 1][1:]
    for index in range(len(letters)):
        name = "-" + letters[index]
        option = _option(call.command, name, words[position - 1])
        if option.kind == FLAG:
            _keep(call, option, "", name)
            continue
        attached = letters[index + 1 :]
        if attached:
            _keep(call, option, attached[1:] if attached.startswith("=") else attached, name)
            return position
        return _take_value(call, option, name, words, position)
    return position


def _take_value(call: Invocation, option: Option, name: str, words: list[str], position: int) -> int:
    command = call.command
    if position >= len(words):
        raise UsageError(
            name_of(command) + ": " + name + " needs a value: " + name + " " + option.placeholder
        )
    value = words[position]
    if value.startswith("-") and _is_option(command, value.partition("=")[0]):
        raise UsageError(
            name_of(command)
            + ": "
            + name
            + " needs a value, found the option "
            + value
            + "; if that is the value, write "
            + option.names[-1]
            + "="
            + value
        )
    _keep(call, option, value, name)
    return position + 1


def _keep(call: Invocation, option: Option, value: str, name: str) -> None:
    where = name_of(call.command) + ": " + name + ": expected "
    if option.choices and value not in option.choices:
        raise UsageError(
            where
            + "one of "
            + ", ".join(option.choices)
            + ", found "
            + _quoted(value)
            + _did_you_mean(value, option.choices)
        )
    if option.kind == INTEGER and not _is_whole(value, option.least):
        raise UsageError(
            where + "a whole number of at least " + str(option.least) + ", found " + _quoted(value)
        )
    if option.kind not in (FLAG, INTEGER) and not value:
        raise UsageError(where + option.placeholder + ', found ""')
    if option.key == "help":
        call.is_help = True
    elif option.key == "version":
        call.is_version = True
    elif option.is_repeatable:
        call.values.setdefault(option.key, []).append(value)
    else:
        call.values[option.key] = [value]


def _check_arguments(call: Invocation) -> None:
    for argument in call.command.arguments[len(call.arguments) :]:
        if not argument.is_optional:
            message = name_of(call.command) + ": " + argument.name + " is missing"
            if argument.choices:
                message += "; expected one of " + ", ".join(argument.choices)
            raise UsageError(message + _help_hint(call.command))


def _child(command: Command, name: str) -> Command:
    for child in command.children:
        if child.name == name:
            return child
    names = tuple(child.name for child in command.children)
    if not names:
        raise UsageError(name_of(command) + " has no commands of its own, found " + _quoted(name))
    raise UsageError(
        name_of(command)
        + ": unknown command "
        + _quoted(name)
        + (_did_you_mean(name, names) or "; expected one of " + ", ".join(names))
        + _help_hint(command)
    )


def _option(command: Command, name: str, word: str = "") -> Option:
    names: list[str] = []
    for option in GLOBAL_OPTIONS + command.options:
        if name in option.names:
            return option
        names.extend(option.names)
    wrong = name if not word or word == name else name + " (in " + word + ")"
    hint = _did_you_mean(name, tuple(names)) if name.startswith("--") else ""
    if not hint:
        owners = _owners(command, name)
        hint = "; it belongs after " + owners[0] if owners else ""
    raise UsageError(name_of(command) + ": unknown option " + wrong + hint + _help_hint(command))


def _owners(command: Command, name: str) -> list[str]:
    """The commands below this one that have the option: it may have been written too early."""
    found = []
    for child in command.children:
        if any(name in option.names for option in child.options):
            found.append(name_of(child))
        found += _owners(child, name)
    return found


def _is_option(command: Command, name: str) -> bool:
    return any(name in option.names for option in GLOBAL_OPTIONS + command.options)


def _by_key(command: Command, key: str) -> Option:
    for option in GLOBAL_OPTIONS + command.options:
        if option.key == key:
            return option
    raise KeyError(key)


def _is_whole(text: str, least: int) -> bool:
    # int() would take " 7", "1_000" and other scripts' digits
    is_number = bool(text) and all(digit in "0123456789" for digit in text)
    return is_number and len(text) <= MOST_DIGITS and int(text) >= least


def _arguments_line(command: Command) -> str:
    return " ".join("[" + a.name + "]" if a.is_optional else a.name for a in command.arguments)


def _quoted(word: str) -> str:
    return "'" + word + "'"


def _did_you_mean(word: str, candidates: tuple[str, ...]) -> str:
    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only after a mistake

    found = did_you_mean(word, candidates)
    return "; " + found if found else ""


def _help_hint(command: Command) -> str:
    return "\nTry: " + name_of(command) + " --help"

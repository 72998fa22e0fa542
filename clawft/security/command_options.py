"""Turns a program's arguments into its options and operands as getopt_long does, by a rule written as data.

A rule is words: what stands before `|` are options, after it operands.

    -abc            three flags                     --name          a long flag
    -n:count        an option with an argument      --name:count    likewise, `--name=3` or `--name 3`
    -i?text         an argument may be attached     --name?word     likewise, `--name=x` only
    !...            refused, with all of the above  ~...            refused where a list says what may run
    -#              digits are flags (`head -5`)    -R>r            taken as another flag
    read* / text    operands by their kinds, `*` any number of the last; `text!e,regexp` is not there
                    where one of these options is given

Kinds: `text` is anything, `word` names no file, `count` is a number, the others are the operations of paths.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied

# What is done with a path. `make` and `remove` need what `write` needs; `remove` is never the workspace itself.
READ = "read"
WRITE = "write"
REMOVE = "remove"
PATH_KINDS = (READ, WRITE, REMOVE)

_FLAG = 0
_ARGUMENT = 1
_OPTIONAL = 2

_COUNT_CHARACTERS = "0123456789+-.,:kKMGTPEBbcwmsidh%^"
_COUNT_LIMIT = 40
_NOT_IN_WORDS = "/~\\ \t\n"


class Option:
    """How one option is written (`arity`) and what its argument is (`kind`); `becomes` replaces a flag."""

    __slots__ = ("arity", "becomes", "is_for_lists", "is_refused", "kind")

    def __init__(self, text: str, marks: str) -> None:
        self.becomes = ""
        self.kind = ""
        self.arity = _FLAG
        self.is_refused = "!" in marks
        self.is_for_lists = "~" in marks
        if text[:1] == ">":
            self.becomes = text[1:]
        elif text:
            self.arity = _OPTIONAL if text[0] == "?" else _ARGUMENT
            self.kind = text[1:]


class Rule:
    """What a program may be given, from the words described above."""

    __slots__ = ("flags", "has_digits", "longs", "operands", "shorts")

    def __init__(self, text: str) -> None:
        self.shorts: dict[str, Option] = {}
        self.flags: dict[str, tuple[str, str]] = {}  # as `Given` has them, those that stand for themselves
        self.longs: dict[str, Option] = {"help": Option("", ""), "version": Option("", "")}
        self.has_digits = False
        options, _, operands = text.partition("|")
        self.operands = operands.split()
        for word in options.split():
            self._add(word)
        for letter, option in self.shorts.items():
            if option.arity == _FLAG and not (option.becomes or option.is_refused or option.is_for_lists):
                self.flags[letter] = (letter, "")
        if self.has_digits:
            for digit in "0123456789":
                self.flags[digit] = (digit, "")

    def _add(self, word: str) -> None:
        marks = ""
        while word[0] in "!~":
            marks += word[0]
            word = word[1:]
        if word.startswith("--"):
            end = _name_end(word, 2)
            self.longs[word[2:end]] = Option(word[end:], marks)
        else:
            end = _name_end(word, 1)
            for letter in word[1:end]:
                if letter == "#":
                    self.has_digits = True
                else:
                    self.shorts[letter] = Option(word[end:], marks)


class Given:
    """A program's arguments, read: `options` are pairs of a name without dashes and its argument ("" for flags).

    `operands` are in their order; `arguments` is all of it as it will be handed on; `values` are the options'
    arguments with their kinds.
    """

    __slots__ = ("arguments", "operands", "options", "values")

    def __init__(self) -> None:
        self.options: list[tuple[str, str]] = []
        self.operands: list[str] = []
        self.arguments: list[str] = []
        self.values: list[tuple[str, str]] = []

    def has(self, names: str) -> bool:
        """Whether one of these options, with commas between them, is given."""
        wanted = names.split(",")
        return any(name in wanted for name, _ in self.options)


def read_arguments(
    program: str, rule: Rule, arguments: list[str], *, has_list: bool, stops_at_operand: bool = False
) -> Given:
    """The options and operands among a program's arguments.

    `has_list` says that a list names what may run; then options marked `~` are refused. `stops_at_operand`: what
    follows the first operand belongs to it. Raises PolicyDenied for an option that the rule has not or refuses.
    """
    return _Reader(program, rule, arguments, has_list=has_list).given(stops_at_operand=stops_at_operand)


def operand_kinds(rule: Rule, given: Given, program: str) -> list[tuple[str, str]]:
    """Each operand with its kind. Raises PolicyDenied for more operands than the rule has, or one it refuses."""
    kinds = []
    for operand in rule.operands:
        kind, _, unless = operand.partition("!")
        if not unless or not given.has(unless):
            kinds.append(kind)
    operands = given.operands
    if len(operands) > len(kinds):
        if not kinds or not kinds[-1].endswith("*"):
            refused = program + " " + operands[len(kinds)]
            raise PolicyDenied("command.argument", refused, program + " takes no such argument here")
        kinds += [kinds[-1]] * (len(operands) - len(kinds))
    return [(kind.rstrip("*"), operand) for kind, operand in zip(kinds, operands)]


def check_plain_value(program: str, kind: str, value: str) -> None:
    """Refuse what is no `count` or `word`; nothing is said of other kinds."""
    if kind == "count":
        for character in value:
            if character not in _COUNT_CHARACTERS or len(value) > _COUNT_LIMIT:
                raise PolicyDenied("command.argument", program + " " + value[:40], "expected a number")
    elif kind == "word":
        for character in _NOT_IN_WORDS:
            if character in value:
                raise PolicyDenied("command.argument", program + " " + value[:40], "expected a plain word")


class _Reader:
    def __init__(self, program: str, rule: Rule, arguments: list[str], *, has_list: bool) -> None:
        self._program = program
        self._rule = rule
        self._waiting = arguments
        self._at = 0
        self._has_list = has_list
        self._given = Given()

    def given(self, *, stops_at_operand: bool) -> Given:
        given = self._given
        while self._at < len(self._waiting):
            argument = self._waiting[self._at]
            self._at += 1
            if argument[:1] != "-" or argument == "-":
                given.arguments.append(argument)
                given.operands.append(argument)
                if stops_at_operand:
                    self._rest()
            elif argument == "--":
                given.arguments.append(argument)
                self._rest()
            elif argument.startswith("--"):
                self._long(argument)
            else:
                self._cluster(argument)
        return given

    def _rest(self) -> None:
        self._given.operands += self._waiting[self._at :]
        self._given.arguments += self._waiting[self._at :]
        self._at = len(self._waiting)

    def _next(self, shown: str) -> str:
        if self._at >= len(self._waiting):
            raise PolicyDenied("command.option", self._program + " " + shown, "the option needs an argument")
        value = self._waiting[self._at]
        self._at += 1
        self._given.arguments.append(value)
        return value

    def _long(self, argument: str) -> None:
        name, equals, value = argument[2:].partition("=")
        shown = "--" + name
        option = self._rule.longs.get(name)
        if option is None:
            matching = [long for long in self._rule.longs if long.startswith(name)]
            if len(matching) != 1:
                raise self._unknown(shown)
            name = matching[0]
            option = self._rule.longs[name]
        self._check(option, "--" + name)
        if equals and option.arity == _FLAG:
            raise PolicyDenied("command.option", self._program + " " + shown, "the option takes no argument")
        # Handed on in full: another version of the program may know more names that begin like this.
        self._given.arguments.append("--" + name + equals + value)
        if not equals and option.arity == _ARGUMENT:
            value = self._next(shown)
        self._keep(name, option, value)

    def _cluster(self, argument: str) -> None:
        flags, options = self._rule.flags, self._given.options
        letters = list(argument)
        at = 1
        end = len(letters)
        place = len(self._given.arguments)
        self._given.arguments.append(argument)
        while at < end:
            letter = letters[at]
            at += 1
            if letter in flags:
                options.append(flags[letter])
                continue
            option = self._rule.shorts.get(letter)
            if option is None:
                raise self._unknown("-" + letter)
            self._check(option, "-" + letter)
            if option.becomes:
                letters[at - 1] = option.becomes
                self._given.arguments[place] = "".join(letters)
            value = ""
            if option.arity != _FLAG:
                value = "".join(letters[at:])
                at = end
                if not value and option.arity == _ARGUMENT:
                    value = self._next("-" + letter)
            self._keep(letter, option, value)

    def _keep(self, name: str, option: Option, value: str) -> None:
        self._given.options.append((name, value))
        if option.arity == _ARGUMENT or (option.arity == _OPTIONAL and value):
            self._given.values.append((option.kind, value))

    def _check(self, option: Option, shown: str) -> None:
        if option.is_refused or (option.is_for_lists and self._has_list):
            raise PolicyDenied(
                "command.option",
                self._program + " " + shown,
                "the option can write, run or read what is not allowed",
            )

    def _unknown(self, shown: str) -> PolicyDenied:
        return PolicyDenied(
            "command.option", self._program + " " + shown, "not among the options that are known to be safe"
        )


def _name_end(word: str, start: int) -> int:
    at = start
    while at < len(word) and word[at] not in ":?>":
        at += 1
    return at

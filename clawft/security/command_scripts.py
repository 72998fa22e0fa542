"""Refuses what runs commands or opens other files in the little programs that sed and awk are given. No I/O.

Both readers refuse what versions of the two read differently, such as a delimiter inside brackets.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.shell_words import DIGITS, NAME_CHARACTERS, NAME_START

_SED_PLAIN = "=dDgGhHnNpPxz"
_SED_TEXT = "aic"
_SED_LABEL = ":btT"
_SED_NUMBER = "qQlL"
_SED_FLAGS = "gpiImM" + DIGITS
_SED_FILES = "rRwW"

_AWK_REFUSED = (
    "system",
    "getline",
    "ARGV",
    "ARGC",
    "ENVIRON",
    "PROCINFO",
    "SYMTAB",
    "FUNCTAB",
    "close",
    "fflush",
)
_AWK_PRINTS = ("print", "printf")
# After these a `/` begins a regular expression; after any other word it divides.
_AWK_BEFORE_PATTERN = (
    "print",
    "printf",
    "return",
    "in",
    "else",
    "do",
    "case",
    "BEGIN",
    "END",
    "delete",
    "exit",
)


def check_sed_script(script: str) -> None:
    """Raises PolicyDenied for a script that runs commands (`e`), writes or reads files, or is not understood."""
    _Sed(script).check()


def check_awk_program(program: str) -> None:
    """Raises PolicyDenied for a program that runs commands, opens other files, or is not understood."""
    _Awk(program).check()


class _Sed:
    def __init__(self, script: str) -> None:
        self._script = script
        self._chars = list(script)
        self._end = len(self._chars)
        self._at = 0

    def check(self) -> None:
        while True:
            self._skip(" \t\n;}")
            if self._at >= self._end:
                return
            if self._chars[self._at] == "#":
                self._to_line_end()
                continue
            self._addresses()
            if self._at >= self._end:
                raise self._denied("expected a command")
            command = self._chars[self._at]
            self._at += 1
            self._command(command)

    def _command(self, command: str) -> None:
        if command == "{":
            return
        if command in _SED_PLAIN:
            self._skip(" \t")
            if self._at < self._end and self._chars[self._at] not in ";\n}#":
                raise self._denied("expected ; after " + command)
        elif command == "s":
            self._substitution()
        elif command == "y":
            delimiter = self._delimiter()
            self._to_delimiter(delimiter, has_brackets=False)
            self._to_delimiter(delimiter, has_brackets=False)
        elif command in _SED_TEXT:
            self._text()
        elif command in _SED_LABEL:
            self._skip(" \t")
            self._skip(NAME_CHARACTERS + "-.")
            self._skip(" \t")
            if self._at < self._end and self._chars[self._at] not in ";\n}":
                raise self._denied("expected ; after a label")
        elif command in _SED_NUMBER:
            self._skip(" \t" + DIGITS)
        elif command in _SED_FILES or command in "eF":
            raise self._denied(command + " runs a command or opens a file")
        else:
            raise self._denied("unknown command " + command)

    def _substitution(self) -> None:
        delimiter = self._delimiter()
        self._to_delimiter(delimiter, has_brackets=True)
        self._to_delimiter(delimiter, has_brackets=False)
        while self._at < self._end and self._chars[self._at] not in ";\n} \t#":
            flag = self._chars[self._at]
            if flag not in _SED_FLAGS:
                raise self._denied("the flag " + flag + " of s runs a command or writes a file")
            self._at += 1
        self._skip(" \t")
        if self._at < self._end and self._chars[self._at] not in ";\n}#":
            raise self._denied("expected ; after s")

    def _addresses(self) -> None:
        r"""Pass `1,5`, `$`, `/x/`, `\,x,`, `1~2`, `+3` and `!`."""
        while self._at < self._end:
            character = self._chars[self._at]
            if character == "/":
                self._at += 1
                self._to_delimiter("/", has_brackets=True)
                self._skip("IM")
            elif character == "\\":
                self._at += 1
                self._to_delimiter(self._delimiter(), has_brackets=True)
                self._skip("IM")
            elif character in DIGITS or character in "$,~+! \t":
                self._at += 1
            else:
                return

    def _delimiter(self) -> str:
        if self._at >= self._end or self._chars[self._at] in "\n\\" or ord(self._chars[self._at]) > 126:  # noqa: PLR2004 - ASCII
            raise self._denied("expected a delimiter")
        self._at += 1
        return self._chars[self._at - 1]

    def _to_delimiter(self, delimiter: str, *, has_brackets: bool) -> None:
        is_in_brackets = False
        bracket_start = 0
        while self._at < self._end:
            character = self._chars[self._at]
            self._at += 1
            if character == delimiter:
                if is_in_brackets:
                    raise self._denied("versions of sed disagree about a delimiter in brackets; use another")
                return
            if character == "\\" and not is_in_brackets:
                self._at += 1
            elif (
                character == "\\" and self._at < self._end and self._chars[self._at] in (delimiter, "]", "\\")
            ):
                raise self._denied("versions of sed disagree about a backslash in brackets")
            elif has_brackets and character == "[" and not is_in_brackets:
                is_in_brackets = True
                if self._at < self._end and self._chars[self._at] == "^":
                    self._at += 1
                bracket_start = self._at
            elif character == "[" and is_in_brackets and self._chars[self._at : self._at + 1] == [":"]:
                self._pass_class()
            elif character == "]" and is_in_brackets and self._at - 1 > bracket_start:
                is_in_brackets = False
        raise self._denied("expected " + delimiter)

    def _pass_class(self) -> None:
        """Pass a class such as `[:alpha:]` inside brackets."""
        at = self._at + 1
        while at < self._end and "a" <= self._chars[at] <= "z":
            at += 1
        if self._chars[at : at + 2] == [":", "]"]:
            self._at = at + 2

    def _text(self) -> None:
        """Pass the text of a, i or c: up to a newline that no backslash continues."""
        while self._at < self._end and self._chars[self._at] != "\n":
            self._at += 2 if self._chars[self._at] == "\\" else 1
        self._at = min(self._at, self._end)

    def _to_line_end(self) -> None:
        while self._at < self._end and self._chars[self._at] != "\n":
            self._at += 1

    def _skip(self, passed: str) -> None:
        while self._at < self._end and self._chars[self._at] in passed:
            self._at += 1

    def _denied(self, reason: str) -> PolicyDenied:
        return PolicyDenied("command.script", "sed " + self._script[:80], reason)


class _Awk:
    def __init__(self, program: str) -> None:
        self._program = program
        self._chars = list(program)
        self._end = len(self._chars)
        self._at = 0
        self._is_operand_before = False  # a `/` divides
        self._is_unsure = False  # versions disagree if a `/` divides, as after ++
        self._print_depth = -1  # brackets open around the print statement being read, -1 outside one
        self._brackets: list[bool] = []  # those open; whether each is a condition's
        self._is_condition_next = False  # after if, while, for, switch
        self._continues = False  # a newline here ends no statement

    def check(self) -> None:
        chars = self._chars
        while self._at < self._end:
            character = chars[self._at]
            if character in " \t":
                self._at += 1
            elif character == "\\" and chars[self._at + 1 : self._at + 2] == ["\n"]:
                self._at += 2
            elif character == "#":
                while self._at < self._end and chars[self._at] != "\n":
                    self._at += 1
            elif character == '"':
                self._quoted('"')
                self._after_operand()
            elif character == "/" and not self._is_operand_before:
                if self._is_unsure:
                    raise self._denied("it is not plain if a / divides here; write brackets")
                self._pattern()
                self._after_operand()
            elif character in NAME_START:
                self._name()
            elif character in DIGITS or character == ".":
                self._at += 1
                self._after_operand()
            else:
                self._sign(character)

    def _after_operand(self) -> None:
        self._is_operand_before = True
        self._is_unsure = self._continues = self._is_condition_next = False

    def _name(self) -> None:
        start = self._at
        while self._at < self._end and self._chars[self._at] in NAME_CHARACTERS:
            self._at += 1
        name = "".join(self._chars[start : self._at])
        self._is_condition_next = name in ("if", "while", "for", "switch")
        self._continues = name in ("do", "else")
        if name in _AWK_REFUSED:
            raise self._denied(name + " can run commands or open other files")
        if name in _AWK_PRINTS:
            self._print_depth = len(self._brackets)
        self._is_unsure = name == "length"  # which needs no brackets, and then some read a pattern
        self._is_operand_before = name not in _AWK_BEFORE_PATTERN and not self._is_unsure

    def _sign(self, character: str) -> None:
        following = self._chars[self._at + 1] if self._at + 1 < self._end else ""
        self._at += 1
        if character == "@":
            raise self._denied("@ loads other code")
        if character == "|":
            if following != "|":
                raise self._denied("| runs a command")
            self._at += 1
        elif character == ">" and self._print_depth == len(self._brackets):
            raise self._denied(
                "print > writes a file; write brackets to compare, or redirect the whole command"
            )
        elif character in ";{}" or (character == "\n" and not self._continues):
            self._print_depth = -1
        elif (character in "+-" and following == character) or character == "$":
            self._at += 1 if character != "$" else 0
            self._is_unsure = True
            self._is_operand_before = self._continues = False
            return
        elif character == "&" and following == "&":
            self._at += 1
        self._is_unsure = self._ends_condition(character)
        self._is_operand_before = character in ")]" and not self._is_unsure
        if character != "\n":
            self._continues = character in ",&|{"

    def _ends_condition(self, character: str) -> bool:
        """Follow brackets; whether this one ends an `if (...)`, after which versions disagree about `/`."""
        is_end = False
        if character in "([":
            self._brackets.append(self._is_condition_next)
        elif character in ")]" and self._brackets:
            is_end = self._brackets.pop()
        self._is_condition_next = False
        return is_end

    def _quoted(self, quote: str) -> None:
        self._at += 1
        while self._at < self._end and self._chars[self._at] != quote:
            if self._chars[self._at] == "\n":
                raise self._denied("a text is not closed")
            self._at += 2 if self._chars[self._at] == "\\" else 1
        if self._at >= self._end:
            raise self._denied("a text is not closed")
        self._at += 1

    def _pattern(self) -> None:
        self._at += 1
        is_in_brackets = False
        while self._at < self._end and self._chars[self._at] != "\n":
            character = self._chars[self._at]
            following = self._chars[self._at + 1] if self._at + 1 < self._end else ""
            self._at += 1
            if character == "\\" and not is_in_brackets:
                self._at += 1
            elif is_in_brackets and (character == "/" or (character == "\\" and following in "[]/\\")):
                raise self._denied("versions of awk disagree about / and \\ in brackets")
            elif character == "/":
                return
            elif character == "[" and not is_in_brackets:
                is_in_brackets = True
                self._skip_first("^")
                self._skip_first("]")
            elif character == "[" and following != "" and following in ":.=":
                self._pass_class(following)
            elif character == "]":
                is_in_brackets = False
        raise self._denied("a regular expression is not closed")

    def _skip_first(self, character: str) -> None:
        if self._at < self._end and self._chars[self._at] == character:
            self._at += 1

    def _pass_class(self, sign: str) -> None:
        """Pass `:alpha:]` inside brackets. What only begins like a class is refused."""
        at = self._at + 1
        while at < self._end and "a" <= self._chars[at] <= "z":
            at += 1
        if self._chars[at : at + 2] != [sign, "]"]:
            raise self._denied("[" + sign + " in brackets is no class")
        self._at = at + 2

    def _denied(self, reason: str) -> PolicyDenied:
        return PolicyDenied("command.script", "awk " + self._program[:80], reason)

"""Turns the tokens of a command line into lists of pipelines of simple commands; refuses every other grammar.

`a && b | c; d` is three pipelines. Groups, loops, conditions, functions and background commands are refused: what
they run could not be told from their text.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.shell_tokens import OPERATOR, WORD, Token, tokens_of
from clawft.security.shell_words import LITERAL, NAME_CHARACTERS, NAME_START, MalformedCommand, Word

# POSIX.1-2024 2.4 and bash's own; `!` is a pipeline's sign, and `time` is a program too.
_RESERVED_WORDS = (
    "if then else elif fi do done case esac while until for in { } [[ ]] function select coproc namespace"
)
RESERVED = set(_RESERVED_WORDS.split(" "))

# Nobody needs more in one line, and each costs many times what its characters do.
MOST_COMMANDS = 64
MOST_ASSIGNMENTS = 64


class Redirection:
    """`operator` as it was written, `fd` -1 if none was; `word` is the target, or a here-document's body."""

    __slots__ = ("fd", "operator", "word")

    def __init__(self, operator: str, fd: int, word: Word) -> None:
        self.operator = operator
        self.fd = fd
        self.word = word


class SimpleCommand:
    """Assignments as pairs of a name and its value, words, redirections in their order."""

    __slots__ = ("assignments", "redirections", "words")

    def __init__(self) -> None:
        self.assignments: list[tuple[str, Word]] = []
        self.words: list[Word] = []
        self.redirections: list[Redirection] = []

    def is_empty(self) -> bool:
        return not (self.assignments or self.words or self.redirections)


class Pipeline:
    """`connector` is what stands before it: "" (the first), `;`, `&&` or `||`. `pipes_errors` has a flag a command."""

    __slots__ = ("commands", "connector", "is_negated", "pipes_errors")

    def __init__(self, connector: str) -> None:
        self.connector = connector
        self.is_negated = False
        self.commands: list[SimpleCommand] = []
        self.pipes_errors: list[bool] = []


def parse_line(text: str) -> list[Pipeline]:
    """The pipelines of a command line, none for blanks and comments.

    Raises PolicyDenied for what is refused, MalformedCommand for what no shell could run.
    """
    reader = _Reader()
    for token in tokens_of(text):
        reader.take(token)
    return reader.finished()


class _Reader:
    def __init__(self) -> None:
        self._done: list[Pipeline] = []
        self._pipeline = Pipeline("")
        self._command = SimpleCommand()
        self._target: Token | None = None  # a redirection whose target comes next
        self._expects = ""  # the operator that a command must follow
        self._count = 0

    def take(self, token: Token) -> None:
        if token.kind == WORD and token.word is not None and self._target is None:
            if self._command.words:
                self._command.words.append(token.word)
            else:
                self._word(token.word)
        elif self._target is not None:
            if token.kind != WORD or token.word is None:
                raise MalformedCommand("expected a file after " + self._target.text)
            self._redirect(self._target, token.word)
            self._target = None
        elif token.kind == OPERATOR:
            self._operator(token.text)
        elif token.text in ("<<", "<<-"):
            if token.word is None:
                raise MalformedCommand("expected the word that ends a here-document after " + token.text)
            self._redirect(token, token.word)
        else:
            self._target = token

    def finished(self) -> list[Pipeline]:
        if self._target is not None:
            raise MalformedCommand("expected a file after " + self._target.text)
        self._end_pipeline("", is_newline=True)
        if self._expects:
            raise MalformedCommand("expected a command after " + self._expects)
        return self._done

    def _redirect(self, token: Token, word: Word) -> None:
        self._command.redirections.append(Redirection(token.text, token.fd, word))

    def _word(self, word: Word) -> None:
        """Take a word before which the command has none but assignments."""
        command = self._command
        plain = word.plain()
        if plain == "!" and command.is_empty():
            if self._pipeline.commands or self._pipeline.is_negated:
                raise MalformedCommand("! stands once, before a whole pipeline")
            self._pipeline.is_negated = True
            return
        if plain is not None and plain in RESERVED:
            raise PolicyDenied(
                "command.grouping", plain, "no loop, condition or group is run; write plain commands"
            )
        assignment = _assignment(word)
        if assignment is None:
            command.words.append(word)
        else:
            command.assignments.append(assignment)
            if len(command.assignments) > MOST_ASSIGNMENTS:
                raise PolicyDenied(
                    "command.size", "...", f"expected at most {MOST_ASSIGNMENTS} assignments before a command"
                )

    def _operator(self, operator: str) -> None:
        if operator in ("|", "|&"):
            if self._command.is_empty():
                raise MalformedCommand("expected a command before " + operator)
            self._end_command(pipes_errors=operator == "|&")
            self._expects = operator
        elif operator == "\n":
            if not (self._expects and self._command.is_empty()):
                self._end_pipeline(";", is_newline=True)
        else:
            self._end_pipeline(operator, is_newline=False)

    def _end_command(self, *, pipes_errors: bool) -> None:
        self._count += 1
        if self._count > MOST_COMMANDS:
            raise PolicyDenied(
                "command.size", "...", f"expected at most {MOST_COMMANDS} commands in one line"
            )
        self._pipeline.commands.append(self._command)
        self._pipeline.pipes_errors.append(pipes_errors)
        self._command = SimpleCommand()
        self._expects = ""

    def _end_pipeline(self, operator: str, *, is_newline: bool) -> None:
        """End the pipeline before an operator, if there is one."""
        if self._command.is_empty():
            if not is_newline or self._pipeline.is_negated:
                raise MalformedCommand("expected a command before " + (operator or "the end"))
            return
        self._end_command(pipes_errors=False)
        self._done.append(self._pipeline)
        self._pipeline = Pipeline(operator)
        if operator in ("&&", "||"):
            self._expects = operator


def _assignment(word: Word) -> tuple[str, Word] | None:
    """The name and value of `NAME=value`, None for any other word."""
    if not word.parts or word.parts[0][0] != LITERAL:
        return None
    name, equals, start = word.parts[0][1].partition("=")
    if not equals or not name or name[0] not in NAME_START:
        return None
    if name.strip(NAME_CHARACTERS):
        return None
    return name, Word([(LITERAL, start)] + word.parts[1:])

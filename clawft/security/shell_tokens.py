"""Turns a command line into the tokens that a POSIX shell reads in it, in time linear in its length. Runs nothing.

An operator that only bash has (`&>`, `|&`, `<<<`) means what bash does with it. The grammar is POSIX.1-2024, Shell
Command Language, 2.2 to 2.4 and 2.7.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.paths import BIDI_CONTROLS
from clawft.security.shell_words import (
    BLANKS,
    DIGITS,
    GLOB,
    HERE_DOCUMENT_STOPS,
    LITERAL,
    OPERATOR_CHARACTERS,
    QUOTED,
    QUOTED_VARIABLE,
    SUBSTITUTION,
    VARIABLE,
    WORD_STOPS,
    MalformedCommand,
    Word,
    WordReader,
)

PLAIN_WORD_ENDS = BLANKS + "\n;|&"
_SPECIAL_CHARACTERS = WORD_STOPS[len(BLANKS) :] + "{#"
LINE_LIMIT_BYTES = 65_536
# Each costs many times what its characters do: with these a decision's cost is bounded by more than the line's length.
MOST_TOKENS = 512
MOST_REDIRECTIONS = 64
MOST_PATTERN_WORDS = 64  # words with `*`, `?` or brackets

# What a token is.
WORD = 0
OPERATOR = 1  # ; && || | |& and newline
REDIRECTION = 2

# Longest first: how an operator that begins with a character may go on.
_OPERATORS = {
    ";": (";;&", ";;", ";&", ";"),
    "&": ("&>>", "&>", "&&", "&"),
    "|": ("|&", "||", "|"),
    "<": ("<<<", "<<-", "<<", "<&", "<>", "<(", "<"),
    ">": (">>", ">&", ">|", ">(", ">"),
}
_ASCII_CONTROLS = "".join([chr(code) for code in list(range(9)) + list(range(11, 32)) + [0x7F]])
_CONTROL_CHARACTERS = _ASCII_CONTROLS + "".join([chr(code) for code in range(0x80, 0xA0)]) + BIDI_CONTROLS


class Token:
    """`text` is the operator, `word` is set for WORD; a REDIRECTION has its descriptor (-1: none was written).

    A here-document's token gets its body, as a word of quoted parts, in `word`.
    """

    __slots__ = ("fd", "kind", "text", "word")

    def __init__(self, kind: int, text: str, word: Word | None = None, fd: int = -1) -> None:
        self.kind = kind
        self.text = text
        self.word = word
        self.fd = fd


def tokens_of(text: str) -> list[Token]:
    """The tokens of a command line. Raises PolicyDenied for what is refused, MalformedCommand for what is none."""
    _check_characters(text)
    scanner = _Scanner(text)
    scanner.plain_words(text)
    return scanner.tokens()


def _check_characters(text: str) -> None:
    try:
        size_bytes = len(text.encode())
    except ValueError:  # UnicodeEncodeError where it has a name
        raise MalformedCommand("the command holds a lone surrogate, which is no character")
    if size_bytes > LINE_LIMIT_BYTES:
        raise PolicyDenied("command.size", text[:40] + "...", f"expected at most {LINE_LIMIT_BYTES} bytes")
    # Most lines are ASCII: there only half of them can be.
    is_ascii = size_bytes == len(text)
    for character in _ASCII_CONTROLS if is_ascii else _CONTROL_CHARACTERS:
        if character in text:
            code = ord(character)
            raise MalformedCommand(f"the command holds the control character U+{code:04X}; remove it")


class _Scanner(WordReader):
    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._tokens: list[Token] = []
        self._documents: list[Token] = []  # here-documents whose bodies begin after the next newline
        self._document_operator = ""  # the operator of the here-document whose delimiter comes next
        self._redirections = 0
        self._pattern_words = 0

    def plain_words(self, text: str) -> None:
        """Read the words before the first special character at once: splitting is quicker than looking at each."""
        end = self._end
        for character in _SPECIAL_CHARACTERS:
            at = text.find(character)
            if 0 <= at < end:
                end = at
        if end < self._end:  # the last of them may go on
            end = max(text.rfind(" ", 0, end), 0)
        for literal in text[:end].replace("\t", " ").split(" "):
            if literal:
                self._tokens.append(Token(WORD, "", Word([(LITERAL, literal)])))
                if len(self._tokens) > MOST_TOKENS:
                    raise _too_many("words and operators", MOST_TOKENS)
        self._at = end

    def tokens(self) -> list[Token]:
        while self._skip_blanks():
            character = self._chars[self._at]
            if character in OPERATOR_CHARACTERS:
                self._operator(character)
            elif self._document_operator or not self._plain_word():
                self._word_token()
            if len(self._tokens) > MOST_TOKENS:
                raise _too_many("words and operators", MOST_TOKENS)
        if self._documents:
            raise MalformedCommand("a here-document has no body: expected a newline and its lines")
        return self._tokens

    def _plain_word(self) -> bool:
        """Read a word in which nothing is special, as most are; False, and nothing read, for any other."""
        chars, end = self._chars, self._end
        start = at = self._at
        while at < end and chars[at] not in WORD_STOPS:
            at += 1
        if at < end and chars[at] not in PLAIN_WORD_ENDS:
            return False
        literal = "".join(chars[start:at])
        if "{" in literal:
            return False
        self._tokens.append(Token(WORD, "", Word([(LITERAL, literal)])))
        self._at = at
        return True

    def _skip_blanks(self) -> bool:
        """Pass blanks, continued lines and comments; False at the end."""
        chars, end = self._chars, self._end
        at = self._at
        while at < end:
            character = chars[at]
            if character in BLANKS:
                at += 1
            elif character == "\\" and at + 1 < end and chars[at + 1] == "\n":
                at += 2
            elif character == "#":
                at = self._find("\n", at, end)
            else:
                break
        self._at = at
        return at < end

    # -- operators --

    def _operator(self, character: str, fd: int = -1) -> None:
        at = self._at
        if character == "\n":
            self._at = at + 1
            self._tokens.append(Token(OPERATOR, "\n"))
            self._read_documents()
            return
        if character in "()":
            raise _grouping(character)
        operator = character
        for candidate in _OPERATORS[character]:
            if self._chars[at : at + len(candidate)] == list(candidate):
                operator = candidate
                break
        self._at = at + len(operator)
        self._refuse_continued(operator)
        if operator in ("<(", ">("):
            raise PolicyDenied("command.substitution", operator + "...)", SUBSTITUTION)
        if operator == "&":
            raise PolicyDenied(
                "command.background", "&", "a command may not outlive its call; run it in the foreground"
            )
        if operator in (";;", ";&", ";;&"):
            raise MalformedCommand(operator + " belongs to `case`, and there is none")
        if operator in ("&&", "||", "|", "|&", ";"):
            self._tokens.append(Token(OPERATOR, operator))
            return
        self._redirections += 1
        if self._redirections > MOST_REDIRECTIONS:
            raise _too_many("redirections", MOST_REDIRECTIONS)
        token = Token(REDIRECTION, operator, None, fd)
        self._tokens.append(token)
        if operator in ("<<", "<<-"):
            self._document_operator = operator

    def _refuse_continued(self, operator: str) -> None:
        """Refuse an operator that goes on after a continued line, which few readers and not all shells would see."""
        at = self._at
        while self._chars[at : at + 2] == ["\\", "\n"]:
            at += 2
        if at > self._at and at < self._end and self._chars[at] in "&|<>-;(":
            raise PolicyDenied(
                "command.syntax", operator, "an operator may not go on after a backslash and a newline"
            )

    # -- words --

    def _word_token(self) -> None:
        start = self._at
        word = self._word()
        if [kind for kind, _ in word.parts if kind == GLOB]:
            self._pattern_words += 1
            if self._pattern_words > MOST_PATTERN_WORDS:
                raise _too_many("words with patterns", MOST_PATTERN_WORDS)
        plain = word.plain()
        if plain is not None and self._at < self._end and self._chars[self._at] in "<>":
            if _is_number(plain):
                self._redirection_of(plain, start)
                return
            if plain[0] == "{" and plain[-1] == "}":
                raise PolicyDenied("command.redirection", plain + ">", "a descriptor is a number: 0, 1 or 2")
        if self._document_operator:
            self._tokens[-1].word = word
            self._documents.append(self._tokens[-1])
            self._document_operator = ""
        else:
            self._tokens.append(Token(WORD, "", word))

    def _redirection_of(self, digits: str, start: int) -> None:
        if self._document_operator or len(digits) > 2 or self._at - start != len(digits):  # noqa: PLR2004 - two digits
            raise PolicyDenied("command.redirection", digits, "a descriptor is a number: 0, 1 or 2")
        self._operator(self._chars[self._at], int(digits))

    # -- here-documents --

    def _read_documents(self) -> None:
        for token in self._documents:
            assert token.word is not None  # noqa: S101 - only tokens with their delimiter wait
            delimiter = "".join([text for _, text in token.word.parts])
            is_literal = False
            for kind, _ in token.word.parts:
                if kind in (VARIABLE, QUOTED_VARIABLE):
                    raise PolicyDenied("command.syntax", "<<$", "a here-document ends with a plain word")
                is_literal = is_literal or kind == QUOTED
            token.word = self._document(delimiter, is_literal=is_literal, has_tabs=token.text == "<<-")
        self._documents = []

    def _document(self, delimiter: str, *, is_literal: bool, has_tabs: bool) -> Word:
        parts: list[tuple[int, str]] = []
        while self._at < self._end:
            if has_tabs:
                while self._at < self._end and self._chars[self._at] == "\t":
                    self._at += 1
            start = self._at
            end = self._find("\n", start, self._end)
            if end - start == len(delimiter) and "".join(self._chars[start:end]) == delimiter:
                self._at = min(end + 1, self._end)
                return Word(parts)
            if is_literal:
                parts.append((QUOTED, "".join(self._chars[start:end])))
            else:
                if "\\" in self._chars[start:end] and self._chars[end - 1] == "\\":
                    self._refuse_continued_line(start, end)
                self._expandable(parts, HERE_DOCUMENT_STOPS, end)
            parts.append((QUOTED, "\n"))
            self._at = min(end + 1, self._end)
        raise MalformedCommand("a here-document is never ended by a line " + delimiter)

    def _refuse_continued_line(self, start: int, end: int) -> None:
        count = 0
        while end - count > start and self._chars[end - count - 1] == "\\":
            count += 1
        if count % 2:
            raise PolicyDenied(
                "command.syntax", "<<", "write a here-document's lines without continuing them"
            )


def _too_many(what: str, most: int) -> PolicyDenied:
    return PolicyDenied("command.size", "...", f"expected at most {most} {what} in one line")


def _grouping(shown: str) -> PolicyDenied:
    return PolicyDenied(
        "command.grouping", shown, "no subshell, function or array is run; write plain commands and pipelines"
    )


def _is_number(text: str) -> bool:
    for character in text:
        if character not in DIGITS:
            return False
    return text != ""

"""Reads one word of a command line as a POSIX shell does: quotes, variables, patterns. Runs nothing, expands nothing.

What no command line of ours may hold (a substitution, a brace expansion, `~user`) is refused here already, and so is
what dash and bash read differently. The grammar is POSIX.1-2024, Shell Command Language, 2.2, 2.6.1 and 2.14.
"""

from __future__ import annotations

from clawft.core.errors import EXIT_USAGE, PolicyDenied, ToolError

# What a part of a word is.
LITERAL = 0  # as it was written, unquoted
QUOTED = 1
VARIABLE = 2  # a name whose value is split into fields
QUOTED_VARIABLE = 3
GLOB = 4  # `*`, `?` or a whole bracket expression
TILDE = 5

NAME_START = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
DIGITS = "0123456789"
NAME_CHARACTERS = NAME_START + DIGITS

BLANKS = " \t"
OPERATOR_CHARACTERS = "\n;&|<>()"
_WORD_ENDS = BLANKS + OPERATOR_CHARACTERS
WORD_STOPS = _WORD_ENDS + "'\"\\$`*?[~"
_DOUBLE_QUOTE_STOPS = '"\\$`'
HERE_DOCUMENT_STOPS = "\\$`"
_BRACKET_ENDS = _WORD_ENDS + "'\"\\$`"
_SPECIAL_PARAMETERS = "@*#?-!$" + DIGITS

_DOLLAR_QUOTE_ESCAPES = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t"}

SUBSTITUTION = "what it would run cannot be judged; run that command alone and use what it prints"


class MalformedCommand(ToolError):
    """A command that no shell could run: an open quote, an operator without its command, a control character."""

    exit_code = EXIT_USAGE
    rule = "command.malformed"


class Word:
    """One word: its parts, as pairs of what they are and their text."""

    __slots__ = ("parts",)

    def __init__(self, parts: list[tuple[int, str]]) -> None:
        self.parts = parts

    def plain(self) -> str | None:
        """The text of a word in which nothing is quoted or expanded, else None."""
        if len(self.parts) == 1 and self.parts[0][0] == LITERAL:
            return self.parts[0][1]
        return None

    def shown(self) -> str:
        """The word for a refusal: quotes are gone, variables have their `$`."""
        return "".join(
            ["$" + text if kind in (VARIABLE, QUOTED_VARIABLE) else text for kind, text in self.parts]
        )


class WordReader:
    """Reads words from a command line's characters, from `_at` on."""

    def __init__(self, text: str) -> None:
        # A list: finding a character by its number takes the same time everywhere, in MicroPython's text it does not.
        self._chars = list(text)
        self._end = len(self._chars)
        self._at = 0
        self._no_bracket_before = 0  # no `[` before this place has its `]` in the same word

    def _find(self, character: str, start: int, default: int) -> int:
        try:
            return self._chars.index(character, start)
        except ValueError:
            return default

    def _word(self) -> Word:
        chars, end = self._chars, self._end
        parts: list[tuple[int, str]] = []
        at = self._at
        has_brace = False
        while True:
            start = at
            while at < end and (
                chars[at] not in WORD_STOPS or (chars[at] == "[" and at < self._no_bracket_before)
            ):
                at += 1
            if at > start:
                literal = "".join(chars[start:at])
                parts.append((LITERAL, literal))
                has_brace = has_brace or "{" in literal
            if at >= end or chars[at] in _WORD_ENDS:
                break
            self._at = at
            self._special(chars[at], parts)
            at = self._at
        self._at = at
        if has_brace:
            _refuse_braces(parts)
        return Word(_joined(parts))

    def _special(self, character: str, parts: list[tuple[int, str]]) -> None:
        """Read what begins with a special character, and pass it."""
        if character == "'":
            close = self._find("'", self._at + 1, -1)
            if close < 0:
                raise MalformedCommand("a single quote is never closed")
            parts.append((QUOTED, "".join(self._chars[self._at + 1 : close])))
            self._at = close + 1
        elif character == '"':
            self._double_quoted(parts)
        elif character == "\\":
            self._escaped(parts)
        elif character == "$":
            self._dollar(parts, VARIABLE)
        elif character == "`":
            raise PolicyDenied("command.substitution", "`...`", SUBSTITUTION)
        elif character == "~":
            self._tilde(parts)
        elif character == "[":
            self._bracket(parts)
        else:
            parts.append((GLOB, character))
            self._at += 1

    def _escaped(self, parts: list[tuple[int, str]]) -> None:
        if self._at + 1 >= self._end:
            raise MalformedCommand("the command ends in a backslash")
        following = self._chars[self._at + 1]
        if following != "\n":
            parts.append((QUOTED, following))
        self._at += 2

    def _double_quoted(self, parts: list[tuple[int, str]]) -> None:
        """Read a quotation up to its closing quote."""
        self._at += 1
        parts.append((QUOTED, ""))
        self._expandable(parts, _DOUBLE_QUOTE_STOPS, self._end)
        if self._at >= self._end:
            raise MalformedCommand("a double quote is never closed")
        self._at += 1

    def _expandable(self, parts: list[tuple[int, str]], stops: str, end: int) -> None:
        """Read text in which `$` and a backslash keep their meaning, up to a double quote that stops or to `end`."""
        chars = self._chars
        at = self._at
        while True:
            start = at
            while at < end and chars[at] not in stops:
                at += 1
            if at > start:
                parts.append((QUOTED, "".join(chars[start:at])))
            if at >= end or chars[at] == '"':
                break
            if chars[at] == "`":
                raise PolicyDenied("command.substitution", "`...`", SUBSTITUTION)
            if chars[at] == "$":
                self._at = at
                self._dollar(parts, QUOTED_VARIABLE)
                at = self._at
                continue
            following = chars[at + 1] if at + 1 < end else ""
            if following == "\n" and stops == HERE_DOCUMENT_STOPS:
                raise PolicyDenied(
                    "command.syntax", "<<", "write a here-document's lines without continuing them"
                )
            if following != "\n":
                is_escape = following != "" and following in stops
                parts.append((QUOTED, following if is_escape else "\\" + following))
            at += 2
        self._at = min(at, end)

    def _dollar(self, parts: list[tuple[int, str]], kind: int) -> None:
        chars, end = self._chars, self._end
        following = chars[self._at + 1] if self._at + 1 < end else ""
        if following != "" and following in "([":
            is_sum = following == "[" or chars[self._at + 2 : self._at + 3] == ["("]
            shown = "$((...))" if is_sum else "$(...)"
            raise PolicyDenied("command.substitution", shown, SUBSTITUTION)
        if following == "{":
            self._braced_variable(parts, kind)
            return
        if following != "" and following in NAME_START:
            at = self._name_end(self._at + 1)
            self._refuse_split_name(at)
            parts.append((kind, "".join(chars[self._at + 1 : at])))
            self._at = at
            return
        if following != "" and following in _SPECIAL_PARAMETERS:
            raise PolicyDenied(
                "command.variable", "$" + following, "it has no value here; quote it with '' to mean the text"
            )
        if kind == VARIABLE and following == "'":
            self._dollar_quoted(parts)
            return
        if kind == VARIABLE and following == '"':
            raise PolicyDenied("command.syntax", '$"...', "shells read this quote differently; leave out $")
        self._refuse_split_name(self._at + 1)
        if kind == VARIABLE and parts and parts[-1][0] == VARIABLE:
            raise PolicyDenied(
                "command.syntax", "$", "shells split the variable before it differently; quote it"
            )
        parts.append((LITERAL if kind == VARIABLE else QUOTED, "$"))
        self._at += 1

    def _dollar_quoted(self, parts: list[tuple[int, str]]) -> None:
        """Read `$'...'`, which POSIX has since 2024 and dash has not, with the escapes that stand for plain text."""
        texts: list[str] = []
        at = self._at + 2
        while at < self._end and self._chars[at] != "'":
            character = self._chars[at]
            if character == "\\" and at + 1 < self._end:
                at += 1
                plain = _DOLLAR_QUOTE_ESCAPES.get(self._chars[at])
                if plain is None:
                    raise PolicyDenied("command.syntax", "\\" + self._chars[at], "write the character itself")
                character = plain
            texts.append(character)
            at += 1
        if at >= self._end:
            raise MalformedCommand("a quote $' is never closed")
        parts.append((QUOTED, "".join(texts)))
        self._at = at + 1

    def _refuse_split_name(self, at: int) -> None:
        if self._chars[at : at + 2] == ["\\", "\n"]:
            raise PolicyDenied(
                "command.syntax", "$", "a variable's name may not be continued on the next line"
            )

    def _name_end(self, at: int) -> int:
        while at < self._end and self._chars[at] in NAME_CHARACTERS:
            at += 1
        return at

    def _braced_variable(self, parts: list[tuple[int, str]], kind: int) -> None:
        start = self._at + 2
        at = self._name_end(start)
        if at >= self._end:
            raise MalformedCommand("${ is never closed")
        if at == start or self._chars[start] in DIGITS or self._chars[at] != "}":
            raise PolicyDenied(
                "command.variable", "${...}", "only ${NAME} is expanded, nothing inside the braces"
            )
        parts.append((kind, "".join(self._chars[start:at])))
        self._at = at + 1

    def _tilde(self, parts: list[tuple[int, str]]) -> None:
        """`~` alone or before `/` is the home folder at the start of a word, and text inside one."""
        self._at += 1
        if parts:
            text = parts[-1][1] if parts[-1][0] == LITERAL else ""
            if text[-1:] in ("=", ":") and _is_name(parts[0]):
                raise PolicyDenied("command.syntax", text + "~", "shells read this differently; quote it")
            parts.append((LITERAL, "~"))
            return
        if self._at < self._end and self._chars[self._at] not in _WORD_ENDS + "/":
            raise PolicyDenied(
                "command.syntax", "~...", "only ~ and ~/ are expanded; quote it to mean the text"
            )
        parts.append((TILDE, "~"))

    def _bracket(self, parts: list[tuple[int, str]]) -> None:
        """A bracket expression, or the text `[` where its word has no `]`."""
        start = self._at
        self._at += 1
        if start < self._no_bracket_before:
            parts.append((LITERAL, "["))
            return
        at = start + 1
        if at < self._end and self._chars[at] in "!^":
            at += 1
        if at < self._end and self._chars[at] == "]":
            at += 1  # a `]` that comes first stands for itself
        while at < self._end and self._chars[at] != "]" and self._chars[at] not in _BRACKET_ENDS:
            at += 1
        if at >= self._end or self._chars[at] in _WORD_ENDS:
            self._no_bracket_before = at
            parts.append((LITERAL, "["))
            return
        inside = "".join(self._chars[start + 1 : at])
        if self._chars[at] != "]" or "/" in inside or "[:" in inside or "[." in inside or "[=" in inside:
            raise PolicyDenied(
                "command.glob", "[" + inside, "quote [ to mean the text, or match with * and ?"
            )
        parts.append((GLOB, "[" + inside + "]"))
        self._at = at + 1


def _is_name(part: tuple[int, str]) -> bool:
    """Whether a word's first part begins like an assignment, `NAME=` or `NAME+=`."""
    name, equals, _ = part[1].partition("=")
    name = name[:-1] if name[-1:] == "+" else name
    if part[0] != LITERAL or not equals or not name or name[0] not in NAME_START:
        return False
    return all(character in NAME_CHARACTERS for character in name)


def _refuse_braces(parts: list[tuple[int, str]]) -> None:
    """Refuse what bash could expand and dash leaves alone: `{`, then `,` or `..`, then `}`, none of them quoted."""
    text = "".join([part if kind == LITERAL else "\0" for kind, part in parts])
    inside = text[text.find("{") + 1 :]
    inside = inside[: max(inside.rfind("}"), 0)]
    if "," in inside or ".." in inside:
        raise PolicyDenied(
            "command.brace",
            text.replace("\0", ""),
            "write the words out, or quote the braces to mean the text",
        )


def _joined(parts: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """The parts, neighbours of the same kind of text as one."""
    if len(parts) < 2:  # noqa: PLR2004 - nothing to join
        return parts
    joined: list[tuple[int, str]] = []
    texts: list[str] = []
    current = -1
    for kind, text in parts:
        if kind != current or kind not in (LITERAL, QUOTED):
            if texts:
                joined.append((current, "".join(texts)))
            current = kind
            texts = []
        texts.append(text)
    joined.append((current, "".join(texts)))
    return joined

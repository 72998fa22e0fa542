"""Turns the words of a command into its arguments: variables, `~`, fields, names matched by patterns. No I/O.

The values are those the command's environment will really have, and names come from a function that lists a folder
of the workspace. Without one a pattern stays what it is, and is judged as a path that holds it.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.paths import relative_path
from clawft.security.shell_words import (
    GLOB,
    LITERAL,
    NAME_CHARACTERS,
    QUOTED,
    QUOTED_VARIABLE,
    TILDE,
    VARIABLE,
    Word,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    # The names in a folder of the workspace ("" is the workspace itself); None for what is no folder of it.
    NamesIn = Callable[[str], list[str] | None]

MOST_FIELDS = 4096
# What a command's environment may hold besides LC_*; anything else is never handed to a command.
ENVIRONMENT_NAMES = (
    "CLICOLOR COLUMNS FORCE_COLOR HOME LANG LANGUAGE LINES LOGNAME NO_COLOR PATH PWD SHELL TERM TMPDIR TZ "
    "USER"
).split(" ")
_FIELD_BREAKS = " \t\n"
_PLAIN_VALUE = NAME_CHARACTERS + "./-:"
_PATTERN_CHARACTERS = "*?[\\"


class Expander:
    """Expands words with an environment, and with the names of the workspace's files where they are known.

    `folder` is where the command runs, relative to the workspace.
    """

    __slots__ = ("_environment", "_folder", "_names_in", "_workspaces", "has_patterns")

    def __init__(
        self,
        environment: dict[str, str],
        workspaces: tuple[str, ...] = (),
        names_in: NamesIn | None = None,
        folder: str = "",
    ) -> None:
        self._environment = environment
        self._workspaces = workspaces
        self._names_in = names_in
        self._folder = folder
        self.has_patterns = False

    def fields(self, word: Word) -> list[str]:
        """The arguments a word becomes, often one. Raises PolicyDenied for what cannot be known or is outside."""
        parts = word.parts
        if len(parts) == 1 and parts[0][0] in (LITERAL, QUOTED):
            return [parts[0][1]]
        fields: list[list[tuple[int, str]]] = []
        current: list[tuple[int, str]] = []
        for kind, text in parts:
            if kind == VARIABLE:
                current = self._split(text, fields, current)
            elif kind == QUOTED_VARIABLE:
                current.append((QUOTED, self.value(text)))
            elif kind == TILDE:
                current.append((QUOTED, self.value("HOME")))
            else:
                current.append((kind, text))
        if current:
            fields.append(current)
        found: list[str] = []
        for field in fields:
            found += self._matched(field)
        return found

    def text(self, word: Word) -> str:
        """A word where no field is split and no pattern matched: a value, a here-document."""
        texts = []
        for kind, text in word.parts:
            if kind == TILDE:
                texts.append(self.value("HOME"))
            else:
                texts.append(self.value(text) if kind in (VARIABLE, QUOTED_VARIABLE) else text)
        return "".join(texts)

    def value(self, name: str) -> str:
        """A variable's value. Raises PolicyDenied for one that is not set and that no command is ever given."""
        value = self._environment.get(name)
        if value is None:
            # An unset HOME would turn `~/x` and `$HOME/x` into paths from the root.
            if name == "HOME" or (name not in ENVIRONMENT_NAMES and not name.startswith("LC_")):
                raise PolicyDenied(
                    "command.variable",
                    "$" + name,
                    "it is not set for commands; quote it with '' to mean the text",
                )
            return ""
        return value

    def _split(
        self, name: str, fields: list[list[tuple[int, str]]], current: list[tuple[int, str]]
    ) -> list[tuple[int, str]]:
        """Add an unquoted variable's fields: all but the last are complete."""
        value = self.value(name)
        if not value.strip(_PLAIN_VALUE):  # one field or none, as most are
            if value:
                current.append((LITERAL, value))
            return current
        for character in _PATTERN_CHARACTERS:
            if character in value:
                raise PolicyDenied(
                    "command.variable", "$" + name, 'its value holds a pattern; quote it with ""'
                )
        pieces = [value]
        for character in _FIELD_BREAKS:
            pieces = [piece for text in pieces for piece in text.split(character)]
        for number, piece in enumerate(pieces):
            if number and current:
                fields.append(current)
                current = []
            if piece:
                current.append((LITERAL, piece))
        return current

    def _matched(self, field: list[tuple[int, str]]) -> list[str]:
        """The names that a field's pattern matches, or the field itself where it has none or matches nothing."""
        text = "".join([part for _, part in field])
        is_pattern = False
        for kind, _ in field:
            is_pattern = is_pattern or kind == GLOB
        if not is_pattern or text.startswith("-"):
            return [text]  # no option is made of the names of files
        self.has_patterns = True
        components = _components(field)
        relative_path(text, *self._workspaces)
        for component in components:
            if component and component[0] == (LITERAL, ".") and _matches(component, ".."):
                raise PolicyDenied(
                    "command.glob", text, "it could match the folder above; begin it otherwise"
                )
        if self._names_in is None:
            return [text]
        found = self._names(components)
        return [("./" + name if name.startswith("-") else name) for name in found] or [text]

    def _names(self, components: list[list[tuple[int, str]]]) -> list[str]:
        """What is there for a pattern's components, in the order of its code points."""
        assert self._names_in is not None  # noqa: S101 - the caller has seen to it
        found = [""]
        last = len(components) - 1
        for number, component in enumerate(components):
            is_pattern = False
            for kind, _ in component:
                is_pattern = is_pattern or kind == GLOB
            literal = "".join([text for _, text in component])
            following: list[str] = []
            for start in found:
                if not is_pattern:
                    names = [literal] if number < last or self._has(start, literal) else []
                else:
                    names = [name for name in self._list(start) or [] if _may_match(component, name)]
                following += [start + name + ("/" if number < last else "") for name in names]
                if len(following) > MOST_FIELDS:
                    raise PolicyDenied("command.glob", literal, f"it matches over {MOST_FIELDS} names")
            found = following
        found.sort()
        return found

    def _list(self, prefix: str) -> list[str] | None:
        assert self._names_in is not None  # noqa: S101 - as in _names
        path = relative_path(prefix, *self._workspaces) if prefix else ""
        if not prefix.startswith("/") and self._folder:
            path = self._folder + ("/" + path if path else "")
        return self._names_in(path)

    def _has(self, prefix: str, name: str) -> bool:
        names = self._list(prefix)
        return names is not None and (name in ("", ".", "..") or name in names)


def _components(field: list[tuple[int, str]]) -> list[list[tuple[int, str]]]:
    """A pattern between its slashes; literal text is one character a pair."""
    components: list[list[tuple[int, str]]] = [[]]
    for kind, text in field:
        if kind == GLOB:
            if not (text == "*" and components[-1] and components[-1][-1] == (GLOB, "*")):
                components[-1].append((GLOB, text))
            continue
        for character in text:
            if character == "/":
                components.append([])
            else:
                components[-1].append((LITERAL, character))
    return components


def _may_match(component: list[tuple[int, str]], name: str) -> bool:
    if name.startswith(".") and component[0] != (LITERAL, "."):
        return False
    return name not in (".", "..") and _matches(component, name)


def _matches(component: list[tuple[int, str]], name: str) -> bool:
    """Whether a whole name is matched; steps back to the last `*` only, so at most length times length."""
    characters = list(name)
    at = 0
    step = 0
    star = -1
    star_at = 0
    while at < len(characters):
        if step < len(component) and component[step] == (GLOB, "*"):
            star, star_at = step, at
            step += 1
        elif step < len(component) and _is_one(component[step], characters[at]):
            step += 1
            at += 1
        elif star >= 0:
            star_at += 1
            at = star_at
            step = star + 1
        else:
            return False
    while step < len(component) and component[step] == (GLOB, "*"):
        step += 1
    return step == len(component)


def _is_one(item: tuple[int, str], character: str) -> bool:
    kind, text = item
    if kind != GLOB:
        return text == character
    if text == "?":
        return True
    inside = list(text[1:-1])
    is_negated = inside[0] in "!^"
    if is_negated:
        inside = inside[1:]
    at = 0
    is_in = False
    while at < len(inside):
        if at + 2 < len(inside) and inside[at + 1] == "-":
            is_in = is_in or inside[at] <= character <= inside[at + 2]
            at += 3
        else:
            is_in = is_in or inside[at] == character
            at += 1
    return is_in != is_negated

"""Matches programs and arguments against what is never run and what the user denied, however it is spelt. No I/O.

An entry of a denylist is read as a command line. Its first word names the program; each option and operand of it must
be there, in any order, options clustered or apart. An entry that names no program matches inside any argument.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied, WeftError
from clawft.security.command_rules import NEVER, POWER_ACTIONS
from clawft.security.paths import BIDI_CONTROLS
from clawft.security.shell_syntax import parse_line
from clawft.security.shell_words import NAME_CHARACTERS, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.security.shell_syntax import SimpleCommand

_SYNONYMS = {"R": "r", "recursive": "r", "force": "f"}
_NEVER = {name: (rule, reason) for rule, reason, names in NEVER for name in names.split(" ")}
_PROGRAM_CHARACTERS = NAME_CHARACTERS + ".+-"


class Denial:
    """One entry of a denylist, as it is matched."""

    __slots__ = ("_entry", "_operands", "_options", "_program", "_squeezed", "_target")

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._squeezed = _squeezed(entry)
        self._program = ""
        self._target = ""
        self._options: list[str] = []
        self._operands: list[str] = []
        command = _only_command(entry)
        if command is None:
            return
        words = [_text(word) for word in command.words]
        if words and _is_program(words[0]):
            self._program = words[0].lower()
            self._options = _options(words[1:])
            self._operands = [_plain_path(word) for word in words[1:] if not word.startswith("-")]
        elif not words and command.redirections:
            self._target = _text(command.redirections[0].word)

    def check(self, program: str, arguments: list[str]) -> None:
        """Raises PolicyDenied if the entry matches a program with its arguments."""
        if self._program:
            if self._is_command(program.lower(), arguments):
                raise self._denied([program] + arguments)
        elif not self._target:
            for argument in arguments:
                if self._squeezed in _squeezed(argument):
                    raise self._denied([program] + arguments)

    def check_target(self, target: str) -> None:
        """Raises PolicyDenied if the entry matches the file of a redirection."""
        if self._target and target.startswith(self._target):
            raise self._denied([">", target])
        if not self._program and not self._target and self._squeezed in _squeezed(target):
            raise self._denied([">", target])

    def _is_command(self, program: str, arguments: list[str]) -> bool:
        if program != self._program and not program.startswith(self._program + "."):
            return False
        given = _options(arguments)
        for option in self._options:
            if option not in given:
                return False
        words = [_plain_path(argument) for argument in arguments]
        for operand in self._operands:
            is_start = operand.endswith("=") or "://" in operand
            if not [word for word in words if word == operand or (is_start and word.startswith(operand))]:
                return False
        return True

    def _denied(self, argv: list[str]) -> PolicyDenied:
        return PolicyDenied("command.denylist", shown(argv), "the denylist has `" + self._entry + "`")


def check_never(name: str, arguments: list[str]) -> None:
    """Raises PolicyDenied for programs that no list can allow, and for what destroys a whole system."""
    plain = name.lower()
    if plain.endswith(".exe"):
        plain = plain[:-4]
    found = _NEVER.get("mkfs" if plain.startswith("mkfs.") else plain)
    if found is not None:
        raise PolicyDenied(found[0], shown([name] + arguments), found[1])
    if plain in ("systemctl", "loginctl"):
        for argument in arguments:
            if argument in POWER_ACTIONS:
                raise PolicyDenied(
                    "command.dangerous", shown([name] + arguments), "it stops or restarts the machine"
                )
    if plain in ("rm", "chmod", "chown", "chgrp", "mv"):
        for argument in arguments:
            if _plain_path(argument) == "/":
                raise PolicyDenied(
                    "command.dangerous", shown([name] + arguments), "it changes the whole system"
                )


def listed_by(allowed: dict[str, list[list[str]]], name: str, arguments: list[str]) -> bool:
    """Whether a list names a program with the start of its arguments, rather than alone. PolicyDenied if not at all."""
    starts = allowed.get("test" if name == "[" else name)
    if starts is None:
        raise PolicyDenied("command.allowlist", shown([name] + arguments), name + " is not on the allowlist")
    is_alone = False
    for start in starts:
        if start and arguments[: len(start)] == start:
            return True
        is_alone = is_alone or not start
    if not is_alone:
        raise PolicyDenied(
            "command.allowlist", shown([name] + arguments), "the allowlist has it with other arguments"
        )
    return False


def shown(argv: list[str]) -> str:
    """A command for a refusal, on one line of at most 120 characters."""
    return one_line(" ".join(argv), 120)


def one_line(text: str, most: int) -> str:
    """The first characters of a text, `?` for each that could forge a line or reorder it."""
    plain = []
    for character in text[:most]:
        code = ord(character)
        is_seen = 0x20 <= code < 0x7F or (code >= 0xA0 and not 0xD800 <= code < 0xE000)  # noqa: PLR2004 - Unicode's
        plain.append(character if is_seen and character not in BIDI_CONTROLS else "?")
    return "".join(plain)


def entry_words(entry: str) -> list[str]:
    """The words of an entry of an allowlist; empty if it is no plain command."""
    command = _only_command(entry)
    if command is None or command.redirections:
        return []
    return [_text(word) for word in command.words]


def _only_command(entry: str) -> SimpleCommand | None:
    try:
        pipelines = parse_line(entry)
    except WeftError:
        return None
    if len(pipelines) != 1 or len(pipelines[0].commands) != 1 or pipelines[0].commands[0].assignments:
        return None
    return pipelines[0].commands[0]


def _text(word: Word) -> str:
    return "".join([text for _, text in word.parts])


def _is_program(word: str) -> bool:
    for character in word:
        if character not in _PROGRAM_CHARACTERS:
            return False
    return word != "" and word[0] not in ".-+"


def _options(arguments: list[str]) -> list[str]:
    """Options as letters and long names, one spelling for those that mean the same."""
    found = []
    for argument in arguments:
        if argument == "--":
            break
        if argument.startswith("--"):
            name = argument[2:].partition("=")[0]
            found.append(_SYNONYMS.get(name, name))
        elif argument.startswith("-"):
            found += [_SYNONYMS.get(letter, letter) for letter in argument[1:]]
    return found


def _plain_path(word: str) -> str:
    """A path with single slashes; the root for what is all of it: `/`, `//`, `/*`, `/.`."""
    if not word.startswith("/"):
        return word
    parts = [part for part in word.split("/") if part not in ("", ".")]
    while parts and parts[-1] in ("*", ".*", ".."):
        parts = parts[:-1]
    return "/" + "/".join(parts)


def _squeezed(text: str) -> str:
    return "".join(text.lower().split())

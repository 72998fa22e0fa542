"""Judges one program and its arguments: its name, what is never started, what a list says, and its rule. No I/O."""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_dangers import Denial, check_never, listed_by, shown
from clawft.security.command_git import judge_git
from clawft.security.command_options import (
    PATH_KINDS,
    READ,
    REMOVE,
    WRITE,
    Given,
    Rule,
    check_plain_value,
    operand_kinds,
    read_arguments,
)
from clawft.security.command_programs import (
    judge_awk,
    judge_date,
    judge_env,
    judge_find,
    judge_jq,
    judge_ps,
    judge_sed,
    judge_sleep,
    judge_tar,
    judge_test,
)
from clawft.security.command_rules import ASSIGNABLE, NEVER_SET, RULES, TEXT_ONLY
from clawft.security.command_starts import interpreter_of, judge_interpreter, judge_wrapper, wraps
from clawft.security.paths import relative_path
from clawft.security.shell_words import NAME_CHARACTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.security.command_programs import ProgramJudge

    # Where a name or an absolute path leads on the fixed PATH: the real path outside the workspace, None for nowhere.
    Resolve = Callable[[str], str | None]

PROGRAM_FOLDERS = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")
DEVICES = ("/dev/null", "/dev/stdin", "/dev/stdout", "/dev/stderr")

_NAME_CHARACTERS = NAME_CHARACTERS + ".+-"
_PLAIN_CHARACTERS = NAME_CHARACTERS + "./-"
_SHORT_PATH = 100  # characters: well below what limits a name and a path
_VALUE_CHARACTERS = NAME_CHARACTERS + ".@:+,<>-/"
_WEB_SCHEMES = ("http", "https", "git", "ssh", "ws", "wss")
_PIECE_ENDS = "=,:;@"
_MOST_WRAPPERS = 8

SPECIAL: dict[str, ProgramJudge] = {
    "[": judge_test,
    "awk": judge_awk,
    "date": judge_date,
    "env": judge_env,
    "find": judge_find,
    "gawk": judge_awk,
    "git": judge_git,
    "gsed": judge_sed,
    "gtar": judge_tar,
    "jq": judge_jq,
    "mawk": judge_awk,
    "nawk": judge_awk,
    "ps": judge_ps,
    "sed": judge_sed,
    "sleep": judge_sleep,
    "tar": judge_tar,
    "test": judge_test,
}


def _is_never_set(name: str) -> bool:
    plain = name.upper()
    return any(
        plain == refused or (refused.endswith("_") and plain.startswith(refused)) for refused in NEVER_SET
    )


def _is_gits(path: str) -> bool:
    """Whether a path is `.git` or below one, also by the names that Windows and HFS+ take for it."""
    for name in path.lower().split("/"):
        plain = "".join([character for character in name if character <= "~"])
        if plain in (".git", "git~1"):
            return True
    return False


class StageJudge:
    """Judges the stages of one command. `allowed` is None where any program may run that nothing denies.

    `folder` is where the stages run; `before` is the stage that this one reads from; `paths` gathers what was
    found to be a path, until `take_paths`.
    """

    __slots__ = (
        "_allowed",
        "_denials",
        "_depth",
        "_is_windows",
        "_paths",
        "_resolve",
        "_rules",
        "_workspaces",
        "before",
        "folder",
        "has_list",
    )

    def __init__(
        self,
        allowed: dict[str, list[list[str]]] | None,
        denials: list[Denial],
        workspaces: tuple[str, ...],
        resolve: Resolve | None,
        rules: dict[str, Rule],
    ) -> None:
        self._allowed = allowed
        self._denials = denials
        self._workspaces = workspaces
        self._resolve = resolve
        self._rules = rules
        self._paths: list[tuple[str, str]] = []
        self._depth = 0
        self._is_windows = bool(workspaces) and workspaces[0][1:2] == ":"
        self.has_list = allowed is not None
        self.folder = ""
        self.before: list[str] = []

    def take_paths(self) -> list[tuple[str, str]]:
        """The paths found since the last call, as operations with paths relative to the workspace."""
        found = self._paths
        self._paths = []
        return found

    def last_path(self) -> str:
        """The path judged last, relative to the workspace."""
        return self._paths[-1][1] if self._paths else ""

    def argv(self, argv: list[str]) -> list[str]:
        """What to run for a program and its arguments. Raises PolicyDenied."""
        self._depth += 1
        if self._depth > _MOST_WRAPPERS:
            raise PolicyDenied("command.wrapper", shown(argv), "too many programs start one another")
        name = self._name(argv[0])
        arguments = argv[1:]
        check_never(name, arguments)
        for denial in self._denials:
            denial.check(name, arguments)
        exactly = False
        if self._allowed is not None:
            exactly = listed_by(self._allowed, name, arguments)
        judged = self._arguments(name, arguments, is_listed_exactly=exactly)
        self._depth -= 1
        return judged

    def where(self, name: str) -> str:
        """Where a program is. Raises PolicyDenied for one that is nowhere on the PATH; "" if nobody can look."""
        if self._resolve is None:
            return ""
        path = self._resolve(name)
        if path is None:
            raise PolicyDenied("command.program", name, "there is no such program on the fixed PATH")
        return path

    def path(self, text: str, operation: str) -> None:
        """Judge a path, and keep it for whoever checks links. Raises PolicyDenied for one that leads out."""
        if operation == READ and text == "-":
            return
        if self._is_plain(text):
            relative = text
        elif text in DEVICES:
            return
        else:
            relative = relative_path(text, *self._workspaces)
        if self.folder and not text.startswith("/"):
            relative = self.folder + ("/" + relative if relative else "")
        if operation == REMOVE and not relative:
            raise PolicyDenied("command.dangerous", text, "the workspace itself is never removed")
        if operation != READ and _is_gits(relative):
            raise PolicyDenied(
                "path.private", text, "what lies below .git decides what git runs; only git writes it"
            )
        self._paths.append((operation, relative))

    def leads_out(self, argument: str) -> None:
        """Refuse an argument of unknown meaning that holds a path out of the workspace, or one below `.git`."""
        pieces = [argument]
        if "/" in argument or "~" in argument or ".." in argument or ".git" in argument.lower():
            text = argument
            for end in _PIECE_ENDS:
                text = text.replace(end, "\0")
            pieces = text.split("\0")
            if argument[:1] == "-" and argument[1:2] != "-":
                pieces.append(argument[2:])
            scheme = argument.partition("://")[0].lower()
            is_web = "://" in argument and scheme in _WEB_SCHEMES
            for piece in pieces:
                parts = piece.lower().split("/")
                is_path = piece[:1] in ("/", "~") or ".." in parts or ".git" in parts
                if is_path and not (is_web and piece.startswith("//")):
                    self.path(piece, WRITE)
        if argument[:1] != "-" and self._is_plain(argument):
            self._paths.append((READ, (self.folder + "/" if self.folder else "") + argument))

    def assignment(self, name: str, value: str) -> None:
        """Judge a variable set for one command. Raises PolicyDenied."""
        if name not in ASSIGNABLE and not name.startswith("LC_"):
            if not self.has_list and not _is_never_set(name):
                self.leads_out(value)
                return
            raise PolicyDenied(
                "command.assignment", name + "=", "only " + " ".join(ASSIGNABLE) + " and LC_* may be set"
            )
        is_path = "/" in value and (name != "TZ" or value[0] in "/:." or ".." in value)
        if is_path or value.strip(_VALUE_CHARACTERS):
            raise PolicyDenied("command.assignment", name + "=" + value, "the value is no plain name")

    def by_rule(self, program: str, rule_text: str, arguments: list[str], *, stops: bool = False) -> Given:
        """Read arguments by a rule and judge each by its kind. `stops`: options end at the first operand."""
        rule = self._rules.get(rule_text)
        if rule is None:
            rule = self._rules[rule_text] = Rule(rule_text)
        given = read_arguments(program, rule, arguments, has_list=self.has_list, stops_at_operand=stops)
        for kind, value in given.values + operand_kinds(rule, given, program):
            plain = kind
            if kind[-1:] == "~":
                plain = kind[:-1]
                if self.has_list:
                    raise PolicyDenied(
                        "command.argument", program + " " + value, "it would write this file; use >"
                    )
            if plain in PATH_KINDS:
                self.path(value, plain)
            elif plain != "text":
                check_plain_value(program, plain, value)
        return given

    def _name(self, word: str) -> str:
        """A program's bare name. Raises PolicyDenied for a path that is not where its name leads."""
        name = word.rsplit("/", 1)[-1]
        if name == "[" and word == name:
            return name
        is_plain = name not in ("", ".", "..") and name[0] not in "-+"
        is_plain = is_plain and not name.strip(_NAME_CHARACTERS)
        if name in (".", ":") and word == name:
            return name
        if not is_plain:
            raise PolicyDenied("command.program", shown([word]), "expected the plain name of a program")
        if name == word:
            return name
        if self._resolve is not None:
            is_known = word.startswith("/") and self._resolve(word) is not None
            is_known = is_known and self._resolve(word) == self._resolve(name)
        else:
            is_known = word[: -len(name) - 1] in PROGRAM_FOLDERS
        if not is_known:
            raise PolicyDenied(
                "command.program", shown([word]), "only programs of the system run; write the plain name"
            )
        return name

    def _arguments(self, name: str, arguments: list[str], *, is_listed_exactly: bool) -> list[str]:
        if wraps(self, name, arguments):
            return judge_wrapper(self, name, arguments)
        if name in TEXT_ONLY:
            return [name] + arguments
        special = SPECIAL.get(name)
        if special is not None:
            return [name] + special(self, name, arguments)
        rule = RULES.get(name)
        if rule is not None:
            return [name] + self.by_rule(name, rule, arguments).arguments
        if interpreter_of(name) and not is_listed_exactly:
            judge_interpreter(self, name, arguments)
        else:
            for argument in arguments:
                self.leads_out(argument)
        return [name] + arguments

    def _is_plain(self, text: str) -> bool:
        """Whether a path is already what judging would make of it, as most are."""
        if self._is_windows or not text or len(text) > _SHORT_PATH or text.strip(_PLAIN_CHARACTERS):
            return False
        if text[0] in "./" or text[-1] == "/":
            return False
        return "/" not in text or ("//" not in text and "/." not in text)

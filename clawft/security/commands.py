"""Turns a command line, or a program with its arguments, into a plan of what will run, or refuses it. No I/O.

Nothing here is handed to a shell: the plan holds the very programs and arguments, and whoever runs it starts them.
What cannot be proved harmless is refused with the rule and the reason.
"""

from __future__ import annotations

from clawft.core.errors import ConfigError, PolicyDenied
from clawft.core.near import did_you_mean
from clawft.security.command_dangers import Denial, entry_words, one_line, shown
from clawft.security.command_git import SAFE_ENVIRONMENT
from clawft.security.command_judge import StageJudge
from clawft.security.command_lists import (
    ALLOWLIST,
    DEFAULT_ALLOWLIST,
    DEFAULT_DENYLIST,
    DENYLIST,
    MODES,
)
from clawft.security.command_options import READ, WRITE, Rule
from clawft.security.command_plan import (
    APPEND_TO,
    COPY_OF,
    NOTHING,
    READ_FROM,
    TEXT,
    WRITE_TO,
    CommandPlan,
    PlannedPipeline,
    PlannedRedirection,
    Stage,
)
from clawft.security.shell_expansion import Expander
from clawft.security.shell_syntax import Pipeline, Redirection, SimpleCommand, parse_line
from clawft.security.shell_words import GLOB, MalformedCommand

__all__ = [
    "ALLOWLIST",
    "DEFAULT_ALLOWLIST",
    "DEFAULT_DENYLIST",
    "DENYLIST",
    "DENYLIST_WARNING",
    "MODES",
    "CommandPolicy",
]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from clawft.security.command_judge import Resolve
    from clawft.security.shell_expansion import NamesIn

DENYLIST_WARNING = "tools.command_policy.mode: a denylist stops only what it names; every other program runs"

# Stands for the home folder where nobody says which it is: a path that is outside every workspace.
UNKNOWN_HOME = "/~"

_SHOWN_REASON = 300  # characters
_ARGUMENTS_LIMIT_BYTES = 131_072
_WRITES = {">": WRITE_TO, ">|": WRITE_TO, "&>": WRITE_TO, ">>": APPEND_TO, "&>>": APPEND_TO}
_HOST_DEVICES = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2}


class CommandPolicy:
    """Decides which commands run.

    An empty list stands for the default one. An allowlist's entry is a program, or a program and the arguments that
    it must begin with. `workspaces` are the names of the folder that commands are confined to, `environment` is all
    that they will be given (None: it is not known, and a plan is for showing only), `resolve` says where a program is
    (None leaves that to whoever runs the plan).
    Raises ConfigError for an unknown mode and for an entry that names no program.
    """

    __slots__ = (
        "_allowed",
        "_denials",
        "_environment",
        "_resolve",
        "_rules",
        "_workspaces",
        "mode",
        "warnings",
    )

    def __init__(
        self,
        mode: str = ALLOWLIST,
        allowlist: Sequence[str] = (),
        denylist: Sequence[str] = (),
        workspaces: Sequence[str] = (),
        environment: dict[str, str] | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        if mode not in MODES:
            raise ConfigError(
                "tools.command_policy.mode",
                "allowlist or denylist",
                repr(mode),
                did_you_mean(str(mode), MODES),
            )
        self.mode = mode
        self.warnings = [DENYLIST_WARNING] if mode == DENYLIST else []
        self._allowed = _allowed(allowlist or DEFAULT_ALLOWLIST) if mode == ALLOWLIST else None
        # What the user denies is denied in either mode; the default list says nothing that NEVER does not say there.
        entries = denylist or (DEFAULT_DENYLIST if mode == DENYLIST else ())
        self._denials = [Denial(entry) for entry in entries if entry.strip()]
        self._workspaces = tuple(workspaces)
        self._environment = {"HOME": UNKNOWN_HOME} if environment is None else environment
        self._resolve = resolve
        self._rules: dict[str, Rule] = {}

    def programs(self) -> list[str] | None:
        """The names of the programs that are listed, None where all that nothing denies may run."""
        return None if self._allowed is None else sorted(self._allowed)

    def judge_line(self, text: str, names_in: NamesIn | None = None) -> CommandPlan:
        """The plan of a command line, as `exec_shell` is given it.

        `names_in` lists a folder of the workspace, for patterns; without it they are judged but stay patterns, and
        such a plan is for showing only. Raises PolicyDenied, or MalformedCommand for what no shell could run; what
        both show of the command is on one line.
        """
        try:
            return self._plan_of_line(text, names_in)
        except PolicyDenied as denied:
            raise _on_one_line(denied)
        except MalformedCommand as malformed:
            raise MalformedCommand(one_line(malformed.message, _SHOWN_REASON))

    def _plan_of_line(self, text: str, names_in: NamesIn | None) -> CommandPlan:
        pipelines = parse_line(text)
        if not pipelines:
            raise PolicyDenied("command.empty", "", "expected a command")
        judge = self._judge()
        plan = CommandPlan()
        expander = self._expander("", names_in)
        if len(pipelines) > 1 and _changes_folder(pipelines[0]):
            plan.folder = judge.folder = _folder(pipelines[0].commands[0], expander, judge)
            expander = self._expander(plan.folder, names_in)
            pipelines = pipelines[1:]
        for pipeline in pipelines:
            plan.pipelines.append(self._pipeline(pipeline, expander, judge))
        plan.pipelines[0].connector = ""
        plan.has_patterns = expander.has_patterns
        return plan

    def judge_argv(self, program: str, arguments: Sequence[str] = ()) -> CommandPlan:
        """The plan of one program and its arguments, taken as they are: `spawn`, MCP servers, cron commands."""
        argv = [program]
        argv += arguments
        size_bytes = 0
        for word in argv:
            if "\0" in word:
                raise MalformedCommand("an argument holds the character NUL; remove it")
            size_bytes += len(word)
        if size_bytes > _ARGUMENTS_LIMIT_BYTES:
            raise PolicyDenied(
                "command.size", shown(argv[:1]), f"expected at most {_ARGUMENTS_LIMIT_BYTES} bytes"
            )
        if not program.strip():
            raise PolicyDenied("command.empty", "", "expected a program")
        plan = CommandPlan()
        pipeline = PlannedPipeline("", is_negated=False)
        try:
            pipeline.stages.append(self._stage(argv, self._judge()))
        except PolicyDenied as denied:
            raise _on_one_line(denied)
        plan.pipelines.append(pipeline)
        return plan

    def _expander(self, folder: str, names_in: NamesIn | None) -> Expander:
        environment = dict(self._environment)
        if self._workspaces:
            environment["PWD"] = self._workspaces[0] + ("/" + folder if folder else "")
        return Expander(environment, self._workspaces, names_in, folder)

    def _judge(self) -> StageJudge:
        return StageJudge(self._allowed, self._denials, self._workspaces, self._resolve, self._rules)

    def _pipeline(self, pipeline: Pipeline, expander: Expander, judge: StageJudge) -> PlannedPipeline:
        planned = PlannedPipeline(pipeline.connector, is_negated=pipeline.is_negated)
        judge.before = []
        for number, command in enumerate(pipeline.commands):
            stage = self._command(command, expander, judge)
            if pipeline.pipes_errors[number]:
                stage.redirections.append(PlannedRedirection(2, COPY_OF, other=1))
            planned.stages.append(stage)
            judge.before = stage.argv
        return planned

    def _command(self, command: SimpleCommand, expander: Expander, judge: StageJudge) -> Stage:
        argv: list[str] = []
        for word in command.words:
            if not argv and [kind for kind, _ in word.parts if kind == GLOB]:
                raise PolicyDenied("command.program", word.shown(), "expected the plain name of a program")
            argv += expander.fields(word)
        if not argv:
            if command.assignments:
                name = command.assignments[0][0] + "="
                raise PolicyDenied("command.assignment", name, "it changes nothing without a command")
            raise PolicyDenied(
                "command.redirection", "> ...", "expected a command; a file is made empty by true > FILE"
            )
        environment = {}
        for name, word in command.assignments:
            environment[name] = expander.text(word)
            judge.assignment(name, environment[name])
        stage = self._stage(argv, judge)
        stage.environment.update(environment)
        for redirection in command.redirections:
            self._redirect(stage, redirection, expander, judge)
        stage.paths += judge.take_paths()
        return stage

    def _stage(self, argv: list[str], judge: StageJudge) -> Stage:
        stage = Stage(judge.argv(argv))
        stage.path = judge.where(stage.argv[0])
        stage.paths = judge.take_paths()
        if "git" in stage.argv:
            stage.environment = dict(SAFE_ENVIRONMENT)
            if self._workspaces and self._workspaces[0].startswith("/"):
                # A repository that the workspace is only a part of is not the workspace's.
                stage.environment["GIT_CEILING_DIRECTORIES"] = (
                    self._workspaces[0].rstrip("/").rpartition("/")[0]
                )
        return stage

    def _redirect(
        self, stage: Stage, redirection: Redirection, expander: Expander, judge: StageJudge
    ) -> None:
        operator, fd = redirection.operator, redirection.fd
        if operator in ("<<", "<<-", "<<<"):
            if fd > 0:
                raise PolicyDenied(
                    "command.redirection", str(fd) + operator, "only standard input can be given a text"
                )
            text = expander.text(redirection.word)
            stage.redirections.append(
                PlannedRedirection(0, TEXT, text=text + "\n" if operator == "<<<" else text)
            )
            return
        target = _target(redirection, expander)
        for denial in self._denials:
            denial.check_target(target)
        if operator in (">&", "<&"):
            wanted = 1 if fd < 0 and operator == ">&" else fd
            if wanted not in (1, 2) or target not in ("1", "2"):
                raise PolicyDenied("command.redirection", operator + target, "only 2>&1 and 1>&2 are known")
            stage.redirections.append(PlannedRedirection(wanted, COPY_OF, other=int(target)))
            return
        if operator == "<":
            if fd > 0:
                raise PolicyDenied(
                    "command.redirection", str(fd) + "<", "only standard input can be read from a file"
                )
            _open(stage, 0, READ_FROM, target, judge)
            return
        wanted = 1 if fd < 0 else fd
        if operator not in _WRITES or wanted not in (1, 2) or (operator[0] == "&" and fd >= 0):
            raise PolicyDenied(
                "command.redirection", operator, "only standard output and errors can be written to a file"
            )
        _open(stage, wanted, _WRITES[operator], target, judge)
        if operator[0] == "&":
            stage.redirections.append(PlannedRedirection(2, COPY_OF, other=1))


def _on_one_line(denied: PolicyDenied) -> PolicyDenied:
    """The same refusal; its parts may hold what a model wrote."""
    return PolicyDenied(denied.rule, shown([denied.subject]), one_line(denied.reason, _SHOWN_REASON))


def _open(stage: Stage, fd: int, what: str, target: str, judge: StageJudge) -> None:
    if target == "/dev/null":
        stage.redirections.append(PlannedRedirection(fd, NOTHING))
    elif target in _HOST_DEVICES:
        if (fd == 0) != (target == "/dev/stdin"):
            raise PolicyDenied("command.redirection", target, "it is open the other way")
        if fd != _HOST_DEVICES[target]:
            stage.redirections.append(PlannedRedirection(fd, COPY_OF, other=_HOST_DEVICES[target]))
    else:
        judge.path(target, READ if what == READ_FROM else WRITE)
        path = judge.last_path()
        if not path:
            raise PolicyDenied("command.redirection", target, "expected a file")
        stage.redirections.append(PlannedRedirection(fd, what, path))


def _target(redirection: Redirection, expander: Expander) -> str:
    word = redirection.word
    if [kind for kind, _ in word.parts if kind == GLOB]:
        raise PolicyDenied("command.redirection", word.shown(), "expected one file, not a pattern")
    fields = expander.fields(word)
    if len(fields) != 1 or not fields[0]:
        raise PolicyDenied("command.redirection", word.shown(), "expected one file")
    return fields[0]


def _changes_folder(first: Pipeline) -> bool:
    words = first.commands[0].words
    return len(first.commands) == 1 and bool(words) and words[0].plain() == "cd" and not first.is_negated


def _folder(command: SimpleCommand, expander: Expander, judge: StageJudge) -> str:
    """Where `cd FOLDER && ...` leads, relative to the workspace."""
    arguments = []
    for word in command.words[1:]:
        arguments += expander.fields(word)
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    if len(arguments) != 1 or arguments[0].startswith("-") or command.redirections or command.assignments:
        raise PolicyDenied("command.shell", "cd", "expected one folder of the workspace")
    judge.path(arguments[0], READ)
    path = judge.last_path()
    judge.take_paths()
    return path


def _allowed(entries: Sequence[str]) -> dict[str, list[list[str]]]:
    """Programs with the starts of arguments that are allowed; an empty start stands for any arguments."""
    found: dict[str, list[list[str]]] = {}
    for entry in entries:
        words = [entry] if entry in ("[", ":") else entry_words(entry)
        if not words or "/" in words[0]:
            raise ConfigError(
                "tools.command_policy.allowlist",
                "the name of a program, or a program and arguments",
                repr(entry),
            )
        found.setdefault(words[0], []).append(words[1:])
    return found

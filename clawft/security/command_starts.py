"""Judges programs that start others: wrappers such as timeout, env and xargs, and interpreters of scripts. No I/O.

A wrapper is looked through: what it starts is judged as if it stood alone. An interpreter runs a script of the
workspace at most, and that only where no list names the programs: such a script is as free as whoever wrote it, so
a list must name it, as in `python3 tools/report.py`.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_dangers import shown
from clawft.security.command_options import READ
from clawft.security.command_rules import (
    CODE_MODULES,
    INTERPRETERS,
    PYTHONS,
    RULES,
    SHELL_WRAPPERS,
    TEXT_ONLY,
    WRAPPERS,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.security.command_judge import StageJudge
    from clawft.security.command_options import Given

_ENV = "-0iv -u:word --null --ignore-environment --unset:word --debug | text*"
_XARGS = (
    "-0rtx -n:count -P:count -L:count -s:count -d:text -I:text -i?text -E:text --null "
    "--no-run-if-empty --max-args:count "
    "--max-procs:count --max-lines?count --max-chars:count --delimiter:text --replace?text "
    "--eof?text --verbose --exit "
    "!-a:read !-po !--arg-file:read !--interactive !--open-tty !--process-slot-var:text | text*"
)
# Programs whose operands xargs may fill only from what begins with a path that was judged.
_DESTRUCTIVE = "chgrp chmod chown cp install ln mv rm rmdir sed shred tee touch truncate unlink".split(" ")
_STANDARD_INPUT = "it runs code from standard input or the command line; name a script of the workspace"


def wraps(judge: StageJudge, name: str, arguments: list[str]) -> bool:
    """Whether a program starts another one here."""
    if name == "env":
        return not judge.has_list and env_command(judge, arguments) != []
    return name == "xargs" or name in WRAPPERS


def env_command(judge: StageJudge, arguments: list[str]) -> list[str]:
    """What env starts, after its options and assignments; empty if it prints."""
    given = judge.by_rule("env", _ENV, arguments, stops=True)
    words = given.operands
    while words and "=" in words[0]:
        words = words[1:]
    return words


def judge_wrapper(judge: StageJudge, name: str, arguments: list[str]) -> list[str]:
    if name == "env":
        inner = env_command(judge, arguments)
        before = arguments[: len(arguments) - len(inner)]
        for word in before:
            if "=" in word and not word.startswith("-"):
                variable, _, value = word.partition("=")
                judge.assignment(variable, value)
        return [name] + before + judge.argv(inner)
    if name == "xargs":
        return _judge_xargs(judge, arguments)
    if name == "command" and arguments[:1] == ["-v"]:
        given = judge.by_rule("which", RULES["which"], arguments[1:])
        return ["which"] + given.arguments
    rule, operands = WRAPPERS[name]
    given = judge.by_rule(name, rule + " text*", arguments, stops=True)
    inner = given.operands[operands:]
    if not inner:
        if given.options or not arguments:
            raise PolicyDenied("command.wrapper", name, "expected the command that it starts")
        return [name] + arguments
    for word in given.operands[:operands]:
        for character in word:
            if character not in "0123456789.smhdxa-,fABCDEF":
                raise PolicyDenied("command.argument", name + " " + word, "expected a number")
    judged = judge.argv(inner)
    if name in SHELL_WRAPPERS:
        return judged
    return [name] + arguments[: len(arguments) - len(inner)] + judged


def _judge_xargs(judge: StageJudge, arguments: list[str]) -> list[str]:
    given = judge.by_rule("xargs", _XARGS, arguments, stops=True)
    inner = given.operands or ["echo"]
    before = arguments[: len(arguments) - len(given.operands)]
    producer = judge.before[0] if judge.before else ""
    judged = judge.argv(inner)
    program = judged[0]
    if producer in ("echo", "printf"):
        for text in judge.before[1:]:
            for word in text.split():
                judge.leads_out(word)
    if judge.has_list and program not in TEXT_ONLY:
        is_exact = "-print0" in judge.before and _prints_names(judge.before) and given.has("0,null")
        if not is_exact or given.has("I,i,replace"):
            raise PolicyDenied(
                "command.wrapper",
                shown(["xargs"] + inner),
                "write find ... -print0 | xargs -0 ..., or name the files",
            )
    if interpreter_of(program) and len(judged) < 2:  # noqa: PLR2004 - a script of its own
        raise PolicyDenied("command.interpreter", program, _STANDARD_INPUT)
    if program in _DESTRUCTIVE and not _prints_names(judge.before):
        raise PolicyDenied(
            "command.wrapper", shown(["xargs"] + inner), "what it would change is not known; name the files"
        )
    return ["xargs"] + before + (judged if given.operands else [])


def _prints_names(argv: list[str]) -> bool:
    """Whether a program prints names of files of the workspace, and nothing else that is up to its arguments."""
    program = argv[0] if argv else ""
    if program == "find":
        return not [word for word in argv if word in ("-printf", "-ls")]
    if program == "git":
        return "ls-files" in argv or "--name-only" in argv
    if program in ("grep", "rg"):
        flags = [word for word in argv if word in ("--files-with-matches", "--files")]
        return bool(flags or [word for word in argv if word[:1] == "-" and word[1:2] != "-" and "l" in word])
    return program in ("fd", "ls")


def interpreter_of(name: str) -> str:
    """The interpreter that a name such as `python3.11` stands for, "" for any other program."""
    plain = name.lower()
    if plain.endswith(".exe"):
        plain = plain[:-4]
    plain = plain.rstrip("0123456789.-")
    return plain if plain in INTERPRETERS else ""


def judge_interpreter(judge: StageJudge, name: str, arguments: list[str]) -> None:
    """Raises PolicyDenied for all but `--version` and, where no list names programs, a script of the workspace."""
    if len(arguments) == 1 and arguments[0] in ("--version", "-V", "--help", "-version"):
        return
    if judge.has_list:
        raise PolicyDenied(
            "command.interpreter",
            shown([name] + arguments),
            "list it with its script, as in `" + name + " tools/x`",
        )
    plain = interpreter_of(name)
    words = arguments
    if plain in PYTHONS:
        before, module, after = _module(words)
        if module:
            _judge_module(name, module)
            words = before
            for word in after:
                judge.leads_out(word)
            _options(judge, name, plain, words)
            return
    given = _options(judge, name, plain, words)
    if not given.operands or given.operands[0] in ("-", "eval", "repl", "inspect"):
        raise PolicyDenied("command.interpreter", shown([name] + arguments), _STANDARD_INPUT)
    script = given.operands[0]
    if script.startswith("/dev/"):
        raise PolicyDenied("command.interpreter", shown([name] + arguments), _STANDARD_INPUT)
    judge.path(script, READ)
    for word in given.operands[1:]:
        judge.leads_out(word)


def _options(judge: StageJudge, name: str, plain: str, words: list[str]) -> Given:
    try:
        return judge.by_rule(name, INTERPRETERS[plain] + " text*", words, stops=True)
    except PolicyDenied as denied:
        raise PolicyDenied("command.interpreter", denied.subject, denied.reason + "; " + _STANDARD_INPUT)


def _module(words: list[str]) -> tuple[list[str], str, list[str]]:
    """What stands before `-m`, the module, and what follows; "" for none before a script."""
    for number, word in enumerate(words):
        if not word.startswith("-"):
            break
        if word == "-m":
            return words[:number], (words[number + 1 : number + 2] or ["-"])[0], words[number + 2 :]
    return words, "", []


def _judge_module(name: str, module: str) -> None:
    for character in module:
        if not (character in "._" or "0" <= character <= "9" or "a" <= character.lower() <= "z"):
            raise PolicyDenied("command.interpreter", name + " -m " + module, "expected the name of a module")
    if module.partition(".")[0] in CODE_MODULES:
        raise PolicyDenied("command.interpreter", name + " -m " + module, _STANDARD_INPUT)

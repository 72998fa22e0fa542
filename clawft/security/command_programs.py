"""Judges the arguments of programs that are no plain options and operands: find, test, tar, git, sed, awk and others.

Each function takes the judge, the program's name and its arguments, and returns the arguments to hand on.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_options import READ, WRITE, Given
from clawft.security.command_scripts import check_awk_program, check_sed_script
from clawft.security.shell_words import DIGITS, NAME_CHARACTERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.security.command_judge import StageJudge

    ProgramJudge = Callable[[StageJudge, str, list[str]], list[str]]

LONGEST_SLEEP_S = 300

# find's words by what follows them: nothing, a text, a path.
_FIND_FLAGS = (
    "! ( ) , -a -and -cache -d -daystart -depth -E -empty -executable -false -H -ignore_readdir_race "
    "-ls -mount -nogroup "
    "-noignore_readdir_race -noleaf -not -nouser -nowarn -o -or -P -print -print0 -prune -quit "
    "-readable -true -warn "
    "-writable -x -xdev"
).split(" ")
_FIND_TEXTS = (
    "-amin -atime -cmin -context -ctime -flags -fstype -gid -group -ilname -iname -inum -ipath "
    "-iregex -iwholename "
    "-links -lname -maxdepth -mindepth -mmin -mtime -name -newermt -newerct -newerat -path -perm "
    "-printf -regex "
    "-regextype -size -type -uid -used -user -wholename -xtype"
).split(" ")
_FIND_PATHS = (
    "-anewer -cnewer -newer -neweraa -newerac -neweram -newerca -newercc -newercm -newerma -newermc -newermm -samefile"
).split(" ")

_TEST_FILES = "-a -b -c -d -e -f -g -G -h -k -L -N -O -p -r -s -S -u -w -x".split(" ")
_TEST_PAIRS = ("-nt", "-ot", "-ef")
_TEST_REFUSED = ("-v", "-R")

_DATE = (
    "-jnRu -d:text -r:read -I?word -v:word -z:word !-s:text !-f:read --date:text !--file:read "
    "--iso-8601?word --debug "
    "--resolution --reference:read --rfc-3339:word --rfc-2822 --rfc-822 --rfc-email !--set:text "
    "--universal --utc --uct "
    "| text*"
)
_SED = (
    "-bEnrsuz -e:text -i?word -l:count !-f:read --binary --debug --expression:text !--file:read "
    "!--follow-symlinks "
    "--in-place?word --line-length:count --null-data --posix --quiet --regexp-extended --sandbox "
    "--separate --silent "
    "--unbuffered --zero-terminated | text!e,expression read*"
)
_AWK = (
    "-cCPSOstVn -F:text -v:text !-f:read !-i:read !-l:text !-E:read !-e:text !-W:text !-d?write "
    "!-o?write !-p?write !-D?text "
    "--field-separator:text --assign:text --sandbox --posix --traditional --csv !--file:read "
    "!--include:read !--load:text "
    "!--exec:read !--source:text !--profile?write !--pretty-print?write !--dump-variables?write "
    "!--debug?text | text read*"
)
_TAR = (
    "-AcdjJmOpkrStuvwxzaZhW0123456789ghilnosBGMSUR !-P !-h !-g:read !-M !-F:text !-I:text -f:text "
    "-C:write -b:count -H:word "
    "!-L:count !-T:read -X:read -K:text -N:text -V:text --create --extract --get --list --append "
    "--update --diff --compare "
    "--verbose --gzip --gunzip --ungzip --bzip2 --xz --zstd --lzma --lzip --auto-compress "
    "--no-auto-compress --file:text "
    "--directory:write --exclude:text --exclude-from:read --exclude-vcs --exclude-vcs-ignores "
    "--exclude-backups "
    "--exclude-caches --strip-components:count --one-top-level?write --overwrite --keep-old-files "
    "--skip-old-files "
    "--keep-newer-files --no-same-owner --same-owner --no-same-permissions --preserve-permissions "
    "--same-permissions "
    "--numeric-owner --owner:word --group:word --mode:word --mtime:text --sort:word --format:word "
    "--wildcards "
    "--no-wildcards --anchored --no-anchored --ignore-case --no-recursion --recursion --to-stdout "
    "--touch --totals?word "
    "--null --verify --full-time --utc --one-file-system --posix --portability --warning:word --remove-files "
    "!--absolute-names !--checkpoint-action:text !--checkpoint?count !--to-command:text "
    "!--use-compress-program:text "
    "!--rsh-command:text !--rmt-command:text !--info-script:text !--new-volume-script:text "
    "!--files-from:read "
    "!--add-file:read !--dereference !--hard-dereference !--listed-incremental:read !--multi-volume "
    "!--force-local "
    "!--transform:text !--xform:text !--volno-file:read !--index-file:write !--exclude-ignore:read "
    "!--exclude-ignore-recursive:read !--keep-directory-symlink | read*"
)
_PS = (
    "-AacefFHjlLMmNTvwXxy -C:text -G:word -g:word -o:word -O:word -p:word -s:word -t:word -u:word -U:word --forest "
    "--no-headers --sort:word --pid:word --ppid:word --user:word --format:word --headers --cols:count --width:count "
    "| word*"
)
_JQ = (
    "-aceCjMnrsS --compact-output --null-input --exit-status --slurp --raw-input --raw-output "
    "--join-output -R "
    "--raw-output0 --ascii-output --color-output --monochrome-output --sort-keys --tab --unbuffered "
    "--stream --seq "
    "--indent:count !-f:read !-L:read !--from-file:read !--library-path:read | text read*"
)
_JQ_PAIRS = ("--arg", "--argjson")


def judge_find(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    at = 0
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if word.startswith("-O") and word[2:] in DIGITS:
            continue
        if not word.startswith("-") and word not in ("!", "(", ")", ","):
            judge.path(word, READ)
        elif word in _FIND_TEXTS or word in _FIND_PATHS:
            if at >= len(arguments):
                raise PolicyDenied("command.argument", program + " " + word, "expected its argument")
            if word in _FIND_PATHS:
                judge.path(arguments[at], READ)
            at += 1
        elif word == "-delete" and not judge.has_list:
            continue
        elif word not in _FIND_FLAGS:
            raise PolicyDenied(
                "command.option",
                program + " " + word,
                "it can run, write or delete, or is not known to be safe",
            )
    return arguments


def judge_test(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    words = arguments
    if program == "[":
        if not arguments or arguments[-1] != "]":
            raise PolicyDenied("command.argument", "[", "expected ] at the end")
        words = arguments[:-1]
    for number, word in enumerate(words):
        following = words[number + 1] if number + 1 < len(words) else ""
        if word in _TEST_REFUSED and following:
            raise PolicyDenied("command.argument", program + " " + word, "only a shell has this")
        is_operator = number + 2 < len(words) and words[number + 1] in ("=", "!=", "==") and number != 1
        if word in _TEST_FILES and following and not is_operator:
            judge.path(following, READ)
        if word in _TEST_PAIRS and number and following:
            judge.path(words[number - 1], READ)
            judge.path(following, READ)
    return arguments


def judge_date(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    given = judge.by_rule(program, _DATE, arguments)
    for operand in given.operands:
        if not operand.startswith("+"):
            raise PolicyDenied(
                "command.argument", program + " " + operand, "it would set the clock; a format begins with +"
            )
    return given.arguments


def judge_env(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    """`env` alone: what it would start is the wrapper's affair, and is refused where a list names the programs."""
    given = judge.by_rule(
        program,
        "-0iv -u:word --null --ignore-environment --unset:word --debug | text*",
        arguments,
        stops=True,
    )
    for operand in given.operands:
        name, equals, value = operand.partition("=")
        if not equals:
            raise PolicyDenied(
                "command.wrapper", program + " " + operand, "env may only print; write NAME=value command"
            )
        judge.assignment(name, value)
    return given.arguments


def judge_sleep(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    """Plain seconds, in all at most five minutes."""
    given = judge.by_rule(program, "| count*", arguments)
    total_s = 0.0
    for operand in given.operands:
        number = operand[:-1] if operand.endswith("s") else operand
        for character in number:
            if character not in DIGITS + ".":
                raise PolicyDenied("command.argument", program + " " + operand, "expected seconds")
        try:
            total_s += float(number)
        except ValueError:
            raise PolicyDenied("command.argument", program + " " + operand, "expected seconds")
    if total_s > LONGEST_SLEEP_S:
        raise PolicyDenied("command.argument", program, f"expected at most {LONGEST_SLEEP_S} seconds")
    return given.arguments


def judge_ps(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    given = judge.by_rule(program, _PS, arguments)
    for operand in given.operands:  # BSD's options, of which `e` shows environments
        if "e" in operand:
            raise PolicyDenied("command.argument", program + " " + operand, "it would show environments")
    for name, value in given.options:
        if name in ("o", "O", "format") and "env" in value.lower():
            raise PolicyDenied("command.argument", program + " " + value, "it would show environments")
    return given.arguments


def judge_jq(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    plain: list[str] = []
    at = 0
    while at < len(arguments):
        if arguments[at] in _JQ_PAIRS:
            at += 3
            continue
        if arguments[at] in ("--args", "--jsonargs", "--slurpfile", "--rawfile", "--argfile"):
            raise PolicyDenied("command.option", program + " " + arguments[at], "name its files as operands")
        plain.append(arguments[at])
        at += 1
    given = judge.by_rule(program, _JQ, plain)
    for word in ("import", "include", "modulemeta"):
        if given.operands and _has_word(given.operands[0], word):
            raise PolicyDenied("command.script", program + " " + word, "a filter may not read other files")
    return arguments


def _has_word(text: str, word: str) -> bool:
    """Whether a filter has a word that is no part of another, no key and no text."""
    pieces = text.split(word)
    for number in range(1, len(pieces)):
        before = pieces[number - 1][-1:] or (word[-1] if number > 1 else " ")
        after = pieces[number][:1] or (word[0] if number < len(pieces) - 1 else " ")
        if before not in NAME_CHARACTERS + '.$"' and after not in NAME_CHARACTERS:
            return True
    return False


def judge_sed(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    given = judge.by_rule(program, _SED, arguments)
    scripts = [value for name, value in given.options if name in ("e", "expression")]
    if not scripts:
        scripts = given.operands[:1]
    files = given.operands if given.has("e,expression") else given.operands[1:]
    check_sed_script("\n".join(scripts))
    if given.has("i,in-place"):
        if scripts == [""]:
            raise PolicyDenied(
                "command.script", program + " -i ''", "the script is empty here; leave out the ''"
            )
        for file in files:
            judge.path(file, WRITE)
    return given.arguments


def judge_awk(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    given = judge.by_rule(program, _AWK, arguments, stops=True)
    if given.operands:
        check_awk_program(given.operands[0])
    return given.arguments


def judge_tar(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    words = list(arguments)
    if words and not words[0].startswith("-"):
        words = _plain_tar(words)
    given = judge.by_rule(program, _TAR, words)
    does_write = given.has("c,create,r,append,u,update,A")
    for name, value in given.options:
        if name in ("f", "file") and value != "-":
            if ":" in value.partition("/")[0]:
                raise PolicyDenied("command.argument", program + " " + value, "it names another machine")
            judge.path(value, WRITE if does_write else READ)
    if given.has("x,extract,get") and not given.has("O,to-stdout"):
        judge.path(_last_folder(given), WRITE)
    if given.has("remove-files"):
        for operand in given.operands:
            judge.path(operand, WRITE)
    return given.arguments


def _plain_tar(words: list[str]) -> list[str]:
    """`tar cfz a b` as `tar -c -f a -z b`: the old spelling takes its arguments in the order of its letters."""
    options: list[str] = []
    at = 1
    for letter in words[0]:
        options.append("-" + letter)
        if letter in "fCbHLTXKNVFIg":
            options += words[at : at + 1]
            at += 1
    return options + words[at:]


def _last_folder(given: Given) -> str:
    """Where tar extracts: each `-C` counts from the one before, and none leads up, so the last says enough."""
    folder = "."
    for name, value in given.options:
        if name in ("C", "directory"):
            folder = value
    return folder

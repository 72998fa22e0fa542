"""Turns the command table into completion scripts for bash, zsh, fish and PowerShell."""

from __future__ import annotations

from clawft.cli.records import FILE, FLAG
from clawft.cli.table import GLOBAL_OPTIONS, ROOT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.cli.records import Argument, Command, Option
    from clawft.core.host import Host
    from clawft.core.output import Output


def print_completions(host: Host, call: Invocation, output: Output) -> int:  # noqa: ARG001 - every handler takes a host
    """`weft completions SHELL`."""
    output.text(completion_script(call.arguments[0]))
    return 0


def completion_script(shell: str) -> str:
    """The script for a shell of the table's SHELLS, ended by a newline."""
    if shell == "bash":
        return _bash()
    if shell == "zsh":
        return _zsh()
    if shell == "fish":
        return _fish()
    return _powershell()


class _Place:
    """What can follow a command: `path` is its names joined by blanks, "" for weft itself."""

    __slots__ = ("arguments", "children", "options", "path")

    def __init__(self, command: Command) -> None:
        self.path = " ".join(command.path)
        self.children = [(child.name, child.summary) for child in command.children]
        self.options = GLOBAL_OPTIONS + command.options
        self.arguments = command.arguments
        if command.path == ("help",):
            self.children = [(child.name, child.summary) for child in ROOT.children]


def _places(command: Command = ROOT) -> list[_Place]:
    found = [_Place(command)]
    for child in command.children:
        found += _places(child)
    return found


def _names(options: tuple[Option, ...]) -> str:
    return " ".join([name for option in options for name in option.names])


def _takers(options: tuple[Option, ...]) -> list[Option]:
    return [option for option in options if option.kind != FLAG]


def _choices(arguments: tuple[Argument, ...]) -> str:
    return " ".join([choice for argument in arguments for choice in argument.choices])


def _has_files(arguments: tuple[Argument, ...]) -> bool:
    return any(argument.kind == FILE for argument in arguments)


_BASH = """\
# weft completion for bash
_weft() {
    local current="${COMP_WORDS[COMP_CWORD]}" previous="" path="" word="" index=1
    local commands="" options="" takers="" choices="" files=""
    COMPREPLY=()
    _weft_place ""
    while [ "$index" -lt "$COMP_CWORD" ]; do
        word="${COMP_WORDS[index]}"
        case " $takers " in
            *" $word "*)
                index=$((index + 1))
                # readline splits --option=value into three words
                [ "${COMP_WORDS[index]}" = "=" ] && index=$((index + 1))
                ;;
            *)
                case " $commands " in
                    *" $word "*)
                        path="${path:+$path }$word"
                        _weft_place "$path"
                        ;;
                esac
                ;;
        esac
        index=$((index + 1))
    done
    [ "$COMP_CWORD" -gt 0 ] && previous="${COMP_WORDS[COMP_CWORD - 1]}"
    if [ "$current" = "=" ]; then
        current=""
    elif [ "$previous" = "=" ] && [ "$COMP_CWORD" -gt 1 ]; then
        previous="${COMP_WORDS[COMP_CWORD - 2]}"
    fi
    case " $takers " in
        *" $previous "*)
            _weft_value "$path" "$previous"
            if [ -n "$choices" ]; then
                COMPREPLY=($(compgen -W "$choices" -- "$current"))
            elif [ -n "$files" ]; then
                COMPREPLY=($(compgen -f -- "$current"))
            fi
            return
            ;;
    esac
    case "$current" in
        -*) COMPREPLY=($(compgen -W "$options" -- "$current")) ;;
        *)
            COMPREPLY=($(compgen -W "$commands $choices" -- "$current"))
            if [ -n "$files" ]; then
                COMPREPLY+=($(compgen -f -- "$current"))
            fi
            ;;
    esac
}
"""


def _bash() -> str:
    lines = [
        _BASH + "_weft_place() {",
        '    commands="" options="" takers="" choices="" files=""',
        '    case "$1" in',
    ]
    for place in _places():
        takers = _takers(place.options)
        lines += [
            '        "' + place.path + '")',
            '            commands="' + " ".join([name for name, _ in place.children]) + '"',
            '            options="' + _names(place.options) + '"',
            '            takers="' + _names(tuple(takers)) + '"',
            '            choices="' + _choices(place.arguments) + '"',
            '            files="' + ("yes" if _has_files(place.arguments) else "") + '"',
            "            ;;",
        ]
    lines += ["    esac", "}", "_weft_value() {", '    choices="" files=""', '    case "$1 $2" in']
    for place in _places():
        for option in _takers(place.options):
            if not option.choices and option.kind != FILE:
                continue
            lines += [
                "        " + " | ".join(['"' + place.path + " " + name + '"' for name in option.names]) + ")",
                '            choices="' + " ".join(option.choices) + '"',
                '            files="' + ("yes" if option.kind == FILE else "") + '"',
                "            ;;",
            ]
    lines += ["    esac", "}", "complete -o filenames -F _weft weft"]
    return "\n".join(lines) + "\n"


def _zsh() -> str:
    lines = ["#compdef weft", "# weft completion for zsh", ""]
    for place in _places():
        lines.append(_zsh_function(place.path) + "() {")
        if place.children:
            lines += ["    local -a commands", "    commands=("]
            lines += ["        " + _zsh_quoted(name + ":" + summary) for name, summary in place.children]
            lines += ["    )", "    local context state state_descr line", "    typeset -A opt_args"]
        lines.append("    _arguments -s -C \\")
        lines += ["        " + each + " \\" for option in place.options for each in _zsh_option(option)]
        if place.children:
            lines += ["        '1: :->command' \\", "        '*:: :->rest'", '    case "$state" in']
            lines += [
                "        command) _describe command commands ;;",
                "        rest)",
                '            case "$line[1]" in',
            ]
            if place.path != "help":
                lines += [
                    "                "
                    + name
                    + ") "
                    + _zsh_function((place.path + " " + name).strip())
                    + " ;;"
                    for name, _ in place.children
                ]
            lines += ["            esac", "            ;;", "    esac"]
        else:
            lines += ["        " + _zsh_argument(argument) + " \\" for argument in place.arguments]
            lines.append("        && return 0")
        lines += ["}", ""]
    # Sourced by hand it must be registered; autoloaded from $fpath it is called for its first completion.
    lines += [
        'if [ "$funcstack[1]" = "_weft" ]; then',
        '    _weft "$@"',
        "else",
        "    compdef _weft weft",
        "fi",
    ]
    return "\n".join(lines) + "\n"


def _zsh_function(path: str) -> str:
    return "_weft" + "".join(["_" + name for name in path.split()])


def _zsh_option(option: Option) -> list[str]:
    """One specification for each name: the names exclude each other unless the option may be repeated."""
    text = "[" + _sentence(option.help).replace("[", "(").replace("]", ")").replace(":", "\\:") + "]"
    action = ""
    if option.kind != FLAG:
        action = ":" + option.placeholder + ":"
        if option.choices:
            action += "(" + " ".join(option.choices) + ")"
        elif option.kind == FILE:
            action += "_files"
    before = "*" if option.is_repeatable else "(" + " ".join(option.names) + ")"
    found = []
    for name in option.names:
        glue = "" if option.kind == FLAG else "=" if name.startswith("--") else "+"
        found.append(_zsh_quoted(before + name + glue + text + action))
    return found


def _zsh_argument(argument: Argument) -> str:
    action = (
        "(" + " ".join(argument.choices) + ")"
        if argument.choices
        else "_files"
        if argument.kind == FILE
        else " "
    )
    return _zsh_quoted(("::" if argument.is_optional else ":") + argument.name + ":" + action)


def _zsh_quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


_FISH = """\
# weft completion for fish
function __weft_path --description 'The command that is being written, as its names'
    set -l words (commandline -opc)
    set -e words[1]
    set -l path
    set -l skip 0
    for word in $words
        if test $skip -eq 1
            set skip 0
        else if contains -- $word %s
            set skip 1
        else if not string match -q -- '-*' $word
            set path $path $word
        end
    end
    string join ' ' $path
end
function __weft_at
    set -l path (__weft_path)
    test "$path" = "$argv[1]"
end
function __weft_under
    set -l path (__weft_path)
    test "$path" = "$argv[1]"; or string match -q -- "$argv[1] *" "$path"
end
complete -c weft -f
"""


def _fish() -> str:
    takers = {name: "" for place in _places() for option in _takers(place.options) for name in option.names}
    lines = [_FISH.replace("%s", " ".join(list(takers)))]
    lines += ["complete -c weft" + _fish_option(option) for option in GLOBAL_OPTIONS]
    for place in _places():
        at = "complete -c weft -n '__weft_at \"" + place.path + "\"'"
        lines += [at + " -a " + name + " -d " + _fish_quoted(summary) for name, summary in place.children]
        under = "complete -c weft -n '__weft_under \"" + place.path + "\"'"
        for option in place.options[len(GLOBAL_OPTIONS) :]:
            lines.append(under + _fish_option(option))
        choices = _choices(place.arguments)
        if choices:
            lines.append(at + " -a " + _fish_quoted(choices))
        if _has_files(place.arguments):
            lines.append(at + " -F")
    return "\n".join(lines) + "\n"


def _fish_option(option: Option) -> str:
    line = ""
    for name in option.names:
        line += " -l " + name[2:] if name.startswith("--") else " -s " + name[1:]
    if option.kind != FLAG:
        line += " -r -F" if option.kind == FILE else " -x"
        if option.choices:
            line += " -a " + _fish_quoted(" ".join(option.choices))
    return line + " -d " + _fish_quoted(_sentence(option.help))


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


_POWERSHELL_HEAD = """\
# weft completion for PowerShell
Register-ArgumentCompleter -Native -CommandName weft -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $places = @{
"""
_POWERSHELL_TAIL = """\
    }
    $path = ''
    $previous = ''
    foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
        if ($element.Extent.EndOffset -ge $cursorPosition -and $wordToComplete -ne '') { break }
        $word = $element.Extent.Text
        $isValue = $places[$path].takers -ccontains $previous
        if (-not $isValue -and ($places[$path].commands | ForEach-Object { $_[0] }) -ccontains $word) {
            $path = "$path $word".Trim()
        }
        $previous = $word
    }
    $place = $places[$path]
    if ($place.takers -ccontains $previous) {
        $candidates = $values["$path $previous".Trim()]
        if ($null -eq $candidates) { return }
    } elseif ($wordToComplete.StartsWith('-')) {
        $candidates = $place.options
    } else {
        $candidates = $place.commands + $place.choices
    }
    $candidates | Where-Object { $_[0] -clike "$wordToComplete*" } | ForEach-Object {
        [System.Management.Automation.CompletionResult]::new($_[0], $_[0], 'ParameterValue', $_[1])
    }
}
"""


def _powershell() -> str:
    lines = []
    values = []
    for place in _places():
        options = [(name, _sentence(option.help)) for option in place.options for name in option.names]
        choices = [(choice, choice) for argument in place.arguments for choice in argument.choices]
        takers = _takers(place.options)
        is_help = place.path == "help"
        lines += [
            "        " + _power_quoted(place.path) + " = @{",
            "            commands = " + _power_table([] if is_help else place.children),
            "            choices = " + _power_table(place.children if is_help else choices),
            "            options = " + _power_table(options),
            "            takers = @("
            + ", ".join([_power_quoted(name) for name in _names(tuple(takers)).split()])
            + ")",
            "        }",
        ]
        for option in takers:
            table = _power_table([(choice, choice) for choice in option.choices])
            values += [
                "        " + _power_quoted((place.path + " " + name).strip()) + " = " + table
                for name in option.names
                if option.choices
            ]
    lines += ["    }", "    $values = @{"]
    return _POWERSHELL_HEAD + "\n".join(lines + values) + "\n" + _POWERSHELL_TAIL


def _power_table(pairs: list[tuple[str, str]]) -> str:
    """Pairs, not a hash table: PowerShell's has no place for both -v and -V."""
    rows = ["@(" + _power_quoted(name) + ", " + _power_quoted(text) + ")" for name, text in pairs]
    return "@(" + ("," if len(rows) == 1 else "") + ", ".join(rows) + ")"


def _power_quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _sentence(text: str) -> str:
    """The first sentence of a help text, without its full stop: completion lists are narrow."""
    return text.partition(". ")[0].rstrip(".")

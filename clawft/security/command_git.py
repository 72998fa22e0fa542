"""Judges git's arguments: only what reads where a list says what may run, and what changes things elsewhere. No I/O.

git runs programs that its configuration names. So none may be given, none of the workspace's is obeyed where it can
be switched off, and nothing else that the policy allows may write below `.git`.
"""

from __future__ import annotations

from clawft.core.errors import PolicyDenied
from clawft.security.command_options import READ

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.security.command_judge import StageJudge

# What stands before every subcommand: no pager, no monitor, no hook, no repository that only looks like a folder.
SAFE_OPTIONS = (
    "--no-pager -c core.fsmonitor=false -c core.hooksPath=/dev/null -c safe.bareRepository=explicit "
    "-c core.sshCommand=ssh -c protocol.ext.allow=never"
).split(" ")
SAFE_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_EDITOR": "true",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}

_GLOBAL = (
    "-P -C:read --no-pager --no-optional-locks --literal-pathspecs --glob-pathspecs --icase-pathspecs | text*"
)

_DIFFS = (
    "-#aBbCDMRSpPsuwzWq -U:count -l:count -G:text -S:text --patch --no-patch --unified:count --raw "
    "--patch-with-raw "
    "--indent-heuristic --no-indent-heuristic --minimal --patience --histogram --anchored:text "
    "--diff-algorithm:word "
    "--stat?word --compact-summary --numstat --shortstat --dirstat?word --cumulative --summary "
    "--patch-with-stat "
    "--name-only --name-status --submodule?word --color?word --no-color --color-moved?word --no-color-moved "
    "--color-moved-ws:word --word-diff?word --word-diff-regex:text --color-words?text --no-renames "
    "--rename-empty "
    "--no-rename-empty --check --ws-error-highlight:word --full-index --binary --abbrev?count "
    "--break-rewrites?word "
    "--find-renames?word --find-copies?word --find-copies-harder --irreversible-delete --diff-filter:word "
    "--pickaxe-all --pickaxe-regex --relative?word --no-relative --text --ignore-cr-at-eol "
    "--ignore-space-at-eol "
    "--ignore-space-change --ignore-all-space --ignore-blank-lines --ignore-matching-lines:text "
    "--inter-hunk-context:count --function-context --exit-code --quiet --no-ext-diff --no-textconv "
    "--ignore-submodules?word --src-prefix:word --dst-prefix:word --no-prefix --default-prefix "
    "--line-prefix:text "
    "--cached --staged --merge-base --combined-all-paths --cc !--ext-diff !--textconv "
    "!--output:write !--no-index "
    "!--output-indicator-new:word !--output-indicator-old:word !--output-indicator-context:word !-O:read "
)
_LOGS = _DIFFS + (
    "-cEFgiLmnPt -n:count -L:text --follow --no-decorate --decorate?word --decorate-refs:text "
    "--source --log-size "
    "--max-count:count --skip:count --since:text --after:text --until:text --before:text --author:text "
    "--committer:text --grep:text --grep-reflog:text --all-match --invert-grep --regexp-ignore-case "
    "--basic-regexp "
    "--extended-regexp --fixed-strings --perl-regexp --merges --no-merges --min-parents:count "
    "--max-parents:count "
    "--first-parent --not --all --branches?text --tags?text --remotes?text --glob:text "
    "--exclude:text --reflog "
    "--ignore-missing --cherry --cherry-mark --cherry-pick --left-right --left-only --right-only "
    "--merge --boundary "
    "--simplify-by-decoration --full-history --dense --sparse --simplify-merges --ancestry-path?word --graph "
    "--no-graph --walk-reflogs --date-order --author-date-order --topo-order --reverse --pretty?text "
    "--format:text "
    "--abbrev-commit --no-abbrev-commit --oneline --expand-tabs?count --no-expand-tabs --notes?text "
    "--no-notes "
    "--show-notes?text --relative-date --date:text --parents --children --show-linear-break?text --root "
    "--show-signature !--show-pulls --mailmap --no-mailmap --use-mailmap --count --no-walk?word --objects "
)
_REFS = (
    "-#aAilnqrvt -n?count --all --list --remotes --verbose --quiet --contains:text "
    "--no-contains:text --merged?text "
    "--no-merged?text --points-at:text --sort:word --format:text --column?word --no-column "
    "--color?word --no-color "
    "--show-current --ignore-case --abbrev:count --no-abbrev --count:count --heads --tags "
    "--hash?count --verify "
    "--head --dereference --exclude:text --branches --long --dirty?word --always --exact-match "
    "--candidates:count "
    "--match:text --first-parent --all --debug "
)
# Subcommands that only read, with their options; operands are revisions and paths.
READING = {
    "annotate": "-#bcefhklMnpstw -C?word -L:text -S:read --porcelain --line-porcelain --show-email "
    "--root --date:text",
    "blame": "-#bcefklMnpstw -C?word -L:text --porcelain --line-porcelain --show-email --show-name "
    "--show-number "
    "--root --incremental --reverse --date:text --first-parent --abbrev:count --ignore-rev:text "
    "--score-debug",
    "branch": _REFS,
    "cat-file": "-epst --allow-unknown-type !--textconv !--filters !--batch?text !--batch-check?text",
    "check-ignore": "-qvnz --quiet --verbose --non-matching --no-index",
    "count-objects": "-vH --verbose --human-readable",
    "describe": _REFS,
    "diff": _DIFFS,
    "diff-index": _DIFFS + "-m",
    "diff-tree": _LOGS + "-r",
    "for-each-ref": _REFS,
    "grep": "-#acEFGhHIilLnoPpqrsvWwz -A:count -B:count -C:count -e:text -m:count --cached --untracked "
    "--no-exclude-standard --exclude-standard --recurse-submodules --text --ignore-case --max-depth:count "
    "--word-regexp --invert-match --full-name --extended-regexp --basic-regexp --perl-regexp --fixed-strings "
    "--line-number --column --files-with-matches --name-only --files-without-match --null "
    "--only-matching --count "
    "--color?word --no-color --break --heading --show-function --context:count --after-context:count "
    "--before-context:count --function-context --max-count:count --threads:count --and --or --not "
    "--all-match "
    "--quiet !-f:read !-O?text !--open-files-in-pager?text !--textconv !--no-index !--ext-grep",
    "log": _LOGS,
    "ls-files": "-cdikmostuvz --cached --deleted --modified --others --ignored --stage --directory "
    "--unmerged "
    "--killed --no-empty-directory --eol --deduplicate --exclude:text --exclude-standard --error-unmatch "
    "--full-name --recurse-submodules --abbrev?count --debug --format:text -x:text !-X:read "
    "!--exclude-from:read "
    "!--exclude-per-directory:read !--with-tree:text",
    "ls-tree": "-drtlz --long --name-only --name-status --object-only --full-name --full-tree --abbrev?count "
    "--format:text",
    "merge-base": "-a --all --octopus --independent --is-ancestor --fork-point",
    "name-rev": "--tags --refs:text --exclude:text --all --name-only --no-undefined --always",
    "rev-list": _LOGS,
    "rev-parse": "-q --abbrev-ref?word --short?count --verify --quiet --symbolic "
    "--symbolic-full-name --show-toplevel "
    "--is-inside-work-tree --is-inside-git-dir --is-bare-repository --show-prefix --show-cdup --git-dir "
    "--absolute-git-dir --git-common-dir --all --branches?text --tags?text --remotes?text --not "
    "--default:text "
    "--revs-only --no-revs --flags --no-flags --since:text --until:text --is-shallow-repository --sq "
    "--show-object-format --show-superproject-working-tree",
    "shortlog": _LOGS + "-ens --numbered --summary --email --group:word",
    "show": _LOGS,
    "show-branch": "-ar --all --remotes --current --topo-order --date-order --sparse --list "
    "--independent --sha1-name",
    "show-ref": _REFS + "-d -s",
    "status": "-#bsvz -u?word -M?word --short --branch --show-stash --porcelain?word --long --verbose "
    "--untracked-files?word --ignored?word --ignore-submodules?word --column?word --no-column --ahead-behind "
    "--no-ahead-behind --renames --no-renames --find-renames?word --null",
    "tag": _REFS,
    "version": "--build-options",
    "whatchanged": _LOGS,
}
# Those of them whose operands are names to make unless one of these options is given.
_LISTING = {
    "branch": "a,l,r,all,list,remotes,contains,no-contains,merged,no-merged,points-at,show-current",
    "tag": "l,n,list,contains,no-contains,merged,no-merged,points-at,verify",
}
# Only with one of these words, and nothing that could be more than a name after it.
READING_WORDS = {
    "config": "--get --get-all --list -l --get-regexp list get --local --show-origin --name-only --null -z",
    "reflog": "show exists",
    "remote": "-v --verbose show get-url",
    "stash": "list show",
    "submodule": "status summary",
    "worktree": "list",
}
CHANGING = (
    "add apply branch checkout cherry-pick clean clone commit fetch gc init ls-remote merge mv notes "
    "pull push rebase "
    "remote reset restore revert rm sparse-checkout stash submodule switch tag worktree"
).split(" ")
_DIFFING = ("diff", "log", "show", "whatchanged")
_TEXT_OPTIONS = (
    "-m -am -cm -sm -asm --message --author --date --grep --trailer -b -B -c -C --orphan --title "
    "--reason --strategy -s"
).split(" ")
_REFUSED_LONGS = (
    "--exec --upload-pack --receive-pack --config --config-env --template --textconv --ext-diff --output "
    "--open-files-in-pager --no-index --git-dir --work-tree --exec-path --separate-git-dir "
    "--reference --interactive "
    "--edit-description --pathspec-from-file --file --upload-archive --gpg-sign --recurse-submodules "
    "--super-prefix "
    "--reference-if-able --unsafe-paths --shallow-file --directory --run"
).split(" ")
_REFUSED_SUBWORDS = ("foreach", "run", "update", "set-url", "add-url")
_REFUSED_SHORTS = {"clone": "cu", "rebase": "x", "ls-remote": "uo", "submodule": "b"}
_SHORTS_WITH_TEXT = "mbBCnosX"
# Of the configuration, what may be set: nothing that names a program.
_SETTABLE = ("init.defaultbranch", "user.email", "user.name")
_HARMLESS_PREFIXES = ("--in", "--ex", "--no", "--re", "--fi", "--di")


def judge_git(judge: StageJudge, program: str, arguments: list[str]) -> list[str]:
    given = judge.by_rule(program, _GLOBAL, arguments, stops=True)
    for name, value in given.options:
        if name == "C":
            judge.path(value, READ)
    start = [program] + arguments[: len(arguments) - len(given.operands)]
    if not given.operands:
        return arguments
    subcommand = given.operands[0]
    rest = given.operands[1:]
    if subcommand in READING and _only_reads(judge, subcommand, rest):
        rest = (["--no-ext-diff", "--no-textconv"] if subcommand in _DIFFING else []) + rest
    elif subcommand in READING_WORDS and rest[:1] and rest[0] in READING_WORDS[subcommand].split(" "):
        _check_words(judge, subcommand, rest)
    elif _is_harmless(judge, subcommand, rest):
        pass
    elif judge.has_list or subcommand not in CHANGING:
        raise PolicyDenied(
            "command.argument",
            program + " " + subcommand,
            "only subcommands that read are allowed"
            if judge.has_list
            else "it runs programs or is not known",
        )
    else:
        _check_changing(judge, subcommand, rest)
    return SAFE_OPTIONS + start[1:] + [subcommand] + rest


def _is_harmless(judge: StageJudge, subcommand: str, rest: list[str]) -> bool:
    """Whether it only lists, or names the user."""
    if subcommand == "config":
        return bool(rest) and rest[0].lower() in _SETTABLE and len(rest) <= (1 if judge.has_list else 2)
    return not rest and (subcommand in ("remote", "reflog") or (subcommand == "stash" and not judge.has_list))


def _only_reads(judge: StageJudge, subcommand: str, rest: list[str]) -> bool:
    """Whether it reads; False for a subcommand that also makes things, if a list does not forbid that."""
    listing = _LISTING.get(subcommand, "")
    try:
        given = judge.by_rule("git " + subcommand, READING[subcommand] + " | text*", rest)
    except PolicyDenied:
        if judge.has_list or not listing:
            raise
        return False
    if listing and given.operands and not given.has(listing):
        if judge.has_list:
            raise PolicyDenied(
                "command.argument", "git " + subcommand, "it would make or change a name; use --list"
            )
        return False
    for operand in given.operands:
        judge.leads_out(operand)
    return True


def _check_words(judge: StageJudge, subcommand: str, rest: list[str]) -> None:
    allowed = READING_WORDS[subcommand].split(" ")
    for word in rest:
        if word.startswith("-") and word not in allowed and subcommand != "stash":
            raise PolicyDenied("command.option", "git " + subcommand + " " + word, "not known to be safe")
        if (
            subcommand == "stash"
            and word.startswith("-")
            and word not in ("-p", "--stat", "--name-only", "--oneline")
        ):
            raise PolicyDenied("command.option", "git stash " + word, "not known to be safe")
        judge.leads_out(word)
    if subcommand == "config" and len([word for word in rest if not word.startswith("-")]) > 2:  # noqa: PLR2004 - get NAME
        raise PolicyDenied("command.argument", "git config", "it would set a value")


def _check_changing(judge: StageJudge, subcommand: str, rest: list[str]) -> None:
    at = 0
    while at < len(rest):
        word = rest[at]
        at += 1
        name, equals, value = word.partition("=")
        if name in _TEXT_OPTIONS and subcommand not in ("clone", "submodule"):
            at += 0 if equals else 1
            continue
        if word.startswith("--"):
            _check_long(subcommand, name)
            judge.leads_out(value)
        elif word.startswith("-"):
            _check_short(subcommand, word)
            if not word.startswith("-m"):
                judge.leads_out(word)
        elif word in _REFUSED_SUBWORDS and subcommand in ("submodule", "bisect", "remote"):
            raise PolicyDenied("command.argument", "git " + subcommand + " " + word, "it can run commands")
        elif "::" in word or word.startswith("file:"):
            raise PolicyDenied("command.argument", "git " + word, "only https and ssh are spoken")
        else:
            judge.leads_out(word)


def _check_long(subcommand: str, name: str) -> None:
    """Refuse a long option that is refused or that git could take for one that is."""
    for refused in _REFUSED_LONGS:
        if name == refused or (len(name) > 4 and refused.startswith(name) and name not in _HARMLESS_PREFIXES):  # noqa: PLR2004 - `--` and two letters
            if name == "--directory" and subcommand == "ls-files":
                return
            raise PolicyDenied(
                "command.option", "git " + subcommand + " " + name, "it can run or read what is not allowed"
            )


def _check_short(subcommand: str, word: str) -> None:
    refused = _REFUSED_SHORTS.get(subcommand, "")
    for letter in word[1:]:
        if letter in refused:
            raise PolicyDenied(
                "command.option", "git " + subcommand + " " + word, "it can run commands or read files"
            )
        if letter in _SHORTS_WITH_TEXT:
            return

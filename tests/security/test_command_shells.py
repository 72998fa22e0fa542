"""What the policy plans is what dash and bash really run: generated lines, run by all three on programs that record.

A line that is refused is not run at all. The programs are scripts in a folder that is the whole PATH.
"""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clawft.core.errors import WeftError
from clawft.security.command_plan import APPEND_TO, COPY_OF, NOTHING, READ_FROM, TEXT
from clawft.security.commands import CommandPolicy

LISTED = ("alpha", "beta", "fails")
UNLISTED = ("evil", "sh")
ONLY_BASH = ("&>", "<<<", "|&", "$'")
ENVIRONMENT = {
    "COLUMNS": "80",
    "LANG": "a  b",
    "LINES": "",
    "TERM": " x ",
    "HOME": "/home/nobody",
    "LC_ALL": "C",
}
FILES = ("one.txt", "two.txt", "b", "ab", ".hidden", "sub/three.txt", "sub/x y", "A", "a]")
# A reader may be gone before it has read: that must not decide what its writer says. Two run at once: one write each.
RECORDER = """#!{dash}
trap '' PIPE
input=$({cat}; echo .)
printf '%s\\0' "${{0##*/}}" "$@" "$input$(printf '\\1')" >> "$LOG"
echo err >&2
echo out 2>/dev/null
[ "${{0##*/}}" != fails ]
"""


class Box:
    """A PATH of recorders, and fresh workspaces to run in."""

    def __init__(self, folder):
        self.folder = folder
        self.programs = folder / "programs"
        self.programs.mkdir()
        self.log = folder / "log"
        self.count = 0
        recorder = RECORDER.format(dash=shutil.which("dash"), cat=shutil.which("cat"))
        for name in LISTED + UNLISTED:
            (self.programs / name).write_text(recorder)
            (self.programs / name).chmod(0o755)

    def workspace(self):
        self.count += 1
        work = self.folder / f"work{self.count}"
        for name in FILES:
            (work / name).parent.mkdir(parents=True, exist_ok=True)
            (work / name).write_text(name + "\n")
        self.log.write_bytes(b"")
        return work

    def environment(self):
        return ENVIRONMENT | {"PATH": str(self.programs), "LOG": str(self.log)}

    def observed(self, work, output):
        """What ran, with its arguments and input; what was written; what is in the workspace."""
        runs = sorted(self.log.read_bytes().split(b"\1\0"))
        files = {
            path.relative_to(work).as_posix(): path.read_bytes() for path in work.rglob("*") if path.is_file()
        }
        shutil.rmtree(work)
        return runs, sorted(output.split(b"\n")), files

    def by_shell(self, shell, line):
        work = self.workspace()
        done = subprocess.run(
            [shutil.which(shell), "-c", line],
            cwd=work,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=20,
            check=False,
        )
        return self.observed(work, done.stdout)

    def by_plan(self, line):
        """None if the line is refused."""
        work = self.workspace()
        policy = CommandPolicy("allowlist", LISTED, environment=ENVIRONMENT)

        def names_in(path):
            folder = work / path
            return [found.name for found in folder.iterdir()] if folder.is_dir() else None

        try:
            plan = policy.judge_line(line, names_in)
        except WeftError:
            shutil.rmtree(work)
            return None
        assert set(plan.programs()) <= set(LISTED)
        output = self.folder / "output"
        output.write_bytes(b"")
        status = 0
        for number in range(len(plan.pipelines)):
            if number and plan.has_patterns:
                plan = policy.judge_line(line, names_in)
            pipeline = plan.pipelines[number]
            if (pipeline.connector == "&&" and status) or (pipeline.connector == "||" and not status):
                continue
            status = self.run_pipeline(pipeline, work / plan.folder, work, output)
        return self.observed(work, output.read_bytes())

    def run_pipeline(self, pipeline, folder, work, output):
        before = os.open(os.devnull, os.O_RDONLY)
        status = 0
        for number, stage in enumerate(pipeline.stages):
            pipe = self.folder / f"pipe{number}"
            is_last = number == len(pipeline.stages) - 1
            fds = {0: before, 2: os.open(output, os.O_WRONLY | os.O_APPEND)}
            flags = os.O_WRONLY | os.O_APPEND
            fds[1] = os.open(output, flags) if is_last else os.open(pipe, flags | os.O_CREAT | os.O_TRUNC)
            try:
                for one in stage.redirections:
                    fds[one.fd] = self.opened(one, fds, work)
                status = subprocess.run(
                    stage.argv,
                    executable=self.programs / stage.argv[0],
                    cwd=folder,
                    env=self.environment() | stage.environment,
                    stdin=fds[0],
                    stdout=fds[1],
                    stderr=fds[2],
                    check=False,
                ).returncode
            except FileNotFoundError:
                status = 1
            for fd in set(fds.values()):
                os.close(fd)
            if not is_last:
                before = os.open(pipe, os.O_RDONLY)
        return int(not status) if pipeline.is_negated else status

    def opened(self, one, fds, work):
        if one.what == TEXT:
            (self.folder / "text").write_text(one.text)
            return os.open(self.folder / "text", os.O_RDONLY)
        if one.what == COPY_OF:
            return os.dup(fds[one.other])
        if one.what == NOTHING:
            return os.open(os.devnull, os.O_RDWR)
        if one.what == READ_FROM:
            return os.open(work / one.path, os.O_RDONLY)
        how = os.O_APPEND if one.what == APPEND_TO else os.O_TRUNC
        return os.open(work / one.path, os.O_WRONLY | os.O_CREAT | how, 0o644)


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    return Box(tmp_path_factory.mktemp("shells"))


def check_alike(box, line):
    planned = box.by_plan(line)
    if planned is None:
        return
    assert planned == without_messages(box.by_shell("bash", line)), line
    if not [operator for operator in ONLY_BASH if operator in line]:
        assert planned == without_messages(box.by_shell("dash", line)), line


def without_messages(observed):
    """What a shell itself says of a file that is not there is left out, wherever it went."""

    def is_said(line):
        return b"No such file" in line or b"cannot open" in line

    runs, output, files = observed
    files = {
        name: b"\n".join([one for one in data.split(b"\n") if not is_said(one)])
        for name, data in files.items()
    }
    return runs, [one for one in output if not is_said(one)], files


BITS = st.sampled_from(
    """a b A x y z 0 1 . , : = + - _ @ % ^ '' "" 'a b' "a b" \\\\ \\' \\" \\$ \\* '*' "*" * ? *.txt
    one* */ s*/* [ab] [!a]* [a-z]* sub/* [ ] {} {a} a#b $ "$" '$HOME' $LANG "$LANG" ${LANG}
    "${LANG}" $LINES "$LINES" $TERM x$TERM'y' $COLUMNS ! \\! ~x "~" a=b 2 2x "a\\b" "\\$" "\\\\"
    '"' "'" ${LINES}x -n -- é "é" \\é """.split()
)
WORDS = st.lists(BITS, min_size=1, max_size=4).map("".join)
TARGETS = st.sampled_from([".out", "sub/.out", "'.o t'", "/dev/null", '".$COLUMNS"'])
REDIRECTIONS = st.one_of(
    st.builds(
        "{}{}{}".format, st.sampled_from(["", "1", "2"]), st.sampled_from([">", ">>", "> ", ">|"]), TARGETS
    ),
    st.builds(
        "{}{}".format,
        st.sampled_from(["<", "< ", "0<"]),
        st.sampled_from(["one.txt", "sub/three.txt", "none", "b"]),
    ),
    st.sampled_from(
        ["2>&1", ">&2", "1>&2", "<<< 'x $LANG'", '<<< "x $LANG"', "<<< $LANG", "&> .out", "&>>.out"]
    ),
)
SIMPLE = st.builds(
    lambda start, name, words, redirections: start + name + " " + " ".join([*words, *redirections]),
    st.sampled_from(["", "LC_TIME=C ", "TZ=UTC LANG=x "]),
    st.sampled_from([*LISTED, *LISTED, "al'pha'", '"beta"', "f\\ails", "evil"]),
    st.lists(WORDS, max_size=4),
    st.lists(REDIRECTIONS, max_size=2),
)
STAGES = st.builds("{} {}".format, st.sampled_from(LISTED), WORDS)
PIPELINES = st.one_of(
    SIMPLE,
    st.builds("! {}".format, SIMPLE),
    st.builds("{}{}{}".format, STAGES, st.sampled_from([" | ", "|", " |& ", " 2>&1 | ", " |\n"]), SIMPLE),
)
DOCUMENTS = st.builds(
    "alpha <<{}{}\n{}\n{}\nEOF\nbeta".format,
    st.sampled_from(["", "-"]),
    st.sampled_from(["EOF", "'EOF'", "E\\OF", '"EOF" | beta']),
    st.text(alphabet="ab$\\'\"\t {}", max_size=10),
    st.sampled_from(["$LANG", "\\$LANG", "${COLUMNS}x", '"a"', "x", "\tx"]),
)
LINES = st.one_of(
    PIPELINES,
    DOCUMENTS,
    st.builds(
        "{}{}{}".format,
        PIPELINES,
        st.sampled_from([" && ", "||", ";", "\n", " ; ", " &&\n", " # c\n", " \\\n"]),
        PIPELINES,
    ),
)
RANDOM = st.text(alphabet="ab. '\"\\$*?[]{}~#|&;<>()!=\n\t-,`2", max_size=14)
BY_SHELLS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@given(LINES)
@BY_SHELLS
@example("alpha a\\\nb 'c\\\nd' \"e\\\nf\"")
@example("alpha 2>&1 > out | beta")
@example("alpha x'' '' \"\" $LINES \"$LINES\"")
@example("alpha $'a\\tb\\'\\n' \"$'a\"")
@example("alpha >out 2>out")
@example("alpha > new.txt && beta *.txt")
@example("alpha *.txt */*.txt *z* [a-b]* .h*")
@example("! fails && alpha || beta")
@example("fails && alpha; beta")
@example("cd sub && alpha *; beta > out")
@example("alpha <<A <<'B'\n1\nA\n$2\nB\nbeta")
def test_a_plan_is_what_the_shells_run(box, line):
    check_alike(box, line)


@given(RANDOM)
@BY_SHELLS
def test_any_line_that_is_accepted_is_what_the_shells_run(box, text):
    check_alike(box, "alpha " + text)


@given(RANDOM, RANDOM, st.sampled_from(UNLISTED))
@BY_SHELLS
def test_no_accepted_line_starts_an_unlisted_program(box, before, after, program):
    line = "alpha " + before + program + " " + after
    planned = box.by_plan(line)
    if planned is None:
        return
    for shell in ("bash", "dash"):
        if shell == "dash" and [operator for operator in ONLY_BASH if operator in line]:
            continue
        started = {run.partition(b"\0")[0].decode() for run in box.by_shell(shell, line)[0] if run}
        assert started <= set(LISTED), line

"""No accepted line starts a program that its plan does not name: what dash and bash execute is seen by strace.

`tests/security/test_command_shells.py` compares what programs receive and write; here the kernel is asked, so that
nothing escapes that would not record itself.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.programs import program
from tests.security.test_command_shells import LINES, LISTED, ONLY_BASH, RANDOM, UNLISTED, Box

EXECUTED = re.compile(r'^execveat\(|^execve\("([^"]*)", \[([^\]]*)\], .* = 0$', re.MULTILINE)
BY_SHELLS = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


class TracedBox(Box):
    """As `Box`; for the shells the programs do nothing, and so start nothing themselves."""

    def __init__(self, folder):
        super().__init__(folder)
        self.idle = folder / "idle"
        self.idle.mkdir()
        for name in LISTED + UNLISTED:
            (self.idle / name).symlink_to(program("false" if name == "fails" else "true"))

    def planned(self, line):
        """The arguments of all that the plan starts, each as often as it does; None for a refused line."""
        found = self.by_plan(line)
        if found is None:
            return None
        # The recorder adds what it was given to read.
        return Counter(tuple(run.split(b"\0")[:-1]) for run in found[0] if run)

    def executed(self, shell, line):
        """The same for a shell, of each process that executed anything at all; the file is its argument 0."""
        work = self.workspace()
        traces = self.folder / "traces"
        shutil.rmtree(traces, ignore_errors=True)
        traces.mkdir()
        # A file for each process, so that no call is cut in two by another's; every byte in hexadecimal.
        strace = [program("strace"), "-ff", "-xx", "-v", "-s", "65536", "-o", traces / "of"]
        strace += ["-e", "trace=execve,execveat", "-e", "signal=none"]
        subprocess.run(
            [*strace, program(shell), "-c", line],
            cwd=work,
            env=self.environment() | {"PATH": str(self.idle)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=60,
            check=False,
        )
        shutil.rmtree(work)
        found = Counter(run for trace in traces.iterdir() for run in executed_in(trace.read_text()))
        itself = (program(shell).encode(), b"-c", line.encode())
        assert found[itself] == 1, "strace has not seen the shell"
        return found - Counter([itself])

    def by_name(self, found):
        """Programs of the folder by their names; any other keeps its path, and so is in no plan."""
        folder = str(self.idle).encode() + b"/"
        return Counter({(run[0].removeprefix(folder), *run[1:]): count for run, count in found.items()})


def executed_in(trace):
    for call in EXECUTED.finditer(trace):
        assert call[1] is not None, "a program was executed by its descriptor"
        words = [bytes.fromhex(word.replace("\\x", "")) for word in re.findall(r'"([^"]*)"', call[2])]
        yield (bytes.fromhex(call[1].replace("\\x", "")), *words[1:])


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    return TracedBox(tmp_path_factory.mktemp("traced"))


def check_started(box, line):
    planned = box.planned(line)
    if planned is None:
        return False
    for shell in ("bash", "dash"):
        if shell == "bash" or not [operator for operator in ONLY_BASH if operator in line]:
            assert box.by_name(box.executed(shell, line)) == planned, (shell, line)
    return True


def test_strace_sees_what_a_shell_starts(box):
    for shell in ("bash", "dash"):
        found = box.by_name(box.executed(shell, "alpha 'a b' || evil; beta | fails $(evil x) && evil"))
        assert found == Counter([(b"alpha", b"a b"), (b"beta",), (b"fails",), (b"evil", b"x")]), shell
        assert (program("true").encode(),) in box.executed(shell, "exec " + program("true"))


def test_a_plan_is_accepted_and_traced(box):
    assert check_started(box, "alpha 'a\nb' \"é\" *.txt | beta > new && fails < one.txt || beta $LANG")
    assert not check_started(box, "alpha $(evil)")


@given(LINES)
@BY_SHELLS
@example("cd sub && alpha *; beta > out")
@example("fails && alpha; beta <<E\n$LANG\nE")
@example("alpha < none | beta || alpha *")
def test_an_accepted_line_starts_what_its_plan_says(box, line):
    check_started(box, line)


@given(RANDOM, RANDOM, st.sampled_from(UNLISTED))
@BY_SHELLS
def test_no_accepted_line_starts_an_unlisted_program(box, before, after, name):
    check_started(box, "alpha " + before + name + " " + after)


@given(RANDOM)
@BY_SHELLS
def test_any_line_that_is_accepted_starts_what_its_plan_says(box, text):
    check_started(box, "alpha " + text)

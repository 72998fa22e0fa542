"""sed and awk themselves: no script that is accepted runs a command or writes a file, whatever it is made of."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clawft.core.errors import PolicyDenied
from clawft.security.command_scripts import check_awk_program, check_sed_script

IN_A_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

SED_CHARACTERS = "sye/|,;{}()[]^$\\&~+!#0123459 \n\tagpIMwrRWFqQlLdDnNhHxbtT:="
SED_PIECES = r"""
s/a/b/ s|x|y| /a/ \,a, [^ [] [:alpha:] \n y/a/b/ 1,2 $! :x bx }; s,[/],x, \/ [/]
""".split()
SED_PARTS = st.sampled_from(
    [*SED_CHARACTERS, *SED_PIECES, "w P", "e touch P", "a\\\n", "ia ", "s/a/touch P/", "w P\n"]
)

AWK_CHARACTERS = '/"(){}[];,$!~|>&+-*%^?:=<1a \n\\#.@'
AWK_PIECES = r"""
print print> printf if(a) while(0) ++ -- length $1 $/ /x/ [/] []/] [[:alpha:]/] "/" /"/ BEGIN END in getline && ||
f(1) NR next (a) 1/2
""".split()
AWK_WORDS = ["else ", "do ", "return ", "exit ", "for (a in b)", "function f(a) {", "\\\n", "print a,"]
AWK_ATTACKS = ['system("touch P")', '"touch P"', '| "touch P"', '> "P"']
AWK_PARTS = st.sampled_from([*AWK_CHARACTERS, *AWK_PIECES, *AWK_WORDS, *AWK_ATTACKS])

# `awk` is whichever the system has; the others are tried where they are installed.
AWKS = ["awk", *[name for name in ("gawk", "mawk", "original-awk", "busybox") if shutil.which(name)]]


def check_harmless(folder, argv):
    (folder / "f").write_text("a\nb x\n/\n")
    subprocess.run(
        argv,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert [found.name for found in folder.iterdir()] == ["f"], argv


def run_bounded(folder, argv):
    """A script may loop for ever: that is not what is tested."""
    try:
        check_harmless(folder, ["timeout", "1", *argv])
    finally:
        for found in folder.iterdir():
            found.unlink()


@given(st.lists(SED_PARTS, max_size=8).map("".join))
@IN_A_FOLDER
@example("s/[/]/w P/;w P")
@example(":a e touch P")
@example("s/a/b/;}e touch P")
@example("y/a/\\/;w P\n/")
@example("/[/]/w P/")
def test_accepted_scripts_of_sed(tmp_path, script):
    try:
        check_sed_script(script)
    except PolicyDenied:
        return
    run_bounded(tmp_path, ["sed", script, "f"])


@pytest.mark.parametrize("awk", AWKS)
@given(program=st.lists(AWK_PARTS, max_size=8).map("".join))
@IN_A_FOLDER
@example(program='BEGIN { if (1) /"/; system("touch P"); "/x/ }')
@example(program='BEGIN { x = length /"/; system("touch P"); "/ 2 }')
@example(program='/[]/]"/; BEGIN { system("touch P") } "/x/')
def test_accepted_programs_of_awk(tmp_path, awk, program):
    try:
        check_awk_program(program)
    except PolicyDenied:
        return
    run_bounded(tmp_path, ["busybox", "awk", program, "f"] if awk == "busybox" else [awk, program, "f"])

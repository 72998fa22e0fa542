"""Our rules beside GNU's programs themselves: no option that they know is taken for another one."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from clawft.core.errors import PolicyDenied
from clawft.security.command_options import Rule, read_arguments
from clawft.security.command_programs import _DATE, _SED, _TAR
from clawft.security.command_rules import RULES

COREUTILS = (
    "base64 cat cp cut date df du expand fold head ls mkdir mv nl od paste rm sha256sum shuf sort split stat tac tail "
    "tee touch tr uniq wc"
).split()
CHECKED = [*COREUTILS, "diff", "grep", "sed", "tar"]
SPECIAL = {"date": _DATE, "sed": _SED, "tar": _TAR}


def help_of(program):
    return subprocess.run(
        [program, "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"},
    ).stdout


def long_options(program):
    """The long options that a program says it has, with whether an argument must follow."""
    return dict(re.findall(r"(?<![\w-])--([a-z0-9][a-z0-9-]+)(=[A-Z]|)", help_of(program)))


@pytest.mark.parametrize("program", CHECKED)
def test_an_option_that_the_program_has_is_ours_or_refused(program):
    if shutil.which(program) is None or not long_options(program):
        pytest.fail(f"{program} has no --help here: this test needs GNU's versions")
    text = SPECIAL.get(program) or RULES.get(program, "|")
    rule = Rule(text)
    for name, has_argument in long_options(program).items():
        arguments = ["--" + name + ("=1" if has_argument else "")]
        try:
            given = read_arguments(program, rule, arguments, has_list=True)
        except PolicyDenied:
            continue
        assert [found for found, _ in given.options] == [name], (
            f"{program} --{name} is taken for {given.options}"
        )


@pytest.mark.parametrize("program", CHECKED)
def test_a_short_option_takes_its_argument_as_the_program_does(program):
    """A flag that the program gives an argument would hide a path in that argument from us."""
    rule = Rule(SPECIAL.get(program) or RULES.get(program, "|"))
    found = 0
    # `ls -p, --indicator-style=slash` takes none: what stands for an argument is in capitals.
    for letter, equals in re.findall(
        r"^ +-(\w), --[a-z0-9-]+(\[?=(?=\[?[-+]?\]?[A-Z])|)", help_of(program), re.MULTILINE
    ):
        option = rule.shorts.get(letter)
        if option is not None and not option.is_refused:
            found += 1
            assert (option.arity == 1) == (equals == "="), f"{program} -{letter} is read otherwise"
    assert found or not rule.shorts

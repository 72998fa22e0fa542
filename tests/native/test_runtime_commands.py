"""`exec_shell` and `spawn` in the executables: the scenarios that CPython runs too."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.native.command_place import VARIABLES, fill
from tests.native.executables import runnable
from tests.native.process import LIMIT_S
from tests.native.scripts.command_scenarios import scenarios

SCRIPTS = Path(__file__).parent / "scripts"
SCENARIOS = ("command_tools.py", "confinement_scenarios.py", "command_scenarios.py")
KINDS = ("blocking", "concurrent")
EVERY_SCENARIO = """
import sys
sys.modules["asyncio"] = __import__("clawft.embedded.loop", None, None, ("loop",))
from clawft.embedded.host import EmbeddedHost
from command_scenarios import run_all, scenarios

def report(name, error):
    print("\\x01" + ("passed" if error is None else "failed") + " " + name)
    if error is not None:
        sys.print_exception(error, sys.stdout)

run_all(EmbeddedHost(), {kind!r}, {folder!r}, scenarios({kind!r}, {is_emulated!r}, {is_windows!r}), report)
"""


def chosen(executable, kind):
    return scenarios(kind, bool(executable.runner), executable.is_windows)


def run_all(executable, kind, folder, words_before=()):
    """What became of each scenario, and all that was printed."""
    for scenario in chosen(executable, kind):
        fill(folder / scenario.__name__)
    for name in SCENARIOS:
        text = (SCRIPTS / name).read_text("utf-8")
        (folder / name).write_text(text.replace("tests.native.scripts.", ""), "utf-8")
    script = folder / "program.py"
    inside = executable.inside(folder).replace("\\", "/")
    is_emulated = bool(executable.runner)
    source = EVERY_SCENARIO.format(
        kind=kind, folder=inside, is_emulated=is_emulated, is_windows=executable.is_windows
    )
    script.write_text(source, "utf-8")
    if words_before:
        subprocess.run(["chown", "-R", "nobody", str(folder)], check=True)
    done = subprocess.run(
        [*words_before, *executable.command, executable.inside(script)],
        env=executable.environment(HOME=str(folder), **VARIABLES),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
        timeout=4 * LIMIT_S,
    )
    text = done.stdout.decode("utf-8", "replace")
    found = re.findall(r"\x01(passed|failed) (\w+)\r?\n([^\x01]*)", text)
    return {name: (verdict, shown) for verdict, name, shown in found}, text


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, request):
    """What became of each scenario, by target and kind: one process runs all of a kind."""
    known = {}

    def find(target, kind):
        if (target, kind) not in known:
            folder = tmp_path_factory.mktemp(kind)
            path = request.config.getoption("--test-build", None)
            known[target, kind] = run_all(runnable(target, path=path, is_test_build=True), kind, folder)
        return known[target, kind]

    return find


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [
        (kind, scenario.__name__)
        for kind in KINDS
        for scenario in scenarios(kind) + scenarios(kind, is_windows=True)
    ],
)
def test_commands(outcomes, target, kind, scenario):
    executable = runnable(target, is_test_build=True)
    if scenario not in [one.__name__ for one in chosen(executable, kind)]:
        pytest.skip("another system's programs, or qemu, which confines nothing")
    found, output = outcomes(target, kind)
    assert scenario in found, output
    verdict, shown = found[scenario]
    assert verdict == "passed", shown


def test_commands_of_an_ordinary_user(target, request):
    path = request.config.getoption("--test-build", None)
    executable = runnable(target, path=path, is_test_build=True)
    if executable.runner or executable.is_windows or os.getuid() != 0:
        pytest.skip("natively, and whoever is no root has run them as an ordinary user already")
    # Not in pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        copy = Path(name) / "weft"
        shutil.copy(executable.path, copy)
        user = ("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups")
        folder = Path(name) / "place"
        folder.mkdir()
        found, output = run_all(runnable(target, path=copy, is_test_build=True), "blocking", folder, user)
    assert len(found) == len(scenarios("blocking")), output
    assert [shown for verdict, shown in found.values() if verdict != "passed"] == []

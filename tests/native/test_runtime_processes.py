"""`Runtime`'s children, standard input and signals in the executables: the scenarios that CPython runs too."""

from __future__ import annotations

import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.native.executables import runnable
from tests.native.process import LIMIT_S, SHARED
from tests.native.scripts.process_scenarios import scenarios

SCRIPTS = Path(__file__).parent / "scripts"
KINDS = ("blocking", "concurrent")
HOST = """
import sys
sys.modules["asyncio"] = __import__("clawft.embedded.loop", None, None, ("loop",))
from clawft.embedded.host import EmbeddedHost
host = EmbeddedHost()
"""
EVERY_SCENARIO = (
    HOST
    + """
import _weft
from process_scenarios import Place, run_all

def report(name, error):
    print("\\x01" + ("passed" if error is None else "failed") + " " + name)
    if error is not None:
        sys.print_exception(error, sys.stdout)

run_all(host, {kind!r}, Place({child!r}, {folder!r}, host.environment, {is_windows!r}, {is_emulated!r}), report)
"""
)


class Programs:
    """Runs lines in the test build of a target, where `host` is its host."""

    def __init__(self, target, folder, path):
        self.executable = runnable(target, path=path, is_test_build=True)
        self.folder = folder
        inside = self.executable.inside
        runner = () if self.executable.is_windows else self.executable.runner
        self.child = (*runner, inside(self.executable.path), inside(SHARED), "child")

    def argv(self, source):
        script = self.folder / "program.py"
        script.write_text(source, "utf-8")
        return [*self.executable.command, self.executable.inside(script)]

    def environment(self):
        return self.executable.environment(HOME=str(self.folder))

    def start(self, lines):
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.argv(HOST + lines),
            env=self.environment(),
            cwd=self.folder,
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )


@pytest.fixture
def programs(target, tmp_path, request):
    return Programs(target, tmp_path, request.config.getoption("--test-build", None))


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory, request):
    """What became of each scenario, by target and kind: one process runs all of a kind."""
    known = {}

    def find(target, kind):
        if (target, kind) not in known:
            folder = tmp_path_factory.mktemp(kind)
            programs = Programs(target, folder, request.config.getoption("--test-build", None))
            (folder / "process_scenarios.py").write_bytes((SCRIPTS / "process_scenarios.py").read_bytes())
            source = EVERY_SCENARIO.format(
                kind=kind,
                child=programs.child,
                folder=programs.executable.inside(folder),
                is_windows=programs.executable.is_windows,
                is_emulated=bool(programs.executable.runner),
            )
            done = subprocess.run(
                programs.argv(source),
                env=programs.environment(),
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
                timeout=4 * LIMIT_S,
            )
            text = done.stdout.decode("utf-8", "replace")
            found = re.findall(r"\x01(passed|failed) (\w+)\r?\n([^\x01]*)", text)
            known[target, kind] = {name: (verdict, shown) for verdict, name, shown in found}, text
        return known[target, kind]

    return find


@pytest.mark.parametrize(
    ("kind", "scenario"),
    [(kind, scenario.__name__) for kind in KINDS for scenario in scenarios(kind, is_windows=False)],
)
def test_children(outcomes, target, kind, scenario):
    executable = runnable(target, is_test_build=True)
    runs = scenarios(kind, is_windows=executable.is_windows, is_emulated=bool(executable.runner))
    if scenario not in [one.__name__ for one in runs]:
        pytest.skip("it is about POSIX, or about what an emulator does not let through")
    found, output = outcomes(target, kind)
    assert scenario in found, output
    verdict, shown = found[scenario]
    assert verdict == "passed", shown


SILENT = """
import _weft
events = []

async def listen(stream, name):
    events.append(name + " " + (await stream.read()).decode().strip())

async def wait(runtime):
    await runtime.clock.sleep(0.05)
    events.append("timer")
    print("timer")

async def work(runtime):
    child = await runtime.processes.open({child!r} + ("copy",), {folder!r}, host.environment)
    try:
        async def pass_on():
            await listen(runtime.standard_input, "input")
            await child.write(b"passed on")
        await runtime.together([pass_on(), listen(child.output, "child"), wait(runtime)])
    finally:
        child.close()

host.run_concurrent(work)
print(events)
"""


def test_a_timer_fires_while_standard_input_and_a_child_are_silent(programs):
    lines = SILENT.format(child=programs.child, folder=programs.executable.inside(programs.folder))
    with programs.start(lines) as process:
        assert process.stdout.readline().strip() == b"timer"  # until then nothing was written
        output, errors = process.communicate(b"typed\n", timeout=LIMIT_S)
    assert process.returncode == 0, errors
    assert output.strip() == b"['timer', 'input typed', 'child passed on']"


GRACEFUL = """
async def work(runtime):
    await runtime.clock.sleep(0)  # from its first wait on a runtime hears signals
    print("ready")
    name = await runtime.signals.next()
    print("shutting down: " + name)
    await runtime.clock.sleep(0)
    return 7

sys.exit(host.{run}(work))
"""


@pytest.mark.parametrize("run", ["run_concurrent", "run_blocking"])
@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, b"terminate"), (signal.SIGINT, b"interrupt")])
def test_a_program_that_waits_for_a_signal_shuts_down_gracefully(programs, run, number, name):
    if programs.executable.is_windows:
        pytest.skip("wine hands no console event to a process without a console")
    with programs.start(GRACEFUL.format(run=run)) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        output, errors = process.communicate(timeout=LIMIT_S)
    assert (output, errors, process.returncode) == (b"shutting down: " + name + b"\n", b"", 7)


ESCALATING = """
import asyncio
async def work(runtime):
    print("ready")
    print(await runtime.signals.next())
    try:
        await runtime.clock.sleep(60)
    except asyncio.CancelledError:
        print("cancelled")
        try:
            await runtime.clock.sleep(60)
        finally:
            print("never")

host.run_concurrent(work)
"""


def test_a_second_signal_cancels_and_a_third_ends_the_process(programs):
    if programs.executable.is_windows:
        pytest.skip("wine hands no console event to a process without a console")
    with programs.start(ESCALATING) as process:
        for said in (b"ready\n", b"terminate\n", b"cancelled\n"):
            assert process.stdout.readline() == said
            process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=LIMIT_S)
    assert (output, errors, process.returncode) == (b"", b"", 128 + signal.SIGTERM)


ORPHANS = """
async def work(runtime):
    command = ("/bin/sh", "-c", "echo started >&2; sleep 60")
    child = await runtime.processes.open(command, "/", {"PATH": "/usr/bin:/bin"})
    try:
        await child.errors.read()
        print("started")
        await child.wait()
    finally:
        print("closing")
        child.close()

host.run_blocking(work)
"""


def test_termination_without_an_event_loop_ends_children_too(programs):
    if programs.executable.is_windows:
        pytest.skip("wine hands no console event to a process without a console")
    with programs.start(ORPHANS) as process:
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=LIMIT_S)
    assert (output, errors, process.returncode) == (b"closing\n", b"", 128 + signal.SIGTERM)


def test_standard_input_is_one_handle_however_often_it_is_asked_for(programs):
    lines = """
import _weft
first = _weft.standard_input()
for _ in range(5000):
    assert _weft.standard_input() == first
async def work(runtime):
    count = 0
    piece = await runtime.standard_input.read()
    while piece:
        count += len(piece)
        piece = await runtime.standard_input.read()
    return count
print(host.run_blocking(work))
"""
    with programs.start(lines) as process:
        output, errors = process.communicate(b"x" * 300000, timeout=LIMIT_S)
    assert (output.strip(), process.returncode) == (b"300000", 0), errors

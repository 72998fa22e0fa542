"""Installs other agents as their users do, and measures them and ours by the same message to the same model server.

`python -m bench.peers [--json FILE] [--page FILE] [NAME...]`, run by `nox -s bench_peers`, on demand. Each agent has an
environment of its own in the cache. The runs of all agents take turns; each starts from a copy of a home in which the
agent has already answered once. Judges nothing.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench import machine, peers_page
from bench.launcher import CannotRun, Cost, Launcher
from bench.mock_process import MockProcess
from bench.peer_records import Figure, Footprint, Measured
from bench.peer_setups import PEERS, Peer
from tools import cache

if TYPE_CHECKING:
    from collections.abc import Callable

    Runner = Callable[["Case", Path], Cost]

ROOT = Path(__file__).resolve().parents[1]
MESSAGE = "Say hello."
# A slow command says as much in fewer runs: what comes from outside is a smaller part of it.
ROUNDS = ((0.5, 20), (5.0, 9), (float("inf"), 4))


class Case(NamedTuple):
    """A command that is to be measured, and the home that each of its runs gets a copy of."""

    peer: Peer
    scenario: str
    argv: list[str]
    environment: dict[str, str]
    template: Path


def install(peer: Peer, folder: Path) -> Footprint:
    """The agent in its environment, made unless it is there. subprocess.CalledProcessError if that fails."""
    stamp = folder / "installed.json"
    if not stamp.is_file() or not peer.is_released:
        print(f"installing {peer.name} {peer.version}", flush=True)
        shutil.rmtree(folder, ignore_errors=True)
        _install(peer.prepare(folder))
        empty = _tree_size(folder)
        for command in peer.install(folder):
            _install(command)
        size, files = _tree_size(folder)
        found = Footprint(peer.name, peer.version, size - empty[0], files - empty[1])
        cache.write(stamp, json.dumps(found.as_json()))
    return Footprint.from_json(json.loads(stamp.read_text("utf-8")))


def _install(command: list[str]) -> None:
    """By the user's own settings: where packages come from is not ours to say."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _tree_size(folder: Path) -> tuple[int, int]:
    """Bytes and number of the files below a folder; links and what Python compiles on the way do not count."""
    sizes = [
        path.stat().st_size
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix != ".pyc"
    ]
    return sum(sizes), len(sizes)


def cases_of(peer: Peer, folder: Path, home: Path, base_url: str) -> list[Case]:
    """Its commands, with a home that knows the model server."""
    home.mkdir(parents=True)
    peer.configure(home, base_url)
    program = peer.program(folder)
    scenarios = {"version": ["--version"], "help": ["--help"], "turn": peer.turn(MESSAGE)}
    return [
        Case(peer, name, [*program, *words], {"PATH": os.defpath, "NO_COLOR": "1"}, home)
        for name, words in scenarios.items()
    ]


class Tally:
    """What the runs of one case came to so far; `failure` ends it."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.costs: list[Cost] = []
        self.rounds = 0
        self.failure = ""

    def figure(self) -> Figure:
        """None of its runs count if one failed."""
        costs = [] if self.failure else self.costs
        return Figure(
            agent=self.case.peer.name,
            version=self.case.peer.version,
            scenario=self.case.scenario,
            samples_s=tuple(cost.wall_s for cost in costs),
            cpu_s=statistics.median([cost.cpu_s for cost in costs]) if costs else 0.0,
            peak_bytes=max((cost.peak_bytes for cost in costs), default=0),
            failure=self.failure,
        )


def measure(cases: list[Case], run: Runner, say: Callable[[str], None]) -> list[Figure]:
    """The cases' figures, run by run in turns; a case that fails has none and says why."""
    tallies = [Tally(case) for case in cases]
    for tally in tallies:
        try:
            # The first run makes the template's files, and shows how many more there is time for.
            cost = run(tally.case, tally.case.template)
            tally.rounds = next(rounds for limit_s, rounds in ROUNDS if cost.wall_s < limit_s)
        except CannotRun as error:
            tally.failure = str(error)
            say(f"{tally.case.peer.name}, {tally.case.scenario} failed: {error}")
    most = max((tally.rounds for tally in tallies), default=0)
    for number in range(most):
        say(f"round {number + 1} of {most}")
        for tally in tallies:
            if number < tally.rounds and not tally.failure:
                _once(tally, run)
    return [tally.figure() for tally in tallies]


def _once(tally: Tally, run: Runner) -> None:
    """One more run, in a home that is as the first one left it."""
    with tempfile.TemporaryDirectory(prefix="peer-") as name:
        home = Path(name) / "home"
        shutil.copytree(tally.case.template, home, symlinks=True)
        try:
            tally.costs.append(run(tally.case, home))
        except CannotRun as error:
            tally.failure = str(error)


def runner(launcher: Launcher, reply: str) -> Runner:
    """Runs a case in a home. CannotRun if it failed, or if a turn did not show the reply: then it did no work."""

    def run(case: Case, home: Path) -> Cost:
        said = home.with_name(f"{home.name}.out")
        environment = {**case.environment, "HOME": str(home), **case.peer.at_home(home)}
        cost = launcher.run(case.argv, environment, cwd=home, stdout=said)
        text = said.read_text("utf-8", "replace")
        if case.scenario == "turn" and reply.split(maxsplit=1)[0] not in text:
            raise CannotRun(f"{shlex.join(case.argv)} did not say what the model said, but {text[-200:]!r}")
        return cost

    return run


def main(arguments: list[str]) -> int:
    """Measure and write. 1 if an agent could not be installed or measured: the page says which."""
    parser = argparse.ArgumentParser(prog="bench_peers", description="other agents, measured as ours is")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"default: all of {', '.join(PEERS)}")
    parser.add_argument("--json", type=Path, default=ROOT / "dist" / "bench" / "peers.json")
    parser.add_argument("--page", type=Path, default=ROOT / "docs" / "benchmarks" / "peers.md")
    asked = parser.parse_args(arguments)
    unknown = set(asked.names) - set(PEERS)
    if unknown:
        parser.error(f"no peer is called {', '.join(sorted(unknown))}; there are {', '.join(PEERS)}")
    before, commit = machine.ticks(), _commit()
    footprints, figures, cases = [], [], []
    with tempfile.TemporaryDirectory(prefix="peers-") as name, MockProcess() as server:
        for peer in [PEERS[one] for one in asked.names or PEERS]:
            folder = cache.cache_folder() / "peers" / f"{peer.name}-{peer.version}"
            try:
                footprints.append(install(peer, folder))
                cases += cases_of(peer, folder, Path(name) / peer.name / "home", server.base_url)
            except (subprocess.CalledProcessError, OSError) as error:
                print(f"{peer.name} cannot be installed: {error}", file=sys.stderr)
                figures.append(Figure(peer.name, peer.version, "install", (), 0.0, 0, str(error)))
        figures += measure(cases, runner(Launcher(), server.reply), lambda text: print(text, flush=True))
    found = Measured(
        when=datetime.now(UTC).date().isoformat(),
        commit=commit,
        machine=machine.read(before),
        message=MESSAGE,
        footprints=tuple(footprints),
        figures=tuple(figures),
    )
    cache.write(asked.json, json.dumps(found.as_json(), indent=1, allow_nan=False) + "\n")
    cache.write(asked.page, peers_page.page(found))
    print(f"{asked.json}\n{asked.page}")
    return 1 if any(figure.failure for figure in figures) else 0


def _commit() -> str:
    """Of the tree this runs in, empty outside of one."""
    command = ["git", "-C", str(ROOT), "rev-parse", "HEAD"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

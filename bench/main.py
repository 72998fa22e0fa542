"""Measures this tree beside an old one and judges it: `nox -s bench`.

0: nothing got worse. 1: something did, or broke a limit. 2: asked for what there is not. 3: figures are missing or bad.
4: the machine was too busy. 5: nothing is known to be worse, and not all is known.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bench import (
    baselines,
    history,
    limits,
    machine,
    old_side,
    report,
    results,
    results_page,
    run,
    sides,
    sizes,
    steps,
)
from bench import table as screen
from bench.judge import Circumstances, judged
from bench.launcher import CannotRun, Launcher
from bench.mock_process import MockProcess
from tools.progress import Progress
from tools.targets import TargetError, host_target, read_targets

if TYPE_CHECKING:
    from bench.results import Results, Row
    from bench.run import Ran
    from bench.steps import Bench, Step
    from tools.targets import Target

ROOT = Path(__file__).resolve().parents[1]
OUTPUT = ROOT / "dist" / "bench"
ALL = "*"
SIZED = ("--sizes", "--symbols")


class Asked(argparse.Namespace):
    """The command line."""

    quick: bool
    against: str | None
    accept: bool
    reason: str
    json: Path | None
    targets: list[str]
    only: list[str]
    seed: int | None


def asked_for(words: list[str]) -> Asked:
    """SystemExit with 2 for what cannot be meant."""
    parser = argparse.ArgumentParser(prog="nox -s bench --", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="the executable alone, a few scenarios: under 2 minutes"
    )
    parser.add_argument(
        "--against", metavar="REF", help="a commit, or a released file with its .sha256 beside it"
    )
    parser.add_argument(
        "--accept", action="store_true", help="make this run the baseline of this machine's class"
    )
    parser.add_argument("--reason", default="", help="with --accept: why; it is recorded")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    parser.add_argument(
        "--targets", nargs="+", default=[], metavar="T", help="also build and size these executables"
    )
    parser.add_argument("--only", nargs="+", default=[], metavar="SCENARIO", help="measure only these")
    parser.add_argument("--seed", type=int, help="what orders and intervals are drawn from")
    asked = parser.parse_args(words, Asked())
    for what, given, known in (
        ("target", asked.targets, set(read_targets())),
        ("scenario", asked.only, steps.scenarios()),
    ):
        unknown = sorted(set(given) - known)
        if unknown:
            parser.error(f"there is no {what} {', '.join(unknown)}; there are {', '.join(sorted(known))}")
    if asked.accept and (asked.quick or asked.only):
        parser.error("--accept: only a full run may become the baseline")
    if asked.accept and len(asked.reason.strip()) < baselines.SHORTEST_REASON:
        parser.error(f'--accept wants --reason "..." of at least {baselines.SHORTEST_REASON} letters')
    return asked


class Benchmark:
    """One run, from the command line to the exit code."""

    def __init__(self, asked: Asked, root: Path = ROOT, output: Path = OUTPUT) -> None:
        self.asked = asked
        self.root = root
        self.output = output
        self.began = datetime.now(UTC)
        self.began_s = time.monotonic()
        self.ticks = machine.ticks()
        self.seed = asked.seed if asked.seed is not None else int(self.began.timestamp())
        self.commit, self.is_dirty = old_side.state(root)
        self.stored = baselines.read(machine.read(self.ticks).machine_class)
        self.chosen = old_side.choose(root, asked.against, self.stored.commit if self.stored else None)
        self.live = screen.Live(Console(stderr=True))
        self.missing: list[str] = []

    def run(self) -> int:
        """Everything; the history has a line of it whatever happens."""
        found = None
        failure = ""
        try:
            found = self._measured()
            return self._told(found)
        except KeyboardInterrupt:
            failure = "interrupted before anything was measured"
            return results.EXIT_CODES["not-measured"]
        except (CannotRun, results.BadResults, baselines.CannotAccept) as error:
            failure = str(error)
            print(f"error: {error}", file=sys.stderr)
            return results.EXIT_CODES["not-measured"]
        except BaseException as error:
            failure = repr(error)
            raise
        finally:
            self.live.stop()
            kept = found if found is not None else self._results([], [f"{ALL}: {failure}"])
            path = history.path_of(kept.run.machine.machine_class)
            history.append(path, history.entry_of(kept, failure))

    def _measured(self) -> Results:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            both = self._sides(folder)
            planned = self._steps(both)
            bench = steps.Bench(
                both,
                Launcher(),
                stack.enter_context(MockProcess()),
                folder,
                self.seed,
                self.asked.quick,
                self.live.step,
            )
            self.live.start(sum(step.seconds for step in planned))
            ran = run.measured(planned, bench)
            return self._judged(ran, planned, bench)

    def _sides(self, folder: Path) -> sides.Sides:
        """Both sides, built; an old side that cannot be had is missing, and the run goes on without."""
        progress = Progress()
        host = _host()
        targets = [host.name] if host is not None else []
        progress.say("building this tree")
        sides.built(self.root, [*targets, *self.asked.targets], () if self.asked.quick else SIZED)
        if not self.asked.quick:
            progress.say("building WebAssembly")
            sides.built_wasm(self.root)
        new = sides.new_side(self.root, host, folder / "new-archives")
        old = None
        if self.chosen.chosen_by not in ("self", "none"):
            try:
                old = sides.old_side_of(self.root, self.chosen, host, folder / "old-archives", progress)
            except (old_side.NoOldSide, CannotRun, OSError) as error:
                self.missing.append(f"{ALL}: the old side cannot be had: {error}")
        return sides.Sides(new, old, host)

    def _steps(self, both: sides.Sides) -> list[Step]:
        extra = tuple(name for name in self.asked.targets if name not in both.artifacts)
        wasm = () if self.asked.quick else tuple(sizes.wasm_files(self.root / "dist"))
        return steps.table(
            both.artifacts, is_quick=self.asked.quick, only=tuple(self.asked.only), extra=extra, wasm=wasm
        )

    def _judged(self, ran: Ran, planned: list[Step], bench: Bench) -> Results:
        table = limits.read()
        toolchain = sides.digest(self.root)

        def baseline(rows: object) -> tuple[Row, ...]:
            return self.stored.attach(rows, toolchain) if self.stored is not None else tuple(rows)  # type: ignore[arg-type]

        prepare = run.prepared(baseline, table)
        around = Circumstances(
            is_self=self.chosen.chosen_by == "self",
            seed=self.seed,
            steal_percent=machine.read(self.ticks).steal_percent,
            has_old=bench.sides.old is not None,
        )
        rows = judged(list(prepare(ran.rows)), around)
        if not ran.interrupted:
            rows = run.confirmed(rows, planned, bench, around, prepare)
        missing = [*self.missing, *ran.missing]
        if not ran.interrupted:
            missing += self._unfound(rows, planned, table)
        return self._results(rows, missing)

    def _unfound(self, rows: list[Row], planned: list[Step], table: limits.Limits) -> list[str]:
        """What has a limit or a stored figure, and was not found. A part of a run need only find its part."""
        artifacts = {step.artifact for step in planned}
        lines = table.missing(rows, artifacts)
        lines += self.stored.vanished(rows, artifacts) if self.stored is not None else []
        asked = {(step.artifact, name) for step in planned for name in step.scenarios}
        is_whole = not (self.asked.quick or self.asked.only)
        timed = {step.artifact for step in planned if step.is_timed}

        def is_expected(line: str) -> bool:
            artifact, scenario, _ = line.split("/", 2)
            return (is_whole and artifact in timed) or (artifact, scenario.partition(":")[0]) in asked

        return [line for line in lines if is_expected(line)]

    def _results(self, rows: list[Row], missing: list[str]) -> Results:
        here = machine.read(self.ticks)
        old = results.OldSide(self.chosen.commit, self.chosen.chosen_by, self.chosen.reason)
        begun = results.Run(
            id=f"{self.began:%Y%m%dT%H%M%SZ}-{self.commit[:7]}",
            started=self.began.isoformat(timespec="seconds"),
            seconds=round(time.monotonic() - self.began_s, 1),
            commit=self.commit,
            is_dirty=self.is_dirty,
            mode="quick" if self.asked.quick else "full",
            seed=self.seed,
            machine=here,
            toolchain=sides.digest(self.root),
            old=old,
            missing=tuple(missing),
        )
        return results.Results(begun, tuple(rows))

    def _told(self, found: Results) -> int:
        """Files, table, acceptance; the exit code. BadResults for what no honest run can have found."""
        self.live.stop()
        written = self.output / "results.json"
        results.write(found, written)
        sizes.write_size_json(self.root / "dist")
        before = history.read(history.path_of(found.run.machine.machine_class))
        report.write(found, before.entries, self.output / "report.html")
        if self.asked.json is not None:
            self.asked.json.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(written, self.asked.json)
        screen.show(found, [written, self.output / "report.html"])
        for fault in before.faults:
            print(f"history: {fault}", file=sys.stderr)
        if self.asked.accept:
            self._accept(found)
        return found.exit_code

    def _accept(self, found: Results) -> None:
        """The stored baseline, our own limits and the page of results. CannotAccept, BadResults."""
        who = old_side.git(self.root, "config", "user.name") or "nobody known"
        when = datetime.now(UTC).isoformat(timespec="seconds")
        accepted = baselines.accept(found, self.stored, who=who, when=when, reason=self.asked.reason)
        table = limits.read()
        raised = table.raised(found, old_side.git(self.root, "log", "-1", "--format=%B", self.commit))
        limits.write(table, {**table.ratcheted(found), **raised})
        print(baselines.write(accepted))
        results_page.PAGE.write_text(results_page.page(found), "utf-8")
        print(results_page.PAGE)


def _host() -> Target | None:
    """The target whose executables this machine runs as they are, None if there is none."""
    try:
        return host_target()
    except TargetError:
        return None


def main(words: list[str]) -> int:
    asked = asked_for(words)
    try:
        benchmark = Benchmark(asked)
    except old_side.NoOldSide as error:
        print(f"error: {error}", file=sys.stderr)
        return results.EXIT_USAGE
    except results.BadResults as error:
        print(f"error: {error}", file=sys.stderr)
        return results.EXIT_CODES["not-measured"]
    return benchmark.run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

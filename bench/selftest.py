"""Proves that the gate works here: equal programs are not red, one that is 5 % slower is, and so is bad data.

`nox -s bench_selftest`. Two scenarios: starts of the executable, and a program of our own that computes. The canary of
the first is the executable with bench/canary.c in it, seen by counts of instructions or by time; that of the second is
slowed down by the wrapper that all arms run in, and seen by time alone. Linked in another order, the executable is no
slower.

A sample is a few starts: 5 % of one is less than the least difference that the judge takes for one (`LEAST_S`).
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter as Counted
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench import results, sides
from bench.instructions import COUNTED, Counter
from bench.judge import LOW_SHARE, Circumstances, judged
from bench.launcher import CannotRun, Launcher, control_program, static_program
from bench.paired import Plan, placed, play, process
from bench.results import BadResults, Results, Row, Side
from bench.slices import CONTROL, COPY, NEW, OLD, SliceFailed
from bench.start_up import Subject
from bench.statistics import quantile
from tools.targets import TargetError, host_target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROOT = Path(__file__).resolve().parents[1]
CANARY = ROOT / "bench" / "canary.c"
CANARY_PERCENT = 5
TIMES = 20
COUNTS = 3
FEWEST_CAUGHT = 19
ROUNDS = 100
QUICK_TIMES, QUICK_FEWEST_CAUGHT = 4, 3
ALARM = "regressed"
STARTS = 5
SCENARIO = "status"

WRAPPER = r"""
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

/* canary PERCENT TIMES PROGRAM [ARGUMENT...]: runs it so often, then spins for that share of the time it took. */
int main(int count, char **words)
{
    double start = now();
    if (count < 4)
        return 2;
    for (int left = atoi(words[2]); left > 0; left--) {
        pid_t child = vfork();
        if (child == 0) {
            execv(words[3], words + 3);
            _exit(127);
        }
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status))
            return 126;
        if (WEXITSTATUS(status) != 0)
            return WEXITSTATUS(status);
    }
    double end = now();
    double until = end + (end - start) * atoi(words[1]) / 100;
    while (now() < until)
        ;
    return 0;
}
"""

WORK = """static __attribute__((noinline)) unsigned mix(unsigned a) { return (a ^ (a >> 15)) * 2246822519u; }
int main(void) {
    unsigned a = 1;
    for (unsigned i = 0; i < 2000000; i++) a = mix(a ^ i) + 374761393u;
    return a == 0;
}
"""


class Case(NamedTuple):
    """Two programs, how much slower than itself the new one is made, and how often a sample starts one.

    `is_counted`: its instructions are counted, too.
    """

    scenario: str
    new: list[str]
    old: list[str]
    percent: int = 0
    starts: int = 1
    is_counted: bool = False


class Bench:
    """What plays a case once and gives its judged row."""

    def __init__(self, folder: Path, rounds: int) -> None:
        self._folder = folder
        self._rounds = rounds
        self._launcher = Launcher()
        self._wrapper = static_program("canary", WRAPPER)
        self._control = control_program()
        place = folder / "callgrind"
        place.mkdir()
        self._counter = Counter(place)
        self._counts: dict[str, Side] = {}

    def row(self, case: Case, seed: int) -> Row:
        """SliceFailed if an arm does."""
        files = {
            NEW: Path(case.new[0]),
            OLD: Path(case.old[0]),
            COPY: Path(case.old[0]),
            CONTROL: self._control,
        }
        places = placed(files, self._folder / "arms")
        words = {NEW: case.new[1:], OLD: case.old[1:], COPY: case.old[1:], CONTROL: []}
        environment = {"HOME": str(self._folder), "NO_COLOR": "1"}
        arms = {
            arm: process(self._launcher, self._argv(arm, case, [str(place), *words[arm]]), environment)
            for arm, place in places.items()
        }
        played, is_interrupted = play(arms, Plan(5, self._rounds, self._rounds, seed))
        if is_interrupted:
            raise KeyboardInterrupt
        sides = {arm: _side(samples) for arm, samples in played.samples["time"].items()}
        row = Row.of(
            ("selftest", case.scenario, "time"),
            "p10",
            new=sides[NEW],
            old=sides[OLD],
            copy=sides[COPY],
            control=sides[CONTROL],
        )
        rows = [row, self._counted(case)] if case.is_counted else [row]
        return together(judged(rows, Circumstances(is_self=False, seed=seed)))

    def _counted(self, case: Case) -> Row:
        """The instructions of one start of both."""
        scenario = next(one for one in COUNTED if one.name == SCENARIO)

        def side(argv: list[str]) -> Side:
            subject = Subject("selftest", (argv[0],), is_static=True)
            counts = [self._counter.count(subject, scenario) for _ in range(COUNTS)]
            return Side(quantile(counts, 0.5), tuple(counts))

        if case.old[0] not in self._counts:
            self._counts[case.old[0]] = side(case.old)
        key = ("selftest", case.scenario, "instructions")
        return Row.of(key, "median", new=side(case.new), old=self._counts[case.old[0]])

    def _argv(self, arm: str, case: Case, argv: list[str]) -> list[str]:
        # Two digits, so that the arguments of all arms are equally long.
        return [str(self._wrapper), f"{case.percent if arm == NEW else 0:02d}", str(case.starts), *argv]


def together(rows: list[Row]) -> Row:
    """The verdict of all tiers: the worst row that is a verdict, with what each says."""
    told = "; ".join(f"{row.metric} {row.verdict}: {row.reason}" for row in rows)
    worst = next((row for row in rows if row.verdict == ALARM), rows[0])
    return replace(worst, reason=told)


def _side(samples: list[float]) -> Side:
    return Side(quantile(samples, LOW_SHARE), tuple(samples))


def caught(row: Callable[[int], Row], times: int, told: Callable[[Row], None]) -> Counted[str]:
    """How often each verdict was found, with seeds from 1."""
    found: Counted[str] = Counted()
    for seed in range(1, times + 1):
        one = row(seed)
        told(one)
        found[one.verdict] += 1
    return found


def fault_of_equal(found: Mapping[str, int]) -> str:
    """Why equal programs were not found equal, empty if they were. Doubt is allowed here, and fails the canary."""
    if not sum(found.values()):
        return "nothing was compared"
    wrong = {verdict: found[verdict] for verdict in (ALARM, "not-measured") if found.get(verdict)}
    return f"equal programs were {wrong}" if wrong else ""


def fault_of_canary(found: Mapping[str, int], fewest: int) -> str:
    """Why the canary was not caught often enough, empty if it was."""
    count = found.get(ALARM, 0)
    return "" if count >= fewest else f"the canary was caught {count} times; at least {fewest} are needed"


def bad_data(document: dict[str, object], folder: Path) -> dict[str, str]:
    """What the reader says of each kind of bad data, made from good data; empty where it is let through."""
    good = json.dumps(document)
    folder.mkdir(parents=True, exist_ok=True)
    kinds: dict[str, str | None] = {
        "missing": None,
        "empty": "",
        "truncated": good[: len(good) // 2],
        "renamed": _changed(good, metric="tmie"),
        "absurd": _absurd(good),
    }
    said = {}
    for kind, text in kinds.items():
        path = folder / f"{kind}.json"
        path.unlink(missing_ok=True)
        if text is not None:
            path.write_text(text, "utf-8")
        try:
            results.read(path)
        except BadResults as error:
            said[kind] = str(error).removeprefix(f"{path}: ")
        else:
            said[kind] = ""
    return said


def fault_of_bad_data(said: Mapping[str, str]) -> str:
    """Which bad data was let through or has the message of another, empty if none."""
    let_through = [kind for kind, text in said.items() if not text]
    if let_through:
        return f"let through: {', '.join(let_through)}"
    return "" if len(set(said.values())) == len(said) else "two kinds of bad data have the same message"


def _changed(good: str, **values: object) -> str:
    document = json.loads(good)
    document["rows"][0].update(values)
    return json.dumps(document)


def _absurd(good: str) -> str:
    """A collapse by 97 %: the program did not run, and that is no improvement."""
    new = json.loads(good)["rows"][0]["new"]
    side = {"value": new["value"] * 0.03, "samples": [sample * 0.03 for sample in new["samples"]]}
    return _changed(good, new=side, verdict="improved")


def sample_document(row: Row) -> dict[str, object]:
    """A good document around a row."""
    machine = results.Machine("selftest", "selftest", 1, 1, "selftest", 0.0, 0.0)
    old = results.OldSide(None, "none", "the self-test compares its own programs")
    run = results.Run(
        id="selftest",
        started="1970-01-01T00:00:00Z",
        seconds=0.0,
        commit="0" * 40,
        is_dirty=False,
        mode="quick",
        seed=1,
        machine=machine,
        toolchain="0" * 64,
        old=old,
        missing=(),
    )
    return results.document(Results(run, (row,)))


class Builds(NamedTuple):
    """The executable as it is, with the canary in it, and linked in another order."""

    weft: Path
    canary: Path
    relinked: Path


def built(folder: Path) -> Builds:
    """All three, from this tree. CannotRun with what the build said."""
    try:
        host = host_target()
    except TargetError as error:
        raise CannotRun(str(error)) from error
    made = []
    options = {"weft": [], "canary": ["--with", str(CANARY)], "relinked": ["--reversed"]}
    for name, more in options.items():
        sides.built(ROOT, [host.name], [*more, "--output", str(folder / name)])
        made.append(host.output(folder / name))
    return Builds(*made)


def cases(builds: Builds, work: Path) -> list[tuple[Case, bool]]:
    """What is compared, and whether that is a canary."""

    def start(path: Path) -> list[str]:
        return [str(path), SCENARIO]

    weft = start(builds.weft)
    return [
        (Case("starts", weft, weft, starts=STARTS, is_counted=True), False),
        (Case("work", [str(work)], [str(work)]), False),
        (Case("relinked", start(builds.relinked), weft, starts=STARTS, is_counted=True), False),
        (Case("starts, canary", start(builds.canary), weft, starts=STARTS, is_counted=True), True),
        (Case("work, canary", [str(work)], [str(work)], percent=CANARY_PERCENT), True),
    ]


def main(words: list[str]) -> int:
    """0 if all is as it must be, 1 if the gate does not work here, 3 if nothing could be measured."""
    parser = argparse.ArgumentParser(prog="bench.selftest", description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{QUICK_TIMES} times instead of {TIMES}")
    options = parser.parse_args(words)
    times, fewest = (QUICK_TIMES, QUICK_FEWEST_CAUGHT) if options.quick else (TIMES, FEWEST_CAUGHT)
    with tempfile.TemporaryDirectory(prefix="selftest-") as name:
        try:
            faults = _all(Path(name), times, fewest)
        except (CannotRun, SliceFailed) as error:
            print(f"not measured: {error}")
            return 3
    for fault in faults:
        print(f"FAILED: {fault}")
    return 1 if faults else 0


def _all(folder: Path, times: int, fewest: int) -> list[str]:
    bench = Bench(folder, ROUNDS)
    faults: list[str] = []
    rows: list[Row] = []
    for case, is_canary in cases(built(folder), static_program("work", WORK)):
        start = time.monotonic()

        def told(row: Row, title: str = case.scenario) -> None:
            rows.append(row)
            print(f"  {title}: {row.verdict}: {row.reason}", flush=True)

        def one(seed: int, case: Case = case) -> Row:
            return bench.row(case, seed)

        found = caught(one, times, told)
        print(f"{case.scenario}: {dict(found)} in {time.monotonic() - start:.0f} s", flush=True)
        fault = fault_of_canary(found, fewest) if is_canary else fault_of_equal(found)
        faults += [f"{case.scenario}: {fault}"] if fault else []
    # The last case is judged by time alone: its row has samples to be made absurd.
    said = bad_data(sample_document(rows[-1]), folder / "bad")
    for kind, text in said.items():
        print(f"{kind}: {text or 'LET THROUGH'}")
    fault = fault_of_bad_data(said)
    return [*faults, fault] if fault else faults


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

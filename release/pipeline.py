"""A release from end to end: a commit becomes `dist/release/VERSION/`, whole and verified, or not at all.

The order is `make`'s, read from top to bottom. How each step is done is in the module that it names.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from release import archives, changelog, checksums, gates, plan, trial, verify, versions, wheels
from release.export import export
from release.refusal import Refusal
from release.repository import read_tree
from tools import cache
from tools.frozen import product_version
from tools.targets import read_targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.plan import Plan

ROOT = Path(__file__).resolve().parents[1]
RELEASES = "dist/release"
STAGE = "build/release"
WINE = "build/wine"


class Order(NamedTuple):
    """What is asked for: of which checkout, as which version, from which builds."""

    root: Path
    plan: Plan
    build: Callable[[Path], None]
    check: Callable[[Path], None]
    run: Callable[[Plan, Path], None]
    say: Callable[[str], None]


def planned(root: Path, asked: str = "", *, is_snapshot: bool = False) -> Plan:
    """The plan of the checkout at `root`. Refusal if it cannot be released as that."""
    tree = read_tree(root)
    version = versions.choose(tree, product_version(root), asked, is_snapshot=is_snapshot)
    return plan.make(tree, version)


def make(order: Order) -> Path:
    """The folder of the release. Refusal if any step fails; then it is not there, or is as it was before."""
    made, steps = order.plan, _Steps(order.plan, order.say)
    tree, output = order.root / STAGE / "tree", order.root / STAGE / "output"
    shutil.rmtree(output, ignore_errors=True)

    steps.begin("sources")
    export(order.root, tree, made.version)
    steps.begin("changelog")
    _tell_changes(made, order.root, tree)
    steps.begin("build")
    _write_completions(tree)
    order.build(tree)
    steps.begin("gates")
    order.check(tree / "dist")
    steps.begin("archives")
    archives.write(made, tree, output)
    steps.begin("wheels")
    wheels.write(made, tree, output)
    steps.begin("checksums")
    cache.write(output / plan.NAME, made.as_text())
    cache.write(output / plan.VERIFIER, Path(verify.__file__).read_bytes())
    checksums.write(made, output)
    steps.begin("verify")
    verified(output)
    order.run(made, output)
    steps.end()
    return _published(output, order.root / RELEASES / made.version)


def verified(folder: Path) -> Plan:
    """The plan of a release whose bytes are all as they should be. Refusal, with everything that is wrong."""
    if not folder.is_dir():
        raise Refusal(f"{folder} is no folder", "nox -s release -- --snapshot")
    found = verify.problems(folder)
    if found:
        raise Refusal("\n".join([f"{folder} is not what its plan says:", *found]))
    return plan.read((folder / plan.NAME).read_text("utf-8"))


def run_all(made: Plan, folder: Path, say: Callable[[str], None] = print) -> None:
    trial.run(made, folder, say)


def cross_build(tree: Path, root: Path = ROOT) -> None:
    """Every executable, from the exported tree by its own tools, into its own dist/. Refusal if one fails."""
    # The Windows that wine keeps is slow to make, and no part of what is built.
    (root / WINE).mkdir(parents=True, exist_ok=True)
    (tree / WINE).parent.mkdir(parents=True, exist_ok=True)
    (tree / WINE).symlink_to(root / WINE, target_is_directory=True)
    done = subprocess.run([sys.executable, "-B", "-m", "tools.crossbuild", "--all"], cwd=tree, check=False)
    if done.returncode:
        raise Refusal("the executables were not built: the reason is above", "nox -s build")


def given_builds(dist: Path) -> Callable[[Path], None]:
    """Takes the executables that stand in `dist` already, instead of building."""

    def take(tree: Path) -> None:
        for target in read_targets().values():
            built = target.output(dist)
            if not built.is_file():
                raise Refusal(f"{target.name} was not built: {built} is missing", "nox -s build")
            cache.write(target.output(tree / "dist"), built.read_bytes())

    return take


def check_sizes(dist: Path) -> None:
    gates.check_sizes(dist)


def _tell_changes(made: Plan, root: Path, tree: Path) -> None:
    """A snapshot carries what is unreleased; a release must have its section in the commit itself."""
    path = tree / changelog.NAME
    text = path.read_text("utf-8") if path.is_file() else ""
    if made.is_snapshot:
        cache.write(path, changelog.updated(text, changelog.section(changelog.history(root))))
    elif not changelog.has_section(text, made.version):
        raise Refusal(
            f"{changelog.NAME} has no section for {made.version}",
            f"nox -s changelog -- --release {made.version}",
        )


def _write_completions(tree: Path) -> None:
    for shell, name in plan.COMPLETIONS.items():
        command = [sys.executable, "-B", "-m", "clawft", "completions", shell]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CLAWFT")}
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
        if done.returncode or not done.stdout:
            raise Refusal(f"weft completions {shell} failed: {done.stderr.decode(errors='replace').strip()}")
        cache.write(tree / plan.COMPLETIONS_FOLDER / name, done.stdout)


def _published(output: Path, folder: Path) -> Path:
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    return output.replace(folder)


class _Steps:
    """Says which step begins, of how many, and how long each took."""

    def __init__(self, made: Plan, say: Callable[[str], None]) -> None:
        self._names = made.steps
        self._say = say
        self._began_s = 0.0
        self._name = ""

    def begin(self, name: str) -> None:
        self.end()
        self._name, self._began_s = name, time.monotonic()
        self._say(f"[{self._names.index(name) + 1}/{len(self._names)}] {name}")

    def end(self) -> None:
        if self._name:
            self._say(f"      {self._name}: {time.monotonic() - self._began_s:.1f} s")
        self._name = ""

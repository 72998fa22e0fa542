"""Makes the wheel and the sdist of an exported tree with `build`, and has others check them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from release.refusal import Refusal

if TYPE_CHECKING:
    from release.plan import Plan

UMASK = 0o022


def write(plan: Plan, tree: Path, output: Path) -> None:
    """Both, under the names of the plan. Refusal if a name or a check says otherwise."""
    with tempfile.TemporaryDirectory(prefix="wheels-") as name:
        folder = Path(name)
        environment = os.environ | {"SOURCE_DATE_EPOCH": str(plan.source_date_s)}
        # Not isolated: the session has the build backend by its hash; an environment of its own would be fetched.
        build = ("build", "--no-isolation", "--sdist", "--wheel", "--outdir", str(folder), str(tree))
        _run(build, environment)
        made = {path.name: path for path in folder.iterdir()}
        wanted = {one.name for one in plan.of_kind("wheel", "sdist")}
        if set(made) != wanted:
            raise Refusal(
                f"the plan has {', '.join(sorted(wanted))}, the build made {', '.join(sorted(made))}"
            )
        _run(("twine", "check", "--strict", *map(str, sorted(made.values()))), environment)
        _run(
            ("check_wheel_contents", *(str(path) for path in made.values() if path.suffix == ".whl")),
            environment,
        )
        output.mkdir(parents=True, exist_ok=True)
        for path in made.values():
            shutil.copyfile(path, output / path.name)


def _run(module: tuple[str, ...], environment: dict[str, str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *module],
        env=environment,
        umask=UMASK,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise Refusal(f"{module[0]} failed:\n{done.stdout.strip()}")

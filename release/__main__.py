"""`nox -s release`, `package` and `verify`: reads the command line, runs release/pipeline.py, says what went wrong."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from release import pipeline
from release.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from release.plan import Plan


def _asked(words: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="nox -s release --", description=pipeline.__doc__)
    parser.add_argument(
        "version", nargs="?", default="", help="default: the version whose tag is here, else a snapshot"
    )
    parser.add_argument("--snapshot", action="store_true", help="a snapshot even where a version is tagged")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--plan", action="store_true", help="only print release-plan.json")
    what.add_argument(
        "--package", action="store_true", help="take the executables of dist/ as they are; run nothing"
    )
    what.add_argument("--verify", metavar="DIR|VERSION", help="only judge and run a release that is there")
    asked = parser.parse_args(words)
    if asked.snapshot and asked.version:
        parser.error("--snapshot makes its own version: leave out either")
    return asked


def main(words: list[str], root: Path = pipeline.ROOT) -> int:
    asked = _asked(words)
    try:
        if asked.verify:
            named = Path(asked.verify)
            folder = named if named.is_dir() else root / pipeline.RELEASES / asked.verify
            pipeline.run_all(pipeline.verified(folder), folder)
            print(f"{folder}: verified")
            return 0
        made = pipeline.planned(root, asked.version, is_snapshot=asked.snapshot)
        if asked.plan:
            print(made.as_text(), end="")
            return 0
        build: Callable[[Path], None] = pipeline.cross_build
        run: Callable[[Plan, Path], None] = pipeline.run_all
        if asked.package:
            build, run = pipeline.given_builds(root / "dist"), _run_nothing
        folder = pipeline.make(pipeline.Order(root, made, build, pipeline.check_sizes, run, _say))
    except Refusal as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; no release was changed halfway", file=sys.stderr)
        return 130
    print(f"{folder}: {len(made.artifacts)} files, verified")
    return 0


def _run_nothing(made: Plan, folder: Path) -> None:
    """The executables of dist/ carry the version of the working tree, not that of a snapshot."""


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

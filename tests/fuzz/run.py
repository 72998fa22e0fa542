"""Runs the fuzz targets, one process each, and says which inputs broke their promises.

`python -m tests.fuzz.run [--seconds N] [--seed N] [TARGET ...]`. What a target finds new is kept in build/fuzz/ and is
where its next run begins. An input that breaks a promise belongs into tests/fuzz/found/TARGET/, where every test run
tries it again.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOUND = ROOT / "tests" / "fuzz" / "found"
BUILD = ROOT / "build" / "fuzz"
TARGETS = ("commands", "urls", "paths", "config", "sessions", "sse", "redactor", "html", "json_text")
DEFAULT_SECONDS = 60
LONGEST_INPUT_BYTES = 2048
# Tried by every target: nothing, half a character, a NUL, the ends of lines, a byte order mark.
ODD = (b"", b"\xed\xa0\x80x", b"a\0b", b"\r\n\r", b"\xef\xbb\xbf", b"\xff\xfe", b"\xe2\x80\xae")
ABSENT = (
    "atheris is not installed: there are wheels for Linux on x86_64 and Python 3.11 to 3.13 only, and this is {}, "
    "Python {}. Nothing was fuzzed; `nox -s tests` tries the seeds everywhere."
)


def is_expected_here():
    """Whether pyproject.toml installs atheris on this system: then its absence is an error."""
    import platform

    is_linux = sys.platform == "linux" and platform.machine() == "x86_64"
    return is_linux and sys.version_info < (3, 14) and sys.implementation.name == "cpython"


def module_of(target):
    return importlib.import_module("tests.fuzz." + target)


def inputs_of(target):
    """Its seeds, and every input that once broke it."""
    kept = sorted((FOUND / target).glob("*")) if (FOUND / target).is_dir() else []
    return [*ODD, *module_of(target).seeds()] + [path.read_bytes() for path in kept]


def fuzz(target, seconds, seed):
    """One target in this process; never returns."""
    import atheris

    with atheris.instrument_imports(include=["clawft"], enable_loader_override=False):
        check = module_of(target).check
    corpus = BUILD / target / "corpus"
    seeds = BUILD / target / "seeds"
    shutil.rmtree(seeds, ignore_errors=True)
    for folder in (corpus, seeds):
        folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(inputs_of(target)):
        (seeds / str(number)).write_bytes(data)
    options = [f"-max_total_time={seconds}", f"-max_len={LONGEST_INPUT_BYTES}", "-timeout=20", "-verbosity=0"]
    options += [f"-artifact_prefix={BUILD / target}/", *([f"-seed={seed}"] if seed else [])]
    atheris.Setup([sys.argv[0], *options, "-print_final_stats=1", str(corpus), str(seeds)], check)
    atheris.Fuzz()


def main(arguments):
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=DEFAULT_SECONDS, help="for each target (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="of the mutations; without it every run differs")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    asked = parser.parse_args(arguments)
    unknown = set(asked.targets) - set(TARGETS)
    if unknown:
        parser.error("no such target: " + " ".join(sorted(unknown)))
    if importlib.util.find_spec("atheris") is None:
        print(ABSENT.format(sys.platform, sys.version.split()[0]))
        return 1 if is_expected_here() else 0
    if asked.here:
        fuzz(asked.targets[0], asked.seconds, asked.seed)
    broken = [target for target in asked.targets or TARGETS if not is_kept(target, asked.seconds, asked.seed)]
    if broken:
        print("broken: " + " ".join(broken) + f"; the inputs are in {BUILD.relative_to(ROOT)}/TARGET/")
    return 1 if broken else 0


def is_kept(target, seconds, seed):
    """Whether nothing broke the target's promises; prints what did."""
    command = [
        sys.executable,
        "-m",
        "tests.fuzz.run",
        "--here",
        "--seconds",
        str(seconds),
        "--seed",
        str(seed),
        target,
    ]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    count = [line.split()[-1] for line in done.stdout.splitlines() if "number_of_executed_units" in line]
    if done.returncode:
        print(done.stdout)
    print(
        f"{target}: {count[0] if count else 'no'} inputs, {'broken' if done.returncode else 'kept'}",
        flush=True,
    )
    return done.returncode == 0 and bool(count)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

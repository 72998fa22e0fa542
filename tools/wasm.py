"""Builds the WebAssembly artifacts into `dist/wasm/` from the same C and the same frozen Python: `nox -s wasm`.

zig links a module that still has all names, and exceptions in the encoding of Node 20; wasm-opt makes of it what is
shipped. Components are made of that by tools/component.py. What is compiled is tools/crossbuild.py's.
"""

from __future__ import annotations

import argparse
import gzip
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from tools import cache, component, crossbuild, demo, npm, targets, wasm_profile_record, wasm_profiler
from tools.apt import AptError
from tools.compiler import BuildError
from tools.patching import PatchError
from tools.pins import PinError
from tools.progress import Progress
from tools.wasm_profile_record import BadProfile, Record

ROOT = Path(__file__).resolve().parents[1]
DIST = ROOT / "dist" / "wasm"
LINKED = ROOT / "build" / "wasm"
MODULE = "weft.wasm"
NODE_MODULE = "weft.node20.wasm"
WITH_NAMES = "weft-with-names.wasm"
COMPONENT = "weft.component.wasm"
HTTP_COMPONENT = "weft.http.wasm"
COMPONENTS = {COMPONENT: component.COMMAND, HTTP_COMPONENT: component.HTTP}
CORE = "core"
NODE_FOLDER = "node"
"""What runs the components in Node 20: the command line weft.mjs and the server serve.mjs."""
DEMO_FOLDER = "demo"
"""A page that runs the component in a browser."""

GZIP_LEVEL = 9

FEATURES = "channels,services,vectors"
"""All but `exec`: a sandbox starts no processes."""

_KNOWN = (
    "--enable-exception-handling",
    "--enable-reference-types",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-multivalue",
    "--enable-call-indirect-overlong",
)
# Nothing lies below 1024, where the stack ends.
_SHRINK = ("-Oz", "--converge", "--low-memory-unused", "--strip-producers", "--strip-target-features")
_WITHOUT_NAMES, _WITH_NAMES = ("--strip-debug",), ("--strip-dwarf", "-g")


class Built(NamedTuple):
    """A written file and what it weighs."""

    path: Path
    raw_bytes: int
    gzip_bytes: int


def optimized(linked: Path, written: Path, *, is_for_node20: bool, has_names: bool = False) -> None:
    """What wasm-opt makes of a linked module, taken from the cache if it did so before. Raises BuildError, NpmError."""
    # Node 20 has only the first encoding of exceptions, all others only the last.
    flags = [*_KNOWN, *([] if is_for_node20 else ["--translate-to-exnref"]), *_SHRINK]
    flags += _WITH_NAMES if has_names else _WITHOUT_NAMES
    script = npm.wasm_opt()
    key = cache.digest("wasm 1", npm.modules().parent.name, *flags, linked.read_bytes())
    kept = cache.cache_folder() / "optimized" / f"{key}.wasm"
    if not kept.is_file():
        with cache.replacing(kept) as made:
            command = [str(npm.node()), str(script), *flags, str(linked), "-o", str(made)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode or not made.is_file() or not made.stat().st_size:
                raise BuildError(f"wasm-opt: {done.stderr.strip() or done.stdout.strip()}")
    cache.write(written, kept.read_bytes())


def linked_module(
    progress: Progress,
    *,
    is_test_build: bool,
    jobs: int,
    sources: Path | None = None,
    is_component: bool = False,
) -> Path:
    """The module, or the core of the components, as zig links it, with names.

    Raises BuildError, PinError, PatchError, AptError.
    """
    target = targets.wasm_target()
    output = linked_folder(is_test_build=is_test_build, is_component=is_component)
    crossbuild.build(
        crossbuild.Plan(
            targets=[target],
            features=FEATURES,
            is_test_build=is_test_build,
            is_unfinished=False,
            given_sources=sources,
            output=output,
            jobs=jobs,
            has_sizes=not is_test_build and not is_component,
            is_component=is_component,
        ),
        progress,
    )
    return target.output(output)


def linked_folder(*, is_test_build: bool, is_component: bool = False) -> Path:
    return LINKED / ("test" if is_test_build else "product") / (CORE if is_component else "module")


def build(progress: Progress, *, is_test_build: bool, jobs: int, sources: Path | None = None) -> list[Built]:
    """Everything that is shipped, or the test build beside it."""
    folder = LINKED / "test" if is_test_build else DIST
    linked = linked_module(progress, is_test_build=is_test_build, jobs=jobs, sources=sources)
    core = linked_module(progress, is_test_build=is_test_build, jobs=jobs, sources=sources, is_component=True)
    written = [folder / MODULE, folder / NODE_MODULE]
    for path in written:
        progress.say(f"wasm-opt {path.name}")
        optimized(linked, path, is_for_node20=path.name == NODE_MODULE)
    written += _components(progress, core, folder)
    return [weighed(path) for path in written]


def _components(progress: Progress, linked: Path, folder: Path) -> list[Path]:
    """The components of a linked core, and what runs them in Node 20."""
    core, legacy_core = linked.with_name("core.wasm"), linked.with_name("core.node20.wasm")
    for path in (core, legacy_core):
        progress.say(f"wasm-opt {path.name} of the components")
        optimized(linked, path, is_for_node20=path == legacy_core)
    for name, world in COMPONENTS.items():
        progress.say(f"jco {name}")
        component.compose(core, world, folder / name)
    translated = {"weft": folder / COMPONENT, "http": folder / HTTP_COMPONENT}
    component.translate(translated, legacy_core, folder / NODE_FOLDER)
    if folder == DIST:
        progress.say("jco demo")
        demo.make(folder / COMPONENT, folder / DEMO_FOLDER)
    return [folder / name for name in COMPONENTS]


def profiled(progress: Progress) -> tuple[Record, Path]:
    """What the bytes of the module are for, and where that is written down. Raises BuildError, BadProfile."""
    progress.say("wasm-opt once more, with names")
    linked = targets.wasm_target().output(linked_folder(is_test_build=False))
    named = linked.with_name(WITH_NAMES)
    optimized(linked, named, is_for_node20=False, has_names=True)
    product = DIST / MODULE
    found = wasm_profiler.profiled(product.read_bytes(), named.read_bytes(), linked.parent)
    written = product.with_suffix(wasm_profile_record.SUFFIX)
    cache.write(written, wasm_profile_record.text(found))
    return found, written


def weighed(path: Path) -> Built:
    data = path.read_bytes()
    return Built(path, len(data), len(gzip.compress(data, GZIP_LEVEL, mtime=0)))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.wasm", description=__doc__)
    parser.add_argument(
        "--test", action="store_true", help="only the build for tests, with the Python compiler in"
    )
    parser.add_argument("--profile", action="store_true", help="say what the bytes of the module are for")
    parser.add_argument(
        "--sources", type=Path, metavar="DIR", help="take the tarballs from here; fetch nothing"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="so many compilers at once")
    asked = parser.parse_args(arguments)
    started_s = time.monotonic()
    progress = Progress()
    try:
        built = build(progress, is_test_build=asked.test, jobs=asked.jobs, sources=asked.sources)
        if asked.profile:
            found, written = profiled(progress)
            wasm_profiler.told(found, weighed(DIST / MODULE).gzip_bytes)
            print(written.relative_to(ROOT))
    except (
        BuildError,
        PinError,
        PatchError,
        AptError,
        targets.TargetError,
        npm.NpmError,
        BadProfile,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was compiled is kept, no output was changed halfway", file=sys.stderr)
        return 130
    for one in built:
        print(f"{one.path.relative_to(ROOT)}: {one.raw_bytes:,} bytes, {one.gzip_bytes:,} by gzip")
    print(f"in {time.monotonic() - started_s:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

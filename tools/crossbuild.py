"""Turns the tree and the pinned sources into `dist/<target>/weft`, for any target from this one machine.

`python -m tools.crossbuild --target T | --host | --all` (`nox -s build`). What was made from the same bytes before is
taken from the cache; outputs appear whole or not at all; nothing of this machine (paths, times, names) gets into them.
"""

from __future__ import annotations

import argparse
import copy
import json
import os
import shutil
import sys
import tempfile
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, cast

from tools import build_record, cache, frozen, libraries, micropython, roots, sources, targets, wasm_parts
from tools.apt import AptError
from tools.compiler import BuildError, Compiler, Unit
from tools.component_sizes import component_sizes
from tools.inspect_binary import Refused
from tools.patching import PatchError
from tools.pins import PinError, read_pins
from tools.progress import Progress
from tools.resource import manifest_resource

if TYPE_CHECKING:
    from tools.pins import Pins
    from tools.targets import Target

ROOT = Path(__file__).resolve().parents[1]
PORT = ROOT / "clawft" / "embedded" / "port"
DIST = ROOT / "dist"
TEST_DIST = ROOT / "build" / "test"
ROOTS = "roots/roots.c"
EXTRA = "extra/extra.c"
TAG = "port/wasm_longjmp.S"
WITH_SYMBOLS = "weft-with-symbols"
# What the folders of the stage are called where sizes are given.
COMPONENTS = {
    "port": "our C",
    "micropython": "MicroPython",
    "frozen": "the agent, frozen",
    "curl": "libcurl",
    "mbedtls": "mbedTLS",
    "roots": "trusted roots",
}


class Plan(NamedTuple):
    """What is asked for."""

    targets: list[Target]
    features: str
    is_test_build: bool
    is_unfinished: bool
    given_sources: Path | None
    output: Path
    jobs: int
    has_sizes: bool
    has_symbols: bool = False
    extra: Path | None = None
    is_reversed: bool = False
    is_component: bool = False

    @property
    def is_wasm(self) -> bool:
        return all(target.system == "wasi" for target in self.targets)


def build(plan: Plan, progress: Progress, kind: type[Compiler] = Compiler) -> list[dict[str, object]]:
    """Build all targets of the plan and say what was made. Raises BuildError, PinError, PatchError or AptError."""
    pins = read_pins()
    for wheel in pins.wheels.values():
        wheel.check()
    progress.say("sources")
    unpacked = sources.prepare(pins, plan.given_sources)
    stage = Path(tempfile.mkdtemp(prefix="clawft-stage-"))
    try:
        for source in unpacked.values():
            (stage / source.name).symlink_to(source.folder, target_is_directory=True)
        (stage / "port").symlink_to(PORT, target_is_directory=True)
        if plan.extra is not None:
            (stage / EXTRA).parent.mkdir()
            shutil.copyfile(plan.extra, stage / EXTRA)
        _make_roots(stage, cache.cache_folder(), pins)
        return _build(plan, kind(stage, cache.cache_folder()), stage, progress)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _build(plan: Plan, compiler: Compiler, stage: Path, progress: Progress) -> list[dict[str, object]]:
    features = frozen.read_manifest().selected(plan.features)
    defines = ("-DWEFT_TEST_BUILD=1",) if plan.is_test_build else ()
    left_out = frozen.read_manifest().c_left_out(features)

    headers = _make_headers(plan, compiler, stage, defines, left_out, progress)
    progress.say("Python")
    made_of = frozen.freeze(
        compiler,
        stage,
        headers,
        frozen.Choice(features, plan.is_test_build, plan.is_wasm, plan.is_component, plan.is_unfinished),
    )
    of_component = libraries.COMPONENT_DEFINES if plan.is_component else ()
    units = [
        *_our_units(plan.targets[0], (*defines, *of_component), left_out, is_strict=not plan.is_unfinished),
        *(
            Unit(source, (*micropython.third_party_flags(source, is_wasm=plan.is_wasm), *defines))
            for source in micropython.SOURCES
        ),
        Unit("frozen/frozen_content.c", (*micropython.THIRD_PARTY_FLAGS, *defines)),
        *(_library_units() if not plan.is_wasm else [Unit(TAG, ())]),
        *([Unit(EXTRA, micropython.OUR_FLAGS)] if plan.extra is not None else []),
    ]
    objects = _compile(compiler, plan, units, progress)
    for target in plan.targets:
        if target.manifest:
            resource = stage / f"{target.name}.res"
            resource.write_bytes(manifest_resource((PORT / target.manifest).read_bytes()))
            objects[target.name].append(resource)
        if plan.is_reversed:
            objects[target.name].reverse()
    made = []
    for target in plan.targets:
        progress.say(f"linking {target.name}")
        written = target.output(plan.output)
        compiler.link(objects[target.name], target, (), written)
        if not plan.is_wasm:
            compiler.inspect(written, target)
        inputs = build_record.input_digest(compiler, target, objects[target.name])
        made.append(build_record.entry(target, written, inputs, features))
        if plan.has_sizes and target.system == "linux":
            made[-1]["component_bytes"] = _component_bytes(
                compiler, target, units, objects[target.name], stage
            )
        if plan.has_sizes and plan.is_wasm:
            linked = written.with_name(wasm_parts.WITH_RELOCATIONS)
            compiler.link_with_relocations(objects[target.name], target, linked)
            python = wasm_parts.Python(made_of.content, list(made_of.texts), made_of.packed)
            wasm_parts.write(written.with_name(wasm_parts.NAME), _owned(units, objects[target.name]), python)
        if plan.has_symbols:
            compiler.link(objects[target.name], with_symbols(target), (), written.with_name(WITH_SYMBOLS))
    progress.say(f"{compiler.made} made, all else taken from the cache")
    return made


def _make_headers(
    plan: Plan,
    compiler: Compiler,
    stage: Path,
    defines: tuple[str, ...],
    left_out: set[str],
    progress: Progress,
) -> micropython.Headers:
    """MicroPython's generated headers, in the stage."""
    progress.say("headers")
    # For all there are, whatever is asked for: names have the same numbers in every build.
    everywhere = [*targets.read_targets().values(), targets.wasm_target()]
    named = {
        target.zig: _our_units(target, (*defines, *target.compile_flags), left_out, is_strict=False)
        for target in everywhere
    }
    wasm = everywhere[-1]
    in_component = (*defines, *wasm.compile_flags, *libraries.COMPONENT_DEFINES)
    named[wasm.zig] += _our_units(wasm, in_component, left_out, is_strict=False)
    headers = micropython.generate(compiler, stage, named, defines, cache.cache_folder(), plan.jobs)
    shutil.rmtree(stage / "gen")
    (stage / "gen").symlink_to(headers.folder, target_is_directory=True)
    return headers


def _component_bytes(
    compiler: Compiler, target: Target, units: list[Unit], objects: list[Path], stage: Path
) -> dict[str, int]:
    """What each component takes of the executable: linked once more, with its symbols, which say so."""
    written = stage / f"{target.name}-{WITH_SYMBOLS}"
    compiler.link(objects, with_symbols(target), (), written)
    owned = [(component, path.read_bytes()) for component, path in _owned(units, objects)]
    return component_sizes(written.read_bytes(), owned)


def _owned(units: list[Unit], objects: list[Path]) -> list[tuple[str, Path]]:
    """Each object with the name of its component."""
    folders = (unit.source.partition("/")[0] for unit in units)
    return [(COMPONENTS[folder], path) for folder, path in zip(folders, objects, strict=True)]


def with_symbols(target: Target) -> Target:
    """The same target, but its executables keep the names of functions."""
    named = copy.copy(target)
    named.link_flags = tuple(flag for flag in target.link_flags if flag not in ("-s", "-Wl,-x"))
    return named


def _our_units(
    target: Target, defines: tuple[str, ...], left_out: set[str], *, is_strict: bool
) -> list[Unit]:
    """Our own C for a target, compiled as strictly as may be; the embedded roots are made before it is compiled."""
    includes = tuple(
        f"-I{name}/{folder}" for name, folders in libraries.USER_INCLUDE_FOLDERS.items() for folder in folders
    )
    flags = (*includes, *_defines(libraries.USER_DEFINES), *defines)
    if not is_strict:
        flags += ("-Wno-error", "-Wno-error=implicit-function-declaration")
    if target.system == "wasi":
        files = [PORT / f"{name}.c" for name in libraries.PORT_IN_WASM]
    else:
        files = sorted(PORT.glob("*.c"))
    names = [f"port/{path.name}" for path in files if path.relative_to(ROOT).as_posix() not in left_out]
    names += [] if target.system == "wasi" else [ROOTS]
    return [Unit(name, (*micropython.our_flags(name), *flags)) for name in names]


def _make_roots(stage: Path, folder: Path, pins: Pins) -> None:
    """The trusted roots as C, from the pinned certifi."""
    import certifi  # noqa: PLC0415 - only the cross-build installs it

    bundle, version = Path(certifi.where()).read_bytes(), pins.wheels["certifi"].version
    made = folder / "roots" / cache.digest("roots 1", bundle, version, Path(roots.__file__).read_bytes())
    if not (made / "roots.c").is_file():
        cache.write(made / "roots.c", roots.roots_source(bundle, version))
    (stage / "roots").symlink_to(made, target_is_directory=True)


def _library_units() -> list[Unit]:
    found = []
    for library in libraries.LIBRARIES:
        folders = [f"port/{folder}".rstrip("/") for folder in library.port_folders]
        folders += [f"{library.name}/{folder}" for folder in library.include_folders]
        if library.name != "mbedtls":
            folders += [f"mbedtls/{folder}" for folder in libraries.USER_INCLUDE_FOLDERS["mbedtls"]]
        flags = (*library.flags, *_defines(library.defines), *(f"-I{folder}" for folder in folders))
        found += [Unit(f"{library.name}/{source}", flags) for source in library.sources]
        found += [Unit(f"port/{source}", flags) for source in library.port_sources]
    return found


def _defines(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"-D{name}" for name in names)


def _compile(compiler: Compiler, plan: Plan, units: list[Unit], progress: Progress) -> dict[str, list[Path]]:
    """The objects of every target in the order of the units; all that can go wrong in one go is said in one go."""
    objects: dict[str, list[Path]] = {}
    wanted = []
    for target in plan.targets:
        known = [compiler.known_object(unit, target) for unit in units]
        objects[target.name] = [path or Path() for path in known]
        wanted += [(target, index) for index, path in enumerate(known) if path is None]
    # What changes most fails first.
    wanted.sort(key=lambda one: one[1])
    failures: list[str] = []
    progress.start(len(wanted))
    with ThreadPoolExecutor(plan.jobs) as pool:
        running = {
            pool.submit(compiler.object, units[index], target): (target, index) for target, index in wanted
        }
        try:
            pending = set(running)
            while pending:
                done, pending = wait(pending, return_when=FIRST_COMPLETED)
                for future in done:
                    target, index = running[future]
                    try:
                        objects[target.name][index] = future.result()
                    except BuildError as error:
                        older = compiler.older_object(units[index], target) if plan.is_unfinished else None
                        if older is None:
                            failures.append(str(error))
                        else:
                            progress.say(
                                f"{error}\nUNFINISHED: an older object of {units[index].source} is used"
                            )
                            objects[target.name][index] = older
                    progress.step(f"{target.name} {units[index].source}")
                if len(failures) >= 5:  # noqa: PLR2004 - more would only scroll the first ones away
                    pending = set()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    progress.stop()
    if failures:
        raise BuildError("\n\n".join(failures))
    return objects


def _plan(asked: argparse.Namespace) -> Plan:
    if asked.target:
        wanted = targets.named(asked.target)
    elif asked.host:
        wanted = [targets.host_target()]
    elif asked.test and not asked.all:
        wanted = [target for target in targets.read_targets().values() if target.checked == "executed"]
    else:
        wanted = list(targets.read_targets().values())
    return Plan(
        targets=wanted,
        features=asked.features,
        is_test_build=asked.test,
        is_unfinished=asked.unfinished,
        given_sources=asked.sources.resolve() if asked.sources else None,
        output=(asked.output or (TEST_DIST if asked.test else DIST)).resolve(),
        jobs=asked.jobs,
        has_sizes=asked.sizes,
        has_symbols=asked.symbols,
        extra=asked.extra,
        is_reversed=asked.reversed,
    )


def _list(*, is_json: bool) -> None:
    rows = [target.as_json() for target in targets.read_targets().values()]
    if is_json:
        print(json.dumps(rows))
        return
    for row in rows:
        print(f"{row['name']:20} {row['checked']}{', this machine' if row['host'] else ''}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.crossbuild", description=__doc__)
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--target", action="append", metavar="T", help="build for this target; may be repeated"
    )
    which.add_argument("--host", action="store_true", help="build for this machine")
    which.add_argument(
        "--all",
        action="store_true",
        help="build for every target, as without arguments (--test alone: for those that run here)",
    )
    which.add_argument("--list", action="store_true", help="only name the targets")
    parser.add_argument("--json", action="store_true", help="with --list: as JSON")
    parser.add_argument("--features", default="default", help="none, default, all, or names with commas")
    parser.add_argument("--test", action="store_true", help="with the Python compiler in, for running tests")
    parser.add_argument(
        "--unfinished",
        action="store_true",
        help="go on if an import is not frozen or a file does not compile",
    )
    parser.add_argument(
        "--sources", type=Path, metavar="DIR", help="take the tarballs from here; fetch nothing"
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="instead of dist/ (build/test/ with --test)"
    )
    parser.add_argument("--sizes", action="store_true", help="say what each component takes (Linux)")
    parser.add_argument(
        "--symbols", action="store_true", help=f"also link DIR/TARGET/{WITH_SYMBOLS}, for profilers"
    )
    parser.add_argument(
        "--with", dest="extra", type=Path, metavar="FILE", help="one more C file (wants --output)"
    )
    parser.add_argument(
        "--reversed", action="store_true", help="the same code, linked in another order (wants --output)"
    )
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2, help="so many compilers at once")
    asked = parser.parse_args(arguments)
    if (asked.extra or asked.reversed) and not asked.output:
        parser.error("--with and --reversed make no product: say with --output where it goes")
    if asked.sizes and (asked.extra or asked.reversed):
        parser.error("--sizes tells of the product, not of --with and --reversed")
    if asked.list:
        _list(is_json=asked.json)
        return 0
    started_s = time.monotonic()
    progress = Progress()
    try:
        plan = _plan(asked)
        made = build(plan, progress)
        build_record.write(plan.output, made, progress.say, is_run=not plan.is_test_build)
    except (BuildError, PinError, PatchError, AptError, Refused, targets.TargetError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; what was compiled is kept, no output was changed halfway", file=sys.stderr)
        return 130
    for entry, target in zip(made, plan.targets, strict=True):
        print(f"{target.output(plan.output)}: {entry['size_bytes']:,} bytes, sha256 {entry['sha256']}")
        for name, size in cast("dict[str, int]", entry.get("component_bytes", {})).items():
            print(f"{size:12,} {name}")
    print(f"built in {time.monotonic() - started_s:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

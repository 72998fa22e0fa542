"""Turns MicroPython's sources and ours into what every object needs first: its generated headers, once for all targets.

One set of headers serves all targets because names (qstrs, modules, root pointers) may not differ between them: names
of our own files are collected from every system, and modules and root pointers must be the same in each. Follows
py/mkrules.mk of MicroPython 1.25. Compiling does not live here.
"""

from __future__ import annotations

import re
import shutil
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tools import cache
from tools.compiler import BuildError, Compiler, Unit

_PY = (
    "mpstate nlr nlrsetjmp malloc gc pystack qstr vstr mpprint unicode mpz reader lexer parse scope compile "
    "emitcommon emitbc formatfloat parsenumbase parsenum emitglue persistentcode runtime runtime_utils "
    "scheduler nativeglue pairheap ringbuf cstack stackctrl argcheck warning map obj objarray objattrtuple "
    "objbool objboundmeth objcell objclosure objcode objcomplex objdeque objdict objenumerate objexcept "
    "objfilter objfloat objfun objgenerator objgetitemiter objint objint_mpz objlist objmap objmodule "
    "objobject objpolyiter objproperty objnone objnamedtuple objrange objreversed objringio objset "
    "objsingleton objslice objstr objstrunicode objstringio objtuple objtype objzip opmethods sequence "
    "stream binary builtinimport builtinevex modarray modbuiltins modcollections modgc modio modmath "
    "modmicropython modstruct modsys moderrno vm bc smallint frozenmod"
)
_EXTMOD = (
    "modasyncio modbinascii modhashlib modheapq modjson modos modrandom modre modselect modtime vfs "
    "vfs_posix vfs_posix_file vfs_reader"
)
SOURCES = (
    *(f"micropython/py/{name}.c" for name in _PY.split()),
    *(f"micropython/extmod/{name}.c" for name in _EXTMOD.split()),
    "micropython/shared/timeutils/timeutils.c",
    *(f"micropython/lib/uzlib/{name}.c" for name in ("adler32", "crc32", "tinflate")),
)
# zig takes -Oz for -Os: only clang itself can be told the difference, 13 KB. What every bytecode passes through keeps
# its speed (`_SMALLEST` leaves QUICK out).
_SMALLEST = ("-Xclang", "-Oz")
_QUICK = "vm bc gc map runtime obj objtype objfun objgenerator objdict qstr"
QUICK = tuple(f"py/{name}.c" for name in _QUICK.split())
# It calls a function for every bit of what is inflated: inlined, that costs half.
INFLATER = "uzlib/tinflate.c"
# What searching vectors spends its time with: four times as fast for 400 bytes.
DOT_PRODUCT = "port/weft_dot.c"
FAST = ("-O2", "-g0")  # zig adds debug information, with paths, to -O2
FLAGS = (
    *("-std=gnu11", "-Iport", "-Imicropython", "-Igen", "-DNDEBUG", "-Os"),
    *("-fno-sanitize=undefined", "-ffunction-sections", "-fdata-sections", "-Werror=date-time"),
)
# MicroPython is written to be compiled without warnings by compilers older than this one.
THIRD_PARTY_FLAGS = (*FLAGS, "-w")
_WARNINGS = ("-Wall", "-Wextra", "-Werror")
OUR_FLAGS = (*FLAGS, *_SMALLEST, *_WARNINGS)

REFERENCE_TARGET = "x86_64-linux-musl"
_QSTR = re.compile(r"MP_QSTR_([_a-zA-Z0-9]+)")
_MODULE = re.compile(
    r"(?:MP_REGISTER_MODULE|MP_REGISTER_EXTENSIBLE_MODULE|MP_REGISTER_MODULE_DELEGATION)\(.*?,\s*.*?\);"
)
_ROOT_POINTER = re.compile(r"MP_REGISTER_ROOT_POINTER\(.*?\);")
_MARKER = re.compile(r'# \d+ "([^"]+)"')


def third_party_flags(source: str, *, is_wasm: bool = False) -> tuple[str, ...]:
    """How one of MicroPython's sources is compiled."""
    if is_wasm and not source.endswith(("py/vm.c", INFLATER)):
        return (*THIRD_PARTY_FLAGS, *_SMALLEST)
    if source.endswith(INFLATER):
        return (*THIRD_PARTY_FLAGS, *FAST)
    return THIRD_PARTY_FLAGS if source.endswith(QUICK) else (*THIRD_PARTY_FLAGS, *_SMALLEST)


def our_flags(source: str) -> tuple[str, ...]:
    """How one of our own sources is compiled."""
    return (*FLAGS, *FAST, *_WARNINGS) if source == DOT_PRODUCT else OUR_FLAGS


def extract_names(text: str) -> str:
    """The qstrs, registered modules and root pointers of a preprocessed source, a line each, with a mark before it."""
    found: dict[str, None] = {}
    is_source = False
    for line in text.splitlines():
        marker = _MARKER.match(line)
        if marker:
            is_source = marker[1].endswith(".c")
        if is_source and "MP_" in line:
            found.update((f"Q {name}", None) for name in _QSTR.findall(line))
            found.update((f"M {one}", None) for one in _MODULE.findall(line))
            found.update((f"R {one}", None) for one in _ROOT_POINTER.findall(line))
    return "".join(f"{line}\n" for line in sorted(found))


class Headers:
    """Generated headers in a folder, and which modules are built in."""

    def __init__(self, folder: Path, modules: frozenset[str]) -> None:
        self.folder = folder
        self.modules = modules


def generate(
    compiler: Compiler,
    stage: Path,
    ours: dict[str, list[Unit]],
    defines: tuple[str, ...],
    folder: Path,
    jobs: int,
) -> Headers:
    """The headers for our sources, by zig's name of each target, and all of MicroPython.

    Made unless there are some for the same names.
    """
    sources = Path(stage, "micropython")
    names_only = ("-DNO_QSTR", *defines)
    wanted = [(Unit(source, (*THIRD_PARTY_FLAGS, *names_only)), REFERENCE_TARGET) for source in SOURCES]
    wanted += [
        (Unit(unit.source, (*unit.flags, "-w", *names_only)), zig)
        for zig, units in ours.items()
        for unit in units
    ]
    _write_version(stage)
    with ThreadPoolExecutor(jobs) as pool:
        texts = list(pool.map(lambda one: compiler.preprocessed(one[0], one[1], extract_names), wanted))
    by_target: dict[str, set[str]] = {}
    for (_, zig), text in zip(wanted, texts, strict=True):
        by_target.setdefault(zig, set()).update(text.splitlines())
    ours_only = {zig: {line for line in lines if line[0] != "Q"} for zig, lines in by_target.items()}
    reference = ours_only[REFERENCE_TARGET]
    for zig, registered in ours_only.items():
        missing = registered - reference
        if missing:
            raise BuildError(
                f"registered for {zig} but not for {REFERENCE_TARGET}: {', '.join(sorted(missing))}; "
                "modules and root pointers must be the same on every target"
            )
    lines = sorted(set().union(*by_target.values()))
    tools = [sources / "py" / name for name in _SCRIPTS]
    key = cache.digest(
        "headers 1", *lines, *(path.read_bytes() for path in [*tools, sources / "py/qstrdefs.h"])
    )
    made = folder / "headers" / key
    if not (made / "genhdr/qstrdefs.generated.h").is_file():
        _make(compiler, stage, lines, made)
    modules = frozenset(
        name for line in lines if line.startswith("M ") for name in re.findall(r"MP_QSTR_(\w+)", line)[:1]
    )
    return Headers(made, modules)


_SCRIPTS = ("makeqstrdata.py", "makemoduledefs.py", "make_root_pointers.py")


def _write_version(stage: Path) -> None:
    """genhdr/mpversion.h, without a date; the only generated header that preprocessing needs."""
    gen = stage / "gen" / "genhdr"
    gen.mkdir(parents=True, exist_ok=True)
    (gen / "mpversion.h").write_text(VERSION_HEADER, "utf-8", newline="\n")


VERSION_HEADER = """\
#define MICROPY_GIT_TAG "v1.25.0"
#define MICROPY_GIT_HASH "clawft"
#define MICROPY_BUILD_DATE "2025-04-15"
"""


def _make(compiler: Compiler, stage: Path, lines: list[str], made: Path) -> None:
    """All headers, in a folder that gets its name when they are complete."""
    made.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".making-", dir=made.parent))
    try:
        headers = folder / "genhdr"
        headers.mkdir()
        collected = {
            mark: "".join(f"{line[2:]}\n" for line in lines if line.startswith(mark + " ")) for mark in "MR"
        }
        (headers / "mpversion.h").write_text(VERSION_HEADER, "utf-8", newline="\n")
        for mark, script, name in (
            ("M", "makemoduledefs.py", "moduledefs.h"),
            ("R", "make_root_pointers.py", "root_pointers.h"),
        ):
            written = folder / f"{mark}.collected"
            written.write_text(collected[mark], "utf-8", newline="\n")
            made_text = compiler.output([sys.executable, f"micropython/py/{script}", str(written)])
            (headers / name).write_bytes(made_text)
        _make_qstrs(compiler, stage, folder, lines)
        try:
            folder.rename(made)
        except OSError:
            if not made.is_dir():  # another build may have made the same
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make_qstrs(compiler: Compiler, stage: Path, folder: Path, lines: list[str]) -> None:
    text = (stage / "micropython/py/qstrdefs.h").read_text("utf-8")
    text += "".join(f"Q({line[2:]})\n" for line in lines if line.startswith("Q "))
    quoted = folder / "qstrs.c"
    quoted.write_text(re.sub(r"(?m)^(Q\(.*\))$", r'"\1"', text), "utf-8", newline="\n")
    command = [str(compiler.zig), "cc", "-target", REFERENCE_TARGET, *THIRD_PARTY_FLAGS, "-E", str(quoted)]
    preprocessed = re.sub(r'(?m)^"(Q\(.*\))"', r"\1", compiler.output(command).decode())
    # Line markers carry paths of this machine, and nobody reads them.
    preprocessed = "".join(line + "\n" for line in preprocessed.splitlines() if not line.startswith("#"))
    written = folder / "genhdr" / "qstrdefs.preprocessed.h"
    written.write_text(preprocessed, "utf-8", newline="\n")
    generated = compiler.output([sys.executable, "micropython/py/makeqstrdata.py", str(written)])
    (folder / "genhdr" / "qstrdefs.generated.h").write_bytes(generated)

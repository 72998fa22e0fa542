"""Our parsers see in the executables that were built what LLVM and binutils see, and what the build says of them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import cast

import pytest

from bench.sizes import group_bytes, measure_dist, read
from tests.native.executables import DIST
from tools import crossbuild
from tools.binary import HEADERS
from tools.progress import Progress
from tools.targets import host_target, read_targets

TARGETS = read_targets()


@pytest.fixture(scope="module")
def built():
    """The executables of all targets, read by us."""
    return {name: read(target.output(DIST).read_bytes()) for name, target in TARGETS.items()}


def said(*command):
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; on Debian: apt-get install llvm binutils")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.system != "windows"])
def test_sections_are_those_that_llvm_sees(built, name):
    text = said("llvm-size", "--format=sysv", "--radix=10", str(TARGETS[name].output(DIST)))
    rows = [line.split() for line in text.splitlines()[2:]]
    theirs = [(row[0], int(row[1])) for row in rows if len(row) == 3 and row[0] != "Total"]
    # Of ELF files LLVM names what is not loaded as well.
    loaded = [
        section for section in built[name].sections if section.memory_bytes and section.name != "__LINKEDIT"
    ]
    ours = [(section.name.rpartition(",")[2], section.memory_bytes) for section in loaded]
    if built[name].format == "ELF":
        theirs = [row for row in theirs if row in ours]
    assert theirs == ours


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.system == "windows"])
def test_windows_imports_and_sizes_in_the_file_are_those_that_llvm_sees(built, name):
    text = said("llvm-readobj", "--coff-imports", "--sections", str(TARGETS[name].output(DIST)))
    assert [found.name for found in built[name].imports] == re.findall(r"(?m)^  Symbol: (\S+) \(\d+\)$", text)
    assert len(built[name].libraries) == text.count("\nImport {")
    theirs = re.findall(r"VirtualSize: (\S+)\n.*\n *RawDataSize: (\d+)", text)
    ours = [(section.memory_bytes, section.file_bytes) for section in built[name].sections]
    assert ours == [(int(memory, 0), int(file)) for memory, file in theirs]


@pytest.mark.parametrize("name", [name for name, target in TARGETS.items() if target.system == "macos"])
def test_macos_imports_are_those_that_llvm_sees(built, name):
    text = said("llvm-nm", "--undefined-only", "--just-symbol-name", str(TARGETS[name].output(DIST)))
    assert sorted(found.name for found in built[name].imports) == sorted(text.split())
    assert {found.library for found in built[name].imports} == {"/usr/lib/libSystem.B.dylib"}


def test_sections_of_a_dynamic_program_and_its_symbols_are_those_that_binutils_sees():
    path = shutil.which("readelf") or pytest.skip(
        "readelf is not installed; on Debian: apt-get install binutils"
    )
    ours = read(Path(path).read_bytes())
    rows = re.findall(
        r"(?m)^  \[ *\d+\] (\S+) +(\S+) +[0-9a-f]{16} [0-9a-f]+ ([0-9a-f]+) ", said("readelf", "-SW", path)
    )
    theirs = [(name, 0 if kind == "NOBITS" else int(size, 16)) for name, kind, size in rows if kind != "NULL"]
    assert [(section.name, section.file_bytes) for section in ours.sections] == theirs
    symbols = re.findall(r"(?m) UND (\S+?)(?:@.*)?$", said("readelf", "--dyn-syms", "-W", path))
    assert [found.name for found in ours.imports] == symbols
    libraries = re.findall(r"\(NEEDED\) +Shared library: \[(.*)\]", said("readelf", "-d", path))
    assert list(ours.libraries) == libraries


def test_what_has_no_symbol_is_what_the_build_finds(tmp_path):
    plan = crossbuild.Plan(
        targets=[host_target()],
        features="default",
        is_test_build=False,
        is_unfinished=False,
        given_sources=None,
        output=tmp_path,
        jobs=2,
        has_sizes=True,
        has_symbols=True,
    )
    made = cast("dict[str, int]", crossbuild.build(plan, Progress())[0]["component_bytes"])
    found = read((host_target().output(tmp_path).with_name(crossbuild.WITH_SYMBOLS)).read_bytes())
    groups = group_bytes(found)
    assert groups["without a name"] == made["literals and padding"]
    assert sum(groups.values()) == sum(made.values())
    assert groups["trusted roots"] == pytest.approx(made["trusted roots"], abs=100)
    assert groups["libcurl"] <= made["libcurl"]  # some of its functions have names like any other's


def test_every_executable_has_every_figure_and_their_sum_is_its_size():
    measured = measure_dist()
    assert list(measured)[: len(TARGETS)] == list(TARGETS)
    for name, found in measured.items():
        assert not [each for each in found.missing if "symbol_bytes" not in each.metric]
        figures = {reading.metric: reading.value for reading in found.readings}
        size = TARGETS[name].output(DIST).stat().st_size
        assert figures["bytes"] == size
        assert size > figures["gzip_bytes"] > figures["zstd_bytes"] > figures["brotli_bytes"] > size / 4
        sections = {key: value for key, value in figures.items() if key.startswith("section_bytes:")}
        assert sum(sections.values()) == size
        assert f"section_bytes:{HEADERS}" in sections
        assert (figures["dynamic_symbols"] == 0) == (TARGETS[name].system == "linux")

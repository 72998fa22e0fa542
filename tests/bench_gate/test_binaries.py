"""What is read of executables, and that nothing is read of what is damaged."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.sizes import group_bytes, read, section_bytes
from tests.bench_gate import binaries
from tools.binary import HEADERS, Import, Malformed, Section, Symbol


def test_an_elf_file():
    found = read(binaries.elf())
    assert (found.format, found.machine) == ("ELF", "x86_64")
    assert found.sections[:2] == (Section(".text", 6, 6), Section(".bss", 0, 4096))
    # `main` has an alias of the same bytes, and another one that is only zeros.
    assert found.symbols == (Symbol("main", ".text", 6),)
    assert found.imports == (Import("", "puts"),)
    assert found.libraries == ("libc.so.6",)
    assert read(binaries.elf(machine=183)).machine == "aarch64"
    assert read(binaries.elf(machine=7)).machine == "machine 7"


def test_a_windows_executable():
    found = read(binaries.pe())
    assert (found.format, found.machine) == ("PE", "x86_64")
    assert found.sections == (
        Section(".text", 0x200, 0x123),
        Section(".data", 0x200, 0x900),
        Section(".bss", 0, 0x50),
    )
    assert found.symbols == (Symbol("main", ".text", 0x23), Symbol("a_name_longer_than", ".text", 0x100))
    assert found.imports == (Import("A.dll", "GetThis"), Import("A.dll", "#3"))
    assert found.libraries == ("A.dll",)


def test_a_mach_o_executable():
    found = read(binaries.macho())
    assert (found.format, found.machine) == ("Mach-O", "x86_64")
    assert found.sections == (
        Section("__TEXT,__text", 0x50, 0x50),
        Section("__DATA,__bss", 0, 0x700),
        Section("__LINKEDIT", 120, 120),
    )
    # What lies before its section is the file's header, and what is for debuggers is no symbol.
    assert found.symbols == (Symbol("_main", "__TEXT,__text", 0x30), Symbol("_other", "__TEXT,__text", 0x20))
    assert found.imports == (Import("/usr/lib/libSystem.B.dylib", "_puts"),)
    assert found.libraries == ("/usr/lib/libSystem.B.dylib",)


def test_a_webassembly_module():
    found = read(binaries.WASM)
    assert (found.format, found.machine) == ("WebAssembly", "wasm32")
    assert [(section.name, section.file_bytes) for section in found.sections] == [
        ("type", 6),
        ("import", 31),
        ("function", 5),
        ("export", 10),
        ("code", 10),
        ("custom:name", 25),
    ]
    assert found.symbols == (Symbol("main", "code", 3), Symbol("another", "code", 4))
    assert found.imports == (Import("host", "call"), Import("host", "memory"))
    assert found.libraries == ("host",)
    assert found.exports == ("main",)


def test_a_webassembly_component():
    found = read(binaries.COMPONENT)
    assert (found.format, found.machine) == ("WebAssembly", "wasm32 component")
    assert [(section.name, section.file_bytes) for section in found.sections] == [
        ("core module", 10),
        ("import", 31),
    ]
    assert found.imports == (Import("wasi:http", "wasi:http/types@0.2"), Import("", "x"))
    assert found.libraries == ("wasi:http",)


def test_sections_and_what_is_between_them_are_the_file():
    for data in binaries.ALL.values():
        sizes = section_bytes(read(data), len(data))
        assert sum(sizes.values()) == len(data)
        assert sizes[HEADERS] >= 8
        assert all(size > 0 for size in sizes.values())


def test_groups_of_symbols_and_what_has_none_are_what_is_loaded():
    found = read(binaries.macho())
    assert group_bytes(found)["others"] == 0x50
    named = found._replace(symbols=(Symbol("_mbedtls_x", "", 0x20), Symbol("__weft_y", "", 0x10)))
    assert {name: size for name, size in group_bytes(named).items() if size} == {
        "mbedTLS": 0x20,
        "our C": 0x10,
        "without a name": 0x20,
    }
    assert group_bytes(found._replace(symbols=())) == {}


@pytest.mark.parametrize("kind", binaries.ALL)
def test_a_file_that_is_cut_anywhere_is_refused_or_is_still_whole(kind):
    data = binaries.ALL[kind]
    whole = read(data)
    for length in range(len(data)):
        try:
            found = read(data[:length])
        except Malformed:
            continue
        # Only after a section of a WebAssembly file, and never with more than the whole one has.
        assert kind in ("WebAssembly", "component")
        assert found.sections == whole.sections[: len(found.sections)]


@pytest.mark.parametrize("kind", binaries.ALL)
@given(changes=st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=12))
def test_a_damaged_file_is_refused_or_read_and_nothing_else(kind, changes):
    data = bytearray(binaries.ALL[kind])
    for place, value in changes:
        data[place % len(data)] = value
    try:
        found = read(bytes(data))
    except Malformed:
        return
    assert sum(section.file_bytes for section in found.sections) <= len(data)
    assert sum(section_bytes(found, len(data)).values()) == len(data)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"\x7fELF\x02\x01\x01", b"MZ", b"\xcf\xfa\xed\xfe", b"\0asm\x01\0\0\0"]),
)
def test_any_bytes_behind_the_right_beginning_are_refused_or_read(rest, start):
    with contextlib.suppress(Malformed):
        read(start + rest)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it begins with nothing"),
        (b"#!/bin/sh", "neither ELF, PE, Mach-O nor WebAssembly: it begins with 23 21"),
        (b"\x7fELF\x01\x01\x01", "a damaged or cut ELF file: not a 64-bit little-endian one"),
        (b"\x7fELF", r"a damaged or cut ELF file: its header is at 0, 7 bytes long, and the file ends at 4"),
        (binaries.elf()[:-1], "a damaged or cut ELF file: its section table is at"),
        (binaries.pe()[:0x500], "a damaged or cut PE file: section .data is at 1024, 512 bytes long"),
        (binaries.macho()[:-1], "a damaged or cut Mach-O file: segment __LINKEDIT is at 592"),
        (binaries.WASM[:-1], "a damaged or cut WebAssembly file: section custom is at"),
        (b"\0asm\x02\0\0\0", "neither a module nor a component: version 02000000"),
        (b"\0asm\x01\0\0\0\x63\x00", "section 99 at 8, which nothing is known of"),
        (
            b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x7f",
            "the size of section type before 14 is no number of 32 bits",
        ),
    ],
)
def test_what_is_refused_is_told(data, said):
    with pytest.raises(Malformed, match=said):
        read(data)

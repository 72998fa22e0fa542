"""Executables of every target, made here, are taken; copies with one thing wrong are refused and told why."""

from __future__ import annotations

import json
import struct

import pytest

from tools.compiler import zig_cc
from tools.inspect_binary import Refused, inspect, main
from tools.targets import read_targets

HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 0; }\n'
MANIFEST = """<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0"><application><windowsSettings>
<activeCodePage xmlns="http://schemas.microsoft.com/SMI/2019/WindowsSettings">UTF-8</activeCodePage>
</windowsSettings></application></assembly>"""
TARGETS = read_targets()
# The bytes before the last value of LC_BUILD_VERSION: platform macOS, then 11.0.
MACOS_11 = struct.pack("<II", 1, 11 << 16)
LIBSYSTEM = b"/usr/lib/libSystem.B.dylib"


def resource(kind, text):
    """A compiled resource file (.res) with one entry, number 1."""
    body = text.encode()
    head = struct.pack("<IIHHHHIHHII", len(body), 32, 0xFFFF, kind, 0xFFFF, 1, 0, 0x1030, 0x409, 0, 0)
    nothing = struct.pack("<IIHHHHIHHII", 0, 32, 0xFFFF, 0, 0xFFFF, 0, 0, 0, 0, 0, 0)
    return nothing + head + body + b"\0" * (-len(body) % 4)


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A program for a target, compiled once; with `manifest=False`, one for Windows without."""
    folder = tmp_path_factory.mktemp("programs")
    (folder / "hello.c").write_text(HELLO)
    (folder / "manifest.res").write_bytes(resource(24, MANIFEST))
    done = {}

    def make(name, *, manifest=True):
        target = TARGETS[name]
        is_with = manifest and target.system == "windows"
        path = folder / f"{name}-{is_with}"
        if path not in done:
            sources = ["hello.c", *(["manifest.res"] if is_with else [])]
            zig_cc(target.zig, "-Os", "-s", "-o", str(path), *sources, cwd=folder)
            done[path] = path.read_bytes()
        return done[path]

    return make


@pytest.fixture
def problems(tmp_path):
    """What is wrong with bytes as an executable of a target."""

    def ask(data, name):
        path = tmp_path / "weft"
        path.write_bytes(data)
        with pytest.raises(Refused) as refused:
            inspect(path, TARGETS[name])
        return "; ".join(refused.value.problems)

    return ask


def replaced(data, old, new):
    assert len(old) == len(new)
    assert old in data
    return data.replace(old, new)


def changed(data, at):
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


@pytest.mark.parametrize("name", TARGETS)
def test_an_executable_of_each_target_is_taken(made, name, tmp_path):
    path = tmp_path / "weft"
    path.write_bytes(made(name))
    facts = inspect(path, TARGETS[name])
    assert facts["size_bytes"] == len(made(name))
    sections = facts["section_bytes"]
    assert isinstance(sections, dict)
    assert sections


@pytest.mark.parametrize("name", TARGETS)
def test_a_file_for_another_machine_or_system_is_refused(made, name, problems):
    for other in TARGETS:
        if other != name:
            found = problems(made(name), other)
            assert "expected " + TARGETS[other].machine in found or "expected an executable for" in found


@pytest.mark.parametrize("name", TARGETS)
def test_a_cut_file_is_refused(made, name, problems):
    data = made(name)
    for part in (0, 3, 64, 200, len(data) // 2):
        assert "expected an executable for" in problems(data[:part], name)


def test_a_file_that_needs_a_loader_is_refused(problems, made):
    data = made("x86_64-linux-musl")
    (start,) = struct.unpack_from("<Q", data, 32)
    tampered = data[:start] + struct.pack("<I", 3) + data[start + 4 :]
    assert "expected a static file, found the interpreter" in problems(tampered, "x86_64-linux-musl")


def test_a_dynamic_program_of_this_system_is_refused_for_its_libraries_and_symbols(tmp_path, problems):
    (tmp_path / "hello.c").write_text(HELLO)
    zig_cc("x86_64-linux-musl", "-Os", "-s", "-shared", "-fPIC", "-o", "shared", "hello.c", cwd=tmp_path)
    assert "undefined dynamic symbols, found" in problems(
        (tmp_path / "shared").read_bytes(), "x86_64-linux-musl"
    )


def test_a_stack_that_may_be_executed_is_refused(problems, made):
    data = made("x86_64-linux-musl")
    tampered = replaced(data, struct.pack("<II", 0x6474E551, 6), struct.pack("<II", 0x6474E551, 7))
    assert "its stack is executable" in problems(tampered, "x86_64-linux-musl")


@pytest.mark.parametrize("name", ["x86_64-macos", "aarch64-macos"])
def test_a_later_macos_is_refused(name, problems, made):
    tampered = replaced(made(name), MACOS_11, struct.pack("<II", 1, 15 << 16))
    assert "expected macOS 11.0 or later, found 15.0" in problems(tampered, name)


@pytest.mark.parametrize("name", ["x86_64-macos", "aarch64-macos"])
def test_another_library_than_libsystem_is_refused(name, problems, made):
    tampered = replaced(made(name), LIBSYSTEM, b"/usr/lib/libOthers.B.dylib")
    assert "found /usr/lib/libOthers.B.dylib" in problems(tampered, name)


def test_a_page_with_another_hash_is_refused_wherever_it_was_changed(problems, made):
    data = made("aarch64-macos")
    for at in (40, 0x4000, 0x8000):
        assert "1 pages do not have the hash" in problems(changed(data, at), "aarch64-macos")


def test_an_arm_file_without_a_signature_is_refused(problems, made):
    data = made("aarch64-macos")
    at = 32
    while struct.unpack_from("<I", data, at)[0] != 0x1D:
        at += struct.unpack_from("<I", data, at + 4)[0]
    # A command that says nothing (LC_SOURCE_VERSION) in its place.
    tampered = data[:at] + struct.pack("<I", 0x2A) + data[at + 4 :]
    assert "expected an ad-hoc signature" in problems(tampered, "aarch64-macos")


def test_bytes_behind_the_signature_are_refused(problems, made):
    assert "does not cover the whole file" in problems(made("aarch64-macos") + b"more", "aarch64-macos")


def test_windows_without_the_manifest_is_refused(problems, made):
    found = problems(made("x86_64-windows-gnu", manifest=False), "x86_64-windows-gnu")
    assert "expected a manifest" in found


def test_windows_with_another_code_page_is_refused(problems, made):
    tampered = replaced(made("x86_64-windows-gnu"), b">UTF-8<", b">UTF-7<")
    assert "expected a manifest" in problems(tampered, "x86_64-windows-gnu")


def test_a_library_that_windows_does_not_bring_is_refused(problems, made):
    tampered = replaced(made("x86_64-windows-gnu"), b"KERNEL32.dll\0", b"LIBGCC_S.dll\0")
    assert "found LIBGCC_S.dll" in problems(tampered, "x86_64-windows-gnu")


@pytest.mark.parametrize(("flag", "name"), [(0x40, "random addresses"), (0x100, "no execution of data")])
def test_windows_without_its_defences_is_refused(flag, name, problems, made):
    data = bytearray(made("x86_64-windows-gnu"))
    (start,) = struct.unpack_from("<I", data, 0x3C)
    (flags,) = struct.unpack_from("<H", data, start + 24 + 70)
    struct.pack_into("<H", data, start + 24 + 70, flags & ~flag)
    assert f"without {name}" in problems(bytes(data), "x86_64-windows-gnu")


def test_a_windowed_program_is_refused(problems, made):
    data = bytearray(made("x86_64-windows-gnu"))
    (start,) = struct.unpack_from("<I", data, 0x3C)
    struct.pack_into("<H", data, start + 24 + 68, 2)
    assert "expected a console program, found a windowed one" in problems(bytes(data), "x86_64-windows-gnu")


def test_the_command_prints_facts_or_says_what_is_wrong(made, tmp_path, capsys):
    path = tmp_path / "weft"
    path.write_bytes(made("x86_64-macos"))
    assert main(["--target", "x86_64-macos", str(path)]) == 0
    assert json.loads(capsys.readouterr().out)["minimum_version"] == "11.0"
    assert main(["--target", "x86_64-linux-musl", str(path)]) == 1
    assert "expected an executable for x86_64-linux-musl" in capsys.readouterr().err
    assert main(["--target", "x86_64-linux-musl", str(path) + "-missing"]) == 1
    assert "No such file" in capsys.readouterr().err

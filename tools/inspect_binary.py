"""Judges built executables by their bytes alone: format, machine, what they import, signature. Runs none of them.

`python -m tools.inspect_binary [--target TARGET ...] [FILE]`; without a file, dist/TARGET/weft of each target. Prints
one JSON object a file; what is wrong goes to standard error, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

from tools.inspect_elf import Elf
from tools.inspect_macho import MachO, Signature
from tools.inspect_pe import DEFENCES, Pe
from tools.targets import Target, TargetError, named, read_targets

DIST = Path(__file__).resolve().parents[1] / "dist"

MACOS_MINIMUM = "11.0"
MACOS_LIBRARIES = ["/usr/lib/libSystem.B.dylib"]
# What every Windows 10 has.
WINDOWS_LIBRARIES = {
    *("kernel32.dll", "advapi32.dll", "ws2_32.dll", "bcrypt.dll", "crypt32.dll", "iphlpapi.dll", "ntdll.dll"),
    *("shell32.dll", "user32.dll"),
}
WINDOWS_RUNTIME = "api-ms-win-crt-"
UTF_8 = re.compile(r"<activeCodePage\b[^>]*>\s*UTF-8\s*</activeCodePage>")


class Refused(ValueError):
    """A file that is not what its target promises. `problems`: all of them, a sentence each."""

    def __init__(self, path: Path, problems: list[str]) -> None:
        super().__init__("\n".join(f"{path}: {problem}" for problem in problems))
        self.problems = problems


def inspect(path: Path, target: Target) -> dict[str, object]:
    """What the file is. Raises Refused with everything that is wrong, OSError if it cannot be read."""
    data = path.read_bytes()
    try:
        facts, problems = _READERS[target.system](data, target)
    except ValueError as error:
        raise Refused(path, [f"expected an executable for {target.name}, found {error}"]) from error
    if problems:
        raise Refused(path, problems)
    return {"path": str(path), "target": target.name, "size_bytes": len(data), **facts}


def _linux(data: bytes, target: Target) -> tuple[dict[str, object], list[str]]:
    found = Elf(data)
    problems = _machine(found.machine, target)
    if found.type not in ("executable", "position-independent"):
        problems.append(f"expected an executable, found {found.type}")
    if found.interpreter or found.needed:
        problems.append(
            f"expected a static file, found the interpreter {found.interpreter!r} and {found.needed} libraries"
        )
    if found.undefined:
        problems.append(f"expected no undefined dynamic symbols, found {', '.join(found.undefined[:5])}")
    if found.has_executable_stack:
        problems.append("its stack is executable")
    if found.is_any_segment_writable_and_executable:
        problems.append("a segment is writable and executable")
    facts: dict[str, object] = {
        "type": found.type,
        "section_bytes": found.section_bytes,
        "bytes_not_in_file": found.bytes_not_in_file,
        "symbols": found.symbol_count,
    }
    return facts, problems


def _macos(data: bytes, target: Target) -> tuple[dict[str, object], list[str]]:
    found = MachO(data)
    problems = _machine(found.machine, target)
    if not found.is_for_macos or found.minimum_version != MACOS_MINIMUM:
        problems.append(
            f"expected macOS {MACOS_MINIMUM} or later, found {found.minimum_version or 'no version'}"
        )
    if found.libraries != MACOS_LIBRARIES:
        problems.append(f"expected only {', '.join(MACOS_LIBRARIES)}, found {', '.join(found.libraries)}")
    signature = found.signature
    if target.machine == "aarch64":
        if signature is None:
            problems.append("expected an ad-hoc signature, without which no such Mac runs it, found none")
        else:
            problems += _signature_problems(signature)
    elif signature is not None:
        problems.append("expected no signature, found one")
    facts: dict[str, object] = {
        "minimum_version": found.minimum_version,
        "libraries": found.libraries,
        "section_bytes": found.section_bytes,
        "signed_pages": signature.page_count if signature is not None else 0,
    }
    return facts, problems


def _signature_problems(signature: Signature) -> list[str]:
    problems = []
    if not signature.is_ad_hoc:
        problems.append("its signature is not ad hoc")
    if not signature.is_whole:
        problems.append("its signature does not cover the whole file")
    if signature.wrong_pages:
        pages = ", ".join(f"{start:#x}" for start in signature.wrong_pages[:5])
        problems.append(
            f"{len(signature.wrong_pages)} pages do not have the hash that its signature says: {pages}"
        )
    return problems


def _windows(data: bytes, target: Target) -> tuple[dict[str, object], list[str]]:
    found = Pe(data)
    problems = _machine(found.machine, target)
    if found.subsystem != "console":
        problems.append(f"expected a console program, found a {found.subsystem} one")
    foreign = [
        name
        for name in found.libraries
        if name.lower() not in WINDOWS_LIBRARIES and not name.lower().startswith(WINDOWS_RUNTIME)
    ]
    if foreign:
        problems.append(f"expected only what Windows 10 has, found {', '.join(foreign)}")
    missing = [name for name in DEFENCES.values() if name not in found.defences]
    if missing:
        problems.append(f"expected {', '.join(DEFENCES.values())}, without {', '.join(missing)}")
    if not UTF_8.search(found.manifest):
        problems.append("expected a manifest with <activeCodePage>UTF-8</activeCodePage>, found none")
    facts: dict[str, object] = {
        "subsystem": found.subsystem,
        "libraries": sorted(found.libraries, key=str.lower),
        "section_bytes": found.section_bytes,
    }
    return facts, problems


def _machine(found: str, target: Target) -> list[str]:
    return [] if found == target.machine else [f"expected {target.machine}, found {found}"]


_READERS = {"linux": _linux, "macos": _macos, "windows": _windows}


def main(words: list[str]) -> int:
    """Inspect, print, and say what is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", action="append", metavar="TARGET", help="default: all of them")
    parser.add_argument("file", nargs="?", type=Path, help="default: the target's file in dist/")
    asked = parser.parse_args(words)
    if asked.file is not None and len(asked.target or ()) != 1:
        parser.error("a file needs one --target, which says what it should be")
    try:
        targets = named(asked.target or list(read_targets()))
    except TargetError as error:
        parser.error(str(error))
    is_good = True
    for target in targets:
        try:
            print(json.dumps(inspect(asked.file or target.output(DIST), target)))
        except (Refused, OSError) as error:
            print(error, file=sys.stderr)
            is_good = False
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

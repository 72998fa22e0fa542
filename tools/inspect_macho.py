"""Reads a Mach-O executable and recomputes the hashes of its code signature. Judges nothing, runs nothing."""

from __future__ import annotations

import hashlib
import struct

MACHINES = {0x01000007: "x86_64", 0x0100000C: "aarch64"}

_HEADER = struct.Struct("<IIIIIIII")
_COMMAND = struct.Struct("<II")
_MAGIC = 0xFEEDFACF
_EXECUTABLE = 2
_LC_SEGMENT, _LC_LOAD_DYLIB, _LC_SIGNATURE, _LC_MINIMUM, _LC_BUILD = 0x19, 0x0C, 0x1D, 0x24, 0x32
# Every command that names a library: plain, weak, re-exported, lazy, upward.
_LIBRARIES = (_LC_LOAD_DYLIB, 0x80000018, 0x8000001F, 0x20, 0x80000023)
_MACOS = 1

_BLOBS = 0xFADE0CC0
_DIRECTORY = 0xFADE0C02
_DIRECTORY_SLOT = 0
_DIRECTORY_FIELDS = struct.Struct(">IIIIIIIIIBBBB")
_AD_HOC = 0x2
_SHA256 = 2


class Signature:
    """A code directory. `is_whole`: it covers every byte before it and is the last thing in the file."""

    def __init__(self, data: bytes, at: int, size: int) -> None:
        magic, length, count = struct.unpack_from(">III", data, at)
        if magic != _BLOBS or length > size:
            raise ValueError("the code signature does not begin as one")
        blobs = [struct.unpack_from(">II", data, at + 12 + 8 * n) for n in range(count)]
        places = [at + offset for slot, offset in blobs if slot == _DIRECTORY_SLOT]
        if len(places) != 1:
            raise ValueError(f"the code signature has {len(places)} code directories, expected one")
        self._read_directory(data, places[0])
        self.is_whole = self.limit_bytes == at and at + size == len(data)

    def _read_directory(self, data: bytes, at: int) -> None:
        fields = _DIRECTORY_FIELDS.unpack_from(data, at)
        magic, length, _, flags, hashes_at, name_at, _, count, limit, size, kind, _, page = fields
        if magic != _DIRECTORY or at + length > len(data):
            raise ValueError("the code directory does not begin as one, or is cut")
        if (kind, size) != (_SHA256, hashlib.sha256().digest_size):
            raise ValueError(
                f"the code directory has hashes of kind {kind} and {size} bytes, expected SHA-256"
            )
        name = data[at + name_at : data.index(b"\0", at + name_at)]
        self.identifier = name.decode("utf-8", "replace")
        self.is_ad_hoc = bool(flags & _AD_HOC)
        self.limit_bytes = limit
        self.page_bytes = 1 << page
        self.page_count = count
        starts = range(0, limit, self.page_bytes)
        if count != len(starts):
            raise ValueError(f"the code directory has {count} hashes for {len(starts)} pages")
        stored = [data[at + hashes_at + n * size : at + hashes_at + (n + 1) * size] for n in range(count)]
        computed = [
            hashlib.sha256(data[start : min(start + self.page_bytes, limit)]).digest() for start in starts
        ]
        pairs = zip(starts, stored, computed, strict=True)
        self.wrong_pages = [start for start, told, found in pairs if told != found]


class MachO:
    """What the file says about itself. ValueError for what is no 64-bit Mach-O executable, or is cut."""

    def __init__(self, data: bytes) -> None:
        try:
            self._read(data)
        except (struct.error, IndexError) as error:
            raise ValueError(f"a damaged or cut Mach-O file: {error}") from error

    def _read(self, data: bytes) -> None:
        magic, machine, _, kind, count, _, _, _ = _HEADER.unpack_from(data)
        if (magic, kind) != (_MAGIC, _EXECUTABLE):
            raise ValueError("not a 64-bit Mach-O executable")
        self.machine = MACHINES.get(machine, f"machine {machine:#x}")
        self.minimum_version = ""
        self.platform = 0
        self.libraries: list[str] = []
        self.segment_bytes: dict[str, int] = {}
        self.section_bytes: dict[str, int] = {}
        self.signature: Signature | None = None
        at = _HEADER.size
        for _ in range(count):
            command, size = _COMMAND.unpack_from(data, at)
            if size < _COMMAND.size:
                raise ValueError(f"a damaged Mach-O file: a load command of {size} bytes")
            self._read_command(data, at, command, size)
            at += size

    def _read_command(self, data: bytes, at: int, command: int, size: int) -> None:
        if command == _LC_SEGMENT:
            self._read_segment(data, at)
        elif command in _LIBRARIES:
            (name_at,) = struct.unpack_from("<I", data, at + 8)
            self.libraries.append(_name(data[at + name_at : at + size]))
        elif command == _LC_BUILD:
            self.platform, version = struct.unpack_from("<II", data, at + 8)
            self.minimum_version = _version(version)
        elif command == _LC_MINIMUM:
            self.platform = _MACOS
            self.minimum_version = _version(*struct.unpack_from("<I", data, at + 8))
        elif command == _LC_SIGNATURE:
            self.signature = Signature(data, *struct.unpack_from("<II", data, at + 8))

    def _read_segment(self, data: bytes, at: int) -> None:
        name, _, _, offset, size, _, _, count, _ = struct.unpack_from("<16sQQQQiiII", data, at + 8)
        if offset + size > len(data):
            raise ValueError(
                f"a cut Mach-O file: {_name(name)} ends at {offset + size}, the file at {len(data)}"
            )
        self.segment_bytes[_name(name)] = size
        for n in range(count):
            section, segment, _, length = struct.unpack_from("<16s16sQQ", data, at + 72 + 80 * n)
            self.section_bytes[f"{_name(segment)},{_name(section)}"] = length

    @property
    def is_for_macos(self) -> bool:
        return self.platform == _MACOS


def _name(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")


def _version(packed: int) -> str:
    """`11.0` of X.Y.Z in nibbles xxxx.yy.zz; a patch level of 0 is left out."""
    parts = [packed >> 16, packed >> 8 & 0xFF, packed & 0xFF]
    return ".".join(str(part) for part in (parts if parts[2] else parts[:2]))

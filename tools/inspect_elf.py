"""Reads an ELF executable: what it is, what it needs and how large its parts are. Judges nothing, runs nothing."""

from __future__ import annotations

import struct

MACHINES = {62: "x86_64", 183: "aarch64"}
TYPES = {2: "executable", 3: "position-independent"}

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SEGMENT = struct.Struct("<IIQQQQQQ")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_SYMBOL = struct.Struct("<IBBHQQ")
_PT_DYNAMIC, _PT_INTERP, _PT_STACK = 2, 3, 0x6474E551
_SHT_SYMTAB, _SHT_NOBITS, _SHT_DYNSYM = 2, 8, 11
_DT_NEEDED = 1
_EXECUTE, _WRITE = 1, 2


class Elf:
    """What the file says about itself. ValueError for what is no 64-bit little-endian ELF, or is cut."""

    def __init__(self, data: bytes) -> None:
        if data[:7] != b"\x7fELF\x02\x01\x01":
            raise ValueError("not a 64-bit little-endian ELF file")
        try:
            self._read(data)
        except (struct.error, IndexError) as error:
            raise ValueError(f"a damaged or cut ELF file: {error}") from error

    def _read(self, data: bytes) -> None:
        fields = _HEADER.unpack_from(data)
        self.type = TYPES.get(fields[1], f"type {fields[1]}")
        self.machine = MACHINES.get(fields[2], f"machine {fields[2]}")
        segments = [_SEGMENT.unpack_from(data, fields[5] + n * fields[9]) for n in range(fields[10])]
        self._check_segments(data, segments)
        self.interpreter = ""
        self.needed = 0
        self.has_executable_stack = True  # what Linux gives a file that says nothing
        self.is_any_segment_writable_and_executable = False
        for kind, flags, offset, _, _, size, _, _ in segments:
            both = flags & _EXECUTE and flags & _WRITE
            if kind == _PT_INTERP:
                self.interpreter = data[offset : offset + size].rstrip(b"\0").decode("ascii", "replace")
            elif kind == _PT_DYNAMIC:
                entries = struct.iter_unpack("<qQ", data[offset : offset + size - size % 16])
                self.needed = sum(1 for tag, _ in entries if tag == _DT_NEEDED)
            elif kind == _PT_STACK:
                self.has_executable_stack = bool(flags & _EXECUTE)
            elif both:
                self.is_any_segment_writable_and_executable = True
        self._read_sections(data, fields[6], fields[11], fields[12], fields[13])

    def _check_segments(self, data: bytes, segments: list[tuple[int, ...]]) -> None:
        for _, _, offset, _, _, size, _, _ in segments:
            if offset + size > len(data):
                raise ValueError(
                    f"a cut ELF file: a segment ends at {offset + size}, the file at {len(data)}"
                )

    def _read_sections(self, data: bytes, at: int, size: int, count: int, names_at: int) -> None:
        headers = [_SECTION.unpack_from(data, at + n * size) for n in range(count)]
        self.section_bytes: dict[str, int] = {}
        self.undefined: list[str] = []
        self.symbol_count = 0
        for header in headers:
            name = _text(data, headers[names_at][4] + header[0])
            # .bss and its like take no room in the file, but their size is what is asked for.
            if name:
                self.section_bytes[name] = header[5]
            if header[1] == _SHT_SYMTAB:
                self.symbol_count = header[5] // _SYMBOL.size
            if header[1] == _SHT_DYNSYM:
                texts_at = headers[header[6]][4]
                symbols = [
                    _SYMBOL.unpack_from(data, header[4] + n) for n in range(0, header[5], _SYMBOL.size)
                ]
                # The first is always empty.
                self.undefined += [
                    _text(data, texts_at + symbol[0]) for symbol in symbols[1:] if symbol[3] == 0
                ]
        self.bytes_not_in_file = sum(header[5] for header in headers if header[1] == _SHT_NOBITS)


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode("utf-8", "replace")

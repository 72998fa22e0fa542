"""Turns the bytes of a Mach-O file into its sections, symbols and imports. Runs and judges nothing.

By Apple's <mach-o/loader.h> and <mach-o/nlist.h>, for 64-bit little-endian executables.
"""

from __future__ import annotations

import struct

from tools.binary import Binary, Image, Import, Placed, Range, Section, sized

MAGIC = b"\xcf\xfa\xed\xfe"
_HEADER = struct.Struct("<4s7I")
_COMMAND = struct.Struct("<2I")
_SEGMENT = struct.Struct("<8x16s4Q4I")
_SECTION = struct.Struct("<16s16s2Q8I")
_SYMTAB = struct.Struct("<8x4I")
_NAME_AT = struct.Struct("<8xI")
_SYMBOL = struct.Struct("<I2BHQ")
_MACHINES = {0x01000007: "x86_64", 0x0100000C: "aarch64"}
_EXECUTABLE = 2
_LC_SYMTAB, _LC_SEGMENT = 0x2, 0x19
# Every command that names a library, in the order in which imports count them: plain, weak, re-exported, lazy, upward.
_LC_LIBRARIES = (0x0C, 0x80000018, 0x8000001F, 0x20, 0x80000023)
# Types of sections that hold only zeros: plain, larger than 4 GB, of threads.
_ZEROS = (0x01, 0x0C, 0x12)
_STAB, _TYPE, _EXTERNAL = 0xE0, 0x0E, 0x01
_UNDEFINED, _IN_SECTION = 0x0, 0xE


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.image = Image(data, "Mach-O")
        self.sections: list[Section] = []
        self.ranges: dict[int, Range] = {}
        self.section_count = 0
        self.libraries: list[str] = []
        self.symbols: list[Placed] = []
        self.undefined: list[tuple[str, int]] = []

    def segment(self, at: int, command_bytes: int) -> None:
        raw_name, _, _, offset, file_bytes, _, _, count, _ = self.image.unpack(_SEGMENT, at, "a segment")
        name = _name(raw_name)
        self.image.bytes_at(offset, file_bytes, f"segment {name}")
        if _SEGMENT.size + count * _SECTION.size > command_bytes:
            raise self.image.malformed(f"{count} sections do not fit into the command of segment {name}")
        for entry in self.image.table(_SECTION, at + _SEGMENT.size, count, f"sections of {name}"):
            self.section_count += 1
            raw_section, raw_segment, address, size, place, _, _, _, flags = entry[:9]
            section = f"{_name(raw_segment)},{_name(raw_section)}"
            is_zeros = flags & 0xFF in _ZEROS
            if not is_zeros:
                self.image.bytes_at(place, size, f"section {section}")
                self.ranges[self.section_count] = Range(section, address, address + size)
            self.sections.append(Section(section, 0 if is_zeros else size, size))
        if not count and file_bytes:
            # The names, fix-ups and the signature: all that the linker leaves to the loader.
            self.sections.append(Section(name, file_bytes, file_bytes))

    def library(self, at: int, command_bytes: int) -> None:
        (name_at,) = self.image.unpack(_NAME_AT, at, "a library")
        field = self.image.bytes_at(at + name_at, command_bytes - name_at, "the name of a library")
        self.libraries.append(_name(field))

    def symbol_table(self, at: int) -> None:
        symbols_at, count, texts_at, texts_bytes = self.image.unpack(_SYMTAB, at, "its symbol table")
        self.image.bytes_at(texts_at, texts_bytes, "names of its symbols")
        for place, kind, section, description, address in self.image.table(
            _SYMBOL, symbols_at, count, "its symbol table"
        ):
            if kind & _STAB:
                continue
            if place >= texts_bytes:
                raise self.image.malformed(f"a name is at {place} of {texts_bytes} bytes of names")
            name = self.image.text(texts_at + place, "the name of a symbol")
            if kind & _TYPE == _IN_SECTION:
                self.symbols.append(Placed(name, section, address))
            elif kind & _TYPE == _UNDEFINED and kind & _EXTERNAL:
                self.undefined.append((name, description >> 8))


def read(data: bytes) -> Binary:
    """Raises Malformed for anything but a whole 64-bit Mach-O executable."""
    reader = _Reader(data)
    image = reader.image
    magic, machine, _, kind, count, commands_bytes, _, _ = image.unpack(_HEADER, 0, "its header")
    if (magic, kind) != (MAGIC, _EXECUTABLE):
        raise image.malformed("not a 64-bit executable")
    at = _HEADER.size
    end = at + commands_bytes
    for _ in range(count):
        command, size = image.unpack(_COMMAND, at, "a load command")
        if size < _COMMAND.size or at + size > end:
            raise image.malformed(f"a load command of {size} bytes at {at}, where they end at {end}")
        if command == _LC_SEGMENT:
            reader.segment(at, size)
        elif command in _LC_LIBRARIES:
            reader.library(at, size)
        elif command == _LC_SYMTAB:
            reader.symbol_table(at)
        at += size
    image.check_sections(reader.sections)
    # From 1 on; other numbers say "any" or "the program itself", which is no library.
    libraries = dict(enumerate(reader.libraries, 1))
    return Binary(
        "Mach-O",
        _MACHINES.get(machine, f"machine {machine:#x}"),
        tuple(reader.sections),
        tuple(sized(reader.symbols, reader.ranges)),
        tuple(Import(libraries.get(number, ""), name) for name, number in reader.undefined),
        tuple(reader.libraries),
    )


def _name(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "replace")

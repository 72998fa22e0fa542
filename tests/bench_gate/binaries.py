"""Small executables of every format, written field by field: the tables that a parser reads, and nothing that runs."""

from __future__ import annotations

import struct


def elf(*, machine: int = 62) -> bytes:
    """Two sections with contents, one of zeros; `main` and its alias, 6 bytes; `puts` from libc.so.6."""
    names = b"\0.text\0.bss\0.symtab\0.strtab\0.shstrtab\0.dynsym\0.dynamic\0"
    texts = b"\0main\0alias\0puts\0libc.so.6\0"
    symbols = [
        struct.pack("<IBBHQQ", 0, 0, 0, 0, 0, 0),
        struct.pack("<IBBHQQ", texts.index(b"main"), 0x12, 0, 1, 0x1000, 6),
        struct.pack("<IBBHQQ", texts.index(b"alias"), 0x12, 0, 1, 0x1000, 4),
        struct.pack("<IBBHQQ", texts.index(b"main"), 0x11, 0, 2, 0x2000, 32),  # zeros: no bytes of the file
    ]
    dynamic_symbols = [symbols[0], struct.pack("<IBBHQQ", texts.index(b"puts"), 0x12, 0, 0, 0, 0)]
    dynamic = struct.pack("<QQQQ", 1, texts.index(b"libc"), 0, 0)
    contents = {  # kind, flags, link, data
        ".text": (1, 6, 0, b"\x90" * 6),
        ".bss": (8, 3, 0, b""),
        ".symtab": (2, 0, 4, b"".join(symbols)),
        ".strtab": (3, 0, 0, texts),
        ".shstrtab": (3, 0, 0, names),
        ".dynsym": (11, 2, 4, b"".join(dynamic_symbols)),
        ".dynamic": (6, 3, 4, dynamic),
    }
    body, headers = b"", [bytes(64)]
    for name, (kind, flags, link, data) in contents.items():
        place, size = 64 + len(body), 4096 if name == ".bss" else len(data)
        at = names.index(name.encode() + b"\0")
        headers.append(struct.pack("<IIQQQQIIQQ", at, kind, flags, 0, place, size, link, 0, 1, 0))
        body += data
    start = b"\x7fELF\x02\x01\x01" + bytes(9)
    fields = (2, machine, 1, 0x1000, 0, 64 + len(body), 0, 64, 56, 0, 64, len(headers), 5)
    return start + struct.pack("<HHIQQQIHHHHHH", *fields) + body + b"".join(headers)


def pe() -> bytes:
    """.text with `main` and a long name, .data mostly of zeros, and an import by name and one by number from A.dll."""
    headers_bytes, text_at, import_at = 0x200, 0x1000, 0x2000
    imports = bytearray(0x200)
    struct.pack_into("<IIIII", imports, 0, import_at + 0x40, 0, 0, import_at + 0x80, import_at + 0x40)
    struct.pack_into("<QQQ", imports, 0x40, import_at + 0x90, 1 << 63 | 3, 0)
    imports[0x80:0x86] = b"A.dll\0"
    imports[0x90:0x9A] = b"\0\0GetThis\0"
    sections = [
        (b".text", 0x123, text_at, 0x200, headers_bytes, 0x60000020),
        (b".data", 0x900, import_at, 0x200, headers_bytes + 0x200, 0xC0000040),
        (b".bss", 0x50, 0x3000, 0x40, 0, 0xC0000080),
    ]
    symbols_at = headers_bytes + 0x400
    symbols = b"".join(
        [
            struct.pack("<8sIhHBB", b"main", 0, 1, 0, 2, 0),
            struct.pack("<8sIhHBB", struct.pack("<II", 0, 4), 0x23, 1, 0, 2, 0),
            struct.pack("<8sIhHBB", b".text", 0, 1, 0, 3, 1),
            bytes(18),
        ]
    )
    texts = struct.pack("<I", 4 + 18) + b"a_name_longer_than\0"
    dos = b"MZ" + bytes(0x3A) + struct.pack("<I", 0x40)
    optional = struct.pack("<H", 0x20B) + bytes(106) + struct.pack("<I", 16)
    optional += struct.pack("<II", 0, 0) + struct.pack("<II", import_at, 0x40) + bytes(14 * 8)
    file = struct.pack("<4sHHIIIHH", b"PE\0\0", 0x8664, len(sections), 0, symbols_at, 4, len(optional), 0x22)
    table = b"".join(struct.pack("<8sIIII12xI", *section) for section in sections)
    head = (dos + file + optional + table).ljust(headers_bytes, b"\0")
    return head + bytes(0x200) + bytes(imports) + symbols + texts


def macho() -> bytes:
    """__text with two functions, __bss, a __LINKEDIT with the names, and `_puts` from libSystem."""
    library = b"/usr/lib/libSystem.B.dylib\0".ljust(32, b"\0")
    texts = b"\0_main\0_other\0_puts\0_start_of_file\0".ljust(40, b"\0")
    symbols = b"".join(
        [
            struct.pack("<IBBHQ", texts.index(b"_start"), 0x0F, 1, 0, 0x1000),  # before its section
            struct.pack("<IBBHQ", texts.index(b"_main"), 0x0F, 1, 0, 0x1200),
            struct.pack("<IBBHQ", texts.index(b"_other"), 0x0E, 1, 0, 0x1230),
            struct.pack("<IBBHQ", texts.index(b"_other"), 0x24, 1, 0, 0x1230),  # for debuggers
            struct.pack("<IBBHQ", texts.index(b"_puts"), 0x01, 0, 1 << 8, 0),
        ]
    )
    text_at, text_bytes = 0x200, 0x50
    names_at = text_at + text_bytes
    linkedit_bytes = len(symbols) + len(texts)

    def segment(name, offset, size, sections):
        body = b"".join(sections)
        head = struct.pack(
            "<II16sQQQQIIII", 0x19, 72 + len(body), name, 0, 0, offset, size, 5, 5, len(sections), 0
        )
        return head + body

    def section(name, owner, address, size, offset, flags):
        return struct.pack("<16s16sQQIIIIIIII", name, owner, address, size, offset, 0, 0, 0, flags, 0, 0, 0)

    commands = [
        segment(b"__TEXT", 0, names_at, [section(b"__text", b"__TEXT", 0x1200, text_bytes, text_at, 0)]),
        segment(b"__DATA", 0, 0, [section(b"__bss", b"__DATA", 0x2000, 0x700, 0, 1)]),
        segment(b"__LINKEDIT", names_at, linkedit_bytes, []),
        struct.pack("<IIIIII", 2, 24, names_at, 5, names_at + len(symbols), len(texts)),
        struct.pack("<IIIIII", 0x0C, 24 + len(library), 24, 0, 0, 0) + library,
    ]
    body = b"".join(commands)
    head = struct.pack("<4sIIIIIII", b"\xcf\xfa\xed\xfe", 0x01000007, 3, 2, len(commands), len(body), 0, 0)
    return (head + body).ljust(text_at, b"\0") + bytes(text_bytes) + symbols + texts


def _part(number: int, body: bytes) -> bytes:
    return bytes([number, len(body)]) + body


# A module: a type, an imported function and memory, two functions, of which one is exported, and their names.
WASM = b"".join(
    [
        b"\0asm\x01\0\0\0",
        _part(1, b"\x01\x60\0\0"),
        _part(2, b"\x02\x04host\x04call\0\0\x04host\x06memory\x02\x01\x01\x02"),
        _part(3, b"\x02\0\0"),
        _part(7, b"\x01\x04main\0\x01"),
        _part(10, b"\x02\x02\0\x0b\x03\0\x01\x0b"),
        _part(0, b"\x04name" + _part(1, b"\x02\x01\x04main\x02\x07another")),
    ]
)
# A component: an empty core module, an imported instance and an imported type that is any.
COMPONENT = b"".join(
    [
        b"\0asm\x0d\0\x01\0",
        _part(1, b"\0asm\x01\0\0\0"),
        _part(10, b"\x02\0\x13wasi:http/types@0.2\x05\0\0\x01x\x03\x01"),
    ]
)

ALL = {"ELF": elf(), "PE": pe(), "Mach-O": macho(), "WebAssembly": WASM, "component": COMPONENT}

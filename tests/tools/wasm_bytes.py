"""A component and an object of WebAssembly, written field by field: what a reader reads, and nothing that runs."""

from __future__ import annotations

from hypothesis import strategies as st


def damaged(whole):
    """The same bytes, a few of them changed."""
    places = st.tuples(st.integers(0, len(whole) - 1), st.integers(0, 255))

    def changed(changes):
        data = bytearray(whole)
        for place, value in changes:
            data[place] = value
        return bytes(data)

    return st.lists(places, min_size=1, max_size=8).map(changed)


def part(number, body):
    return bytes([number, len(body)]) + body


COMPONENT_START = b"\0asm\x0d\0\x01\0"


def module(*parts):
    return b"\0asm\x01\0\0\0" + b"".join(parts)


CORE = module(part(5, b"\x01\x00\x01"), part(7, b"\x01\x06memory\x02\x00"))
ADAPTER = module(part(2, b"\x01\x03env\x06memory\x02\x00\x00"), part(0, b"\x01x" + bytes(9)))
TIES = module(part(2, b"\x01\x00\x08$imports\x01\x70\x00\x01"))
NESTED = COMPONENT_START + part(1, TIES)
COMPONENT = COMPONENT_START + b"".join(
    [
        *(part(1, CORE), part(1, ADAPTER), part(4, NESTED)),
        part(10, b"\x02\0\x13wasi:http/types@0.2\x05\0\0\x01x\x03\x01"),
    ]
)


def padded(value):
    """A number with the room that a linker needs."""
    return bytes([value & 127 | 128, 128, 128, 128, 0])


# main calls helper and out, and reads table; table holds main. out and errno are somebody else's.
MAIN = b"\x00" + b"\x10" + padded(1) + b"\x10" + padded(0) + b"\x41" + padded(0) + b"\x1a\x0b"
HELPER = b"\x00\x0b"
CODE = b"\x02" + bytes([len(MAIN)]) + MAIN + bytes([len(HELPER)]) + HELPER
SYMBOLS = b"".join(
    [
        *(b"\x05", b"\x00\x00\x01\x04main", b"\x00\x02\x02\x06helper", b"\x00\x10\x00"),
        *(b"\x01\x00\x05table\x00\x00\x04", b"\x01\x10\x05errno"),
    ]
)
OBJECT = b"\0asm\x01\0\0\0" + b"".join(
    [
        part(1, b"\x01\x60\x00\x00"),
        part(2, b"\x02\x03env\x03out\x00\x00\x03env\x06memory\x02\x00\x01"),
        part(3, b"\x02\x00\x00"),
        part(10, CODE),
        part(11, b"\x01\x00\x41\x00\x0b\x06\0\0\0\0\0\0"),
        part(0, b"\x07linking\x02" + part(8, SYMBOLS)),
        # of section 3, the code: function 1 at 4, function 2 (out) at 10, the address of symbol 3 at 16
        part(0, b"\x0areloc.CODE\x03\x03" + b"\x00\x04\x01" + b"\x00\x0a\x02" + b"\x04\x10\x03\x00"),
        part(0, b"\x0areloc.DATA\x04\x01" + b"\x02\x06\x00"),
    ]
)

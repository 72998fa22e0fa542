"""Turns a Windows application manifest into the compiled resource (.res) that a linker takes.

The compiler's own resource compiler would be built first, for a minute, only to write these 64 bytes of headers.
Format: Microsoft's RESOURCEHEADER; an empty first entry marks the 32-bit form. Strings and icons are not made here.
"""

from __future__ import annotations

import struct

_MANIFEST_TYPE = 24  # RT_MANIFEST
_EXECUTABLE_MANIFEST = 1  # CREATEPROCESS_MANIFEST_RESOURCE_ID
_PURE_MOVEABLE = 0x0030
_US_ENGLISH = 0x0409


def manifest_resource(manifest: bytes) -> bytes:
    """The .res file of an executable's manifest."""
    return _entry(0, 0, b"", flags=0, language=0) + _entry(
        _MANIFEST_TYPE, _EXECUTABLE_MANIFEST, manifest, flags=_PURE_MOVEABLE, language=_US_ENGLISH
    )


def _entry(kind: int, name: int, data: bytes, *, flags: int, language: int) -> bytes:
    # Numbers instead of names are marked by 0xffff; data version, memory flags, language, version, characteristics.
    rest = struct.pack("<HHHHIHHII", 0xFFFF, kind, 0xFFFF, name, 0, flags, language, 0, 0)
    entry = struct.pack("<II", len(data), 8 + len(rest)) + rest + data
    return entry + bytes(-len(entry) % 4)

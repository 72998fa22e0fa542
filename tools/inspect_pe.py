"""Reads a Windows executable: what it imports, what it is and its manifest. Judges nothing, runs nothing."""

from __future__ import annotations

import struct

MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64"}
SUBSYSTEMS = {2: "windowed", 3: "console"}
DEFENCES = {0x20: "high-entropy addresses", 0x40: "random addresses", 0x100: "no execution of data"}

_PE32_PLUS = 0x20B
_IMPORTS, _RESOURCES = 1, 2
_MANIFEST = 24
# name, size in memory, address, size in the file, place in the file
_SECTION = struct.Struct("<8sIIII16x")
_SUBFOLDER = 0x80000000


class Pe:
    """What the file says about itself. ValueError for what is no 64-bit PE file, or is cut."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        try:
            self._read(data)
        except (struct.error, IndexError) as error:
            raise ValueError(f"a damaged or cut PE file: {error}") from error

    def _read(self, data: bytes) -> None:
        if data[:2] != b"MZ":
            raise ValueError("not a Windows executable")
        (at,) = struct.unpack_from("<I", data, 0x3C)
        signature, machine, count = struct.unpack_from("<4sHH", data, at)
        if signature != b"PE\0\0":
            raise ValueError("not a Windows executable of this century")
        self.machine = MACHINES.get(machine, f"machine {machine:#x}")
        (header_bytes,) = struct.unpack_from("<H", data, at + 20)
        optional = at + 24
        (magic,) = struct.unpack_from("<H", data, optional)
        if magic != _PE32_PLUS:
            raise ValueError(f"not a 64-bit PE file: its optional header has magic {magic:#x}")
        subsystem, flags = struct.unpack_from("<HH", data, optional + 68)
        self.subsystem = SUBSYSTEMS.get(subsystem, f"subsystem {subsystem}")
        self.defences = [name for bit, name in DEFENCES.items() if flags & bit]
        table = optional + header_bytes
        self._sections: list[tuple[bytes, int, int, int, int]] = [
            _SECTION.unpack_from(data, table + 40 * n) for n in range(count)
        ]
        for _, _, _, size, offset in self._sections:
            if offset + size > len(data):
                raise ValueError(f"a cut PE file: a section ends at {offset + size}, the file at {len(data)}")
        self.section_bytes = {
            name.rstrip(b"\0").decode("ascii", "replace"): size for name, _, _, size, _ in self._sections
        }
        directories = [struct.unpack_from("<II", data, optional + 112 + 8 * n) for n in range(3)]
        self.libraries = list(self._libraries(directories[_IMPORTS][0]))
        self.manifest = self._manifest(directories[_RESOURCES][0])

    def _offset(self, address: int) -> int:
        for _, virtual_size, start, size, offset in self._sections:
            if start <= address < start + max(virtual_size, size):
                return offset + address - start
        raise ValueError(f"a damaged PE file: no section holds {address:#x}")

    def _libraries(self, address: int) -> list[str]:
        found: list[str] = []
        at = self._offset(address) if address else -1
        while at >= 0:
            (name,) = struct.unpack_from("<12xI", self._data, at)
            if not name:
                break
            start = self._offset(name)
            found.append(self._data[start : self._data.index(b"\0", start)].decode("ascii", "replace"))
            at += 20
        return found

    def _manifest(self, address: int) -> str:
        """The text of the manifest; empty if there is none."""
        if not address:
            return ""
        root = self._offset(address)
        for kind, found in self._entries(root, 0):
            if kind != _MANIFEST:
                continue
            place = found
            while place & _SUBFOLDER:  # by name, then by language: the first of each
                place = self._entries(root, place & ~_SUBFOLDER)[0][1]
            start, size = struct.unpack_from("<II", self._data, root + place)
            at = self._offset(start)
            return self._data[at : at + size].decode("utf-8", "replace")
        return ""

    def _entries(self, root: int, folder: int) -> list[tuple[int, int]]:
        named, numbered = struct.unpack_from("<12xHH", self._data, root + folder)
        first = root + folder + 16
        return [struct.unpack_from("<II", self._data, first + 8 * n) for n in range(named + numbered)]

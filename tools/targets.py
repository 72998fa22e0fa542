"""Turns `targets.toml` into records: what is built for whom, by which flags, under which names. Builds nothing."""

from __future__ import annotations

import platform
import tomllib
from difflib import get_close_matches
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("targets.toml")
SYSTEM_KEYS = {"compile", "link", "suffix", "manifest", "layout"}
TARGET_KEYS = {"zig", "system", "machine", "checked", "emulator"}
CHECKED = ("executed", "inspected")
_MACHINES = {"amd64": "x86_64", "arm64": "aarch64"}
_SYSTEMS = {"darwin": "macos"}


class TargetError(ValueError):
    """A target that there is not, or a table that cannot be read."""


class Target:
    """One platform. Every name that is made from it is made here."""

    def __init__(self, name: str, row: dict[str, Any], system: dict[str, Any]) -> None:
        self.name = name
        self.zig: str = row["zig"]
        self.system: str = row["system"]
        self.machine: str = row["machine"]
        self.checked: str = row["checked"]
        self.emulator: tuple[str, ...] = tuple(row["emulator"])
        self.compile_flags: tuple[str, ...] = tuple(system["compile"])
        self.link_flags: tuple[str, ...] = tuple(system["link"])
        self.suffix: str = system["suffix"]
        self.manifest: str = system["manifest"]
        self.layout: str = system["layout"]

    @property
    def executable(self) -> str:
        """The file's name."""
        return f"weft{self.suffix}"

    @property
    def is_host(self) -> bool:
        """Whether this machine runs it without an emulator."""
        machine = platform.machine().lower()
        system = platform.system().lower()
        return (self.system, self.machine) == (
            _SYSTEMS.get(system, system),
            _MACHINES.get(machine, machine),
        )

    def output(self, dist: Path) -> Path:
        return dist / self.name / self.executable

    def as_json(self) -> dict[str, object]:
        return {
            "name": self.name,
            "system": self.system,
            "machine": self.machine,
            "checked": self.checked,
            "executable": self.executable,
            "host": self.is_host,
        }


def read_targets(text: str | None = None) -> dict[str, Target]:
    """All executables' targets, in the order of the table. Raises TargetError."""
    return _read(text)["target"]


def wasm_target(text: str | None = None) -> Target:
    """What WebAssembly is compiled for. Raises TargetError."""
    (target,) = _read(text)["wasm"].values()
    return target


def _read(text: str | None) -> dict[str, dict[str, Target]]:
    table = tomllib.loads(TABLE.read_text("utf-8") if text is None else text)
    systems = table.pop("system", {})
    sections = {name: table.pop(name, {}) for name in ("target", "wasm")}
    if table:
        raise TargetError(f"{TABLE.name}: expected system, target and wasm, found {', '.join(sorted(table))}")
    for name, system in systems.items():
        _check_keys(f"system.{name}", system, SYSTEM_KEYS)
    return {section: _section(rows, section, systems) for section, rows in sections.items()}


def _section(rows: dict[str, Any], section: str, systems: dict[str, Any]) -> dict[str, Target]:
    found = {}
    for name, row in rows.items():
        _check_keys(f"{section}.{name}", row, TARGET_KEYS)
        if row["system"] not in systems:
            raise TargetError(
                f"{TABLE.name}: {section}.{name}.system is {row['system']!r}, which has no section"
            )
        if row["checked"] not in CHECKED:
            raise TargetError(
                f"{TABLE.name}: {section}.{name}.checked is {row['checked']!r}, expected one of {CHECKED}"
            )
        found[name] = Target(name, row, systems[row["system"]])
    return found


def _check_keys(where: str, row: dict[str, Any], expected: set[str]) -> None:
    if set(row) != expected:
        raise TargetError(
            f"{TABLE.name}: {where} has {', '.join(sorted(row))}; expected exactly {', '.join(sorted(expected))}"
        )


def named(names: list[str]) -> list[Target]:
    """The targets of these names, each once. Raises TargetError."""
    targets = read_targets()
    for name in names:
        if name not in targets:
            near = get_close_matches(name, targets, 1)
            guess = f"; did you mean {near[0]}?" if near else ""
            raise TargetError(f"no target is called {name!r}{guess} There are {', '.join(targets)}")
    return [targets[name] for name in dict.fromkeys(names)]


def host_target() -> Target:
    """The target that this machine runs. Raises TargetError."""
    for target in read_targets().values():
        if target.is_host:
            return target
    raise TargetError(
        f"no target runs on this machine ({platform.system()} {platform.machine()}); name one with --target"
    )

"""Turns pinned files into files on disk through apt, unprivileged: every folder apt writes to is in the cache.

Where from is what this machine's apt is set up with, with the suite changed to Debian 13's; no host is named here.
Only files whose digest is pinned are taken: exact revisions leave a suite, so the look-up goes by file and digest
through all suites, and not by the newest revision.
"""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from tools.pins import FilePin, SourcePin

SUITE = "trixie"
_SUITES = {"": SUITE, "updates": f"{SUITE}-updates", "security": f"{SUITE}-security"}
WITHOUT_APT = (
    "this needs apt on Debian 12 or 13; elsewhere give the files yourself: `--sources DIR` takes a folder that holds "
    "them, for example the unpacked sources archive of a release"
)


class AptError(Exception):
    """Sources that cannot be fetched."""


def fetch(missing: list[tuple[SourcePin, FilePin]], folder: Path, state: Path) -> None:
    """Put the missing files into `folder`, each checked. Raises AptError or PinMismatch."""
    if shutil.which("apt-get") is None:
        names = ", ".join(pin.name for _, pin in missing)
        raise AptError(f"{names} must be fetched, and there is no apt-get: {WITHOUT_APT}")
    try:
        options = _options(state)
        _run(["apt-get", *options, "update"])
        places = _places(
            _run(["apt-get", *options, "indextargets", "--format", _FORMAT, "Created-By: Sources"])
        )
    except AptError as error:
        # Another distribution's mirrors have no such suite.
        raise AptError(f"{error}: {WITHOUT_APT}") from None
    for source, pin in missing:
        _fetch_file(source, pin, places, folder, options)


_FORMAT = "$(FILENAME)\t$(REPO_URI)"


def _options(state: Path) -> list[str]:
    """Settings that keep apt inside `state` and show it Debian 13's sources on this machine's mirrors."""
    for name in ("lists/partial", "cache/archives/partial", "parts"):
        (state / name).mkdir(parents=True, exist_ok=True)
    (state / "parts" / "debian.sources").write_text(_entries(), "utf-8")
    (state / "status").touch()
    settings = {
        "Dir::Etc::SourceList": "/dev/null",
        "Dir::Etc::SourceParts": state / "parts",
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::Status": state / "status",
        "Dir::Cache": state / "cache",
        "APT::Sandbox::User": "root" if _is_root() else "",
        "Acquire::Languages": "none",
        "Acquire::Retries": "3",
    }
    return [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]


def _is_root() -> bool:
    import os  # noqa: PLC0415 - not on every system

    return hasattr(os, "geteuid") and os.geteuid() == 0


def _entries() -> str:
    """deb822 entries for Debian 13's sources, made from those of this machine."""
    text = _run(
        [
            "apt-get",
            "indextargets",
            "--format",
            "$(REPO_URI)\t$(RELEASE)\t$(SIGNED_BY)",
            "Created-By: Packages",
        ]
    )
    suites: dict[tuple[str, str], set[str]] = {}
    for line in text.splitlines():
        uri, release, keyring = line.split("\t")
        kind = next((kind for kind in ("security", "updates") if release.endswith(f"-{kind}")), "")
        signed = keyring if keyring.startswith("/") else "/usr/share/keyrings/debian-archive-keyring.gpg"
        suites.setdefault((uri, signed), set()).add(_SUITES[kind])
    if not suites:
        raise AptError("apt has no sources on this machine")
    return "\n".join(
        f"Types: deb-src\nURIs: {uri}\nSuites: {' '.join(sorted(names))}\nComponents: main\nSigned-By: {signed}\n"
        for (uri, signed), names in suites.items()
    )


def _places(targets: str) -> list[tuple[str, str]]:
    """(text of a source index, base address) for each suite."""
    found = []
    for line in targets.splitlines():
        file, _, base = line.partition("\t")
        text = _run(["/usr/lib/apt/apt-helper", "cat-file", file])
        found.append((text, base))
    return found


def _fetch_file(
    source: SourcePin, pin: FilePin, places: list[tuple[str, str]], folder: Path, options: list[str]
) -> None:
    wanted = f" {pin.sha256} {pin.size_bytes} {pin.name}"
    refused = []
    for text, base in places:
        at = text.find(wanted)
        if at < 0:
            continue
        start = text.rfind("\n\n", 0, at) + 2
        entry = text[start : text.find("\n\n", at)]
        directory = next(line[11:] for line in entry.splitlines() if line.startswith("Directory: "))
        folder.mkdir(parents=True, exist_ok=True)
        fetched = folder / f".{pin.name}.part"
        address = f"{base.rstrip('/')}/{directory}/{pin.name}"
        try:
            _run(
                [
                    "/usr/lib/apt/apt-helper",
                    *options,
                    "download-file",
                    address,
                    str(fetched),
                    f"SHA256:{pin.sha256}",
                ]
            )
            pin.check(fetched)
            fetched.replace(folder / pin.name)
        except AptError as error:
            refused.append(str(error))
        else:
            return
        finally:
            fetched.unlink(missing_ok=True)
    why = "; ".join(refused) or f"no suite of {SUITE} lists it any more"
    raise AptError(
        f"{pin.name} ({source.package} {source.revision}, sha256 {pin.sha256}): {why}. Its revision may have been "
        f"replaced by a newer one: then tools/pins.toml must move to it. Or {WITHOUT_APT}"
    )


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise AptError(f"{command[0]} failed: {(done.stderr or done.stdout).strip()}")
    return done.stdout

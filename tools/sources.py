"""Turns the pins into unpacked, patched source folders in the cache; asks apt only for what is not there yet.

`python -m tools.sources [--sources DIR]` (`nox -s sources`) does this alone. Every tarball is held against its pin
before it is opened. From it only the folders named by the pin are taken; Debian's patches are applied where they
touch these, then ours (`clawft/embedded/patches`). What was applied and what was not stands in `patches.json`.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple

from tools import apt, cache, patching
from tools.pins import PinError, read_pins

if TYPE_CHECKING:
    from tools.pins import Pins, SourcePin

ROOT = Path(__file__).resolve().parents[1]
OUR_PATCHES = ROOT / "clawft" / "embedded" / "patches"
RECORD = "patches.json"


class Source(NamedTuple):
    """One unpacked source; `digest` names its content after all patches."""

    name: str
    folder: Path
    digest: str


def tarballs(pins: Pins, given: Path | None) -> Path:
    """A folder that holds every pinned tarball, each checked. Raises PinError or AptError."""
    folder = given or cache.cache_folder() / "tarballs"
    missing = []
    for source in pins.sources.values():
        for pin in source.files:
            path = folder / pin.name
            if path.is_file():
                pin.check(path)
            else:
                missing.append((source, pin))
    if missing and given is not None:
        names = ", ".join(pin.name for _, pin in missing)
        raise PinError(f"{given}: expected {names} in it (`tools/pins.toml` has their sizes and digests)")
    if missing:
        apt.fetch(missing, folder, cache.cache_folder() / "apt")
    return folder


def prepare(pins: Pins, given: Path | None = None) -> dict[str, Source]:
    """Every source, unpacked and patched, by name; nothing is done twice. Raises PinError, PatchError or AptError."""
    folder: Path | None = None
    found = {}
    for pin in pins.sources.values():
        ours = sorted((OUR_PATCHES if pin.name == "micropython" else OUR_PATCHES / pin.name).glob("*.patch"))
        digest = cache.digest(
            "source 1", *(file.sha256 for file in pin.files), *pin.keep, *(path.read_bytes() for path in ours)
        )
        made = cache.cache_folder() / "sources" / f"{pin.name}-{digest[:20]}"
        if not (made / RECORD).is_file():
            folder = folder or tarballs(pins, given)
            _unpack(pin, folder, ours, made)
        found[pin.name] = Source(pin.name, made, digest)
    return found


def _unpack(pin: SourcePin, tarball_folder: Path, ours: list[Path], made: Path) -> None:
    made.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=made.parent))
    try:
        upstream, debian = pin.files
        pin.files[0].check(tarball_folder / upstream.name)
        pin.files[1].check(tarball_folder / debian.name)
        _extract(tarball_folder / upstream.name, folder, pin.root, pin.keep)
        record = _apply_debian(tarball_folder / debian.name, folder, pin)
        for path in ours:
            try:
                touched = patching.apply(path.read_bytes(), folder, is_partial=False)
            except patching.PatchError as error:
                raise patching.PatchError(f"{path.name}: {error}") from None
            record.append({"patch": path.name, "from": "clawft", "applied": touched})
        cache.write(folder / RECORD, json.dumps(record, indent=1) + "\n")
        try:
            folder.rename(made)
        except OSError:
            if not (made / RECORD).is_file():  # another build may have made the same
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _extract(tarball: Path, folder: Path, root: str, keep: tuple[str, ...]) -> None:
    """The named files and folders of a tarball, without its first folder; only plain files, only below `folder`."""
    is_found = dict.fromkeys(keep, False)
    with tarfile.open(tarball) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not member.isfile() or path.is_absolute() or ".." in path.parts or path.parts[0] != root:
                continue
            inner = "/".join(path.parts[1:])
            kept = next((one for one in keep if inner == one or inner.startswith(one + "/")), None)
            content = archive.extractfile(member)
            if kept is None or content is None:
                continue
            is_found[kept] = True
            written = folder / inner
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(content.read())
    missing = [one for one, is_there in is_found.items() if not is_there]
    if missing:
        raise PinError(f"{tarball.name}: expected {', '.join(missing)} in {root}, found no such file")


def _apply_debian(tarball: Path, folder: Path, pin: SourcePin) -> list[dict[str, object]]:
    """Apply the series to what was unpacked; a patch that touches none of it is noted as not applicable."""
    record: list[dict[str, object]] = []
    with tarfile.open(tarball) as archive:
        names = archive.getnames()
        if "debian/patches/series" not in names:
            return record
        series = _member(archive, "debian/patches/series").decode()
        for line in series.splitlines():
            name = line.split("#")[0].strip()
            if not name:
                continue
            text = _member(archive, f"debian/patches/{name}")
            try:
                touched = patching.apply(text, folder, is_partial=True)
            except patching.PatchError as error:
                raise patching.PatchError(f"{pin.package} {pin.revision}: {name}: {error}") from None
            record.append({"patch": name, "from": f"Debian {pin.revision}", "applied": touched})
    return record


def _member(archive: tarfile.TarFile, name: str) -> bytes:
    content = archive.extractfile(name)
    if content is None:
        raise PinError(f"{archive.name!r}: {name} is not a file")
    return content.read()


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.sources", description=__doc__)
    parser.add_argument(
        "--sources", type=Path, metavar="DIR", help="take the tarballs from here; fetch nothing"
    )
    asked = parser.parse_args(arguments)
    try:
        pins = read_pins()
        for source in prepare(pins, asked.sources).values():
            pin = pins.sources[source.name]
            record = json.loads((source.folder / RECORD).read_bytes())
            applied = sum(bool(one["applied"]) for one in record)
            print(
                f"{pin.name} {pin.version} ({pin.revision}, {pin.licence}): "
                f"{applied} of {len(record)} patches apply to what is compiled; {source.folder}"
            )
    except (PinError, patching.PatchError, apt.AptError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

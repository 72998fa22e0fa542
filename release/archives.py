"""Writes the archives of a plan. The same files are the same bytes: names, owners, times and modes are the plan's.

The bytes of a compressed archive also depend on the zlib in use; those of the tar within it do not.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import time
import zipfile
from typing import TYPE_CHECKING

from release.refusal import Refusal
from tools import cache

if TYPE_CHECKING:
    from pathlib import Path

    from release.plan import Artifact, Plan

ZIP_SUFFIX = ".zip"
TAR_SUFFIX = ".tar.gz"
GZIP_LEVEL = 9
# A zip's times begin in 1980, have steps of two seconds and no zone.
OLDEST_ZIP_TIME_S = 315532800
UNIX = 3


def write(plan: Plan, tree: Path, output: Path) -> list[Path]:
    """All archives. Refusal, before anything is written, if a file that goes into one is not there."""
    wanted = plan.of_kind("archive")
    missing = sorted(
        {member.source for one in wanted for member in one.files if not (tree / member.source).is_file()}
    )
    if missing:
        raise Refusal(f"{len(missing)} files of the plan are missing: {', '.join(missing)}", "nox -s build")
    for one in wanted:
        cache.write(output / one.name, packed(one, tree, plan.source_date_s))
    return [output / one.name for one in wanted]


def packed(artifact: Artifact, tree: Path, source_date_s: int) -> bytes:
    """The whole archive; all of it is in one folder that is called as the archive."""
    folder = folder_of(artifact.name)
    contents = [
        (f"{folder}/{member.path}", (tree / member.source).read_bytes(), member.mode)
        for member in sorted(artifact.files)
    ]
    if artifact.name.endswith(ZIP_SUFFIX):
        return _zip(contents, source_date_s)
    return compressed(_tar(contents, source_date_s))


def folder_of(name: str) -> str:
    return name.removesuffix(ZIP_SUFFIX).removesuffix(TAR_SUFFIX)


def compressed(data: bytes) -> bytes:
    """Gzip without a name or a time; Python writes 255 (unknown) for the system itself, zlib would write its own."""
    packed_bytes = io.BytesIO()
    with gzip.GzipFile("", "wb", GZIP_LEVEL, packed_bytes, mtime=0) as file:
        file.write(data)
    return packed_bytes.getvalue()


def _tar(contents: list[tuple[str, bytes, int]], source_date_s: int) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data, mode in contents:
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode, entry.mtime = len(data), mode, source_date_s
            archive.addfile(entry, io.BytesIO(data))
    return written.getvalue()


def _zip(contents: list[tuple[str, bytes, int]], source_date_s: int) -> bytes:
    written = io.BytesIO()
    moment = time.gmtime(max(source_date_s, OLDEST_ZIP_TIME_S))[:6]
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=GZIP_LEVEL) as archive:
        for name, data, mode in contents:
            entry = zipfile.ZipInfo(name, moment)
            entry.compress_type, entry.create_system = zipfile.ZIP_DEFLATED, UNIX
            # Without S_IFREG some programs that unpack take the file for something else and drop its permissions.
            entry.external_attr = (stat.S_IFREG | mode) << 16
            archive.writestr(entry, data, compresslevel=GZIP_LEVEL)
    return written.getvalue()

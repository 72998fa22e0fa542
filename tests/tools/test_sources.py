"""Sources are checked before they are opened, unpacked safely, patched, and say what was done to them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from typing import TYPE_CHECKING

import pytest

from tools import apt, sources
from tools.patching import PatchError
from tools.pins import FilePin, PinError, PinMismatch, Pins, SourcePin

if TYPE_CHECKING:
    from pathlib import Path

FIX = "--- a/lib/a.c\n+++ b/lib/a.c\n@@ -1 +1 @@\n-hole\n+mended\n"
ELSEWHERE = "--- a/docs/x.md\n+++ b/docs/x.md\n@@ -1 +1 @@\n-old\n+new\n"


def tarball(path: Path, files: dict[str, str], extra: list[tarfile.TarInfo] | None = None) -> FilePin:
    with tarfile.open(path, "w:xz") as archive:
        for member in extra or []:
            archive.addfile(member)
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    data = path.read_bytes()
    return FilePin(path.name, hashlib.sha256(data).hexdigest(), len(data))


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CLAWFT_CACHE", str(tmp_path / "cache"))
    (tmp_path / "given").mkdir()
    return tmp_path / "given"


def pins(
    given: Path, *, fix: str = FIX, extra: list[tarfile.TarInfo] | None = None, keep: str = "lib"
) -> Pins:
    upstream = tarball(
        given / "u.tar.xz", {"u-1/lib/a.c": "hole\n", "u-1/docs/x.md": "old\n", "u-1/lib/b.c": "b\n"}, extra
    )
    debian = tarball(
        given / "d.tar.xz",
        {
            "debian/patches/series": "# a comment\nCVE-1.patch\nelsewhere.patch\n",
            "debian/patches/CVE-1.patch": fix,
            "debian/patches/elsewhere.patch": ELSEWHERE,
        },
    )
    pin = SourcePin("u", "1", "MIT", "u", "1-2", "u-1", (keep,), (upstream, debian))
    return Pins({"u": pin}, {})


def test_what_is_compiled_is_unpacked_and_patched_and_the_rest_is_not(given: Path) -> None:
    made = sources.prepare(pins(given), given)["u"]
    assert (made.folder / "lib/a.c").read_text() == "mended\n"
    assert (made.folder / "lib/b.c").read_text() == "b\n"
    assert not (made.folder / "docs").exists()
    assert json.loads((made.folder / "patches.json").read_text()) == [
        {"patch": "CVE-1.patch", "from": "Debian 1-2", "applied": ["lib/a.c"]},
        {"patch": "elsewhere.patch", "from": "Debian 1-2", "applied": []},
    ]


def test_a_second_time_nothing_is_read(given: Path) -> None:
    wanted = pins(given)
    made = sources.prepare(wanted, given)
    for path in given.iterdir():
        path.unlink()
    assert sources.prepare(wanted, given) == made


@pytest.mark.parametrize("name", ["u.tar.xz", "d.tar.xz"])
def test_a_tampered_tarball_is_never_opened(given: Path, tmp_path: Path, name: str) -> None:
    wanted = pins(given)
    data = bytearray((given / name).read_bytes())
    data[-1] ^= 1
    (given / name).write_bytes(data)
    with pytest.raises(PinMismatch, match=hashlib.sha256(data).hexdigest()):
        sources.prepare(wanted, given)
    assert not list((tmp_path / "cache").glob("sources/*"))


def test_a_missing_tarball_in_a_given_folder_is_named(given: Path) -> None:
    wanted = pins(given)
    (given / "d.tar.xz").unlink()
    with pytest.raises(PinError, match=r"expected d\.tar\.xz in it"):
        sources.prepare(wanted, given)


def test_a_security_patch_that_does_not_fit_stops_the_build(given: Path, tmp_path: Path) -> None:
    wanted = pins(given, fix=FIX.replace("-hole", "-other"))
    with pytest.raises(PatchError, match=r"u 1-2: CVE-1\.patch: lib/a\.c: hunk 1"):
        sources.prepare(wanted, given)
    assert not list((tmp_path / "cache").glob("sources/*"))


def test_links_and_paths_that_lead_out_are_not_unpacked(given: Path, tmp_path: Path) -> None:
    link = tarfile.TarInfo("u-1/lib/link")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc"
    outside = tarfile.TarInfo("u-1/lib/../../../outside")
    made = sources.prepare(pins(given, extra=[link, outside]), given)["u"]
    assert sorted(path.name for path in (made.folder / "lib").iterdir()) == ["a.c", "b.c"]
    assert not list(tmp_path.rglob("outside"))


def test_a_folder_that_is_not_in_the_tarball_is_an_error(given: Path) -> None:
    with pytest.raises(PinError, match="expected src in u-1"):
        sources.prepare(pins(given, keep="src"), given)


def test_without_apt_the_error_says_what_to_do(given: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = pins(given)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(apt.AptError, match=r"u\.tar\.xz, d\.tar\.xz must be fetched.*--sources DIR"):
        sources.prepare(wanted)

"""Files are found by digest in every suite, and what cannot be had is said with what to do."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from tools import apt
from tools.pins import FilePin, SourcePin

if TYPE_CHECKING:
    from pathlib import Path

DATA = b"the pinned bytes"
PIN = FilePin("u_1.tar.xz", hashlib.sha256(DATA).hexdigest(), len(DATA))
SOURCE = SourcePin("u", "1", "MIT", "u", "1-2", "u-1", (), (PIN, PIN))


def index(digest: str, directory: str) -> str:
    return (
        "Package: other\nDirectory: pool/o\n\n"
        f"Package: u\nDirectory: {directory}\nChecksums-Sha256:\n {digest} {len(DATA)} u_1.tar.xz\n\n"
        "Package: last\nDirectory: pool/l\n"
    )


class Mirror:
    """Serves addresses as apt's downloader would."""

    def __init__(self, served: dict[str, bytes]) -> None:
        self.asked: list[str] = []
        self._served = served

    def __call__(self, command: list[str]) -> str:
        address, path = command[-3], command[-2]
        self.asked.append(address)
        if address not in self._served:
            raise apt.AptError("404 Not Found")
        with open(path, "wb") as file:  # noqa: PTH123 - as the downloader does
            file.write(self._served[address])
        return ""


def fetch(
    places: list[tuple[str, str]], mirror: Mirror, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "_run", mirror)
    apt._fetch_file(SOURCE, PIN, places, folder, [])


def test_the_suite_that_has_the_digest_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = Mirror({"m/security/pool/u/u_1.tar.xz": DATA})
    places = [(index("0" * 64, "pool/x"), "m/main/"), (index(PIN.sha256, "pool/u"), "m/security/")]
    fetch(places, mirror, tmp_path, monkeypatch)
    assert (tmp_path / "u_1.tar.xz").read_bytes() == DATA
    assert mirror.asked == ["m/security/pool/u/u_1.tar.xz"]


def test_the_next_suite_is_asked_where_a_mirror_has_lost_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mirror = Mirror({"b/pool/u/u_1.tar.xz": DATA})
    places = [(index(PIN.sha256, "pool/u"), "a"), (index(PIN.sha256, "pool/u"), "b")]
    fetch(places, mirror, tmp_path, monkeypatch)
    assert len(mirror.asked) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["u_1.tar.xz"]


def test_a_revision_that_left_every_suite_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        apt.AptError, match=r"u_1\.tar\.xz \(u 1-2, .*no suite of trixie lists it.*--sources DIR"
    ):
        fetch([(index("0" * 64, "pool/u"), "a")], Mirror({}), tmp_path, monkeypatch)


def test_a_mirror_that_refuses_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(apt.AptError, match="404 Not Found"):
        fetch([(index(PIN.sha256, "pool/u"), "a")], Mirror({}), tmp_path, monkeypatch)
    assert not list(tmp_path.iterdir())


def test_where_apt_knows_no_such_suite_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(command: list[str]) -> str:
        if "update" in command:
            raise apt.AptError("apt-get failed: trixie Release does not exist")
        return "mirror\tsome-release\t\n"

    monkeypatch.setattr(apt, "_run", run)
    monkeypatch.setattr("tools.apt.shutil.which", lambda name: f"/bin/{name}")
    with pytest.raises(
        apt.AptError,
        match=r"trixie Release does not exist: this needs apt on Debian 12 or 13; .*--sources DIR",
    ):
        apt.fetch([(SOURCE, PIN)], tmp_path, tmp_path / "state")

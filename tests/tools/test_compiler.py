"""The compiler stays in one place, whichever environment it was installed in: else its C library is made anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.compiler import settled

if TYPE_CHECKING:
    from pathlib import Path


def wheel(folder: Path, text: str) -> Path:
    (folder / "lib" / "libc").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").touch()
    (folder / "zig").write_text(text)
    (folder / "zig").chmod(0o755)
    (folder / "lib" / "libc" / "a.c").write_text("int a;")
    return folder


def test_two_environments_use_what_the_first_has_put_there(tmp_path: Path) -> None:
    place = tmp_path / "cache" / "compiler-1"
    assert settled(wheel(tmp_path / "one", "first"), place) == place
    assert settled(wheel(tmp_path / "two", "second"), place) == place
    assert (place / "zig").read_text() == "first"
    assert (place / "zig").stat().st_mode & 0o111
    assert sorted(path.name for path in place.rglob("*")) == ["a.c", "lib", "libc", "zig"]
    assert [path.name for path in place.parent.iterdir()] == ["compiler-1"]


def test_it_is_copied_where_it_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("tools.compiler.os.link", refuse)
    place = settled(wheel(tmp_path / "one", "first"), tmp_path / "place")
    assert (place / "lib" / "libc" / "a.c").read_text() == "int a;"


def test_a_copy_that_breaks_off_leaves_no_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: str, target: str) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tools.compiler.os.link", refuse)
    monkeypatch.setattr("tools.compiler.shutil.copy2", refuse)
    with pytest.raises(OSError, match="No space left"):
        settled(wheel(tmp_path / "one", "first"), tmp_path / "cache" / "place")
    assert not list((tmp_path / "cache").iterdir())

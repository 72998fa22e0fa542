"""The Windows manifest, as a compiled resource."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from pathlib import Path

from tools.resource import manifest_resource

MANIFEST = Path(__file__).resolve().parents[2] / "clawft/embedded/port/windows.manifest"


def test_a_resource_is_an_empty_entry_and_the_manifest() -> None:
    made = manifest_resource(b"<a/>!")
    assert made[:32] == bytes.fromhex(
        "00000000 20000000 ffff0000 ffff0000 00000000 00000000 00000000 00000000"
    )
    assert struct.unpack_from("<IIHHHH", made, 32) == (5, 32, 0xFFFF, 24, 0xFFFF, 1)
    assert made[64:69] == b"<a/>!"
    assert len(made) == 72


def test_the_manifest_asks_for_utf8_and_no_more_rights_than_the_user_has() -> None:
    text = MANIFEST.read_text("utf-8")
    ET.fromstring(text)  # noqa: S314 - ours
    assert ">UTF-8</activeCodePage>" in text
    assert 'level="asInvoker"' in text

"""The table of frozen modules once packed ones are among them."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from tools.compiler import BuildError
from tools.frozen import frozen_files, read_manifest
from tools.packing import Block, with_packed

FROZEN = """\
const char mp_frozen_names[] = {
    #ifdef MP_FROZEN_STR_NAMES
    MP_FROZEN_STR_NAMES
    #endif
    "a.py\\0"
    "c/d.py\\0"
    "\\0"
};

const mp_frozen_module_t *const mp_frozen_mpy_content[] = {
    &frozen_module_a,
    &frozen_module_c_d,
};
"""
STARTS = (["--version"], ["--help"], ["status"], ["agent", "-m", "hi"])


def test_packed_modules_stand_among_the_others_by_name():
    found = with_packed(
        FROZEN, [Block({"c/a.py": 4, "b.py": 5}, b"\x01\x02\x03"), Block({"b/c.py": 7}, b"\xff")]
    )
    assert re.findall(r'"(\S+)\\0"', found) == ["a.py", "b.py", "b/c.py", "c/a.py", "c/d.py"]
    table = found.split("mp_frozen_mpy_content[] = {\n")[1].split("};")[0].split(",\n")
    assert [pointer.strip() for pointer in table[:-1]] == [
        *("&frozen_module_a", "mp_packed_bytes + 13", "mp_packed_bytes + 22", "mp_packed_bytes + 4"),
        "&frozen_module_c_d",
    ]
    blocks, rows = (1, 2, 3, 255), ((0, 0, 4), (0, 4, 5), (3, 0, 7))
    numbers = [*blocks, *(byte for row in rows for number in row for byte in (number, 0, 0))]
    written = found.split("mp_packed_bytes[] = {\n")[1].split("};")[0]
    assert [int(number) for number in written.replace("\n", "").split(",")[:-1]] == [*numbers, 0]
    assert "mp_packed_size = 31;" in found
    assert found.count("MP_FROZEN_STR_NAMES") == FROZEN.count("MP_FROZEN_STR_NAMES")


def test_without_packed_modules_the_table_has_the_others():
    found = with_packed(FROZEN, [])
    assert re.findall(r'"(\S+)\\0"', found) == ["a.py", "c/d.py"]
    assert "mp_packed_size = 0;" in found


@pytest.mark.parametrize("gone", ["mp_frozen_names", "mp_frozen_mpy_content"])
def test_tables_in_another_form_are_refused(gone):
    with pytest.raises(BuildError, match="another way"):
        with_packed(FROZEN.replace(gone, "other"), [])


def test_the_manifest_packs_only_what_there_is():
    manifest = read_manifest()
    frozen = frozen_files(manifest, manifest.selected("all"), is_test_build=True)
    folders = {f"{name.rpartition('/')[0]}/" for name in frozen}
    assert all(name in frozen or name in folders for name in manifest.packed)
    packed_folders = tuple(name for name in manifest.packed if name.endswith("/"))
    assert all(name in frozen and name.startswith(packed_folders) for name in manifest.not_packed)
    assert [
        name
        for name in ("clawft/security/commands.py", "clawft/security/paths.py", "clawft/app.py")
        if manifest.is_packed(name)
    ] == ["clawft/security/commands.py"]


@pytest.mark.parametrize("words", STARTS, ids=" ".join)
def test_no_start_waits_for_a_packed_module(tmp_path, words):
    """Inflating costs a start what it saves in the file; natively the same modules are imported."""
    manifest = read_manifest()
    environment = {"HOME": str(tmp_path), "OPENAI_API_KEY": "", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "clawft", *words],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.replace(".", "/") for name in re.findall(r"\| +(clawft[\w.]*)", done.stderr)}
    assert "clawft" in modules
    files = {f"{name}{end}" for name in modules for end in (".py", "/__init__.py")}
    assert not sorted(name for name in files if manifest.is_packed(name))

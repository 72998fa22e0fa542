"""What is packed is what the compiler made, and an executable that is damaged there says so."""

from __future__ import annotations

import subprocess
import zlib

import pytest

from tests.native.executables import executed_targets, runnable
from tools import cache, frozen, packing

NAME = "clawft/cli/policy.py"


@pytest.fixture(scope="module")
def module():
    """A module that is packed, compiled."""
    texts = {NAME: frozen.lowered_sources({NAME: frozen.ROOT / NAME})[NAME]}
    [path] = frozen.bytecode(texts, cache.cache_folder() / "bytecode")
    return path


def test_a_packed_module_is_its_size_and_its_bytes_deflated(module, tmp_path):
    found = packing.packed({NAME: module}, tmp_path / "cache").data
    code = module.read_bytes()
    assert int.from_bytes(found[:3], "little") == len(code)
    assert zlib.decompress(found[3:], wbits=-15) == code
    assert len(found) < len(code) * 0.75
    [kept] = (tmp_path / "cache").iterdir()
    kept.write_bytes(b"kept")
    assert packing.packed({NAME: module}, tmp_path / "cache").data == b"kept"


def test_modules_of_a_block_are_deflated_as_one(module, tmp_path):
    found = packing.packed({"a.py": module, "b.py": module}, tmp_path / "cache")
    code = module.read_bytes()
    assert zlib.decompress(found.data[3:], wbits=-15) == code + code
    assert found.sizes == {"a.py": len(code), "b.py": len(code)}
    assert len(found.data) < len(packing.packed({NAME: module}, tmp_path / "cache").data) * 1.1
    shares = packing.shares(found, {"a.py": module, "b.py": module})
    assert sum(shares.values()) == len(found.data) + 18


@pytest.mark.parametrize("target", executed_targets())
def test_a_damaged_module_is_not_run(module, tmp_path, target):
    whole = runnable(target)
    data = bytearray(whole.path.read_bytes())
    start = data.find(packing.packed({NAME: module}, cache.cache_folder() / "packed").data)
    assert start >= 0, "the executables were not made from this tree"
    data[start + 1] += 1  # it would be 256 bytes longer
    damaged = tmp_path / whole.path.name
    damaged.write_bytes(data)
    damaged.chmod(0o755)
    found = runnable(target, path=damaged)
    words = [*found.command, "policy", "check", "command", "ls"]
    done = subprocess.run(words, env=found.environment(HOME=str(tmp_path)), capture_output=True, check=False)
    assert done.returncode == 1
    assert b"is damaged" in done.stderr

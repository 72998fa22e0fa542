"""Collections in WebAssembly, where no C function's locals can be scanned: nothing in use is freed, what is not is."""

from __future__ import annotations

import pytest

from tests.native.executables import runnable
from tests.wasm.scripts import PROGRAMS, built_for_node, built_for_tests, run_script
from tools.targets import host_target

ROUNDS = 40
THRESHOLD_BYTES = 64
LEAST_COLLECTIONS = 50_000


def result(folder, where):
    """What the program printed, and how often memory was collected."""
    script = (PROGRAMS / "garbage.py").read_text("utf-8")
    done = run_script(folder, script, str(THRESHOLD_BYTES), str(ROUNDS), runnable=where)
    assert done.returncode == 0, done.stdout.decode()[-2000:] + done.stderr.decode()[-2000:]
    *lines, collections = done.stdout.decode().splitlines()
    return lines, int(collections)


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    return result(tmp_path_factory.mktemp("native"), runnable(host_target().name, is_test_build=True))


@pytest.mark.parametrize("host", [built_for_tests, built_for_node])
def test_50000_collections_change_nothing(tmp_path, native, host):
    lines, collections = result(tmp_path, host())
    assert lines == native[0]
    assert lines[-1].startswith(f"{ROUNDS} rounds, ")
    assert collections > LEAST_COLLECTIONS
    assert native[1] > LEAST_COLLECTIONS


@pytest.mark.parametrize("host", [built_for_tests, built_for_node])
def test_what_nobody_holds_is_given_back(tmp_path, host):
    script = """
import gc, _weft
def work(number):
    return [str(number) * 20 for _ in range(100)]
for number in range(20000):
    work(number)
print(_weft.collections() > 20, gc.mem_alloc() < 400000)
"""
    assert run_script(tmp_path, script, runnable=host()).stdout.split() == [b"True", b"True"]

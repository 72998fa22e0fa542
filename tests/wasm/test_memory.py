"""Memory of an instance: small at the start and while it waits, bounded over many turns, and an error when it ends."""

from __future__ import annotations

import pytest

from tests.fakes.model_server import ModelServer
from tests.wasm.chat import configure
from tests.wasm.module_host import Exports
from tests.wasm.scripts import built_for_node, built_for_tests, run_script

MEGABYTE = 1_000_000


@pytest.fixture
def module(weft):
    return Exports(*weft.host.instance(weft.folder, **weft.world({})))


def test_memory_starts_below_two_megabytes_and_stays_below_ten_over_ten_turns(weft, module):
    assert module.memory_bytes() < 2 * MEGABYTE
    with ModelServer() as server:
        configure(weft.home, server, "openai")
        assert module.init() == 0
        for number in range(10):
            answer = module.process_message(f"message {number}", "")
            assert answer["reply"] == f"message {number}", answer
    assert module.memory_bytes() < 10 * MEGABYTE


def test_memory_stays_below_ten_megabytes_over_a_thousand_turns_and_does_not_grow_with_them(weft, module):
    sizes = []
    for number in range(1000):
        answer = module.process_message("hello", f"wasm:{number % 10}")
        assert answer["error"] is None, answer
        sizes.append(module.memory_bytes())
    assert sizes[-1] < 10 * MEGABYTE
    assert sizes[-1] == sizes[499], "the second half took nothing more"


ENDLESS = """
held = []
while True:
    held.append(bytes(10_000))
"""


@pytest.mark.parametrize("host", [built_for_tests, built_for_node])
@pytest.mark.parametrize("ceiling", ["", str(4 << 20)])
def test_memory_without_end_is_an_error_that_says_so_and_no_trap(tmp_path, host, ceiling):
    variables = {"WEFT_HEAP_LIMIT_BYTES": ceiling} if ceiling else {}
    done = run_script(tmp_path, ENDLESS, runnable=host(), variables=variables)
    said = done.stderr.decode()
    assert done.returncode == 1, said
    assert said.startswith(f"weft: out of memory: more than {4 if ceiling else 64} MB would be needed")
    assert "MemoryError" in said


@pytest.mark.parametrize("host", [built_for_tests, built_for_node])
def test_memory_that_was_short_can_be_used_again(tmp_path, host):
    script = """
import gc
for _ in range(3):
    held = []
    try:
        while True:
            held.append(bytes(10_000))
    except MemoryError:
        print(len(held) > 200)
    held = None
    gc.collect()
print(gc.mem_alloc() < 1_000_000)
"""
    done = run_script(tmp_path, script, runnable=host(), variables={"WEFT_HEAP_LIMIT_BYTES": str(4 << 20)})
    assert done.stdout.split() == [b"True"] * 4, done.stderr.decode()

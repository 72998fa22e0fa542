"""The module at its limits: recursion and memory end in errors of Python, never in traps."""

from __future__ import annotations

import pytest

from tests.native.executables import runnable
from tests.wasm.command import STACK_BYTES
from tests.wasm.scripts import PROGRAMS, built_for_node, built_for_tests, run_script
from tools.targets import host_target

EXCEEDED = {"maximum recursion depth exceeded", "pystack exhausted"}
NODE_STACK_KB = 984
"""What V8 gives where nothing is said."""


def recursed(folder, where):
    done = run_script(folder, (PROGRAMS / "recursion.py").read_text("utf-8"), runnable=where)
    assert (done.returncode, done.stderr) == (0, b""), done.stderr.decode()[-2000:]
    return done.stdout.decode().splitlines()


@pytest.mark.parametrize("host", ["wasmtime", "node", "native"])
def test_recursion_is_an_error_while_a_third_of_the_host_s_stack_is_free(tmp_path, host):
    where = {
        "wasmtime": lambda: built_for_tests(f"--stack={STACK_BYTES * 2 // 3}"),
        "node": lambda: built_for_node(f"--stack-size={NODE_STACK_KB * 2 // 3}"),
        "native": lambda: runnable(host_target().name, is_test_build=True),
    }[host]()
    lines = recursed(tmp_path, where)
    found = {line.partition(": ")[0]: line.partition(": ")[2] for line in lines}
    json = found.pop("json")
    assert {name: said for name, said in found.items() if said not in EXCEEDED} == {}
    assert len(found) == 36
    assert len(lines) == 2 * len(found) + 2, "each can be handled again"
    assert "nested too deeply" in json


@pytest.mark.parametrize("host", ["wasmtime", "node"])
def test_python_calls_python_at_least_so_deep(tmp_path, host):
    where = built_for_tests() if host == "wasmtime" else built_for_node()
    script = """
def deeper(number):
    return number and deeper(number - 1) + 1

print(deeper(200))
"""
    assert run_script(tmp_path, script, runnable=where).stdout == b"200\n"

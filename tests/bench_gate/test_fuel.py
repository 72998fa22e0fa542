"""The fuel of a module: the same each time, whatever it asks of the clock and of chance; what fails is missing."""

from __future__ import annotations

import pytest
import wasmtime

from bench import fuel
from bench.launcher import CannotRun

# Loops as often as the last byte of the clock, of chance and of the number of words say.
LOOPS = """
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $words (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "clawft" "http" (func $http (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $left i32)
    (drop (call $clock (i32.const 0) (i64.const 0) (i32.const 0)))
    (drop (call $random (i32.const 8) (i32.const 4)))
    (drop (call $words (i32.const 16) (i32.const 20)))
    (local.set $left (i32.add (i32.load8_u (i32.const 2)) (i32.add (i32.load8_u (i32.const 9))
      (i32.load8_u (i32.const 16)))))
    (loop (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if 0 (i32.gt_s (local.get $left) (i32.const 0))))
    END))
"""


@pytest.fixture
def module(tmp_path):
    def make(end="(call $exit (i32.const 0))"):
        path = tmp_path / "weft.wasm"
        path.write_bytes(wasmtime.wat2wasm(LOOPS.replace("END", end)))
        return path

    return make


def test_the_same_run_takes_the_same_fuel_and_another_one_does_not(module, tmp_path):
    machine = fuel.Machine(module())
    first = machine.spent(("--version",), tmp_path / "home")
    assert first > 0
    assert machine.spent(("--version",), tmp_path / "home") == first
    assert fuel.Machine(module()).spent(("--version",), tmp_path / "other") == first
    assert machine.spent(("agent", "-m", "hi"), tmp_path / "home") > first


def test_every_scenario_is_a_figure(module, tmp_path):
    found = fuel.measure(module(), tmp_path)
    assert not found.missing
    assert [(one.artifact, one.scenario, one.metric, one.statistic) for one in found.readings] == [
        ("wasm-weft", scenario.name, "fuel", "exact") for scenario in fuel.COUNTED
    ]
    assert {"version", "agent_offline", "turn_tool"} == {one.scenario for one in found.readings}


@pytest.mark.parametrize(
    ("end", "said"),
    [
        ("(call $exit (i32.const 3))", "weft --version ended with 3"),
        ("unreachable", "unreachable"),
        ("(drop (call $http (i32.const 0) (i32.const 0) (i32.const 0)))", "asked for clawft.http"),
        ("(loop (br 0))", "fuel"),
    ],
)
def test_a_run_that_fails_is_missing_and_says_why(end, said, module, tmp_path, monkeypatch):
    monkeypatch.setattr(fuel, "MOST_FUEL", 1_000_000)
    found = fuel.measure(module(end), tmp_path)
    assert not found.readings
    assert len(found.missing) == len(fuel.COUNTED)
    assert said in found.missing[0].why


def test_what_is_no_module_is_missing(tmp_path):
    (tmp_path / "weft.wasm").write_bytes(b"\0asm")
    found = fuel.measure(tmp_path / "weft.wasm", tmp_path)
    assert len(found.missing) == len(fuel.COUNTED)
    with pytest.raises(CannotRun):
        fuel.Machine(tmp_path / "none.wasm")

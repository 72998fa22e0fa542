"""The linker's script names each function once, in the order of the runs that first use it."""

from __future__ import annotations

from tools import start_order

FIRST = """\
fl=(1) ???
fn=(1) _start
+1 3
cfn=(2) gc_alloc
calls=1 0
fn=(3) (below main)
fn=(4) 0x0000000001090000
fn=(2)
"""
SECOND = """\
fn=(9) mp_execute_bytecode'2
cfn=(8) gc_alloc
fn=(7) abs
"""


def test_what_the_first_run_uses_stands_first_and_nothing_twice() -> None:
    assert start_order.script([FIRST, SECOND]).splitlines()[1:] == [
        "*(.text._start .text.*._start)",
        "*(.text.gc_alloc .text.*.gc_alloc)",
        "*(.text.abs .text.*.abs)",
        "*(.text.mp_execute_bytecode .text.*.mp_execute_bytecode)",
    ]


def test_the_list_in_the_tree_is_one_of_these() -> None:
    lines = start_order.WRITTEN.read_text("utf-8").splitlines(keepends=True)
    assert lines[0] == start_order.HEADER
    assert lines[1].startswith("*(.text.")
    assert len(lines) == len(set(lines)) > 100

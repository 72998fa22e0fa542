"""Components as bytes: the modules in them are found however deep they lie, and told by their shape."""

from __future__ import annotations

import pytest
from hypothesis import given

from tests.tools.wasm_bytes import ADAPTER, COMPONENT, COMPONENT_START, CORE, TIES, damaged, part
from tools.binary import Malformed
from tools.wasm_component import Import, read


def test_modules_are_found_and_told_by_what_they_are_there_for():
    found = read(COMPONENT)
    assert [(one.role, one.size_bytes) for one in found.core_modules] == [
        ("core", len(CORE)),
        ("adapter", len(ADAPTER)),
        ("ties", len(TIES)),
    ]
    for one, data in zip(found.core_modules, (CORE, ADAPTER, TIES), strict=True):
        assert COMPONENT[one.at : one.at + one.size_bytes] == data
    assert found.role_bytes("adapter") == len(ADAPTER)
    assert found.imports == (Import("wasi:http", "wasi:http/types@0.2", "instance"), Import("", "x", "type"))
    assert sum(found.sections.values()) + 8 == len(COMPONENT)


def test_a_component_that_is_cut_anywhere_is_refused_or_ends_behind_a_section():
    whole = read(COMPONENT)
    for length in range(len(COMPONENT)):
        try:
            found = read(COMPONENT[:length])
        except Malformed:
            continue
        assert found.core_modules == whole.core_modules[: len(found.core_modules)]
        assert sum(found.sections.values()) + 8 == length


@given(damaged(COMPONENT))
def test_a_damaged_component_is_refused_or_read_and_nothing_else(data):
    try:
        found = read(data)
    except Malformed:
        return
    assert sum(one.size_bytes for one in found.core_modules) <= len(data)


def test_components_inside_each_other_end_somewhere():
    data = COMPONENT_START
    for _ in range(9):
        data = COMPONENT_START + part(4, data)
    with pytest.raises(Malformed, match="more than 8 components inside each other"):
        read(data)


def test_a_module_is_no_component():
    with pytest.raises(Malformed, match="a module where a component is expected"):
        read(CORE)

"""What the bytes of the built module are: all of them are known by name, and no less would be needed without any."""

from __future__ import annotations

import pytest

from bench.fuel import COUNTED, Machine
from tests.wasm.conftest import built
from tools import targets, wasm, wasm_component, wasm_module, wasm_parts
from tools.progress import Progress
from tools.wasm_parts import LAID_OUT, PACKED, TABLES
from tools.wasm_profile import LITERALS, TYPES


@pytest.fixture(scope="module")
def profile():
    found, _ = wasm.profiled(Progress())
    return found


def test_every_byte_of_the_product_belongs_to_a_component(profile):
    product = built().read_bytes()
    sections = wasm_module.read(product).sections
    assert profile.size_bytes + profile.names_bytes == len(product)
    assert sum(profile.components.values()) == profile.size_bytes
    assert sum(sections.values()) + 8 == len(product)
    assert set(profile.components) == {
        *("MicroPython", "our C", "C library"),
        *(PACKED, LAID_OUT, TABLES, TYPES, LITERALS),
    }
    assert profile.components[LITERALS] < profile.size_bytes / 100


def test_every_frozen_file_takes_its_bytes(profile):
    folder = wasm.linked_folder(is_test_build=False)
    parts = wasm_parts.read(targets.wasm_target().output(folder).with_name(wasm_parts.NAME))
    files = [name for name, _, _ in parts.inside[wasm_parts.PACKED_BYTES]]
    assert len(files) > 50
    for name in files:
        assert profile.lines[f"{PACKED}: {name}"].size_bytes > 0
    assert profile.lines[f"{LAID_OUT}: main.py"].size_bytes > 0


def test_the_interpreter_would_go_with_what_calls_it(profile):
    loop = profile.lines["MicroPython: mp_execute_bytecode"]
    assert loop.retained_bytes >= loop.size_bytes > 5000
    module = profile.lines["our C: weft_module"]
    assert module.retained_bytes > 100 * module.size_bytes  # a table leads to its functions


def test_components_hold_one_core_and_one_adapter(profile):
    for name in wasm.COMPONENTS:
        found = wasm_component.read(built(name).read_bytes())
        assert [one.role for one in found.core_modules].count("core") == 1
        assert found.role_bytes("core") > 10 * found.role_bytes("ties")
        assert 0 < found.role_bytes("adapter") < found.role_bytes("core")
        sizes = found.sections
        assert sum(sizes.values()) + 8 == built(name).stat().st_size


def test_fuel_is_the_same_in_another_folder_and_another_machine(tmp_path):
    words = COUNTED[-1].words
    counts = {Machine(built()).spent(words, tmp_path / folder / "home") for folder in ("a", "a-longer-name")}
    assert len(counts) == 1

"""What the bytes of a module are for: by symbol, by whose it is, and by what would go with what."""

from __future__ import annotations

import io
import json

import pytest
import wasmtime
from rich.console import Console

from tests.tools.wasm_bytes import OBJECT
from tools import wasm_module
from tools.wasm_object import Object, Symbol
from tools.wasm_parts import LAID_OUT, PACKED, TABLES, frozen_files, parts
from tools.wasm_profile import LITERALS, ROOT, TYPES, Owner, Parts, profile, unique_names
from tools.wasm_profile_record import BadProfile, Change, as_json, changes, parse, record, text
from tools.wasm_profile_table import show
from tools.wasm_profiler import main, profiled

# run -> one -> {two, three} -> four; five is in a table that nobody is known to read.
NAMED = """
(module $named
  (memory 1)
  (table 1 funcref)
  (elem (i32.const 0) $five)
  (func $run (export "run") (call $one))
  (func $one (call $two) (call $three))
  (func $two (call $four))
  (func $three (call $four))
  (func $four (drop (i32.load (i32.const 1000))))
  (func $five)
  (data (i32.const 1000) "abcdefghij")
  (data (i32.const 2000) "left out")
)
"""
DATA_AT = 1000


@pytest.fixture
def named():
    return bytes(wasmtime.wat2wasm(NAMED))


def module(data):
    return wasm_module.read(data)


def sizes(found, kind="function"):
    return {one.name: one.size_bytes for one in found.items if one.kind == kind}


def test_all_bytes_are_counted_once_and_names_apart(named):
    found = profile(named, module(named), Parts(lambda *_: None, {}))
    assert found.size_bytes + found.kept_bytes == len(named)
    assert sum(one.size_bytes for one in found.items) == found.size_bytes
    assert sum(found.by_component().values()) == found.size_bytes
    assert set(sizes(found)) == {"run", "one", "two", "three", "four", "five"}


def test_what_would_go_with_a_function_is_what_only_it_leads_to(named):
    found = profile(named, module(named), Parts(lambda *_: None, {}))
    items = {one.name: one for one in found.items}
    below = sum(items[name].size_bytes for name in ("one", "two", "three", "four"))
    assert items["one"].retained_bytes == below
    assert items["two"].retained_bytes == items["two"].size_bytes
    assert items["four"].needed_by == "one"
    assert items["five"].needed_by == ROOT


def linked(named):
    """As if the linker had kept symbols: two pieces of data, of which one points to the function in the table."""
    symbols = (
        Symbol("function", "four", False, True, 4, 0, 0),
        Symbol("function", "five", False, True, 5, 0, 0),
        Symbol("data", "table", False, True, 0, 0, 4),
        Symbol("data", ".L.str", True, True, 0, 4, 5),
    )
    return Object(module(named), symbols, frozenset({(0, 2), (2, 1), (0, 3)}))


def test_data_is_told_by_symbol_and_a_literal_is_whose_code_points_to_it(named):
    owners = {"four": Owner("ours"), "table": Owner("theirs", "a.py")}
    found = profile(named, module(named), Parts(lambda _, name, *__: owners.get(name), {}), linked(named))
    items = {one.name: one for one in found.items}
    assert (items["table"].owner, items["table"].size_bytes) == (Owner("theirs", "a.py"), 4)
    assert (items[".L.str"].owner, items[".L.str"].size_bytes) == (Owner("ours"), 5)
    # one byte of the first segment and all of the second have no symbol
    assert items[LITERALS].size_bytes == 1 + len("left out")
    assert items["five"].needed_by == "table"
    assert items["table"].retained_bytes == 4 + items["five"].size_bytes
    assert found.by_file() == {Owner("theirs", "a.py"): 4}
    assert sum(one.size_bytes for one in found.items) == found.size_bytes


def test_a_symbol_may_be_cut_into_what_lies_in_it(named):
    inside = {"table": [("x.py", Owner("packed", "x.py"), 1), ("y.py", Owner("packed", "y.py"), 2)]}
    found = profile(named, module(named), Parts(lambda *_: Owner("ours"), inside), linked(named))
    data = sizes(found, "data")
    assert (data["x.py"], data["y.py"], data["table"]) == (1, 2, 1)


def test_names_that_are_there_twice_are_told_apart_as_wasm_opt_does_it():
    data = bytes(wasmtime.wat2wasm('(module (import "m" "f" (func)) (func $a) (func $b) (func $c))'))
    renamed = data.replace(b"\x01b", b"\x01a")
    assert unique_names(module(renamed)) == {1: "a", 2: "a_2", 3: "c"}


def test_whose_a_symbol_is_by_the_object_that_defines_it():
    other = OBJECT.replace(b"\x05table\x00\x00\x04", b"\x05table\x00\x00\x06")
    frozen = (
        "const char mp_frozen_names[] = {\n"
        "static const byte fun_data_a[4] = {\n"
        "static const mp_raw_code_t *const children_a[] = {\n"
        "static const mp_frozen_module_t frozen_module_a = {\n"
        "static const qstr_short_t const_qstr_table_data_b[2] = {\n"
        "static const mp_frozen_module_t frozen_module_b = {\n"
    )
    found = parts([("ours", OBJECT), ("theirs", other)], frozen, ["a.py", "b.py"], {"c.py": 7})
    nothing: frozenset[str] = frozenset()
    assert found.owner("data", "table", 4, nothing) == Owner("ours")
    assert found.owner("data", "table", 6, nothing) == Owner("theirs")
    assert found.owner("data", "fun_data_a", 4, nothing) == Owner(LAID_OUT, "a.py")
    assert found.owner("data", "const_qstr_table_data_b", 4, nothing) == Owner(LAID_OUT, "b.py")
    assert found.owner("data", "mp_frozen_names", 4, nothing) == Owner(TABLES)
    assert found.owner("function", "printf", 0, nothing) is None
    assert found.inside["mp_packed_bytes"] == [("c.py", Owner(PACKED, "c.py"), 7)]
    with pytest.raises(ValueError, match="2 modules are frozen, 1 files were given"):
        frozen_files(frozen, ["a.py"])


@pytest.fixture
def found(named):
    owners = {"four": Owner("ours"), "table": Owner("theirs", "a.py")}
    whole = profile(named, module(named), Parts(lambda _, name, *__: owners.get(name), {}), linked(named))
    return record(whole, "ab" * 32)


def test_a_profile_is_read_as_it_was_written(found):
    assert parse(text(found).encode(), "here") == found
    assert json.loads(text(found)) == as_json(found)
    assert found.lines["theirs: a.py"].size_bytes == 4


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "here: is not JSON"),
        (b"[]", "here: is no profile of schema 1"),
        (b'{"schema": 2}', "here: is no profile of schema 1"),
    ],
)
def test_what_is_no_profile_is_refused(data, said):
    with pytest.raises(BadProfile, match=said):
        parse(data, "here")


def test_a_profile_whose_lines_do_not_add_up_is_refused(found):
    broken = as_json(found) | {"bytes": found.size_bytes + 1}
    with pytest.raises(BadProfile, match="its lines do not add up to"):
        parse(json.dumps(broken).encode(), "here")
    for lines in (None, [[1]], [["a", "b", "c", 0, ""]]):
        with pytest.raises(BadProfile, match="here: "):
            parse(json.dumps(as_json(found) | {"lines": lines}).encode(), "here")


def test_what_changed_is_what_grew_shrank_came_or_went(found):
    lines = dict(found.lines)
    four = lines["ours: four"]
    lines["ours: four"] = four._replace(size_bytes=four.size_bytes + 100)
    lines["ours: new"] = four._replace(name="new", size_bytes=7)
    gone = lines.pop("theirs: a.py")
    assert changes(found, found._replace(lines=lines)) == [
        Change("ours", "four", four.size_bytes, four.size_bytes + 100),
        Change("ours", "new", 0, 7),
        Change("theirs", "a.py", gone.size_bytes, 0),
    ]
    assert changes(found, found) == []


def shown(found, old=None, gzip_bytes=None):
    written = io.StringIO()
    console = Console(file=written, width=120)
    show(console, found, old, gzip_bytes)
    return written.getvalue()


def test_people_see_components_the_goal_and_what_changed(found):
    said = shown(found, found._replace(size_bytes=found.size_bytes - 1), 130_000)
    assert (
        f"{found.size_bytes} bytes as it is, {300_000 - found.size_bytes:,} below the goal of 300,000" in said
    )
    assert "130,000 bytes by gzip, 10,000 above the goal of 120,000" in said
    assert "nothing" in said
    assert "what changed" not in shown(found)
    for name in ("ours", "theirs", "a.py", TYPES[:20], "four"):
        assert name in said
    assert len(said.splitlines()) < 60


def test_the_command_shows_a_module_or_a_profile_and_refuses_what_is_neither(found, named, tmp_path, capsys):
    (tmp_path / "named.wasm").write_bytes(named)
    (tmp_path / "kept.json").write_text(text(found))
    assert main([str(tmp_path / "named.wasm"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["bytes"] == found.size_bytes
    assert main([str(tmp_path / "kept.json"), "--against", str(tmp_path / "kept.json")]) == 0
    assert "nothing" in capsys.readouterr().out
    (tmp_path / "cut.wasm").write_bytes(named[:-1])
    for name, why in (("cut.wasm", "a damaged or cut WebAssembly file"), ("none", "No such file")):
        assert main([str(tmp_path / name)]) == 1
        assert why in capsys.readouterr().err


def test_another_module_than_the_product_is_refused(named, tmp_path):
    other = bytes(wasmtime.wat2wasm("(module (func (nop)))"))
    with pytest.raises(BadProfile, match="is not the product"):
        profiled(other, named, tmp_path)
    with pytest.raises(BadProfile, match="build once more"):
        profiled(named, named, tmp_path)

"""Exact figures of files: what is measured of a good one, and that a bad one is missing and not zero."""

from __future__ import annotations

import hashlib
import json

import pytest

from bench.readings import Found, Reading, Unstable
from bench.sizes import compressed_bytes, document, measure_dist, measure_file, write_size_json
from tests.bench_gate import binaries
from tests.tools import wasm_bytes
from tools import cache
from tools.wasm_profile_record import Line, Record, text


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))


@pytest.fixture
def dist(tmp_path):
    folder = tmp_path / "dist"
    (folder / "x86_64-macos").mkdir(parents=True)
    (folder / "x86_64-macos" / "weft").write_bytes(binaries.macho())
    (folder / "wasm").mkdir()
    (folder / "wasm" / "weft.wasm").write_bytes(binaries.WASM)
    return folder


def figures(found: Found) -> dict[str, float]:
    return {reading.metric: reading.value for reading in found.readings}


def test_a_file_has_its_size_by_section_and_packed_in_three_ways(tmp_path):
    (tmp_path / "weft").write_bytes(binaries.macho())
    found = measure_file("x86_64-macos", tmp_path / "weft")
    assert not found.missing
    exact = figures(found)
    assert exact["bytes"] == len(binaries.macho())
    assert exact["section_bytes:__TEXT,__text"] == 0x50
    assert exact["dynamic_symbols"] == 1
    assert {"gzip_bytes", "brotli_bytes", "zstd_bytes"} <= set(exact)
    assert "symbol_bytes:others" not in exact  # nothing with symbols lies beside it
    assert {(reading.artifact, reading.scenario, reading.statistic) for reading in found.readings} == {
        ("x86_64-macos", "file", "exact")
    }


def test_symbols_are_those_of_the_file_beside_it_unless_it_is_of_another_build(tmp_path):
    (tmp_path / "weft").write_bytes(binaries.macho())
    (tmp_path / "weft-with-symbols").write_bytes(binaries.macho())
    assert figures(measure_file("x", tmp_path / "weft"))["symbol_bytes:others"] == 0x50
    (tmp_path / "weft-with-symbols").write_bytes(binaries.elf())
    found = measure_file("x", tmp_path / "weft")
    assert [missing.metric for missing in found.missing] == ["symbol_bytes:*"]
    assert "it is of another build; run python -m tools.crossbuild --symbols" in found.missing[0].why
    assert "symbol_bytes:others" not in figures(found)


def test_a_file_that_is_cut_empty_or_not_there_is_missing(tmp_path):
    for data, why in ((binaries.elf()[:-1], "a damaged or cut ELF file"), (b"", "it begins with nothing")):
        (tmp_path / "weft").write_bytes(data)
        found = measure_file("x", tmp_path / "weft")
        assert not found.readings
        assert str(found.missing[0]).startswith("x/file/*: weft: ")
        assert why in found.missing[0].why
    assert "No such file" in measure_file("x", tmp_path / "none").missing[0].why
    (tmp_path / "wheel").write_bytes(b"")
    assert "is empty" in measure_file("wheel", tmp_path / "wheel", is_executable=False).missing[0].why


def test_packing_makes_small_what_repeats_and_is_done_once():
    sizes = compressed_bytes(b"the same again " * 1000)
    assert set(sizes) == {"gzip", "brotli", "zstd"}
    assert all(0 < size < 100 for size in sizes.values())
    kept = list((cache.cache_folder() / "compressed").iterdir())
    kept[0].write_text('{"gzip": 1, "brotli": 2, "zstd": 3}')
    assert compressed_bytes(b"the same again " * 1000) == {"gzip": 1, "brotli": 2, "zstd": 3}


def test_size_json_has_every_executable_that_was_built(dist):
    (dist / "build.json").write_text(
        '{"schema": 1, "targets": [{"target": "x86_64-macos", "component_bytes": {"libcurl": 7}}]}'
    )
    assert list(write_size_json(dist)) == ["x86_64-macos", "wasm-weft"]
    found = json.loads((dist / "size.json").read_text())
    assert found["schema"] == 1
    assert found["artifacts"]["x86_64-macos"]["figures"]["bytes"] == len(binaries.macho())
    assert found["artifacts"]["x86_64-macos"]["components"] == {"libcurl": 7}
    assert found["artifacts"]["wasm-weft"]["figures"]["section_bytes:code"] == 10
    assert found["artifacts"]["wasm-weft"]["components"] == {}


def test_size_json_says_what_is_missing(dist):
    (dist / "x86_64-macos" / "weft").write_bytes(binaries.macho()[:-1])
    found = document(measure_dist(dist), dist / "build.json")["artifacts"]["x86_64-macos"]
    assert found["figures"] == {}
    assert found["missing"][0].startswith("x86_64-macos/file/*: weft: a damaged or cut Mach-O file")


def test_a_figure_that_should_be_the_same_each_time_and_is_not_is_missing_with_what_was_found():
    found = Found()
    found.add("a", "s", "bytes", "exact", [1, 1, 1])
    found.add("a", "s", "instructions", "exact", [1, 2])
    found.add("a", "s", "peak_rss", "max", [1, 3, 2])
    found.add("a", "s", "time", "median", [1, 5, 2])
    assert [(reading.key, reading.value) for reading in found.readings] == [
        ("a/s/bytes", 1),
        ("a/s/peak_rss", 3),
        ("a/s/time", 2),
    ]
    assert [str(each) for each in found.missing] == [
        "a/s/instructions: expected the same figure each time, found 1, 2"
    ]
    with pytest.raises(Unstable):
        Reading("a", "s", "m", "exact", (1, 2)).value  # noqa: B018 - asked for what it raises


def test_a_module_has_its_imports_exports_and_components_where_they_are_known(tmp_path):
    path = tmp_path / "weft.wasm"
    path.write_bytes(binaries.WASM)
    exact = figures(measure_file("wasm-weft", path))
    assert (exact["imports"], exact["exports"]) == (2, 1)
    assert "dynamic_symbols" not in exact
    assert not [name for name in exact if name.startswith("symbol_bytes")]
    profile = Record(
        *(hashlib.sha256(binaries.WASM).hexdigest(), 7, 0, {"ours": 7}, {}),
        {"ours: all": Line("ours", "all", 7, 7, "")},
    )
    path.with_suffix(".profile.json").write_text(text(profile))
    assert figures(measure_file("wasm-weft", path))["symbol_bytes:ours"] == 7
    path.with_suffix(".profile.json").write_text(text(profile._replace(sha256="00")))
    found = measure_file("wasm-weft", path)
    assert str(found.missing[0]).startswith(
        "wasm-weft/file/symbol_bytes:*: weft.profile.json is of another build"
    )
    path.with_suffix(".profile.json").write_text("{")
    assert "is not JSON" in str(measure_file("wasm-weft", path).missing[0])


def test_a_component_has_what_its_core_and_its_adapter_take(tmp_path):
    (tmp_path / "weft.component.wasm").write_bytes(wasm_bytes.COMPONENT)
    exact = figures(measure_file("wasm-weft.component", tmp_path / "weft.component.wasm"))
    assert exact["bytes"] == len(wasm_bytes.COMPONENT)
    assert exact["core_bytes"] == len(wasm_bytes.CORE)
    assert exact["adapter_bytes"] == len(wasm_bytes.ADAPTER)
    assert exact["imports"] == 2

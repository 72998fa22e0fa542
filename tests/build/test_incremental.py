"""A build makes what changed and nothing else, and never leaves something half made."""

from __future__ import annotations

import json
import secrets
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.build.tree import Tree
from tools import cache

if TYPE_CHECKING:
    from pathlib import Path

TARGET = "x86_64-linux-musl"


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path / "tree")
    assert tree.build(TARGET).executable
    return tree


def test_nothing_is_made_where_nothing_changed(tree: Tree) -> None:
    first = tree.build(TARGET)
    again = tree.build(TARGET)
    assert again.made_count == 0
    assert again.executable == first.executable


def test_a_change_of_python_is_one_file_and_a_link(tree: Tree) -> None:
    before = tree.build(TARGET).executable
    # A text that no build has seen: the cache is the machine's own, and may hold what this test made before.
    tree.edit("clawft/embedded/main.py", '"weft "', f'"{secrets.token_hex(4)} "')
    changed = tree.build(TARGET)
    assert changed.made_count == 2
    assert changed.executable != before


def test_a_comment_or_an_annotation_changes_nothing(tree: Tree) -> None:
    before = tree.build(TARGET).executable
    tree.edit("clawft/embedded/main.py", "def main() -> int:", "def main() -> object:")
    assert tree.build(TARGET).executable == before


def test_what_comes_back_is_remembered(tree: Tree) -> None:
    first = tree.build(TARGET).executable
    tree.edit("clawft/embedded/main.py", '"weft "', '"w4ft "')
    tree.build(TARGET)
    tree.edit("clawft/embedded/main.py", '"w4ft "', '"weft "')
    back = tree.build(TARGET)
    assert back.made_count == 0
    assert back.executable == first


def test_a_warning_in_our_own_c_stops_the_build_and_the_old_executable_stays(tree: Tree) -> None:
    before = tree.build(TARGET).executable
    source = tree.folder / "clawft/embedded/port/main.c"
    source.write_text(source.read_text() + "\nint weft_test(int unused) { return 0; }\n")
    failed = tree.build(TARGET)
    assert failed.exit_code == 1
    assert "port/main.c" in failed.said
    assert "unused parameter" in failed.said
    assert "Traceback" not in failed.said
    assert (tree.folder / "dist" / TARGET / "weft").read_bytes() == before


def test_the_record_says_what_lies_in_dist(tree: Tree) -> None:
    tree.build(TARGET)
    (entry,) = json.loads((tree.folder / "dist/build.json").read_text())["targets"]
    file = tree.folder / "dist" / TARGET / entry["file"]
    assert entry["sha256"] == cache.file_digest(file)
    assert entry["size_bytes"] == file.stat().st_size
    assert entry["checked"] == "executed"
    assert len(entry["input_sha256"]) == 64


def test_an_executable_that_is_not_as_it_was_made_leaves_the_record(tree: Tree) -> None:
    tree.build(TARGET)
    record = tree.folder / "dist/build.json"
    known = json.loads(record.read_text())
    other = {**known["targets"][0], "target": "aarch64-macos"}
    record.write_text(json.dumps({**known, "targets": [*known["targets"], other]}))
    tree.build(TARGET)
    assert [entry["target"] for entry in json.loads(record.read_text())["targets"]] == [TARGET]


def test_an_interrupted_build_leaves_nothing_half_written(tree: Tree, tmp_path: Path) -> None:
    own = tmp_path / "cache"
    environment = tree.environment(CLAWFT_CACHE=str(own), LC_ALL="C")
    before = (tree.folder / "dist" / TARGET / "weft").read_bytes()
    running = subprocess.Popen(
        tree.command(TARGET),
        cwd=tree.folder,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("compiling"):
            break
    running.send_signal(signal.SIGINT)
    with running:
        said = running.stderr.read()
    assert running.returncode == 130, said
    assert "interrupted" in said
    assert "Traceback" not in said
    assert (tree.folder / "dist" / TARGET / "weft").read_bytes() == before
    # What is written has a name with a dot until it is whole; the sources hold such files of their own.
    kept = [
        path for path in own.rglob(".*") if path.is_file() and path.relative_to(own).parts[0] != "sources"
    ]
    assert not [path for path in kept if path.parts[-2] != "zig-local"]
    assert not list((own / "sources").glob(".*"))

"""The plan is a function of tree and version, and names every file."""

import pytest

from release import plan
from release.refusal import Refusal
from release.repository import Tree
from tools.targets import read_targets

TREE = Tree("a1" * 20, 1795608000, is_dirty=False, tags={}, last_tag="", commits_since=1)


def test_every_target_has_an_archive_with_its_executable():
    made = plan.make(TREE, "0.1.0")
    names = [one.name for one in made.of_kind("archive")]
    assert names == [
        "weft-0.1.0-x86_64-linux-musl.tar.gz",
        "weft-0.1.0-aarch64-linux-musl.tar.gz",
        "weft-0.1.0-x86_64-macos.tar.gz",
        "weft-0.1.0-aarch64-macos.tar.gz",
        "weft-0.1.0-x86_64-windows-gnu.zip",
    ]
    for one, target in zip(made.of_kind("archive"), read_targets().values(), strict=True):
        assert plan.Member(target.executable, f"dist/{target.name}/{target.executable}", 0o755) in one.files
        assert {"LICENSE", "NOTICE", "README.md", "CHANGELOG.md"} <= {member.path for member in one.files}


def test_every_payload_has_its_checksum_and_no_name_stands_twice():
    made = plan.make(TREE, "0.1.0")
    names = [one.name for one in made.artifacts]
    assert len(names) == len(set(names))
    for one in made.of_kind(*plan.PAYLOADS):
        assert f"{one.name}.sha256" in names


def test_the_same_tree_gives_the_same_bytes_and_they_read_back():
    made = plan.make(TREE, "0.1.0.dev1+ga1a1a1a1")
    assert made.is_snapshot
    assert made.as_text() == plan.make(TREE, made.version).as_text()
    assert plan.read(made.as_text()) == made


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 2}', '{"schema": 1}'])
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(Refusal, match=r"release-plan\.json"):
        plan.read(text)

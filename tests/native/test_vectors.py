"""The module `_vectors` gives the bits of its twins in Python; its graph finds the nearest, whatever file it reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.native.conftest import RunNative

SCRIPTS = Path(__file__).parent / "scripts"


def assert_done(run_native: RunNative, name: str, *words: object) -> str:
    done = run_native((SCRIPTS / name).read_text("utf-8"), *[str(word) for word in words])
    assert done.returncode == 0, done.stderr.decode() + done.stdout.decode()
    return done.stdout.decode()


def test_hashing_and_the_exact_search_give_the_bytes_that_python_gives(run_native: RunNative) -> None:
    assert assert_done(run_native, "vectors.py", 1).split() == ["embed", "exact", "refused"]


@pytest.mark.parametrize("kind", ["random", "latent"])
def test_the_graph_finds_the_nearest_also_after_removing_and_reloading(
    run_native: RunNative, kind: str
) -> None:
    said = assert_done(run_native, "graph.py", 1, 1500, 64, 300, kind)
    assert said.splitlines()[-1] == "done"


def test_of_ten_thousand_the_graph_finds_95_percent(run_native: RunNative) -> None:
    assert assert_done(run_native, "graph.py", 1, 10_000, 128, 0, "random").splitlines()[-1] == "done"

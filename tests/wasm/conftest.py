"""Hands tests the built module, compiled once, in a home of its own, and the built components. Builds nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from tests.wasm.components import Components
from tests.wasm.module_host import Ended, ModuleHost
from tools import wasm

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HOME = "/home"


class Weft(NamedTuple):
    """`weft` in a sandbox that has one folder, which it calls /home."""

    host: ModuleHost
    folder: Path

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def __call__(self, *words: str, said: bytes = b"", **environment: str) -> Ended:
        return self.host.run(self.folder, *words, **self.world(environment), said=said)

    def world(self, environment: Mapping[str, str]) -> dict[str, Any]:
        """What an instance is given."""
        return {"environment": {"HOME": HOME, **environment}, "preopened": {HOME: self.home}}


def built(name: str = wasm.MODULE) -> Path:
    path = wasm.DIST / name
    if not path.is_file():
        pytest.fail(f"there is no {path}; make it with nox -s wasm", pytrace=False)
    return path


@pytest.fixture(scope="session")
def precompiled(tmp_path_factory: pytest.TempPathFactory) -> ModuleHost:
    return ModuleHost(built(), precompiled=tmp_path_factory.mktemp("module") / "weft.cwasm")


@pytest.fixture(scope="session")
def cold() -> ModuleHost:
    return ModuleHost(built())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where an instance's streams are, and its home."""
    (tmp_path / "home").mkdir()
    return tmp_path


@pytest.fixture
def weft(precompiled: ModuleHost, folder: Path) -> Weft:
    return Weft(precompiled, folder)


@pytest.fixture(scope="session")
def components() -> Components:
    return Components(wasm.DIST, is_test_build=False)


@pytest.fixture(scope="session")
def test_components() -> Components:
    return Components(wasm.LINKED / "test", is_test_build=True)

"""The language in the module's test build: what the executables' tests of it promise, in wasmtime."""

from __future__ import annotations

import pytest

from tests.native.test_language import *  # noqa: F403 - every one is a test here
from tests.wasm.scripts import run_script


@pytest.fixture
def run_native(tmp_path):
    def run(script, *arguments, stdin=b""):
        return run_script(tmp_path, script, *arguments, stdin=stdin)

    return run

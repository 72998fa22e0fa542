"""A name server that rebinds, in a network of its own: what every runtime on Linux does. `in_network` is a fixture."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest

from tests.programs import program as installed
from tests.scenarios import rebinding_network, web
from tests.scenarios.programs import Program
from tests.scenarios.rebinding_network import NAME, PRIVATE, PUBLIC


def program_in_network(folder, way, test_build=None):
    """A program whose network is `rebinding_network`."""
    if sys.platform != "linux" or (test_build is not None and test_build.is_windows):
        pytest.skip("namespaces are Linux's")
    flags = ["--mount", "--net"] if os.geteuid() == 0 else ["--mount", "--net", "--map-root-user"]
    network = [sys.executable, rebinding_network.__file__, installed("ip"), str(folder)]
    return Program(
        folder,
        way,
        test_build,
        scenarios=Path(web.__file__),
        prefix=(installed("unshare"), *flags, *network),
    )


def test_what_the_first_answer_named_is_all_that_is_connected_to(program, tmp_path):
    url = f"http://{NAME}/"
    outcomes = program("fetch_really", [url, url, f"http://{PRIVATE}/"])
    answered, connected = json.loads((tmp_path / "log.json").read_text("utf-8"))
    # Asked once for each call, and never again in between; the second call's answer is refused and not connected to.
    assert answered == [PUBLIC, PRIVATE]
    assert connected == [PUBLIC]
    assert outcomes[0]["body"] == PUBLIC
    assert outcomes[1:] == ["url.private", "url.private"]

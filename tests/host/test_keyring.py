"""Keys in the system's keyring, through the package and a whole command."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.raw_server import REQUEST, RawServer

ROOT = Path(__file__).resolve().parents[2]
ANSWER = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n"


def weft(home, backend, entry, base="http://127.0.0.1:1/v1", before="pass"):
    environment = {
        "HOME": str(home),
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "PYTHON_KEYRING_BACKEND": backend,
        "CLAWFT__PROVIDERS__OPENAI__API_KEY_KEYRING": entry,
        "CLAWFT__PROVIDERS__OPENAI__API_BASE": base,
        "CLAWFT__REQUESTS__MAX_ATTEMPTS": "1",
    }
    code = f"{before}; from clawft.__main__ import main; raise SystemExit(main())"
    words = ["agent", "-m", "hi", "--model", "openai/gpt-4o"]
    return subprocess.run(
        [sys.executable, "-c", code, *words], env=environment, capture_output=True, text=True, check=False
    )


MEMORY = "tests.host.memory_keyring.Memory"


def test_the_key_goes_to_the_provider_and_nowhere_else(tmp_path):
    with RawServer([[REQUEST, ANSWER]]) as server:
        done = weft(tmp_path, MEMORY, "weft/openai/me", server.url("/v1"))
    [request] = server.requests
    assert b"authorization: bearer sk-kept\r\n" in request.lower()
    assert "sk-kept" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("backend", "entry", "before", "told"),
    [
        (MEMORY, "weft/openai/you", "pass", "run: keyring set weft/openai you"),
        (MEMORY, "locked/me", "pass", "the keyring does not open: it is locked"),
        ("keyring.backends.fail.Keyring", "weft/openai/me", "pass", "the keyring does not open"),
        ("no_such.Backend", "weft/openai/me", "pass", "the keyring's backend failed: ModuleNotFoundError"),
        (
            MEMORY,
            "weft/openai/me",
            "import sys; sys.modules['keyring'] = None",
            "pip install 'clawft[keyring]'",
        ),
    ],
)
def test_a_keyring_that_gives_nothing_says_why(tmp_path, backend, entry, before, told):
    done = weft(tmp_path, backend, entry, before=before)
    assert done.returncode == 2
    assert "providers.openai.api_key_keyring" in done.stderr
    assert told in done.stderr

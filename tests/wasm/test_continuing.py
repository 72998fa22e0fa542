"""A session is the same file everywhere: what was said in WebAssembly goes on in the executable, and back."""

from __future__ import annotations

import subprocess

import pytest

from tests.fakes.model_server import ModelServer
from tests.native.executables import runnable
from tests.wasm.chat import TWO_ROUNDS, configure
from tools.targets import host_target


@pytest.fixture
def native(weft):
    """Runs a message in this machine's executable, in the same home. FileNotFoundError says what to build."""
    executable = runnable(host_target().name)

    def run(message):
        return subprocess.run(
            [*executable.command, "agent", "-m", message],
            env=executable.environment(HOME=str(weft.home)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    return run


@pytest.mark.parametrize("wire", ["openai", "anthropic"])
def test_a_session_goes_on_natively_and_back(weft, native, wire):
    steps = [*TWO_ROUNDS, {"text": "Milk and eggs."}, {"text": "Both."}]
    with ModelServer(steps, api_key="secret-key") as server:
        configure(weft.home, server, wire)
        assert weft("agent", "-m", "copy my notes").out == "I copied your notes.\n"
        (path,) = (weft.home / ".clawft/state/sessions").iterdir()
        begun = path.read_bytes()
        assert native("what was in them?") == "Milk and eggs.\n"
        assert path.read_bytes().startswith(begun), "a session is only added to"
        assert weft("agent", "-m", "which did you say?").out == "Both.\n"
        sent = server.requests[-1].body["messages"]
    said = [message["content"] for message in sent if message["role"] == "user"]
    texts = [text if isinstance(text, str) else text[-1].get("text", "") for text in said]
    assert [text for text in texts if text] == ["copy my notes", "what was in them?", "which did you say?"]
    assert "I copied your notes." in str(sent)
    assert "Milk and eggs." in str(sent)

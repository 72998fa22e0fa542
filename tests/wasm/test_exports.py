"""What a host calls instead of `_start`: init, process_message and capabilities, several times in one instance."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest

from tests.fakes.model_server import ModelServer
from tests.wasm.chat import configure
from tests.wasm.module_host import Exports


@pytest.fixture
def exports(weft):
    """An instance's exports, in a world of its own."""

    def begin(**environment):
        return Exports(*weft.host.instance(weft.folder, **weft.world(environment)))

    return begin


def said_on_standard_error(weft):
    return (weft.folder / "stderr").read_text("utf-8")


def test_a_conversation_goes_on_in_one_instance(weft, exports):
    steps: list[dict[str, Any]] = [
        {"text": "I am here.", "usage": {"input_tokens": 7, "output_tokens": 3}},
        {"text": "Twice."},
    ]
    with ModelServer(steps) as server:
        configure(weft.home, server, "openai")
        module = exports()
        assert module.init() == 0
        first = module.process_message("are you there?", "desk:1")
        second = module.process_message("how often have I asked?", "desk:1")
        third = module.process_message("and who am I?", "desk:2")
        asked = [
            [message["content"] for message in request.body["messages"][1:]] for request in server.requests
        ]
    assert (first["reply"], first["error"], first["session"]) == ("I am here.", None, "desk:1")
    assert first["usage"]["input_tokens"] == 7
    assert second["reply"] == "Twice."
    assert third["session"] == "desk:2"
    assert asked[1] == ["are you there?", "I am here.", "how often have I asked?"]
    assert asked[2] == ["and who am I?"], "another session"
    kept = {path.name for path in (weft.home / ".clawft/state/sessions").iterdir()}
    assert kept == {"desk%3A1.jsonl", "desk%3A2.jsonl"}
    assert said_on_standard_error(weft) == ""
    assert weft.host.http.open_exchanges == 0


@pytest.mark.parametrize(
    ("session", "key"), [("", "wasm:default"), ("mine", "wasm:mine"), ("a:b:c", "a:b:c")]
)
def test_a_session_without_a_name_or_channel_has_one(exports, session, key):
    assert exports().process_message("hello", session)["session"] == key


def test_a_message_needs_no_init_before_it(exports):
    answer = exports().process_message("hello", "")
    assert answer["reply"].startswith("I am clawft without a model")
    assert answer["provider"] == "offline"


@pytest.mark.parametrize(
    ("text", "session"),
    [(b"\xff\xfe", b""), (b"hello", b"\xff"), (b"", b""), (b" \n\t", b""), (b"\xed\xa0\x80", b"")],
)
def test_what_is_no_message_is_an_answer_that_says_so(exports, text, session):
    module = exports()
    answer = module.process_message(text, session)
    assert answer["reply"] is None
    assert answer["error"] == "expected a message and a session as UTF-8 text, the message not empty"
    assert module.process_message("hello", "")["error"] is None, "the next one is answered"


def test_a_long_message_is_answered_and_kept(weft, exports):
    text = "größer " * 5_000
    assert exports().process_message(text, "")["error"] is None
    assert text.strip() in (weft.home / ".clawft/state/sessions/wasm%3Adefault.jsonl").read_text("utf-8")


def test_a_message_beyond_every_model_is_an_answer_that_says_so(exports):
    module = exports()
    assert (
        "too long for the model's context window" in module.process_message("größer " * 150_000, "")["error"]
    )
    assert module.process_message("hello", "")["error"] is None, "the next one is answered"


@pytest.mark.parametrize("size_bytes", [1 << 20, 3 << 20, 6 << 20])
def test_a_message_for_which_there_is_no_memory_is_no_trap(exports, size_bytes):
    module = exports(WEFT_HEAP_LIMIT_BYTES=str(2 << 20))
    with contextlib.suppress(MemoryError):  # no memory even for an answer
        answer = module.process_message("x" * size_bytes, "")
        assert answer["reply"] is None
        assert "memory" in answer["error"]
    assert module.process_message("hello", "")["error"] is None, "the next one is answered"


def test_a_missing_key_is_init_s_code_and_every_answer_s_error(weft, exports):
    module = exports(CLAWFT__AGENTS__DEFAULTS__MODEL="openai/gpt-5")
    assert module.init() == 2
    assert "OPENAI_API_KEY" in said_on_standard_error(weft)
    assert "OPENAI_API_KEY" in module.process_message("hello", "")["error"]
    assert "OPENAI_API_KEY" in module.capabilities()["status"]


def test_a_broken_configuration_is_read_again_once_it_was_mended(weft, exports):
    (weft.home / ".clawft").mkdir()
    path = weft.home / ".clawft/config.json"
    path.write_text("{")
    module = exports()
    assert module.init() == 2
    assert "/home/.clawft/config.json" in said_on_standard_error(weft)
    assert "/home/.clawft/config.json" in module.capabilities()["status"]
    path.write_text("{}")
    assert module.init() == 0
    assert module.process_message("hello", "")["error"] is None


def test_its_capabilities_are_what_it_is_and_can_do(exports):
    module = exports(CLAWFT__AGENTS__DEFAULTS__MODEL="openai/gpt-5", OPENAI_API_KEY="secret-key")
    found = module.capabilities()
    assert found["status"] == "ready"
    assert found["platform"] == "wasm32-wasi"
    assert found["models"] == ["openai/gpt-5"]
    assert {"read_file", "write_file", "web_fetch"} < set(found["tools"])
    assert not {"exec_shell", "spawn"} & set(found["tools"]), "a sandbox starts no processes"
    assert "secret-key" not in json.dumps(found)


def test_memory_that_a_host_takes_it_can_give_back(exports):
    module = exports()
    before = module.memory_bytes()
    for _ in range(200):
        module.release(module.allocate(1 << 20))
    assert module.memory_bytes() - before <= 2 << 20
    assert module.allocate(0x7FFFFFF0) == 0, "more than there can be is refused, not a trap"

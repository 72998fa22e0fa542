"""Session files: whatever stands in one, it opens, or says why; what is appended is the last that is read back."""

from __future__ import annotations

from clawft.core.errors import StorageError
from clawft.core.fakes import FakeRuntime, run
from clawft.core.messages import Message
from clawft.core.session import SessionStore, message_record
from tests.portable.test_session import FOLDER, PATH, UPSTREAM

MANY = 1000


def seeds():
    header = b'{"_type":"metadata","version":2,"key":"cli:work","created_at":"2025-01-02T03:04:05Z"}\n'
    call = b'{"role":"assistant","content":null,"tool_calls":[{"id":"1","name":"f","arguments":"{}"}]}\n'
    result = b'{"role":"tool","content":"x","tool_call_id":"1","timestamp":1}\n'
    return [
        UPSTREAM,
        header,
        header + call + result,
        header + b'{"role":"user","content":"cut',
        header + b"\0\0\0\0\n" + result,
        header.replace(b"2,", b"3,"),
        header.replace(b"work", b"play"),
        b"not json\n" + result,
        b"[" * 3000 + b"\n",
        header + b'{"role":"user","content":[{"type":"text","text":"\\ud800"}]}\r\n\n{"_type":"metadata"}\n',
    ]


def check(data):
    runtime = FakeRuntime()
    runtime.files.make_folder(FOLDER)
    run(runtime.files.append_durable(PATH, data, 0))
    try:
        before = opened(runtime).recent(MANY)
        session = opened(runtime)
        assert session.recent(MANY) == before
        session.messages(MANY)
        run(session.append([message_record(Message("user", "the last"), 1790000000.0)]))
        after = opened(runtime).recent(MANY)
    except StorageError:
        return
    assert after[-1]["content"] == "the last"
    assert after[:-1] == before[-len(after) + 1 :] if len(after) > 1 else not before


def opened(runtime):
    said: list[str] = []
    return run(SessionStore(runtime.files, runtime.clock, FOLDER, [], said.append).open("cli:work"))

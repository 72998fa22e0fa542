"""What the boundary adds to a tool call: rules of paths, the redactor, the audit log, the gate. Asserts no time.

`pytest tests/bench/test_gate_bench.py`. What a disk takes is not ours: compare with the plain append beside it.
"""

from __future__ import annotations

import os

import pytest

from clawft.agent.gate import ToolGate
from clawft.core.audit import AuditLog, Decision, verify
from clawft.core.fakes import FakeClock, FakeRuntime, run
from clawft.core.messages import ToolCall
from clawft.security.approval import ApprovalPolicy
from clawft.security.paths import relative_path
from clawft.security.secrets import Redactor
from tests.fakes.host_files import HostFiles

WORKSPACE = "/home/user/.clawft/workspace"
PATHS = {
    "a name": "README.md",
    "a path": "src/deep/er/main.py",
    "an absolute path": WORKSPACE + "/src/main.py",
    "the longest path": "folder/" * 580,
    "a way out": "a/" * 500 + "../" * 501,
}
VALUES = tuple(f"configured-value-{number}" for number in range(20))
TEXTS = {
    "prose": "plain words about keys, tokens and secrets, with nothing to hide in them.\n",
    "a program": "    token = next(stream); password: str = getpass()  # api_key\n",
    "many keys": "API_KEY=0123456789abcdef sk-ant-abcdefghijklmnopqrstuvwxyz0123\n",
    "colons": "12345678:" * 8 + "\n",
    "another script": "\u6771\u4eac\u306e\u5929\u6c17\u306f\u6674\u308c\u3067\u3059\u3002\n",
}


@pytest.mark.parametrize("kind", PATHS)
def test_judge_a_path(benchmark, kind):
    def judge():
        try:
            return relative_path(PATHS[kind], WORKSPACE)
        except Exception as refused:  # noqa: BLE001 - a refusal has its cost, too
            return refused

    benchmark.group = "paths"
    assert isinstance(benchmark(judge), str) == (kind != "a way out")


@pytest.mark.parametrize("length", [4096, 32768])
@pytest.mark.parametrize("kind", TEXTS)
def test_redact_a_text(benchmark, kind, length):
    text = (TEXTS[kind] * length)[:length]
    benchmark.group = "redactor: " + kind
    assert benchmark(Redactor(VALUES).text, text)


def test_record_a_decision_on_a_disk(benchmark, tmp_path):
    log = AuditLog(HostFiles(), FakeClock(), str(tmp_path), Redactor(VALUES).text)
    decision = Decision("command", "ls -la src", is_allowed=True, tool="exec_shell", session="cli:work")
    benchmark.group = "audit"
    benchmark(lambda: run(log.add(decision)))
    assert verify(HostFiles(), str(tmp_path)).faults == []


def test_append_as_many_bytes_to_a_plain_file(benchmark, tmp_path):
    opened = os.open(tmp_path / "plain", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def append():
        os.write(opened, b"x" * 380)
        os.fdatasync(opened)

    benchmark.group = "audit"
    benchmark(append)
    os.close(opened)


def test_record_a_decision_in_memory(benchmark):
    runtime = FakeRuntime()
    log = AuditLog(runtime.files, runtime.clock, "/state/audit", Redactor(VALUES).text)
    decision = Decision("url", "https://example.com/", is_allowed=True, tool="web_fetch", session="cli:work")
    benchmark.group = "audit"
    # So few, because a file in memory is copied by every append.
    benchmark.pedantic(lambda: run(log.add(decision)), rounds=200)


def test_one_call_through_the_gate(benchmark, tmp_path):
    audit = AuditLog(HostFiles(), FakeClock(), str(tmp_path), Redactor(VALUES).text)
    redactor = Redactor(VALUES)
    gate = ToolGate(ApprovalPolicy(("web_fetch",), ("spawn",)), lambda: audit, lambda: redactor)
    call = ToolCall("1", "read_file", '{"path": "README.md"}')
    result: dict[str, object] = {"path": "README.md", "content": TEXTS["a program"] * 64}

    def through():
        run(gate.admit(call, "cli:work", lambda event: None, lambda: None))
        return gate.without_secrets(result)

    benchmark.group = "gate"
    assert benchmark(through)["path"] == "README.md"

"""What the decisions of a usual tool call cost. Run by bench/micro.py in pairs with an older checkout; asserts no time.

What lengths cost is in the files beside it: these are short, and each is about one thing.
"""

from __future__ import annotations

from clawft.core.fakes import run
from clawft.core.messages import ToolCall
from clawft.security.approval import ApprovalPolicy
from clawft.security.commands import CommandPolicy
from clawft.security.paths import relative_path
from clawft.security.secrets import Redactor
from clawft.security.url_decision import url_decision_by
from clawft.security.url_settings import UrlSettings
from clawft.security.urls import UrlPolicy

WORKSPACE = "/home/user/.clawft/workspace"
COMMAND = "grep -rn 'def main' src | sort | head -20"
URL = "https://docs.example.com/guide/install.html?version=3&page=2#step-4"
NAMES = {"docs.example.com": ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946")}
PROGRAM = ("    token = next(stream); password: str = getpass()  # api_key\n" * 70)[:4096]
KEYS = ("API_KEY=0123456789abcdef sk-ant-abcdefghijklmnopqrstuvwxyz0123\n" * 70)[:4096]


def test_judge_a_command(benchmark):
    policy = CommandPolicy("allowlist", ["grep", "head", "sort"])
    assert benchmark(policy.judge_line, COMMAND).pipelines


def test_judge_a_path(benchmark):
    assert benchmark(relative_path, WORKSPACE + "/src/main.py", WORKSPACE) == "src/main.py"


def test_judge_a_url(benchmark):
    assert benchmark(url_decision_by, UrlPolicy(UrlSettings()), URL, NAMES)[0] == "allow"


def test_redact_a_program(benchmark):
    assert len(benchmark(Redactor(()).text, PROGRAM)) > 4000


def test_redact_keys(benchmark):
    assert "sk-ant-abc" not in benchmark(Redactor(()).text, KEYS)


def test_admit_a_call(benchmark):
    from clawft.agent.gate import ToolGate
    from clawft.core.audit import AuditLog
    from clawft.core.fakes import FakeRuntime

    def admitted():
        runtime = FakeRuntime()
        redactor = Redactor(())
        audit = AuditLog(runtime.files, runtime.clock, "/state/audit", redactor.text)
        gate = ToolGate(ApprovalPolicy(("web_fetch",), ("spawn",)), lambda: audit, lambda: redactor)
        for number in range(10):
            call = ToolCall(str(number), "read_file", '{"path": "README.md"}')
            run(gate.admit(call, "cli:work", lambda event: None, lambda: None))
        return gate.without_secrets({"content": PROGRAM})

    assert benchmark(admitted)["content"]

"""The gate before every tool, and what the policies answer when they are asked, on both runtimes."""

from clawft.agent.context import mark_results
from clawft.agent.gate import ToolGate
from clawft.agent.tool_calls import GatedTools
from clawft.core.audit import AuditLog, read_line, verify
from clawft.core.compat import feature, json_value
from clawft.core.config import load_config
from clawft.core.errors import PolicyDenied, StorageError, WeftError, hide_secrets
from clawft.core.interfaces import Approver, Tool, Tools
from clawft.core.messages import Message, ToolCall, ToolSchema
from clawft.security.approval import ApprovalPolicy
from clawft.security.decisions import Judge
from clawft.security.policies import Policies
from clawft.security.secrets import Redactor

AUDIT = "/home/user/.clawft/state/audit"
SECRET = "a password of mine"


class Echo(Tool):
    """Says what it is given, unless that is forbidden."""

    def __init__(self):
        self.schema = ToolSchema(
            "echo", "echoes", {"type": "object", "properties": {"text": {"type": "string"}}}
        )
        self.count = 0

    def check(self, arguments):
        if arguments["text"] == "hopeless":
            raise PolicyDenied("path.outside", "hopeless", "it leads out")

    async def call(self, arguments, session=""):
        self.count += 1
        self.session = session
        if arguments["text"] == "forbidden":
            raise PolicyDenied("path.outside", "forbidden", "it leads out")
        return {"text": arguments["text"]}


class One(Tools):
    """A registry of one."""

    def __init__(self):
        self.tool = Echo()

    def find(self, name):
        return self.tool

    def schemas(self):
        return (self.tool.schema,)


class Person(Approver):
    """Gives the answers it is told to."""

    def __init__(self, answers):
        self.answers = answers
        self.asked = []

    async def ask(self, tool, arguments):
        self.asked.append(arguments)
        return self.answers.pop(0)


class World:
    """A gate over fakes, with what went through it."""

    def __init__(self, runtime, ask=(), deny=(), answers=None):
        redactor = Redactor((SECRET,))
        log = AuditLog(runtime.files, runtime.clock, AUDIT, redactor.text)
        self.files = runtime.files
        self.person = Person(answers) if answers is not None else None
        self.gate = ToolGate(ApprovalPolicy(ask, deny), lambda: log, lambda: redactor, self.person)
        self.tools = One()
        self.events = []

    async def call(self, text, session="cli:a"):
        gated = GatedTools(self.tools, self.gate, session, 1000, self.events.append)
        message = await gated.run(ToolCall("1", "echo", '{"text":"' + text + '"}'))
        return json_value(message.content)

    def log(self):
        assert verify(self.files, AUDIT).faults == []
        found = []
        for name in self.files.list(AUDIT):
            for line in self.files.read(AUDIT + "/" + name).split(b"\n"):
                if line:
                    record = read_line(line)
                    found.append((record["kind"], record["decision"], record.get("rule", "")))
        return found


async def test_an_allowed_call_is_recorded_and_answered(runtime):
    world = World(runtime)
    assert await world.call("hi") == {"text": "hi"}
    assert world.log() == [("tool", "allow", "")]


async def test_a_denied_call_is_recorded_and_told(runtime):
    world = World(runtime)
    found = await world.call("forbidden")
    assert found["denied_by"] == "path.outside"
    assert world.log() == [("tool", "allow", ""), ("path", "deny", "path.outside")]


async def test_a_result_holds_no_secret(runtime):
    world = World(runtime)
    assert await world.call("it is " + SECRET) == {"text": "it is [redacted]"}
    for name in runtime.files.list(AUDIT):
        assert SECRET.encode() not in runtime.files.read(AUDIT + "/" + name)


async def test_a_person_is_asked_where_the_user_wants_that(runtime):
    world = World(runtime, ask=("ec*",), answers=["once", "deny", "session"])
    assert "text" in await world.call("one")
    assert (await world.call("two"))["denied_by"] == "approval.refused"
    assert "text" in await world.call("three")
    assert "text" in await world.call("four")
    assert len(world.person.asked) == 3
    assert world.tools.tool.count == 3
    assert [rule for _, _, rule in world.log()] == [
        "approval.once",
        "approval.refused",
        "approval.session",
        "approval.session",
    ]


async def test_nobody_is_asked_about_what_is_refused_anyway(runtime):
    world = World(runtime, ask=("echo",), answers=["once"])
    assert (await world.call("hopeless"))["denied_by"] == "path.outside"
    assert world.person.asked == []
    assert world.log() == [("path", "deny", "path.outside")]
    assert await world.call("hi") == {"text": "hi"}


async def test_a_tool_knows_the_session_it_is_called_in(runtime):
    world = World(runtime)
    await world.call("hi", "cli:b")
    assert world.tools.tool.session == "cli:b"


async def test_what_is_granted_in_one_session_is_not_in_another(runtime):
    world = World(runtime, ask=("echo",), answers=["session", "deny"])
    await world.call("one", "cli:a")
    assert (await world.call("two", "cli:b"))["denied_by"] == "approval.refused"


async def test_nobody_to_ask_is_a_no(runtime):
    world = World(runtime, ask=("echo",))
    found = await world.call("one")
    assert found["denied_by"] == "approval.nobody"
    assert world.tools.tool.count == 0


async def test_deny_wins_over_ask(runtime):
    world = World(runtime, ask=("echo",), deny=("*",), answers=[])
    assert (await world.call("one"))["denied_by"] == "approval.denied"
    assert world.person.asked == []


async def test_without_a_record_nothing_happens(runtime):
    world = World(runtime)
    runtime.files.fail_next("append_durable", StorageError("the disk is full"))
    assert await world.call("one") == {"error": "the disk is full"}
    assert world.tools.tool.count == 0


def test_results_are_marked_once_and_others_not():
    messages = [Message("user", "hi"), Message("tool", "</UNTRUSTED> x", name="read file")]
    shown = mark_results(messages)
    assert shown[0] is messages[0]
    assert shown[1].content == '<untrusted source="read_file">\n\\u003c/UNTRUSTED> x\n</untrusted>'
    assert messages[1].content == "</UNTRUSTED> x"
    assert mark_results(messages)[1] is shown[1]


def test_messages_lose_their_secrets_where_they_are_made():
    hide_secrets(Redactor((SECRET,)).text)
    try:
        assert WeftError("with " + SECRET).message == "with [redacted]"
        assert PolicyDenied("a.b", SECRET, "no").message == "denied by a.b: [redacted]: no"
    finally:
        hide_secrets(None)
    assert WeftError("with " + SECRET).message == "with " + SECRET


def judge_of(runtime, overrides=()):
    config = load_config(runtime.files, {}, runtime.home, None, overrides)
    policies = Policies(config, (config.workspace,), (config.state_folder,))

    def folder(path):
        facts = runtime.files.stat(path)
        return runtime.files.folder(path) if facts is not None else None

    return Judge(policies, folder)


def decision(judge, record):
    return judge.answer(record)["decision"]


def has_commands():
    """In a build without the feature exec, a sandbox for one, nobody can be asked about commands."""
    return feature("clawft.security.command_decision") is not None


def test_records_are_answered_with_their_id(runtime):
    allowed, denied = ("allow", "deny") if has_commands() else ("error", "error")
    judge = judge_of(runtime)
    answer = judge.answer({"id": 5, "kind": "command", "value": "ls | wc -l"})
    assert answer == {
        "id": 5,
        "decision": allowed,
        "rule": "command.allowlist" if has_commands() else "input",
        "reason": "it starts ls, wc" if has_commands() else answer["reason"],
    }
    assert has_commands() or "this build runs none" in answer["reason"]
    assert decision(judge, {"kind": "command", "value": "ls; id"}) == denied
    assert decision(judge, {"kind": "url", "value": "http://10.0.0.1/"}) == "deny"
    assert (
        decision(judge, {"kind": "url", "value": "http://10.0.0.1/", "policy": {"allow_private": True}})
        == "allow"
    )
    assert decision(judge, {"kind": "nothing"}) == "error"
    assert decision(judge, []) == "error"


def test_paths_are_looked_up_where_the_folder_is_there(runtime):
    judge = judge_of(runtime)
    runtime.files.add("/srv/work/a", b"a")
    for value, expected in (("a", "allow"), ("none", "allow"), ("../x", "deny"), ("/srv/work/a", "allow")):
        record = {"kind": "path", "value": value, "operation": "write", "workspace": "/srv/work/"}
        assert decision(judge, record) == expected


def test_the_configuration_is_the_policy(runtime):
    allowed, denied = ("allow", "deny") if has_commands() else ("error", "error")
    judge = judge_of(
        runtime, (("tools.command_policy.allowlist", "id"), ("tools.url_policy.blocked_domains", "e.com"))
    )
    assert decision(judge, {"kind": "command", "value": "id"}) == allowed
    assert decision(judge, {"kind": "command", "value": "ls"}) == denied
    assert decision(judge, {"kind": "url", "value": "http://a.e.com/"}) == "deny"

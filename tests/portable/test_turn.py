"""A turn: what models are sent, what is recorded and when, and that every failure ends in a result."""

from clawft.agent.budget import Budget
from clawft.agent.gate import ToolGate
from clawft.agent.turn import TurnParts, TurnSettings, run_turn
from clawft.core.audit import AuditLog
from clawft.core.errors import ProviderError, ToolError
from clawft.core.interfaces import Model, Tool, Tools
from clawft.core.memory import MemoryStore
from clawft.core.messages import InboundMessage, Reply, ToolCall, ToolSchema, Usage
from clawft.core.session import SessionStore
from clawft.security.approval import ApprovalPolicy
from clawft.security.secrets import Redactor

SESSIONS = "/home/user/.clawft/state/sessions"


class GivenModel(Model):
    """Answers with the replies it is given; remembers the calls."""

    def __init__(self, replies, sessions_seen=None):
        self.name = "given/model"
        self.provider = "given"
        self.context_window_tokens = 100000
        self.replies = replies
        self.calls = []
        self.on_call = None

    async def complete(self, call, emit):
        self.calls.append(call)
        if self.on_call is not None:
            self.on_call()
        reply = self.replies.pop(0)
        if isinstance(reply, Exception):
            raise reply
        reply.provider = "given"
        reply.model = "model"
        return reply


class Doubling(Tool):
    """Doubles a number, or fails."""

    def __init__(self):
        self.schema = ToolSchema(
            "double",
            "doubles",
            {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        )

    async def call(self, arguments, session=""):
        if arguments["n"] < 0:
            raise ToolError("cannot double less than nothing")
        return {"doubled": arguments["n"] * 2}


class OneTool(Tools):
    """A registry of one."""

    def __init__(self):
        self.tool = Doubling()

    def find(self, name):
        if name != "double":
            raise ToolError("no tool named " + name)
        return self.tool

    def schemas(self):
        return (self.tool.schema,)


def parts_of(runtime, model, max_tool_iterations=5, budget=None, memory_window=50):
    settings = TurnSettings(
        "/home/user/.clawft/workspace",
        max_tokens=100,
        temperature=0.5,
        max_tool_iterations=max_tool_iterations,
        memory_window=memory_window,
        result_limit_bytes=2000,
        max_attempts=1,
        is_streamed=False,
    )
    memory = MemoryStore(runtime.files, "/home/user/.clawft/workspace/memory", "/home/user/.nanobot/memory")
    if budget is None:
        budget = Budget(runtime.files, runtime.clock, "/home/user/.clawft/state/spending", None, None)
    return TurnParts(runtime, settings, [model], OneTool(), gate_of(runtime), memory, budget)


def gate_of(runtime):
    redactor = Redactor()
    audit = AuditLog(runtime.files, runtime.clock, "/home/user/.clawft/state/audit", redactor.text)
    return ToolGate(ApprovalPolicy(), lambda: audit, lambda: redactor)


async def turn(runtime, parts, text="hello", events=None):
    store = SessionStore(runtime.files, runtime.clock, SESSIONS, [], _ignore)
    session = await store.open("cli:a")
    emit = _ignore if events is None else events.append
    result = await run_turn(parts, session, InboundMessage("cli", "a", text), emit)
    return result, (await store.open("cli:a")).recent(100)


def _ignore(_event):
    pass


def marked(result):
    return '<untrusted source="double">\n' + result + "\n</untrusted>"


def calling(*arguments):
    calls = [ToolCall("id" + str(n), "double", text) for n, text in enumerate(arguments)]
    return Reply("", tool_calls=tuple(calls), stop_reason="tool_use", usage=Usage(10, 5, cost_usd=0.25))


async def test_a_plain_answer_is_recorded_with_its_question(runtime):
    model = GivenModel([Reply("hi there", usage=Usage(3, 2, cost_usd=0.5))])
    result, records = await turn(runtime, parts_of(runtime, model))
    assert result.text == "hi there"
    assert result.error is None
    assert result.iterations == 1
    assert result.usage.cost_usd == 0.5
    assert [(record["role"], record["content"]) for record in records] == [
        ("user", "hello"),
        ("assistant", "hi there"),
    ]
    assert records[1]["spent_usd"] == 0.5
    assert [message.role for message in model.calls[0].messages] == ["system", "user"]


async def test_the_message_is_on_disk_before_the_model_is_called(runtime):
    model = GivenModel([Reply("hi")])
    seen = []

    def look():
        names = runtime.files.list(SESSIONS)
        seen.extend([runtime.files.read(SESSIONS + "/" + name).decode() for name in names])

    model.on_call = look
    await turn(runtime, parts_of(runtime, model), "remember me")
    assert len(seen) == 1
    assert '"remember me"' in seen[0]


async def test_two_rounds_of_tools_are_sent_back_in_order(runtime):
    replies = [
        calling('{"n":2}', '{"n":3}'),
        calling('{"n":10}'),
        Reply("done", usage=Usage(1, 1, cost_usd=0.5)),
    ]
    model = GivenModel(replies)
    events = []
    result, records = await turn(runtime, parts_of(runtime, model), "go", events)
    assert result.text == "done"
    assert result.iterations == 3
    assert result.usage.cost_usd == 1.0
    roles = [message.role for message in model.calls[2].messages]
    assert roles == ["system", "user", "assistant", "tool", "tool", "assistant", "tool"]
    contents = [message.content for message in model.calls[2].messages if message.role == "tool"]
    assert contents == [marked('{"doubled":4}'), marked('{"doubled":6}'), marked('{"doubled":20}')]
    assert next(record["content"] for record in records if record["role"] == "tool") == '{"doubled":4}'
    assert [record["role"] for record in records][-1] == "assistant"
    assert len(records) == 7
    kinds = [event.kind for event in events]
    assert kinds.count("tool_call") == 3
    assert kinds.count("tool_result") == 3


async def test_wrong_arguments_and_failing_and_unknown_tools_become_results(runtime):
    unknown = Reply("", tool_calls=(ToolCall("x", "halve", "{}"),), stop_reason="tool_use")
    replies = [calling('{"n":"many"}', '{"n":-1}', '{"n":'), unknown, Reply("sorry")]
    model = GivenModel(replies)
    result, _ = await turn(runtime, parts_of(runtime, model))
    assert result.text == "sorry"
    results = [message for message in model.calls[2].messages if message.role == "tool"]
    assert len(results) == 4
    for message in results:
        assert message.is_error
        assert '"error"' in message.content
    assert "cannot double less than nothing" in results[1].content
    assert "halve" in results[3].content


async def test_a_failing_model_ends_in_an_error_that_no_model_is_told_of(runtime):
    model = GivenModel([ProviderError("auth", "the key is wrong"), Reply("fine now")])
    parts = parts_of(runtime, model)
    result, records = await turn(runtime, parts)
    assert result.text == ""
    assert "the key is wrong" in result.error.message
    assert records[-1]["error"] is True
    result, _ = await turn(runtime, parts, "again")
    assert result.text == "fine now"
    told = [message.content for message in model.calls[1].messages]
    assert told[1:] == ["hello", "again"]


async def test_past_the_limit_of_rounds_an_answer_without_tools_is_asked_for(runtime):
    replies = [calling('{"n":1}'), calling('{"n":2}'), Reply("enough")]
    model = GivenModel(replies)
    result, _ = await turn(runtime, parts_of(runtime, model, max_tool_iterations=2))
    assert result.text == "enough"
    assert model.calls[1].tools != ()
    assert model.calls[2].tools == ()
    assert "Answer now" in model.calls[2].messages[-1].content


async def test_a_model_that_never_stops_calling_tools_is_an_error(runtime):
    model = GivenModel([calling('{"n":' + str(n) + "}") for n in range(9)])
    result, _ = await turn(runtime, parts_of(runtime, model, max_tool_iterations=2))
    assert result.error is not None
    assert "max_tool_iterations" in result.error.message


async def test_the_same_call_three_times_in_a_row_is_answered_by_us(runtime):
    model = GivenModel([calling('{"n":1}'), calling('{"n":1}'), calling('{"n":1}'), Reply("ok")])
    result, _ = await turn(runtime, parts_of(runtime, model))
    assert result.text == "ok"
    results = [message.content for message in model.calls[3].messages if message.role == "tool"]
    assert results[:2] == [marked('{"doubled":2}'), marked('{"doubled":2}')]
    assert "before" in results[2]


async def test_the_question_stays_in_sight_however_many_tools_run(runtime):
    replies = [calling(*['{"n":' + str(n * 10 + i) + "}" for i in range(6)]) for n in range(3)]
    model = GivenModel(replies + [Reply("done")])
    result, _ = await turn(runtime, parts_of(runtime, model, memory_window=5), "the question")
    assert result.text == "done"
    assert model.calls[-1].messages[1].content == "the question"
    assert len(model.calls[-1].messages) == 2 + 3 * 7


async def test_a_spending_limit_stops_the_next_call(runtime):
    budget = Budget(runtime.files, runtime.clock, "/home/user/.clawft/state/spending", None, 0.4)
    model = GivenModel([calling('{"n":1}'), calling('{"n":2}'), Reply("never")])
    result, _ = await turn(runtime, parts_of(runtime, model, budget=budget))
    assert result.error is not None
    assert "budget.session_usd" in result.error.message
    assert len(model.calls) == 2


async def test_an_unknown_price_is_said_when_a_limit_is_set(runtime):
    budget = Budget(runtime.files, runtime.clock, "/home/user/.clawft/state/spending", 5.0, None)
    model = GivenModel([Reply("hi", usage=Usage(1, 1))])
    events = []
    result, _ = await turn(runtime, parts_of(runtime, model, budget=budget), "hi", events)
    assert result.usage.cost_usd is None
    notices = [event.text for event in events if event.kind == "notice"]
    assert len(notices) == 1
    assert "unknown" in notices[0]

"""JSON lines in, JSON lines out: order within a chat, chats at the same time, every line answered."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from clawft.agent.agent import Agent
from clawft.agent.loop import serve as serve_channel
from clawft.agent.turn import TurnResult
from clawft.channels.console import JsonlConsole
from clawft.core.errors import StorageError, ToolError
from clawft.core.fake_processes import FakeInput
from clawft.core.fakes import FakeTerminal
from clawft.core.lines import Lines
from clawft.core.messages import Usage

if TYPE_CHECKING:
    from clawft.core.interfaces import Emit
    from clawft.core.messages import InboundMessage


class EchoAgent(Agent):
    """Answers with the message; a chat named slow waits until every other chat is done."""

    def __init__(self) -> None:
        self.running: set[str] = set()
        self.most = 0
        self.others_done = asyncio.Event()
        self.log: list[str] = []

    async def answer(self, message: InboundMessage, _emit: Emit) -> TurnResult:
        """Echo."""
        assert message.chat_id not in self.running, "two turns of one chat ran at the same time"
        self.running.add(message.chat_id)
        self.most = max(self.most, len(self.running))
        if message.chat_id == "slow":
            await self.others_done.wait()
        else:
            await asyncio.sleep(0)
        self.running.discard(message.chat_id)
        self.log.append(message.content)
        if message.content == "last":
            self.others_done.set()
        if message.content == "disk":
            raise StorageError("no space left")
        if message.content == "bug":
            raise ZeroDivisionError("a bug")
        if message.content == "fail":
            return TurnResult("", Usage(1, 0), error=ToolError("it failed"))
        return TurnResult(message.content.upper(), Usage(1, 2, cost_usd=0.5))


def serve(messages: list[object], max_concurrent: int = 8) -> tuple[int, list[dict[str, object]], EchoAgent]:
    lines = [message if isinstance(message, bytes) else json.dumps(message).encode() for message in messages]
    terminal = FakeTerminal()

    console = JsonlConsole(Lines(FakeInput([line + b"\n" for line in lines])), terminal)

    async def work():
        agent = EchoAgent()
        return await serve_channel(agent, console, max_concurrent), agent

    failures, agent = asyncio.run(work())
    return failures + console.rejected, [json.loads(line) for line in terminal.output.splitlines()], agent


def test_a_message_is_answered_with_its_id_chat_reply_and_usage() -> None:
    failed, answers, _ = serve([{"id": {"any": 1}, "chat": "a", "message": "hi"}])
    assert failed == 0
    assert answers == [
        {
            "id": {"any": 1},
            "chat": "a",
            "reply": "HI",
            "error": None,
            "usage": Usage(1, 2, cost_usd=0.5).to_json(),
        }
    ]


def test_messages_of_one_chat_are_answered_in_order() -> None:
    failed, answers, agent = serve([{"id": n, "chat": "a", "message": f"m{n}"} for n in range(50)])
    assert failed == 0
    assert [answer["id"] for answer in answers] == list(range(50))
    assert agent.most == 1


def test_a_slow_chat_does_not_hold_up_the_others() -> None:
    messages: list[object] = [{"id": 0, "chat": "slow", "message": "slow"}]
    messages += [{"id": n, "chat": f"c{n}", "message": f"m{n}"} for n in range(1, 20)]
    messages.append({"id": 20, "chat": "z", "message": "last"})
    failed, answers, agent = serve(messages)
    assert failed == 0
    assert answers[-1]["id"] == 0
    assert len(answers) == 21
    assert 1 < agent.most <= 8


def test_concurrency_is_bounded() -> None:
    _, answers, agent = serve(
        [{"id": n, "chat": f"c{n}", "message": "x"} for n in range(40)], max_concurrent=3
    )
    assert len(answers) == 40
    assert agent.most == 3


def test_failures_are_answers_too_and_are_counted() -> None:
    failed, answers, _ = serve(
        [{"id": n, "message": text} for n, text in enumerate(["fail", "disk", "bug", "fine"])],
    )
    assert failed == 3
    assert [answer["reply"] for answer in answers] == [None, None, None, "FINE"]
    assert answers[0]["error"] == "it failed"
    assert answers[0]["usage"] is not None
    assert answers[1]["error"] == "no space left"
    assert answers[2]["error"] == "internal error: ZeroDivisionError: a bug"


def test_lines_that_are_no_messages_are_answered_with_their_number() -> None:
    failed, answers, _ = serve(
        [
            b"{oops",
            b"[1]",
            b'{"id":3}',
            b'{"message":"x","chat":7}',
            b"",
            b'{"id":6,"message":"ok"}',
            b"\xff",
        ],
    )
    assert failed == 5
    errors = [answer["error"] for answer in answers if answer["error"]]
    assert [str(error).split(":")[0] for error in errors] == [
        "line 1",
        "line 2",
        "line 3",
        "line 4",
        "line 7",
    ]
    assert "not JSON" in str(errors[0])
    assert '"message"' in str(errors[2])
    assert '"chat"' in str(errors[3])
    assert [answer["reply"] for answer in answers if answer["reply"]] == ["OK"]

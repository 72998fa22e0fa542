"""A conversation on a real (pseudo) terminal: prompt, commands, Ctrl-C, Ctrl-D, history, pasted lines."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.fakes.model_server import ModelServer
from tests.flows.process import COMMAND, environment, weft

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(
    sys.platform == "win32", reason="Windows has no pseudo terminals of this kind"
)

LIMIT_S = 30
SEQUENCE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
PROMPT = "\n> "
CTRL_C = "\x03"
CTRL_D = "\x04"


class Conversation:
    """A process on a terminal of its own, and what its screen was given so far, colours left out."""

    def __init__(self, home: Path, *words: str, **more: str) -> None:
        import pty

        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            [*COMMAND, *words],
            env=environment(home, TERM="xterm", COLUMNS="80", **more),
            cwd=home,
            stdin=slave,
            stdout=slave,
            stderr=slave,
            preexec_fn=own_terminal,  # noqa: PLW1509 - Ctrl-C must reach the process through its terminal
        )
        os.close(slave)
        self.screen = ""

    def until(self, text: str) -> str:
        """Read until a text comes up; what was read since the last call."""
        while text not in self.screen:
            ready, _, _ = select.select([self._master], [], [], LIMIT_S)
            assert ready, f"waited for {text!r}, found {self.screen!r}"
            try:
                data = os.read(self._master, 65536)
            except OSError:
                data = b""
            assert data, f"the process ended before {text!r}: {self.screen!r}"
            self.screen += SEQUENCE.sub("", data.decode())
        before, _, self.screen = self.screen.partition(text)
        return before + text

    def until_it_reads(self) -> None:
        """Wait until the process sleeps: a Ctrl-C between CPython's prompt and its wait for keys is seen too late."""
        state = ""
        while not state.startswith("S"):
            state = process_state(self.process.pid)

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def end(self) -> int:
        """Wait for the process and close the terminal; its exit code."""
        try:
            return self.process.wait(LIMIT_S)
        finally:
            self.process.kill()
            os.close(self._master)


def process_state(pid: int) -> str:
    """S for a process that waits; from Linux's own files where there are any, since a bare Debian has no `ps`."""
    facts = Path(f"/proc/{pid}/stat")
    if facts.exists():
        return facts.read_text().rpartition(")")[2].strip()
    asked = ["ps", "-o", "stat=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=LIMIT_S).stdout


def model_settings(server: ModelServer) -> list[str]:
    """Options that make the loopback server answer."""
    base = f"providers.vllm.api_base={server.base_url}"
    return ["--set", base, "--set", "providers.vllm.api_key=sk-test", "--model", "vllm/any"]


def own_terminal() -> None:
    import fcntl
    import termios

    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.fixture(params=["drawn", "plain"])
def conversation(request, tmp_path) -> Iterator[Conversation]:
    more = {"NO_COLOR": "1"} if request.param == "plain" else {}
    found = Conversation(tmp_path, "agent", **more)
    found.until(PROMPT)
    yield found
    found.process.kill()
    found.process.wait()


def test_a_message_is_answered_and_the_prompt_comes_back(conversation):
    conversation.type("hello\n")
    assert "without a model" in conversation.until(PROMPT)
    conversation.type(CTRL_D)
    assert conversation.end() == 0


def test_commands_of_the_conversation_are_answered_by_it(conversation):
    conversation.type("/help\n")
    assert "/sessions" in conversation.until(PROMPT)
    conversation.type("/tools\n")
    assert "read_file" in conversation.until(PROMPT)
    conversation.type("/model nonsense/x\n")
    assert "nonsense/x" in conversation.until("weft: error:") + conversation.until(PROMPT)
    conversation.type("/exit\n")
    assert conversation.end() == 0


def test_ctrl_c_drops_the_line_and_twice_leaves(conversation):
    conversation.type("half a line")
    conversation.until("half a line")
    conversation.until_it_reads()
    conversation.type(CTRL_C)
    conversation.until("Ctrl-C again")
    conversation.until(PROMPT)
    conversation.until_it_reads()
    conversation.type(CTRL_C)
    assert conversation.end() == 130


def test_a_line_that_ends_in_a_backslash_and_a_block_go_on(conversation, tmp_path):
    conversation.type("one\\\n")
    conversation.until(". ")
    conversation.type("two\n")
    conversation.until(PROMPT)
    conversation.type('"""three\n')
    conversation.until(". ")
    conversation.type('four"""\n')
    conversation.until(PROMPT)
    conversation.type(CTRL_D)
    assert conversation.end() == 0
    exported = weft(tmp_path, "sessions", "export", "cli-session").stdout
    assert '"content":"one\\ntwo"' in exported
    assert '"content":"three\\nfour"' in exported


def test_pasted_lines_are_one_message(conversation, tmp_path):
    conversation.type("\x1b[200~one\ntwo\x1b[201~\n")
    conversation.until(PROMPT)
    conversation.type(CTRL_D)
    assert conversation.end() == 0
    assert '"content":"one\\ntwo"' in weft(tmp_path, "sessions", "export", "cli-session").stdout


def test_the_history_is_kept_for_the_next_conversation(conversation, tmp_path):
    conversation.type("remember me\n")
    conversation.until(PROMPT)
    conversation.type(CTRL_D)
    assert conversation.end() == 0
    kept = tmp_path / ".clawft" / "state" / "history"
    assert kept.read_text() == "remember me\n"
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_command_draws_on_a_terminal_and_asks_there(tmp_path):
    weft(tmp_path, "agent", "-m", "hello")
    conversation = Conversation(tmp_path, "sessions", "delete", "cli-session")
    conversation.until("[y/N] ")
    conversation.type("n\n")
    conversation.until("nothing was deleted")
    assert conversation.end() == 0
    conversation = Conversation(tmp_path, "sessions", "delete", "cli-session")
    conversation.until("[y/N] ")
    conversation.type("y\n")
    conversation.until("deleted cli:cli-session")
    assert conversation.end() == 0


def test_ctrl_c_during_an_answer_stops_it_and_keeps_the_session(tmp_path):
    steps: list[dict[str, Any]] = [
        {"text": "some words that come and then no more", "stall_after": 3},
        {"text": "back again"},
    ]
    with ModelServer(steps) as server:
        settings = model_settings(server)
        conversation = Conversation(tmp_path, "agent", *settings)
        conversation.until(PROMPT)
        conversation.type("hello\n")
        conversation.until("some")
        conversation.type(CTRL_C)
        conversation.until("(interrupted; the session is kept)")
        conversation.until(PROMPT)
        conversation.type("again\n")
        conversation.until("back again")
        conversation.until(PROMPT)
        conversation.type(CTRL_D)
        assert conversation.end() == 0
    exported = weft(tmp_path, "sessions", "export", "cli-session").stdout
    assert [word for word in ('"hello"', '"again"', '"back again"') if word in exported] == [
        '"hello"',
        '"again"',
        '"back again"',
    ]


def test_ctrl_c_during_one_message_ends_the_command(tmp_path):
    with ModelServer([{"text": "some words that come and then no more", "stall_after": 3}]) as server:
        settings = model_settings(server)
        conversation = Conversation(tmp_path, "agent", "-m", "hello", *settings)
        conversation.until("some")
        conversation.type(CTRL_C)
        conversation.until("weft: interrupted")
        assert conversation.end() == 130


@pytest.mark.parametrize(
    ("answer", "is_made", "told"),
    [
        ("y\n", True, "wrote"),
        ("n\n", False, "approval.refused"),
        (CTRL_C, False, "approval.refused"),
        (CTRL_D, False, "approval.refused"),
    ],
)
@pytest.mark.parametrize("more", [{}, {"NO_COLOR": "1"}], ids=["drawn", "plain"])
def test_a_tool_that_asks_waits_for_an_answer(tmp_path, answer, is_made, told, more):
    conversation = Conversation(tmp_path, "agent", "--set", "tools.approval.ask=write_file", **more)
    conversation.until(PROMPT)
    conversation.type("/write a.txt hello\n")
    question = conversation.until("[n] no: ")
    assert "path: a.txt" in question
    assert "content: hello" in question
    conversation.until_it_reads()
    conversation.type(answer)
    conversation.until(PROMPT)
    assert (tmp_path / ".clawft" / "workspace" / "a.txt").exists() == is_made
    conversation.type("/exit\n")
    assert conversation.end() == 0


def test_always_is_asked_once_in_a_session_and_again_in_the_next(tmp_path):
    conversation = Conversation(tmp_path, "agent", "--set", "tools.approval.ask=write_file")
    conversation.until(PROMPT)
    conversation.type("/write a.txt hello\n")
    conversation.until("[n] no: ")
    conversation.type("a\n")
    conversation.until(PROMPT)
    conversation.type("/write b.txt hello\n")
    assert "[n] no" not in conversation.until(PROMPT)
    conversation.type("/new other\n")
    conversation.until(PROMPT)
    conversation.type("/write c.txt hello\n")
    conversation.until("[n] no: ")
    conversation.type("n\n")
    conversation.until(PROMPT)
    workspace = tmp_path / ".clawft" / "workspace"
    assert sorted(one.name for one in workspace.iterdir() if one.is_file()) == ["a.txt", "b.txt"]
    conversation.type("/exit\n")
    assert conversation.end() == 0


def test_a_single_message_asks_on_the_terminal_too(tmp_path):
    conversation = Conversation(
        tmp_path, "agent", "-m", "/write a.txt hello", "--set", "tools.approval.ask=*"
    )
    conversation.until("[n] no: ")
    conversation.type("y\n")
    assert conversation.end() == 0
    assert (tmp_path / ".clawft" / "workspace" / "a.txt").read_text() == "hello"

"""`weft agent`: one message, a pipe, lines of JSON, or a conversation. What a turn does is the agent's."""

from __future__ import annotations

from clawft.cli.opening import opened, overrides
from clawft.core.errors import EXIT_DONE, OutputClosed, UsageError, WeftError
from clawft.core.messages import InboundMessage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.answer import Answer
    from clawft.app import App
    from clawft.cli.parser import Invocation
    from clawft.cli.turn_view import TurnView
    from clawft.core.host import Host, Terminal
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output

CHANNEL = "cli"
STANDARD_INPUT = "-"
# Options of which only one can be given, and what each does instead of the other.
CONFLICTS = (
    ("jsonl", "message"),
    ("jsonl", "json"),
    ("jsonl", "new"),
    ("jsonl", "session"),
    ("new", "session"),
)


def run_agent(host: Host, call: Invocation, output: Output) -> int:
    """`weft agent`. The exit code says if the turn, or every line of --jsonl, was answered."""
    _check(call)
    if call.flag("jsonl"):
        return int(host.run_concurrent(lambda runtime: _serve(runtime, host, call, output)))
    text = _message(call, host.terminal)
    if text is not None:
        return int(
            host.run_blocking(lambda runtime: _answer_once(runtime, host.terminal, call, output, text))
        )
    if call.flag("json"):
        raise UsageError("weft agent: --json needs a message: give one with -m, or on standard input")
    return int(host.run_blocking(lambda runtime: _converse(runtime, host.terminal, call, output)))


def place_of(key: str) -> tuple[str, str]:
    """Channel and chat id of a session key; a key without a channel is a chat of the console."""
    channel, colon, chat_id = key.partition(":")
    return (channel, chat_id) if colon and channel and chat_id else (CHANNEL, key)


def _check(call: Invocation) -> None:
    for one, other in CONFLICTS:
        if call.flag(one) and call.flag(other):
            raise UsageError("weft agent: --" + one + " and --" + other + " cannot be given together")
    if call.flag("max_concurrent") and not call.flag("jsonl"):
        raise UsageError("weft agent: --max-concurrent needs --jsonl")
    if call.texts("message").count(STANDARD_INPUT) > 1:
        raise UsageError("weft agent: -m - can be given only once: standard input is read only once")
    overrides(call)


def _message(call: Invocation, terminal: Terminal) -> str | None:
    """What to send, None to start a conversation. UsageError if it is empty."""
    parts = call.texts("message")
    if not parts:
        if terminal.is_input_terminal:
            return None
        parts = [STANDARD_INPUT]
    texts = []
    for part in parts:
        text = terminal.read_all() if part == STANDARD_INPUT else part
        if not text.strip():
            where = "standard input" if part == STANDARD_INPUT else "-m"
            raise UsageError("weft agent: expected a message, found nothing but white space in " + where)
        texts.append(text.rstrip("\n") if part == STANDARD_INPUT else text)
    return "\n\n".join(texts)


def _place(runtime: Runtime, call: Invocation, output: Output) -> tuple[str, str]:
    if not call.flag("new"):
        return place_of(call.text("session") or "")
    from clawft.core.chat_id import new_chat_id  # noqa: PLC0415 - only for a new session

    chat_id = new_chat_id(runtime)
    output.notice("session: " + CHANNEL + ":" + chat_id)
    return CHANNEL, chat_id


def _opened_on(terminal: Terminal, runtime: Runtime, call: Invocation, output: Output) -> App:
    """The App of a turn that a person may watch, and be asked about where a terminal lets them answer."""
    from clawft.cli.approval import approver_on  # noqa: PLC0415 - not for a batch, where nobody can be asked

    return opened(
        runtime,
        call,
        output,
        model=call.text("model"),
        extra=_stream_settings(call),
        approver=approver_on(terminal),
    )


def _stream_settings(call: Invocation) -> tuple[tuple[str, str], ...]:
    return (("agents.defaults.stream", "false"),) if call.flag("no_stream") else ()


async def _answer_once(
    runtime: Runtime, terminal: Terminal, call: Invocation, output: Output, text: str
) -> int:
    from clawft.cli.turn_view import TurnView  # noqa: PLC0415 - not for a batch

    channel, chat_id = _place(runtime, call, output)
    message = InboundMessage(channel, chat_id, text)
    is_json = call.flag("json")
    exit_code = EXIT_DONE
    view = TurnView(
        output,
        is_drawn=not is_json,
        has_tools=call.flag("verbose") or (terminal.is_error_terminal and not is_json),
    )
    try:
        if is_json:
            answer, error = await _json_answer(runtime, terminal, call, output, message, view)
            output.json(answer)
            if error is not None:
                exit_code = error.exit_code
        else:
            result = await _opened_on(terminal, runtime, call, output).agent.answer(message, view.emit)
            view.finish(result)
            if result.error is not None:
                raise result.error
    finally:
        view.stop()
    return exit_code


async def _json_answer(
    runtime: Runtime,
    terminal: Terminal,
    call: Invocation,
    output: Output,
    message: InboundMessage,
    view: TurnView,
) -> Answer:
    from clawft.agent.answer import answer_json, failed, no_answer  # noqa: PLC0415 - for programs

    try:
        agent = _opened_on(terminal, runtime, call, output).agent
    except OutputClosed:
        raise
    except WeftError as error:
        return failed(no_answer(message.channel + ":" + message.chat_id), error)
    return await answer_json(agent, message, view.emit)


async def _converse(runtime: Runtime, terminal: Terminal, call: Invocation, output: Output) -> int:
    from clawft.cli.repl import Repl  # noqa: PLC0415 - one message needs none of it

    channel, chat_id = _place(runtime, call, output)
    app = _opened_on(terminal, runtime, call, output)
    return await Repl(app, terminal, output, channel, chat_id).run()


async def _serve(runtime: Runtime, host: Host, call: Invocation, output: Output) -> int:
    from clawft.core.lines import Lines  # noqa: PLC0415 - only for a batch

    app = opened(runtime, call, output, model=call.text("model"), extra=_stream_settings(call))
    lines = Lines(runtime.standard_input)
    return await app.serve_lines(lines, host.terminal, call.integer("max_concurrent"))

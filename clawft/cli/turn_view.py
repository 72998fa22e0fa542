"""Turns the events of a turn into what a person watches: the growing answer, tool calls, diffs, notices."""

from __future__ import annotations

from clawft.core.compat import json_value
from clawft.core.display import cut_to, one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.agent.turn import TurnResult
    from clawft.core.messages import TurnEvent
    from clawft.core.output import MarkdownStream, Output

SHOWN_COLUMNS = 72
# What a call is about, in the order of preference: the first of these arguments that is there is shown.
TELLING_ARGUMENTS = ("path", "query", "key", "command", "url")


class TurnView:
    """Shows one turn. Call `finish` with its result or `stop` without one; only notices are shown if not `is_drawn`.

    `has_tools`: whether tool calls and diffs are shown.
    """

    def __init__(self, output: Output, *, is_drawn: bool, has_tools: bool) -> None:
        self._output = output
        self._has_tools = has_tools
        self._stream: MarkdownStream | None = output.markdown() if is_drawn else None
        self._progress("thinking")

    def emit(self, event: TurnEvent) -> None:
        """Show one event."""
        stream = self._stream
        if event.kind == "text":
            if stream is not None:
                stream.feed(event.text)
        elif event.kind == "notice":
            self._output.notice(event.text)
        elif event.kind == "approval":
            self._begin_again()  # nothing may be drawn while somebody types an answer
        elif self._has_tools:
            self._show_tool(event)
        elif event.kind == "tool_call":
            self._begin_again()

    def finish(self, result: TurnResult) -> None:
        """The turn is over: its answer is complete, or there is none."""
        if self._stream is not None and result.error is None:
            self._stream.finish(result.text)
            self._stream = None
        self.stop()

    def stop(self) -> None:
        """The turn is over without an answer. May be called after `finish`."""
        if self._stream is not None:
            self._stream.stop()
            self._stream = None

    def _show_tool(self, event: TurnEvent) -> None:
        if event.kind == "tool_call":
            self._begin_again()
            shown = call_text(event.name, event.text)
            self._output.notice("tool: " + shown)
            self._progress(shown)
            return
        self._progress("thinking")
        result = _object(event.text)
        if event.is_error:
            self._output.notice(
                "tool failed: " + event.name + ": " + one_line(str(result.get("error", event.text)))
            )
        elif isinstance(result.get("diff"), str) and result["diff"]:
            self._output.diff(str(result["diff"]))

    def _begin_again(self) -> None:
        """What the model said before it called tools stays on the screen, but is no part of the answer."""
        if self._stream is not None:
            self._stream.stop()
            self._stream = self._output.markdown()

    def _progress(self, text: str) -> None:
        if self._stream is not None:
            self._stream.progress(text)


def call_text(name: str, arguments: str) -> str:
    """A tool call on one line: its name and what it is about."""
    values = _object(arguments)
    for key in TELLING_ARGUMENTS:
        value = values.get(key)
        if isinstance(value, str) and value:
            return cut_to(one_line(name + " " + value), SHOWN_COLUMNS)
    return cut_to(one_line(name + " " + arguments if values else name), SHOWN_COLUMNS)


def _object(text: str) -> dict[str, object]:
    try:
        value = json_value(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}

"""Turns the lines of a JSONL script into replies, so that tests, demonstrations and benchmarks need no account.

A line is an object: `text`, `tool_calls` [{"name", "arguments", "id"}], `usage` {"input_tokens", ...}, `stop_reason`;
or `error` {"kind", "message", "retryable", "retry_after_s"}; and `expect`, a text the last message must hold.
"""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.errors import ConfigError, ProviderError
from clawft.core.interfaces import Model
from clawft.core.messages import STOP_REASONS, Reply, ToolCall, TurnEvent, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from clawft.core.interfaces import Emit, Files
    from clawft.core.messages import ModelCall

PROVIDER = "scripted"
FIELDS = ("text", "tool_calls", "usage", "stop_reason", "error", "expect")
COUNTS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
SHOWN_CHARACTERS = 80


class ScriptedModel(Model):
    """Replies from a script, in order, one a call. `source` is how errors name it.

    Raises ConfigError, when it is made, for a line that is no step. A script that ends before the calls do is a
    ProviderError, as is a last message that does not hold what its line expects.
    """

    def __init__(self, lines: list[str], source: str = "the script") -> None:
        self.provider = PROVIDER
        self.name = PROVIDER + "/" + source
        self.context_window_tokens = None
        self._source = source
        self._steps: list[tuple[int, dict[str, Any]]] = []
        self._next = 0
        for number, line in enumerate(lines, 1):
            if line.strip():
                self._steps.append((number, self._step(number, line)))

    def _step(self, number: int, line: str) -> dict[str, Any]:
        where = self._source + " line " + str(number)
        try:
            step = json_value(line)
        except ValueError as error:
            raise ConfigError(where, "a JSON object", line[:SHOWN_CHARACTERS], str(error))
        if not isinstance(step, dict):
            raise ConfigError(where, "a JSON object", line[:SHOWN_CHARACTERS])
        for name in step:
            if name not in FIELDS:
                raise ConfigError(where, "one of " + ", ".join(FIELDS), "'" + str(name) + "'")
        calls = step.get("tool_calls", [])
        if not isinstance(calls, list) or [call for call in calls if not _is_call(call)]:
            raise ConfigError(
                where, "tool_calls as a list of objects with a name", json_text(calls)[:SHOWN_CHARACTERS]
            )
        failure = step.get("error")
        if failure is not None and (
            not isinstance(failure, dict) or failure.get("kind") not in ProviderError.KINDS
        ):
            raise ConfigError(
                where,
                "error.kind as one of " + ", ".join(ProviderError.KINDS),
                json_text(failure)[:SHOWN_CHARACTERS],
            )
        if step.get("stop_reason", "end_turn") not in STOP_REASONS:
            raise ConfigError(
                where, "stop_reason as one of " + ", ".join(STOP_REASONS), str(step["stop_reason"])
            )
        if not isinstance(step.get("text", ""), str) or not isinstance(step.get("usage", {}), dict):
            raise ConfigError(where, "text as a string and usage as an object", line[:SHOWN_CHARACTERS])
        return step

    async def complete(self, call: ModelCall, emit: Emit) -> Reply:
        if self._next >= len(self._steps):
            raise ProviderError(
                "invalid_request",
                f"{self._source} ends after {len(self._steps)} replies, but one more was asked for; add a line",
            )
        number, step = self._steps[self._next]
        self._next += 1
        last = call.messages[-1].content if call.messages else ""
        expected = step.get("expect")
        if expected is not None and str(expected) not in last:
            raise ProviderError(
                "invalid_request",
                f"{self._source} line {number} expects '{expected}' in the last message, which is"
                f" '{last[:SHOWN_CHARACTERS]}'",
            )
        if step.get("error") is not None:
            raise self._error(number, step["error"])
        calls = []
        for position, one in enumerate(step.get("tool_calls", [])):
            arguments = one.get("arguments", {})
            text = arguments if isinstance(arguments, str) else json_text(arguments)
            calls.append(ToolCall(str(one.get("id") or f"call_{number}_{position + 1}"), one["name"], text))
        text = step.get("text", "")
        if call.stream and text:
            for piece in pieces(text):
                emit(TurnEvent("text", piece))
        return Reply(
            text,
            tool_calls=tuple(calls),
            stop_reason=step.get("stop_reason", "tool_use" if calls else "end_turn"),
            usage=_usage(step.get("usage", {})),
            provider=PROVIDER,
            model=self._source,
        )

    def _error(self, number: int, error: dict[str, Any]) -> ProviderError:
        kind = error["kind"]
        wait_s = error.get("retry_after_s")
        return ProviderError(
            kind,
            str(error.get("message") or f"{self._source} line {number} says so"),
            retryable=bool(
                error.get("retryable", kind in ("network", "timeout", "rate_limited", "overloaded"))
            ),
            retry_after_s=float(wait_s) if isinstance(wait_s, (int, float)) else None,
        )


def scripted_model(files: Files, path: str) -> ScriptedModel:
    """The model that a file is the script of. ConfigError if there is none."""
    data = files.read(path)
    if data is None:
        raise ConfigError("agents.defaults.model", "scripted/PATH of a JSONL file", "no file at " + path)
    return ScriptedModel(data.decode().split("\n"), path)


def pieces(text: str) -> list[str]:
    """A text as a model would stream it: word by word, spaces and line ends kept."""
    found: list[str] = []
    start = 0
    for index, letter in enumerate(text):
        if letter in " \n":
            found.append(text[start : index + 1])
            start = index + 1
    if start < len(text):
        found.append(text[start:])
    return found


def _is_call(call: object) -> bool:
    return isinstance(call, dict) and isinstance(call.get("name"), str) and bool(call["name"])


def _usage(given: dict[str, Any]) -> Usage:
    counts = [int(given.get(name) or 0) for name in COUNTS]
    cost = given.get("cost_usd", 0.0)
    return Usage(
        counts[0],
        counts[1],
        cache_read_tokens=counts[2],
        cache_write_tokens=counts[3],
        cost_usd=float(cost) if cost is not None else None,
    )

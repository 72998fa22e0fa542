"""Turns what a person says into an answer without any model: how to configure one, and tools on explicit request.

It is what answers a first run. `/read FILE` and its like become the tool calls that a model would have made, so the
whole path of a turn can be seen, tested and measured without an account.
"""

from __future__ import annotations

from clawft.core.compat import json_text, json_value
from clawft.core.interfaces import Model
from clawft.core.messages import Reply, ToolCall, TurnEvent, Usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.core.interfaces import Emit
    from clawft.core.messages import Message, ModelCall

PROVIDER = "offline"

NOTICE = (
    "no model is configured: the offline provider answered. Set OPENAI_API_KEY or ANTHROPIC_API_KEY (or another"
    " provider's key), or run `weft config init` and set agents.defaults.model, e.g. to ollama/MODEL for a local one."
)
REPLY = (
    "I am clawft without a model: none is configured, so I cannot think about what you wrote. Give me one with"
    " OPENAI_API_KEY=... or ANTHROPIC_API_KEY=... in the environment, or run `weft config init` and set"
    " agents.defaults.model (a local ollama/MODEL needs no key). Until then I can run tools: try /help."
)

# Command: (tool, names of its arguments in order, how many are needed, what it does). The last argument takes the rest.
COMMANDS = {
    "/read": ("read_file", ("path",), 1, "FILE: show a file of the workspace"),
    "/ls": ("list_directory", ("path",), 0, "[FOLDER]: list a folder of the workspace"),
    "/write": ("write_file", ("path", "content"), 2, "FILE TEXT: write a file of the workspace"),
    "/memory": ("memory_read", ("query",), 0, "[WORDS]: show what is remembered, or where the words occur"),
    "/remember": ("memory_write", ("content",), 1, "TEXT: remember something"),
    "/help": ("", (), 0, "show this"),
}
DEFAULTS = {"list_directory": {"path": "."}}
# Fields of a tool's result whose text is the answer, the first one that is there.
# How the agent begins what came from outside (security/untrusted.py).
MARK = "<untrusted "
SPOKEN = ("error", "content", "result", "message", "diff")


class OfflineModel(Model):
    """The model that answers when there is none. `is_chosen`: it was asked for by name, so there is no notice."""

    def __init__(self, *, is_chosen: bool = False) -> None:
        self.name = PROVIDER + "/" + PROVIDER
        self.provider = PROVIDER
        self.context_window_tokens = None
        self._is_chosen = is_chosen
        self._made = 0

    async def complete(self, call: ModelCall, emit: Emit) -> Reply:
        last = call.messages[-1] if call.messages else None
        if last is not None and last.role == "tool":
            return self._said(_results(call.messages), call, emit)
        if not self._is_chosen:
            emit(TurnEvent("notice", NOTICE))
        text = last.content.strip() if last is not None else ""
        if not text.startswith("/"):
            return self._said(REPLY, call, emit)
        return self._command(text, call, emit)

    def _command(self, text: str, call: ModelCall, emit: Emit) -> Reply:
        command, rest = _split(text)
        if command not in COMMANDS:
            from clawft.core.near import did_you_mean  # noqa: PLC0415 - only for a command there is not

            guess = did_you_mean(command, COMMANDS)
            return self._said(f"there is no {command}; {guess or 'try /help'}", call, emit)
        tool, names, needed, _ = COMMANDS[command]
        if not tool:
            return self._said(_help(), call, emit)
        if tool not in [schema.name for schema in call.tools]:
            return self._said(f"{command} needs the tool {tool}, which is not there", call, emit)
        values: list[str] = []
        for index in range(len(names)):
            value, rest = (rest, "") if index == len(names) - 1 else _split(rest)
            if value:
                values.append(value)
        if len(values) < needed:
            return self._said(f"{command} is used as: {command} {COMMANDS[command][3]}", call, emit)
        arguments: dict[str, object] = {}
        arguments.update(DEFAULTS.get(tool, {}))
        for index, value in enumerate(values):
            arguments[names[index]] = value
        self._made += 1
        made = ToolCall("offline_" + str(self._made), tool, json_text(arguments))
        return Reply(
            "", tool_calls=(made,), stop_reason="tool_use", usage=_usage(), provider=PROVIDER, model=PROVIDER
        )

    def _said(self, text: str, call: ModelCall, emit: Emit) -> Reply:
        if call.stream and text:
            emit(TurnEvent("text", text))
        return Reply(text, usage=_usage(), provider=PROVIDER, model=PROVIDER)


def _usage() -> Usage:
    """Nothing was used, and nothing is what that costs."""
    return Usage(cost_usd=0.0)


def _split(text: str) -> tuple[str, str]:
    """The first word and what follows it, its own line ends kept."""
    text = text.strip()
    for index, letter in enumerate(text):
        if letter in " \t\n":
            return text[:index], text[index + 1 :].strip()
    return text, ""


def _help() -> str:
    lines = ["Without a model these work:"]
    for command, entry in COMMANDS.items():
        lines.append("  " + command + (" " if entry[1] else ": ") + entry[3])
    return "\n".join(lines)


def _results(messages: list[Message]) -> str:
    """The results of the last round of tool calls, as a person reads them."""
    texts: list[str] = []
    for message in reversed(messages):
        if message.role != "tool":
            break
        texts.insert(0, _readable(message.content))
    return "\n".join(texts)


def _readable(content: str) -> str:
    """What a person wants to see of a tool's result, which stands between the lines of two marks."""
    if content.startswith(MARK):
        content = content[content.find("\n") + 1 : content.rfind("\n")]
    try:
        value = json_value(content)
    except ValueError:
        return content
    if not isinstance(value, dict):
        return content
    for name in SPOKEN:
        found = value.get(name)
        if isinstance(found, str) and found:
            return found
    for name in ("entries", "matches", "results"):
        entries = value.get(name)
        if isinstance(entries, list):
            return "\n".join([_entry(entry) for entry in entries]) or "nothing"
    return content


def _entry(entry: object) -> str:
    if isinstance(entry, dict):
        name = entry.get("name") or entry.get("text") or entry.get("line")
        is_folder = bool(entry.get("is_dir")) or entry.get("type") in ("directory", "folder")
        return str(name) + ("/" if is_folder else "") if name else json_text(entry)
    return str(entry)

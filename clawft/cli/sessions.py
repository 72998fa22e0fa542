"""`weft sessions`: lists, shows, exports and deletes conversations. How they are kept is core's."""

from __future__ import annotations

from clawft.cli.opening import opened
from clawft.core.compat import iso_time, json_text
from clawft.core.display import cut_to, one_line
from clawft.core.errors import EXIT_DONE, FileChanged, StorageError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host, Terminal
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output
    from clawft.core.session import SessionStore
    from clawft.core.session_list import SessionSummary

    Record = dict[str, object]

DEFAULT_CHANNEL = "cli"
SHOWN_COLUMNS = 100


def list_sessions(host: Host, call: Invocation, output: Output) -> int:
    """`weft sessions list`."""
    return int(host.run_blocking(lambda runtime: _list(runtime, call, output)))


def inspect_session(host: Host, call: Invocation, output: Output) -> int:
    """`weft sessions inspect KEY`."""
    return int(host.run_blocking(lambda runtime: _inspect(runtime, call, output)))


def export_session(host: Host, call: Invocation, output: Output) -> int:
    """`weft sessions export KEY`."""
    return int(host.run_blocking(lambda runtime: _export(runtime, call, output)))


def delete_session(host: Host, call: Invocation, output: Output) -> int:
    """`weft sessions delete KEY`. UsageError where there is nobody to ask and no --yes."""
    return int(host.run_blocking(lambda runtime: _delete(runtime, host.terminal, call, output)))


def known_key(store: SessionStore, given: str) -> str:
    """The key of a session that is there; a key without a channel may be one of the console's.

    Raises StorageError, with the near keys, if there is none.
    """
    keys = [given] if ":" in given else [given, DEFAULT_CHANNEL + ":" + given]
    for key in keys:
        if key and store.find(key) is not None:
            return key
    from clawft.core.near import did_you_mean  # noqa: PLC0415 - only after a mistake

    there = [summary.key for summary in store.list()]
    chats = [key.partition(":")[2] for key in there if key.startswith(DEFAULT_CHANNEL + ":")]
    hint = (
        did_you_mean(given, there) or did_you_mean(given, chats) or "`weft sessions list` shows what there is"
    )
    raise StorageError("there is no session '" + given + "'; " + hint)


def by_last_use(store: SessionStore, limit: int = 0) -> list[SessionSummary]:
    """Sessions, the most recently used first; at most `limit`, 0 for all of them."""
    found = store.list()
    order = sorted([(-found[index].updated_s, index) for index in range(len(found))])
    ordered = [found[index] for _, index in order]
    return ordered[:limit] if limit else ordered


def show_sessions(found: list[SessionSummary], output: Output) -> None:
    """The table that people are shown."""
    rows = [
        (
            each.key,
            str(each.message_count),
            _short_time(iso_time(each.updated_s)),
            "" if each.state == "ok" else each.state,
        )
        for each in found
    ]
    output.table(("SESSION", "MESSAGES", "LAST USED (UTC)", "NOTE"), rows)


async def _list(runtime: Runtime, call: Invocation, output: Output) -> int:
    store = opened(runtime, call, output).sessions
    found = by_last_use(store, call.integer("limit"))
    if call.flag("json"):
        output.json(
            [
                {
                    "key": each.key,
                    "message_count": each.message_count,
                    "updated_at": iso_time(each.updated_s),
                    "size_bytes": each.size_bytes,
                    "state": each.state,
                    "path": each.path,
                }
                for each in found
            ]
        )
    elif found:
        show_sessions(found, output)
    else:
        output.notice("there are no sessions yet in " + store.folder)
    return EXIT_DONE


async def _inspect(runtime: Runtime, call: Invocation, output: Output) -> int:
    from clawft.cli.session_totals import SessionTotals  # noqa: PLC0415 - only here

    store = opened(runtime, call, output).sessions
    key = known_key(store, call.arguments[0])
    metadata = store.metadata(key) or {}
    records = [record for _, record in store.records(key)]
    totals = SessionTotals(records)
    limit = call.integer("limit")
    first = max(0, len(records) - limit) if limit else 0
    if call.flag("json"):
        value = {"key": key, "path": store.find(key), "created_at": metadata.get("created_at")}
        value.update(totals.to_json())
        value["messages"] = records[first:]
        output.json(value)
        return EXIT_DONE
    pairs = [
        ("Session", key),
        ("File", store.find(key) or ""),
        ("Created", _short_time(metadata.get("created_at"))),
    ]
    output.fields(pairs + totals.fields())
    rows = [_row(index + 1, records[index]) for index in range(first, len(records))]
    output.table(("#", "ROLE", "CONTENT", "TIME (UTC)"), rows)
    return EXIT_DONE


async def _export(runtime: Runtime, call: Invocation, output: Output) -> int:
    store = opened(runtime, call, output).sessions
    key = known_key(store, call.arguments[0])
    metadata = store.metadata(key) or {}
    records = [record for _, record in store.records(key)]
    form = call.text("format")
    if form == "jsonl":
        text = "".join([json_text(record) + "\n" for record in [metadata] * bool(metadata) + records])
    elif form == "json":
        text = json_text({"key": key, "metadata": metadata, "records": records}) + "\n"
    else:
        text = "# " + one_line(key) + "\n" + "".join([_markdown(record) for record in records])
    path = call.text("output")
    if path is None:
        output.text(text)
        return EXIT_DONE
    try:
        runtime.files.write_atomic(path, text.encode(), is_new=True)
    except FileChanged:
        raise UsageError(
            "weft sessions export: " + path + " is there already; name another file, or move it away"
        )
    output.notice("wrote " + path)
    return EXIT_DONE


async def _delete(runtime: Runtime, terminal: Terminal, call: Invocation, output: Output) -> int:
    store = opened(runtime, call, output).sessions
    key = known_key(store, call.arguments[0])
    if not call.flag("yes"):
        if not terminal.is_input_terminal:
            raise UsageError("weft sessions delete: expected --yes, as there is no terminal to ask on")
        answer = terminal.read_line("Delete the session " + one_line(key) + " for good? [y/N] ")
        if (answer or "").strip().lower() not in {"y", "yes"}:
            output.notice("nothing was deleted")
            return EXIT_DONE
    store.delete(key)
    output.notice("deleted " + key)
    return EXIT_DONE


def _row(number: int, record: Record) -> tuple[str, str, str, str]:
    role = str(record.get("role", "?"))
    if record.get("error"):
        role = "error"
    content = one_line(_content(record))
    for name, arguments in _calls(record):
        content += (" " if content else "") + "[" + one_line(name + " " + arguments) + "]"
    return (str(number), role, cut_to(content, SHOWN_COLUMNS), _short_time(record.get("timestamp")))


def _markdown(record: Record) -> str:
    title = "error" if record.get("error") else str(record.get("role", "?"))
    if record.get("name"):
        title += " " + str(record["name"])
    content = _content(record)
    if record.get("role") == "tool":
        content = _fenced(content)
    for name, arguments in _calls(record):
        content += ("\n\n" if content else "") + "Calls " + name + ":\n\n" + _fenced(arguments)
    return (
        "\n## " + title + " (" + _short_time(record.get("timestamp")) + ")\n\n" + content.rstrip("\n") + "\n"
    )


def _fenced(text: str) -> str:
    """Text as a code block, its fence longer than any in the text."""
    fence = "```"
    while fence in text:
        fence += "`"
    return fence + "\n" + text.rstrip("\n") + "\n" + fence


def _content(record: Record) -> str:
    content = record.get("content")
    return content if isinstance(content, str) else "" if content is None else json_text(content)


def _calls(record: Record) -> list[tuple[str, str]]:
    calls = record.get("tool_calls")
    found = []
    for call in calls if isinstance(calls, list) else []:
        if isinstance(call, dict):
            inner = call.get("function")
            named = inner if isinstance(inner, dict) else call
            found.append((str(named.get("name", "?")), str(named.get("arguments", ""))))
    return found


def _short_time(value: object) -> str:
    """`2026-11-22 20:15:01` of a time as records hold it, "" of anything else."""
    return value[:19].replace("T", " ") if isinstance(value, str) else ""

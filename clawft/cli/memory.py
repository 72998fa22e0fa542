"""`weft memory`: shows and searches what the agent remembers. How it is kept is core's."""

from __future__ import annotations

from clawft.cli.opening import opened
from clawft.core.errors import EXIT_DONE, UsageError
from clawft.core.memory import HISTORY, MEMORY
from clawft.core.memory_search import SIMILAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Runtime
    from clawft.core.memory_search import MemoryMatch
    from clawft.core.output import Output


def show_memory(host: Host, call: Invocation, output: Output) -> int:
    """`weft memory show`."""
    return int(host.run_blocking(lambda runtime: _show(runtime, call, output, MEMORY)))


def show_history(host: Host, call: Invocation, output: Output) -> int:
    """`weft memory history`."""
    return int(host.run_blocking(lambda runtime: _show(runtime, call, output, HISTORY)))


def search_memory(host: Host, call: Invocation, output: Output) -> int:
    """`weft memory search QUERY`. UsageError for a query of white space."""
    if not call.arguments[0].strip():
        raise UsageError(
            "weft memory search: QUERY: expected a text to look for, found nothing but white space"
        )
    return int(host.run_blocking(lambda runtime: _search(runtime, call, output)))


async def _show(runtime: Runtime, call: Invocation, output: Output, name: str) -> int:
    memory = opened(runtime, call, output).memory
    text = memory.read() if name == MEMORY else memory.history()
    path = memory.folder + "/" + name
    if call.flag("json"):
        output.json({"path": path, "text": text})
    elif text.strip():
        output.text(text)
    else:
        output.notice("nothing is remembered in " + path + " yet")
    return EXIT_DONE


async def _search(runtime: Runtime, call: Invocation, output: Output) -> int:
    query = call.arguments[0]
    memory = opened(runtime, call, output).memory_search
    found = await memory.search(query, call.integer("limit"), is_exact=call.flag("exact"))
    if call.flag("json"):
        output.json([_facts(match) for match in found])
    elif not found:
        output.notice("nothing found for '" + query + "'")
    else:
        entries = [
            str(index + 1) + ". " + match.source + _mark(match) + "\n" + match.text
            for index, match in enumerate(found)
        ]
        output.text("\n\n".join(entries))
    return EXIT_DONE


def _facts(match: MemoryMatch) -> dict[str, object]:
    return {"source": match.source, "text": match.text, "match": match.match, "score": round(match.score, 4)}


def _mark(match: MemoryMatch) -> str:
    """What people are told of an entry that has not all the words."""
    return " (similar, %.2f)" % match.score if match.match == SIMILAR else ""

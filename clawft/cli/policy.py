"""`weft policy`: asks the policies, and shows those in force. Runs nothing and touches no network."""

from __future__ import annotations

from clawft.cli.opening import opened
from clawft.core.errors import EXIT_DENIED, EXIT_DONE, EXIT_USAGE, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Runtime
    from clawft.core.output import Output

EXIT_CODES = {"allow": EXIT_DONE, "deny": EXIT_DENIED, "error": EXIT_USAGE}
MOST_LINE_BYTES = 1_048_576


def check_policy(host: Host, call: Invocation, output: Output) -> int:
    """`weft policy check KIND VALUE`, or a stream of records with --jsonl."""
    kind, value = call.argument(0), call.argument(1)
    if call.flag("jsonl"):
        if kind is not None:
            raise UsageError(
                "weft policy check: --jsonl reads records from standard input and takes no arguments"
            )
        for name in ("operation", "tool", "arg", "json"):
            if call.flag(name):
                raise UsageError("weft policy check: --" + name + " and --jsonl cannot be given together")
        return int(host.run_blocking(lambda runtime: _answer_lines(runtime, call, output)))
    if kind is None or value is None:
        raise UsageError("weft policy check: expected url, command or path and a VALUE, or --jsonl")
    record: dict[str, object] = {"kind": kind, "value": value}
    for name, owner in (("operation", "path"), ("tool", "command"), ("arg", "command")):
        if call.flag(name) and kind != owner:
            raise UsageError("weft policy check: --" + name + " is for a " + owner)
        if kind == owner and name != "arg":
            record[name] = call.text(name)
    if call.texts("arg"):
        record["args"] = call.texts("arg")
    return int(host.run_blocking(lambda runtime: _answer(runtime, call, output, record)))


def show_policy(host: Host, call: Invocation, output: Output) -> int:
    """`weft policy show`."""
    return int(host.run_blocking(lambda runtime: _show(runtime, call, output)))


async def _answer(runtime: Runtime, call: Invocation, output: Output, record: dict[str, object]) -> int:
    answer = opened(runtime, call, output).judge.answer(record)
    if call.flag("json"):
        output.json(answer)
    else:
        output.fields([(_words(name), str(value)) for name, value in answer.items()])
    return EXIT_CODES[str(answer["decision"])]


async def _answer_lines(runtime: Runtime, call: Invocation, output: Output) -> int:
    """One answer for each line, in the order of the lines. The exit code: 0 if every line could be read, 2 if not."""
    from clawft.core.compat import json_value  # noqa: PLC0415 - only for a stream
    from clawft.core.lines import Lines  # noqa: PLC0415 - as above

    judge = opened(runtime, call, output).judge
    lines = Lines(runtime.standard_input, MOST_LINE_BYTES)
    exit_code = EXIT_DONE
    while True:
        try:
            line = await lines.next()
            if line is None:
                return exit_code
            record = json_value(line.decode())
        except ValueError as error:  # UnicodeError is one
            answer = unreadable("not JSON: " + str(error))
        except UsageError as error:
            answer = unreadable(error.message)
        else:
            output.json(judge.answer(record))
            continue
        exit_code = EXIT_USAGE
        output.json(answer)


def unreadable(reason: str) -> dict[str, object]:
    """The answer to a line that is no record."""
    return {"decision": "error", "rule": "input", "reason": reason}


async def _show(runtime: Runtime, call: Invocation, output: Output) -> int:
    from clawft.cli.status import confinement_facts, confinement_text  # noqa: PLC0415 - not to check a value

    app = opened(runtime, call, output)
    found = app.policies.to_json()
    found["confinement"] = confinement_facts(app)
    if call.flag("json"):
        output.json(found)
        return EXIT_DONE
    found["confinement"] = {"commands": confinement_text(found["confinement"])}
    for title, section in found.items():
        if isinstance(section, dict):
            output.fields(
                [(_words(name), _shown(value)) for name, value in section.items()],
                _words(title),
            )
    return EXIT_DONE


def _words(name: str) -> str:
    return name[0].upper() + name[1:].replace("_", " ")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join([str(one) for one in value]) or "none"
    return str(value)

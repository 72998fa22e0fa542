"""`weft audit`: shows what was decided and checks that nobody changed that afterwards. What a record is, core says."""

from __future__ import annotations

from clawft.cli.opening import opened
from clawft.core.audit import HASH_CHARACTERS, audit_files, read_line, verify
from clawft.core.errors import EXIT_DONE, EXIT_FAILED, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from clawft.cli.parser import Invocation
    from clawft.core.host import Host
    from clawft.core.interfaces import Files, Runtime
    from clawft.core.output import Output

COLUMNS = ("TIME", "DECISION", "KIND", "TOOL", "RULE", "SUBJECT")
FIELDS = ("at", "decision", "kind", "tool", "rule", "subject")


def verify_audit(host: Host, call: Invocation, output: Output) -> int:
    """`weft audit verify`. The exit code is 1 if anything was changed, added or taken out."""
    expected = (call.text("expect") or "").lower()
    if expected and (len(expected) != HASH_CHARACTERS or expected.strip("0123456789abcdef")):
        raise UsageError(
            "weft audit verify: --expect: expected the 64 hexadecimal digits of an earlier verification"
        )
    return int(host.run_blocking(lambda runtime: _verify(runtime, call, output, expected)))


def list_audit(host: Host, call: Invocation, output: Output) -> int:
    """`weft audit list`: the oldest of those shown first. Records that were changed are left out; verify names them."""
    return int(host.run_blocking(lambda runtime: _list(runtime, call, output)))


async def _verify(runtime: Runtime, call: Invocation, output: Output, expected: str) -> int:
    app = opened(runtime, call, output)
    found = verify(runtime.files, app.audit_folder, expected)
    is_whole = not found.faults
    if call.flag("json"):
        output.json(
            {
                "is_whole": is_whole,
                "count": found.count,
                "hash": found.last_hash,
                "faults": found.faults,
                "notes": found.notes,
            }
        )
    else:
        for sentence in found.notes + found.faults:
            output.notice("weft: " + sentence)
        if is_whole:
            output.fields((("Records", str(found.count)), ("Newest hash", found.last_hash)))
        else:
            output.notice("weft: error: the log of decisions in " + app.audit_folder + " is not whole")
    return EXIT_DONE if is_whole else EXIT_FAILED


async def _list(runtime: Runtime, call: Invocation, output: Output) -> int:
    app = opened(runtime, call, output)
    records = newest(runtime.files, app.audit_folder, call.integer("limit"))
    if call.flag("json"):
        output.json(records)
    else:
        output.table(COLUMNS, [[str(record.get(name, "")) for name in FIELDS] for record in records])
    return EXIT_DONE


def newest(files: Files, folder: str, limit: int) -> list[dict[str, object]]:
    """The newest `limit` records, the oldest of them first; 0 for all."""
    found: list[dict[str, object]] = []
    for name in reversed(audit_files(files, folder)):
        for line in reversed((files.read(folder + "/" + name) or b"").split(b"\n")):
            record = read_line(line) if line else None
            if record is not None:
                found.append(record)
            if limit and len(found) >= limit:
                break
        if limit and len(found) >= limit:
            break
    found.reverse()
    return found

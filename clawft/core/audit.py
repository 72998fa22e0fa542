"""Keeps what was decided, for good: one JSON line a decision, each holding the hash of the line before it.

A line that is changed, added or taken out breaks the chain from there on. Lines cut off at the end do not: for that,
keep the newest hash (`weft audit verify` prints it) somewhere else, and give it to the next verification.
"""

from __future__ import annotations

from clawft.core.compat import iso_time, json_text, json_value
from clawft.core.errors import FileChanged, StorageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from clawft.core.interfaces import Clock, Files

SUFFIX = ".jsonl"
HASH_CHARACTERS = 64
FIRST_HASH = "0" * HASH_CHARACTERS
HASH_FIELD = ',"hash":"'
HASH_END = '"}'
VERSION = 1
SUBJECT_CHARACTERS = 500
TAIL_BYTES = 65536  # many times the longest record
ATTEMPTS = 50


class Decision:
    """One decision. `kind` is tool, command, url, path or sender; `rule` "" where everything was in order."""

    __slots__ = ("is_allowed", "kind", "reason", "rule", "session", "subject", "tool")

    def __init__(
        self,
        kind: str,
        subject: str,
        *,
        is_allowed: bool,
        rule: str = "",
        reason: str = "",
        tool: str = "",
        session: str = "",
    ) -> None:
        self.kind = kind
        self.subject = subject
        self.is_allowed = is_allowed
        self.rule = rule
        self.reason = reason
        self.tool = tool
        self.session = session


class _Tail:
    """Where the log ends: its newest file and that file's size, the last record's number and hash.

    `lead` is what must be written first, where a process was killed in the middle of a line; `torn_bytes` its length.
    """

    __slots__ = ("last_hash", "lead", "name", "number", "size_bytes", "torn_bytes")

    def __init__(
        self, name: str, size_bytes: int, number: int, last_hash: str, lead: bytes = b"", torn_bytes: int = 0
    ) -> None:
        self.name = name
        self.size_bytes = size_bytes
        self.number = number
        self.last_hash = last_hash
        self.lead = lead
        self.torn_bytes = torn_bytes


class AuditLog:
    """The decisions of one state folder, a file a month. `redact` is applied to every text that is written."""

    def __init__(self, files: Files, clock: Clock, folder: str, redact: Callable[[str], str]) -> None:
        self._files = files
        self._clock = clock
        self._folder = folder
        self._redact = redact
        self._tail: _Tail | None = None

    async def add(self, decision: Decision) -> None:
        """Record a decision; it is on disk when this returns. Raises StorageError: then nothing may be done."""
        for _ in range(ATTEMPTS):
            before = self._tail
            if before is None:
                self._files.make_folder(self._folder)
                before = _find_tail(self._files, self._folder)
            now_s = self._clock.now_s()
            month = iso_time(now_s)[:7] + SUFFIX
            if month > before.name:  # never back: a clock that is set wrong may not part the chain
                before = _Tail(month, 0, before.number, before.last_hash)
            line, written_hash = self._line(before, decision, now_s)
            # Before it is written: of several tasks each continues the chain of the one before, in the order of calls.
            after = _Tail(before.name, before.size_bytes + len(line), before.number + 1, written_hash)
            self._tail = after
            try:
                await self._files.append_durable(self._folder + "/" + before.name, line, before.size_bytes)
            except FileChanged:
                self._forget(after)  # another process has written: continue from what stands there now
            except StorageError:
                self._forget(after)
                raise
            else:
                return
        raise StorageError(self._folder + ": other processes write decisions without a pause; try again")

    def _forget(self, failed: _Tail) -> None:
        """What was expected has not happened, and so nothing that was built on it."""
        if self._tail is not None and self._tail.number >= failed.number:
            self._tail = None

    def _line(self, before: _Tail, decision: Decision, now_s: float) -> tuple[bytes, str]:
        record: dict[str, object] = {"v": VERSION, "n": before.number + 1, "at": iso_time(now_s)}
        if before.torn_bytes:
            record["torn_bytes"] = before.torn_bytes
        record["kind"] = decision.kind
        record["decision"] = "allow" if decision.is_allowed else "deny"
        for name, text in (
            ("tool", decision.tool),
            ("session", decision.session),
            ("subject", decision.subject),
            ("rule", decision.rule),
            ("reason", decision.reason),
        ):
            if text:
                record[name] = _cut(self._redact(text))
        record["previous"] = before.last_hash
        body = json_text(record)
        own_hash = _hash(body)
        return before.lead + (body[:-1] + HASH_FIELD + own_hash + HASH_END + "\n").encode(), own_hash


def _find_tail(files: Files, folder: str) -> _Tail:
    names = audit_files(files, folder)
    if not names:
        return _Tail("", 0, 0, FIRST_HASH)
    newest = names[-1]
    size_bytes, lines = _last_lines(files, folder + "/" + newest)
    # A last line without its newline is either a whole record or a part of one.
    is_whole = not lines[-1] or read_line(lines[-1]) is not None
    lead = b"\n" if lines[-1] else b""
    torn_bytes = 0 if is_whole else len(lines[-1])
    for name in reversed(names):
        if name != newest:
            _, lines = _last_lines(files, folder + "/" + name)
        for line in reversed(lines):
            record = read_line(line)
            if record is not None:
                return _Tail(newest, size_bytes, _number(record), hash_of(line), lead, torn_bytes)
    return _Tail(newest, size_bytes, 0, FIRST_HASH, lead, torn_bytes)


def _last_lines(files: Files, path: str) -> tuple[int, list[bytes]]:
    """A file's size, and its last lines; the last of them is b"" if it ends with a newline."""
    facts = files.stat(path)
    size_bytes = facts.size_bytes if facts is not None else 0
    start = max(0, size_bytes - TAIL_BYTES)
    return size_bytes, files.read_range(path, start, size_bytes - start).split(b"\n") if size_bytes else [b""]


def hash_of(line: bytes) -> str:
    """The hash that ends a line which `read_line` could read."""
    return line[-HASH_CHARACTERS - len(HASH_END) : -len(HASH_END)].decode()


def audit_files(files: Files, folder: str) -> list[str]:
    """The names of the log's files, the oldest first."""
    return [name for name in files.list(folder) if name.endswith(SUFFIX)]


def read_line(line: bytes) -> dict[str, object] | None:
    """The record of one line (without its newline) whose own hash is right, None if it is not such a line."""
    try:
        text = line.decode()
        cut = text.rfind(HASH_FIELD)
        body = text[:cut] + "}"
        if cut < 0 or text[cut + len(HASH_FIELD) :] != _hash(body) + HASH_END:
            return None
        record = json_value(body)
    except ValueError:  # UnicodeError is one
        return None
    return record if isinstance(record, dict) else None


class Verification:
    """What a verification found: `faults` are sentences, each with its file and line; [] if the chain holds."""

    def __init__(self) -> None:
        self.count = 0
        self.last_hash = FIRST_HASH
        self.faults: list[str] = []
        self.notes: list[str] = []
        self.has_expected = False


def verify(files: Files, folder: str, expected_hash: str = "") -> Verification:
    """Check every line of every file. With `expected_hash` (of an earlier verification) also that it is still there."""
    found = Verification()
    found.has_expected = expected_hash in ("", FIRST_HASH)
    number = 0
    for name in audit_files(files, folder):
        torn = 0
        lines = (files.read(folder + "/" + name) or b"").split(b"\n")
        unended = lines.pop()
        for index, line in enumerate(lines + [unended] if unended else lines):
            place = name + " line " + str(index + 1)
            record = read_line(line)
            if record is None:
                # A process that was killed while it wrote leaves a part of a line: the next one says so.
                if torn:
                    found.faults.append(place + ": not a record, or changed after it was written")
                torn = len(line)
                continue
            if torn and record.get("torn_bytes") != torn:
                found.faults.append(place + ": the line before it is not a record, or was changed")
            elif torn:
                found.notes.append(place + ": the line before it was cut short when a process ended")
            torn = 0
            if record.get("previous") != found.last_hash or _number(record) != number + 1:
                found.faults.append(
                    place + ": does not follow the record before it: some are missing or changed"
                )
            number = _number(record)
            found.count += 1
            found.last_hash = hash_of(line)
            found.has_expected = found.has_expected or found.last_hash == expected_hash
        if torn and unended:
            found.notes.append(name + ": the last line is cut short: a process ended while it wrote")
        elif torn:
            found.faults.append(name + ": the last line is not a record, or was changed")
    if not found.has_expected:
        found.faults.append("the record with the expected hash is missing: the log was cut or exchanged")
    return found


def _number(record: dict[str, object]) -> int:
    number = record.get("n")
    return number if isinstance(number, int) else -1


def _hash(text: str) -> str:
    import binascii  # noqa: PLC0415 - only where something was decided
    import hashlib  # noqa: PLC0415

    return binascii.hexlify(hashlib.sha256(text.encode()).digest()).decode()


def _cut(text: str) -> str:
    return text if len(text) <= SUBJECT_CHARACTERS else text[:SUBJECT_CHARACTERS] + "…"

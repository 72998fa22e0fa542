"""Decisions are kept in a chain that shows whatever is done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.audit import FIRST_HASH, AuditLog, Decision, read_line, verify
from clawft.core.errors import FileChanged, StorageError

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

FOLDER = "/home/user/.clawft/state/audit"
FIRST = FOLDER + "/2026-09.jsonl"


def log(runtime: FakeRuntime) -> AuditLog:
    return AuditLog(runtime.files, runtime.clock, FOLDER, lambda text: text.replace("hunter2", "[redacted]"))


def allowed(subject: str) -> Decision:
    return Decision("command", subject, is_allowed=True, tool="exec_shell", session="cli:a")


def denied(subject: str) -> Decision:
    return Decision("path", subject, is_allowed=False, rule="path.outside", reason="it is outside")


async def three(runtime: FakeRuntime) -> None:
    kept = log(runtime)
    for subject in ("ls", "cat a", "wc b"):
        await kept.add(allowed(subject))


async def test_a_decision_is_one_line_that_says_what_was_decided(runtime: FakeRuntime) -> None:
    await log(runtime).add(denied("../x with hunter2"))
    line = runtime.files.contents[FIRST]
    record = read_line(line[:-1])
    assert record == {
        "v": 1,
        "n": 1,
        "at": "2026-09-21T14:13:20.000Z",
        "kind": "path",
        "decision": "deny",
        "subject": "../x with [redacted]",
        "rule": "path.outside",
        "reason": "it is outside",
        "previous": FIRST_HASH,
    }
    assert line[-76:-68] == b',"hash":'
    assert line.endswith(b'"}\n')
    assert runtime.files.calls[-1] == ("append_durable", FIRST)


async def test_a_chain_that_nobody_touched_holds(runtime: FakeRuntime) -> None:
    await three(runtime)
    await log(runtime).add(denied("..."))  # another process
    found = verify(runtime.files, FOLDER)
    assert (found.count, found.faults, found.notes) == (4, [], [])
    await log(runtime).add(denied("..."))
    again = verify(runtime.files, FOLDER, found.last_hash)
    assert (again.count, again.faults) == (5, [])
    assert verify(runtime.files, "/home/user/none").faults == []


async def test_any_change_of_a_byte_is_a_fault(runtime: FakeRuntime) -> None:
    await three(runtime)
    whole = runtime.files.contents[FIRST]
    for at in range(0, len(whole) - 1, 7):
        changed = bytearray(whole)
        changed[at] ^= 1
        runtime.files.add(FIRST, bytes(changed))
        assert verify(runtime.files, FOLDER).faults != [], at


async def test_a_line_taken_out_moved_or_added_is_a_fault(runtime: FakeRuntime) -> None:
    await three(runtime)
    first, second, third = runtime.files.contents[FIRST].split(b"\n")[:-1]
    for lines in (
        (first, third),
        (second, third),
        (first, third, second),
        (first, second, second, third),
        (first, b"{}", second, third),
        (b"x", b"y", first, second, third),
    ):
        runtime.files.add(FIRST, b"\n".join(lines) + b"\n")
        assert verify(runtime.files, FOLDER).faults != [], lines


async def test_an_end_cut_off_is_seen_by_whoever_kept_the_newest_hash(runtime: FakeRuntime) -> None:
    await three(runtime)
    newest = verify(runtime.files, FOLDER).last_hash
    lines = runtime.files.contents[FIRST].split(b"\n")
    runtime.files.add(FIRST, b"\n".join(lines[:2]) + b"\n")
    assert verify(runtime.files, FOLDER).faults == []
    assert verify(runtime.files, FOLDER, newest).faults == [
        "the record with the expected hash is missing: the log was cut or exchanged"
    ]


async def test_a_line_cut_short_by_a_killed_process_is_noted_and_the_chain_goes_on(
    runtime: FakeRuntime,
) -> None:
    await three(runtime)
    whole = runtime.files.contents[FIRST]
    last = whole.rfind(b"\n", 0, len(whole) - 1) + 1
    for size in range(last, len(whole) + 1):
        runtime.files.add(FIRST, whole[:size])
        found = verify(runtime.files, FOLDER)
        assert found.faults == []
        await log(runtime).add(allowed("next"))
        found = verify(runtime.files, FOLDER)
        assert found.faults == [], (size, runtime.files.contents[FIRST])
        is_torn = last < size < len(whole) - 1
        assert len(found.notes) == (1 if is_torn else 0)
        assert found.count == (4 if size >= len(whole) - 1 else 3)


async def test_a_month_has_a_file_and_the_chain_runs_through_them(runtime: FakeRuntime) -> None:
    kept = log(runtime)
    await kept.add(allowed("ls"))
    runtime.clock.advance(20 * 86400)
    await kept.add(allowed("ls"))
    await log(runtime).add(allowed("ls"))
    assert runtime.files.list(FOLDER) == ["2026-09.jsonl", "2026-10.jsonl"]
    assert verify(runtime.files, FOLDER).faults == []
    assert verify(runtime.files, FOLDER).count == 3
    runtime.files.remove(FIRST)
    assert len(verify(runtime.files, FOLDER).faults) == 1


async def test_a_clock_that_goes_back_does_not_part_the_chain(runtime: FakeRuntime) -> None:
    runtime.clock.advance(20 * 86400)
    kept = log(runtime)
    await kept.add(allowed("ls"))
    runtime.clock._passed_s = 0.0
    await kept.add(allowed("ls"))
    assert runtime.files.list(FOLDER) == ["2026-10.jsonl"]
    assert verify(runtime.files, FOLDER).faults == []


async def test_another_process_may_write_at_the_same_moment(runtime: FakeRuntime) -> None:
    kept = log(runtime)
    await kept.add(allowed("ls"))
    await log(runtime).add(allowed("pwd"))
    await kept.add(allowed("wc"))
    runtime.files.fail_next("append_durable", FileChanged(FIRST, 1))
    await kept.add(allowed("date"))
    found = verify(runtime.files, FOLDER)
    assert (found.count, found.faults) == (4, [])


async def test_what_cannot_be_recorded_is_an_error_and_the_next_one_goes_on(runtime: FakeRuntime) -> None:
    kept = log(runtime)
    await kept.add(allowed("ls"))
    runtime.files.fail_next("append_durable", StorageError("the disk is full"))
    try:
        await kept.add(allowed("pwd"))
    except StorageError as error:
        assert error.message == "the disk is full"
    else:
        assert False, "expected a StorageError"
    await kept.add(allowed("wc"))
    assert verify(runtime.files, FOLDER).faults == []
    assert verify(runtime.files, FOLDER).count == 2


async def test_a_long_subject_is_cut(runtime: FakeRuntime) -> None:
    await log(runtime).add(allowed("é" * 10000))
    assert ('"subject":"' + "é" * 500 + '…"').encode() in runtime.files.contents[FIRST]
    await log(runtime).add(allowed("ls"))
    assert verify(runtime.files, FOLDER).count == 2

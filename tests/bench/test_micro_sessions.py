"""What a session costs in memory. Run by bench/micro.py in pairs with an older checkout; asserts no time.

What a disk adds is in test_session_bench.py; it tells more about the disk than about us.
"""

from __future__ import annotations

import pytest

from clawft.core.fakes import FakeClock, FakeRuntime, run
from clawft.core.messages import Message
from clawft.core.session import SessionStore, message_record
from clawft.core.session_lines import line_of

APPENDS = 50
RECORD = message_record(Message("user", "x" * 100), 1790000000.0)


def store_in(files):
    return SessionStore(files, FakeClock(), "/state/sessions", [], print)


def test_make_a_line(benchmark):
    assert benchmark(line_of, RECORD).endswith(b"\n")


def test_append_50_messages(benchmark):
    def appended():
        session = run(store_in(FakeRuntime().files).open("cli:work"))
        for _ in range(APPENDS):
            run(session.append([RECORD]))
        return session

    assert len(benchmark(appended).recent(1000)) == APPENDS


@pytest.mark.parametrize("messages", [50, 1_000])
def test_open_and_read_the_last_50(benchmark, messages):
    files = FakeRuntime().files
    run(run(store_in(files).open("cli:work")).append([RECORD] * messages))
    assert len(benchmark(lambda: run(store_in(files).open("cli:work")).recent(50))) == 50

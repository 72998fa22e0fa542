"""Signals of programs on CPython: handed to who waits for them, cancelling, ending, and never leaving children."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time

import pytest

from clawft.host import blocking, processes
from clawft.host.signals import BlockingSignals
from tests.host.exchange import in_runtime
from tests.host.program import program

HOST = """
import asyncio, sys
from clawft.host.host import CPythonHost

host = CPythonHost()
"""
GRACEFUL = """
async def work(runtime):
    async def wait():
        return await runtime.signals.next()
    waiting = [asyncio.ensure_future(wait()) for _ in range(2)]
    await asyncio.sleep(0)
    print("ready", flush=True)
    print(*await asyncio.gather(*waiting), flush=True)
    return 7

sys.exit(host.run_concurrent(work))
"""


@pytest.mark.parametrize(("number", "name"), [(signal.SIGTERM, b"terminate"), (signal.SIGINT, b"interrupt")])
def test_a_program_that_waits_for_a_signal_shuts_down_gracefully(number, name):
    with program(HOST + GRACEFUL) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (name + b" " + name + b"\n", b"", 7)


ESCALATING = """
async def work(runtime):
    waiting = asyncio.ensure_future(runtime.signals.next())
    await asyncio.sleep(0)
    print("ready", flush=True)
    print(await waiting, flush=True)
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        print("cancelled", flush=True)
        await asyncio.Event().wait()

host.run_concurrent(work)
"""


def test_a_second_signal_cancels_and_a_third_ends_the_process():
    with program(HOST + ESCALATING) as process:
        for said in (b"ready\n", b"terminate\n", b"cancelled\n"):
            assert process.stdout.readline() == said
            process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (b"", b"", -signal.SIGTERM)


def test_a_signal_that_finds_only_a_cancelled_waiter_cancels_the_work():
    async def work(runtime):
        waiting = asyncio.ensure_future(runtime.signals.next())
        await asyncio.sleep(0)
        os.kill(os.getpid(), signal.SIGTERM)
        waiting.cancel()  # before it could be told
        await asyncio.Event().wait()

    with pytest.raises(KeyboardInterrupt):
        in_runtime("asyncio", work)


def test_without_an_event_loop_a_signal_can_be_waited_for():
    before = signal.getsignal(signal.SIGTERM)

    def send():
        while signal.getsignal(signal.SIGTERM) is before:
            os.sched_yield()
        os.kill(os.getpid(), signal.SIGTERM)

    thread = threading.Thread(target=send)
    thread.start()
    assert blocking.run(BlockingSignals().next()) == "terminate"
    thread.join()
    assert signal.getsignal(signal.SIGTERM) is before


ORPHANS = """
async def work(runtime):
    command = ("/bin/sh", "-c", "echo started >&2; sleep 60")
    child = await runtime.processes.open(command, "/", {"PATH": "/usr/bin:/bin"})
    try:
        await child.errors.read()
        print("started", flush=True)
        await child.wait()
    finally:
        print("closing", flush=True)
        child.close()

host.run_blocking(work)
"""


def test_termination_without_an_event_loop_ends_children_too():
    with program(HOST + ORPHANS) as process:
        assert process.stdout.readline() == b"started\n"
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (b"closing\n", b"", 128 + signal.SIGTERM)


STATUS = """
async def work(runtime):
    done = await runtime.processes.run(
        ("/bin/sh", "-c", "exit 4"), "/", {}, timeout_s=60, limit_bytes=9
    )
    print(done.status, flush=True)

host.run_blocking(work)
"""


def test_how_a_child_ended_is_known_where_the_end_of_children_is_ignored():
    ignoring = "import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); "
    start = f"os.execv(sys.executable, [sys.executable, '-c', {HOST + STATUS!r}])"
    with program(ignoring + start) as process:
        output, errors = process.communicate(timeout=60)
    assert (output, errors) == (b"4\n", b"")


@pytest.mark.parametrize("has_waitid", [True, False])
def test_where_a_process_has_no_descriptor_a_thread_watches_for_its_end(kind, has_waitid, monkeypatch):
    monkeypatch.delattr(os, "pidfd_open")
    if not has_waitid:
        monkeypatch.delattr(os, "waitid")

    async def work(runtime):
        command = (sys.executable, "-I", "-S", "-c", "import sys; sys.stdin.read(); sys.exit(6)")
        child = await runtime.processes.open(command, "/", {})
        try:
            child.close_input()
            assert await child.wait() == 6
        finally:
            child.close()
        never = await runtime.processes.open(("/bin/sleep", "60"), "/", {})
        never.kill()
        assert await never.wait() == -9
        never.close()
        started_s = time.monotonic()
        sleeping = await runtime.processes.open(("/bin/sleep", "60"), "/", {})
        sleeping.close()
        return time.monotonic() - started_s

    assert in_runtime(kind, work) < 50
    for popen in processes._dying:
        popen.wait()

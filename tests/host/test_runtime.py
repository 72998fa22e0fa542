"""The two runtimes and the host: how work is driven, cancelled and given its input."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import h11
import pytest

from clawft.core.errors import StorageError, UsageError
from clawft.core.interfaces import Clock
from clawft.core.lines import Lines
from clawft.host import asynchronous, blocking
from clawft.host.asyncio_waiting import AsyncioWaiting
from clawft.host.host import CPythonHost
from clawft.host.standard_input import AsyncioInput, BlockingInput
from tests.fakes.raw_server import REQUEST, STALL, RawServer
from tests.host.exchange import in_runtime
from tests.host.program import ROOT, program

ONE_SHOT = """
import sys
from clawft.core.interfaces import Request
from clawft.host.host import CPythonHost

host = CPythonHost()
heavy = {"asyncio", "h11", "socket", "threading", "ssl", "typing", "clawft.core.files"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)

async def work(runtime):
    response = await runtime.http(Request("GET", sys.argv[1], []))
    return await response.read()

host.terminal.write(host.run_blocking(work).decode())
heavy = {"asyncio", "ssl", "threading", "http", "urllib", "email", "logging", "rich"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""


def test_a_blocking_exchange_imports_neither_asyncio_nor_tls():
    path = [ROOT, str(Path(h11.__file__).parents[1])]
    with RawServer([[REQUEST, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"]]) as server:
        done = subprocess.run(
            # without site: what a .pth file imports is not our doing
            [
                sys.executable,
                "-I",
                "-S",
                "-c",
                f"import sys; sys.path += {path!r}\n" + ONE_SHOT,
                server.url(),
            ],
            capture_output=True,
            check=False,
            timeout=60,
        )
    assert (done.stdout, done.stderr, done.returncode) == (b"hi", b"", 0)


def test_the_blocking_runtime_refuses_what_needs_an_event_loop():
    async def work():
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="event loop"):
        blocking.run(work())


def test_errors_and_results_of_the_work_come_out(kind):
    async def fails(_):
        raise StorageError("mine")

    async def gives(runtime):
        return runtime.home, runtime.environment

    with pytest.raises(StorageError, match="mine"):
        in_runtime(kind, fails)
    assert in_runtime(kind, gives, {"A": "b"}) == ("/nowhere", {"A": "b"})


def test_clocks_grow_and_random_bytes_differ(kind):
    async def work(runtime):
        before_s = runtime.clock.monotonic_s()
        await runtime.clock.sleep(0)
        await runtime.clock.sleep(-1)
        assert isinstance(runtime.clock, Clock)
        assert runtime.clock.monotonic_s() >= before_s
        assert abs(runtime.clock.now_s() - time.time()) < 3600
        return runtime.random_bytes(16), runtime.random_bytes(16)

    first, second = in_runtime(kind, work)
    assert len(first) == 16
    assert first != second


def test_work_done_together_gives_its_results_in_order(kind):
    async def one(value):
        return value

    async def work(runtime):
        return await runtime.together([one(1), one(2), one(3)])

    assert in_runtime(kind, work) == [1, 2, 3]


def test_work_done_together_overlaps_and_is_cancelled_with_its_caller():
    events = []

    async def one(name, start, wait):
        start.set()
        try:
            await wait.wait()
        except asyncio.CancelledError:
            events.append("cancelled " + name)
            raise
        return name

    async def work(runtime):
        first, second, never = asyncio.Event(), asyncio.Event(), asyncio.Event()
        events.append(await runtime.together([one("a", first, second), one("b", second, first)]))
        started = asyncio.Event()
        task = asyncio.ensure_future(runtime.together([one("c", started, never), one("d", started, never)]))
        await started.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_runtime("asyncio", work)
    assert events == [["a", "b"], "cancelled c", "cancelled d"]


def test_appends_handed_over_are_on_disk_when_the_runtime_ends(tmp_path):
    path = str(tmp_path / "log")

    async def work(runtime):
        asyncio.get_running_loop().call_soon(lambda: None)
        return await runtime.files.append_durable(path, b"one\n", 0)

    assert in_runtime("asyncio", work) == 4
    assert (tmp_path / "log").read_bytes() == b"one\n"


WAITING = """
import asyncio, sys
from clawft.host.host import CPythonHost

async def work(runtime):
    print("ready", flush=True)
    try:
        await asyncio.Event().wait()
    finally:
        print("cleaned up", flush=True)
        if len(sys.argv) > 1:
            print("stuck", flush=True)
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    pass

try:
    CPythonHost().run_concurrent(work)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_cancels_the_work_in_an_orderly_way(number):
    with program(WAITING) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        output, errors = process.communicate(timeout=60)
    assert (output, errors, process.returncode) == (b"cleaned up\ninterrupted\n", b"", 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_second_signal_ends_the_process_at_once(number):
    with program(WAITING.replace("len(sys.argv) > 1", "True")) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(number)
        assert process.stdout.readline() == b"cleaned up\n"
        assert process.stdout.readline() == b"stuck\n"
        process.send_signal(number)
        assert process.wait(timeout=60) == -number


INTERRUPTED = """
import sys
from clawft.core.interfaces import Request
from clawft.host.host import CPythonHost

async def work(runtime):
    await runtime.http(Request("GET", sys.stdin.readline().strip(), []))

try:
    CPythonHost().run_blocking(work)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_ctrl_c_ends_a_blocking_wait():
    with RawServer([[REQUEST, STALL]]) as server, program(INTERRUPTED) as process:
        process.stdin.write(server.url().encode() + b"\n")
        process.stdin.flush()
        assert server.asked.wait(60)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        assert server.hung_up.wait(10)
    assert (output, errors, process.returncode) == (b"interrupted\n", b"", 0)


def test_work_may_answer_a_cancellation_with_a_result():
    source = WAITING.replace("finally:", "except asyncio.CancelledError:").replace(
        "        if len(sys.argv) > 1:", '        return "kept"\n        if True:'
    )
    source = source.replace(
        "    CPythonHost().run_concurrent(work)", "    print(CPythonHost().run_concurrent(work))"
    )
    with program(source) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert (output, errors) == (b"cleaned up\nkept\n", b"")


def test_signals_are_given_back_afterwards():
    async def work(_):
        return signal.getsignal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert in_runtime("asyncio", work) not in (before, signal.SIG_DFL)
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_blocking_host_keeps_its_runtime_from_call_to_call():
    host = CPythonHost()

    async def work(runtime):
        return runtime

    assert host.run_blocking(work) is host.run_blocking(work)


def lines_of(descriptor, limit_bytes=1000):
    return Lines(AsyncioInput(AsyncioWaiting(), descriptor), limit_bytes)


async def all_lines(lines):
    found = []
    while True:
        try:
            line = await lines.next()
        except UsageError as error:
            found.append(str(error))
            continue
        if line is None:
            return found
        found.append(line)


TEXT = b"one\n\ntwo\r\n" + b"3" * 10 + b"\n" + b"4" * 11 + b"\nlast"
LONG = "standard input: line 5 is longer than 10 bytes and was passed over"
FOUND = [b"one", b"", b"two", b"3" * 10, LONG, b"last"]


def test_lines_of_a_file_are_read_and_long_ones_passed_over(tmp_path):
    path = tmp_path / "lines"
    path.write_bytes(TEXT)
    with path.open("rb") as opened:
        assert asyncio.run(all_lines(lines_of(opened.fileno(), 10))) == FOUND


@pytest.mark.parametrize("size", [1, 2, 7, 100])
def test_lines_of_a_pipe_are_read_however_they_are_split(size):
    reading, writing = os.pipe()

    async def work():
        lines = asyncio.ensure_future(all_lines(lines_of(reading, 10)))
        for start in range(0, len(TEXT), size):
            os.write(writing, TEXT[start : start + size])
            await asyncio.sleep(0)
        os.close(writing)
        return await lines

    try:
        assert asyncio.run(work()) == FOUND
        assert os.get_blocking(reading)  # whoever shares the pipe finds it as it was
    finally:
        os.close(reading)


def test_a_silent_input_does_not_hold_up_other_work():
    reading, writing = os.pipe()

    async def work():
        lines = lines_of(reading)
        waiting = asyncio.ensure_future(lines.next())
        for _ in range(10):
            await asyncio.sleep(0)
        assert not waiting.done()
        os.write(writing, b"now\n")
        assert await waiting == b"now"
        waiting = asyncio.ensure_future(lines.next())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        os.write(writing, b"later\n")
        return await lines.next()

    try:
        assert asyncio.run(work()) == b"later"
    finally:
        os.close(reading)
        os.close(writing)


def not_permitted(*_):
    """What the event loop says to a kind of file that it cannot watch."""
    raise PermissionError


def test_input_that_the_loop_cannot_watch_is_read_from_a_thread():
    async def work():
        asyncio.get_running_loop().__dict__["add_reader"] = not_permitted
        return await all_lines(lines_of(reading, 10))

    reading, writing = os.pipe()
    os.write(writing, TEXT)
    os.close(writing)
    try:
        assert asyncio.run(work()) == FOUND
    finally:
        os.close(reading)


def test_what_a_cancelled_read_in_a_thread_brings_is_for_the_next_one():
    async def work():
        asyncio.get_running_loop().__dict__["add_reader"] = not_permitted
        given = AsyncioInput(AsyncioWaiting(), reading)
        cancelled = asyncio.ensure_future(given.read())
        for _ in range(3):
            await asyncio.sleep(0)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        os.write(writing, b"kept")
        return await given.read()

    reading, writing = os.pipe()
    try:
        assert asyncio.run(work()) == b"kept"
    finally:
        os.close(reading)
        os.close(writing)


def test_without_an_event_loop_input_is_read_piece_by_piece_to_its_end():
    reading, writing = os.pipe()
    given = BlockingInput(reading)
    os.write(writing, b"one")
    assert blocking.run(given.read()) == b"one"
    os.close(writing)
    assert blocking.run(given.read()) == blocking.run(given.read()) == b""
    os.close(reading)
    with pytest.raises(StorageError, match="standard input cannot be read: Bad file descriptor"):
        blocking.run(given.read())


def test_input_that_cannot_be_read_is_an_error(tmp_path):
    opened = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(StorageError, match="standard input cannot be read: Is a directory"):
            asyncio.run(AsyncioInput(AsyncioWaiting(), opened).read())
    finally:
        os.close(opened)


def test_blocking_work_in_a_thread_can_be_left_behind():
    released = threading.Event()

    async def work(_):
        with pytest.raises(FileNotFoundError):
            await asynchronous.in_thread(lambda: Path("/no/such/file").stat())
        task = asyncio.ensure_future(asynchronous.in_thread(lambda: released.wait(60)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    in_runtime("asyncio", work)  # ends although the thread still waits
    assert not released.is_set()
    released.set()

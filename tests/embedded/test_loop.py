"""The event loop of the executables: tasks, waits, cancelling and signals, as asyncio has them."""

from __future__ import annotations

import os
import signal

import pytest

from clawft.embedded import loop, waiting
from clawft.embedded.loop import CancelledError, Event, create_task, gather, run
from clawft.embedded.waiting import ready, run_alone, sleep, writable
from tests.native import fake_weft, fake_weft_handles


def drive(work):
    return run(work, lambda _task, _number: None)


def test_tasks_run_side_by_side_and_shorter_sleeps_end_first():
    ended = []

    async def nap(name, duration_s):
        await sleep(duration_s)
        ended.append(name)
        return name

    async def main():
        return await gather(nap("long", 0.02), nap("short", 0.001), nap("none", 0))

    assert drive(main()) == ["long", "short", "none"]
    assert ended == ["none", "short", "long"]


def test_a_task_gives_its_result_or_its_error_to_whoever_awaits_it():
    async def work(value):
        await sleep(0)
        if value < 0:
            raise ValueError(value)
        return value

    async def main():
        good, bad = create_task(work(1)), create_task(work(-1))
        assert await good == 1
        assert await good == 1
        with pytest.raises(ValueError, match="-1"):
            await bad
        assert good.done()
        assert bad.done()
        assert not good.cancel()

    drive(main())


def test_the_first_failure_ends_a_gathering_and_leaves_the_others_running():
    done = []

    async def fail():
        raise ValueError("first")

    async def succeed():
        await sleep(0.001)
        done.append(True)

    async def main():
        other = create_task(succeed())
        with pytest.raises(ValueError, match="first"):
            await gather(other, fail())
        assert not done
        await other

    drive(main())
    assert done


def test_a_cancelled_task_cleans_up_wherever_it_waits():
    cleaned = []

    async def wait_in(name, waiting):
        try:
            await waiting()
        finally:
            cleaned.append(name)

    async def main():
        handle, _ = fake_weft.pipe()
        event = Event()
        inner = create_task(wait_in("inner", event.wait))

        async def join():
            await inner

        tasks = [
            create_task(wait_in("handle", lambda: ready(handle))),
            create_task(wait_in("sleep", lambda: sleep(60))),
            create_task(wait_in("both", lambda: ready(fake_weft.pipe()[0], waiting.now_s() + 60))),
            create_task(wait_in("event", event.wait)),
            create_task(wait_in("task", join)),
        ]
        await sleep(0)
        for task in tasks:
            assert task.cancel()
        for task in tasks:
            with pytest.raises(CancelledError):
                await task
        assert inner.done()

    drive(main())
    assert sorted(cleaned) == ["both", "event", "handle", "inner", "sleep", "task"]


def test_a_task_that_has_not_begun_can_be_cancelled():
    async def never():
        raise AssertionError("it ran")

    async def main():
        task = create_task(never())
        task.cancel()
        with pytest.raises(CancelledError):
            await task

    drive(main())


def test_an_event_wakes_all_that_wait_even_if_it_is_cleared_at_once():
    woken = []

    async def wait(event, name):
        await event.wait()
        woken.append(name)

    async def main():
        event = Event()
        tasks = [create_task(wait(event, name)) for name in "ab"]
        await sleep(0)
        event.set()
        event.clear()
        await gather(*tasks)
        assert not event.is_set()
        event.set()
        assert await event.wait()

    drive(main())
    assert woken == ["a", "b"]


def test_a_handle_wakes_its_task_and_what_nobody_reads_wakes_nobody():
    async def main():
        heard, heard_end = fake_weft.pipe()
        _, unheard_end = fake_weft.pipe()
        os.write(unheard_end, b"x")

        async def write():
            await sleep(0.005)
            os.write(heard_end, b"y")

        task = create_task(write())
        passes = loop._loop._count
        await ready(heard)
        assert fake_weft.read(heard, 10) == b"y"
        await task
        assert loop._loop._count - passes < 10
        started_s = waiting.now_s()
        await ready(heard, waiting.now_s() + 0.01)
        assert waiting.now_s() - started_s >= 0.009
        os.close(heard_end)
        os.close(unheard_end)

    drive(main())


def test_what_still_runs_when_the_main_task_ends_is_cancelled_and_cleans_up():
    cleaned = []

    async def run_on():
        try:
            await sleep(60)
        finally:
            await sleep(0.001)
            cleaned.append(True)

    async def main():
        create_task(run_on())
        await sleep(0)
        return 5

    assert drive(main()) == 5
    assert cleaned


def test_a_signal_is_told_while_all_tasks_wait():
    numbers = []

    def on_signal(task, number):
        numbers.append(number)
        task.cancel()

    async def main():
        fake_weft.signals()
        os.kill(os.getpid(), signal.SIGTERM)
        await sleep(60)

    with pytest.raises(CancelledError):
        run(main(), on_signal)
    assert numbers == [signal.SIGTERM]


def test_work_at_the_end_of_a_pass_waits_for_all_that_can_run():
    order = []

    async def ask(name):
        order.append(name)
        if len(order) == 1:
            loop.after_pass(lambda: order.append("work"))

    async def main():
        await gather(ask("a"), ask("b"), ask("c"))

    drive(main())
    assert order == ["a", "b", "c", "work"]


def test_alone_a_coroutine_waits_for_handles_and_times():
    async def main():
        handle, end = fake_weft.pipe()
        os.write(end, b"x")
        await sleep(0.002)
        await ready(handle)
        os.close(end)
        return fake_weft.read(handle, 1)

    assert run_alone(main()) == b"x"


def test_alone_an_interrupt_is_raised_in_the_coroutine():
    cleaned = []

    async def main():
        fake_weft.signals()
        os.kill(os.getpid(), signal.SIGINT)
        try:
            await sleep(60)
        finally:
            cleaned.append(True)

    with pytest.raises(KeyboardInterrupt):
        run_alone(main())
    assert cleaned


def test_alone_waiting_for_another_task_is_refused():
    async def main():
        loop._loop.current = loop.Task(None)
        await Event().wait()

    with pytest.raises(RuntimeError, match="run it concurrently"):
        run_alone(main())


def test_an_interrupt_in_a_task_ends_all_after_they_cleaned_up():
    cleaned = []

    async def run_on(name):
        try:
            await sleep(60)
        finally:
            cleaned.append(name)

    async def interrupt():
        raise KeyboardInterrupt

    async def main():
        tasks = [create_task(run_on("before"))]
        await sleep(0)
        tasks += [create_task(interrupt()), create_task(run_on("after"))]
        await gather(*tasks)

    with pytest.raises(KeyboardInterrupt):
        drive(main())
    assert cleaned == ["before"]


def test_a_task_waits_for_room_while_another_waits_for_what_comes():
    number, fd, reading = fake_weft.write_pipe()
    seen = []

    async def fill():
        try:
            while True:
                os.write(fd, bytes(65536))
        except BlockingIOError:
            seen.append("full")
        await writable(number)
        seen.append("room")

    async def drain():
        await sleep(0)
        await sleep(0.001)
        seen.append("drained")
        os.read(reading, 1 << 20)

    async def main():
        await gather(fill(), drain())

    drive(main())
    os.close(reading)
    assert seen == ["full", "drained", "room"]
    assert not fake_weft_handles.get(number).is_write_wanted


def test_room_is_waited_for_alone_and_until_a_moment():
    number, fd, reading = fake_weft.write_pipe()

    async def main():
        await writable(number)
        while True:
            try:
                os.write(fd, bytes(65536))
            except BlockingIOError:
                break
        await writable(number, waiting.now_s() + 0.001)
        return "in time"

    assert run_alone(main()) == "in time"
    os.close(reading)


def test_a_released_handle_lets_those_go_on_that_wait_for_it():
    number, _, reading = fake_weft.write_pipe()

    async def wait():
        await ready(number)
        return "released"

    async def main():
        waiting = create_task(wait())
        await sleep(0)
        loop.release(number)
        return await waiting

    assert drive(main()) == "released"
    os.close(reading)

"""What `Runtime.processes` promises, as coroutines over real children: for every runtime, in the portable dialect.

Each gets the runtime and a `Place`. Those in `CONCURRENT` need an event loop, those in `POSIX` a POSIX system, those in
`UNEMULATED` one without an emulator in between, which lets no limit on memory through.
"""

from clawft.core.compat import json_text, json_value
from clawft.core.errors import ProcessError
from clawft.core.lines import Lines
from clawft.core.processes import Limits

LIMIT_S = 100.0
BIG_BYTES = 20000000


class Place:
    """Where scenarios run: `child` are the words that start a child, before its own; `env` is what it needs."""

    def __init__(self, child, folder, env, is_windows=False, is_emulated=False):
        self.child = tuple(child)
        self.folder = folder
        self.env = env
        self.is_windows = is_windows
        self.is_emulated = is_emulated

    def words(self, *words):
        return self.child + words

    async def run(self, runtime, words, **options):
        given = {"timeout_s": LIMIT_S, "limit_bytes": 1000000}
        given.update(options)
        return await runtime.processes.run(self.child + tuple(words), self.folder, self.env, **given)

    async def open(self, runtime, words, **options):
        return await runtime.processes.open(self.child + tuple(words), self.folder, self.env, **options)

    async def shell(self, runtime, line, **options):
        given = {"timeout_s": LIMIT_S, "limit_bytes": 1000000}
        given.update(options)
        env = {"PATH": "/usr/bin:/bin"}
        return await runtime.processes.run(("/bin/sh", "-c", line), self.folder, env, **given)


async def refusal(work):
    try:
        await work
    except ProcessError as error:
        return error.message
    raise AssertionError("it was not refused")


async def twenty_megabytes_on_both_pipes_are_drained_and_their_beginnings_kept(runtime, place):
    words = ("flood", str(BIG_BYTES), str(BIG_BYTES))
    done = await place.run(runtime, words, limit_bytes=1000)
    assert (done.status, done.is_timed_out) == (0, False)
    assert done.output.data == b"0" * 1000
    assert done.errors.data == b"1" * 1000
    assert done.output.total_bytes == done.errors.total_bytes == BIG_BYTES
    assert done.output.is_cut
    assert done.errors.is_cut


async def joined_errors_are_in_the_output(runtime, place):
    done = await place.run(runtime, ("flood", "70000", "70000"), is_joined=True)
    assert done.output.total_bytes == 140000
    assert sorted(set(done.output.data)) == [48, 49]
    assert (done.errors.data, done.errors.total_bytes, done.errors.is_cut) == (b"", 0, False)


async def a_child_is_given_more_than_a_pipe_holds_while_it_answers(runtime, place):
    data = bytes(range(256)) * 8000
    done = await place.run(runtime, ("copy",), given=data, limit_bytes=len(data))
    assert done.status == 0
    assert done.output.data == data
    assert not done.output.is_cut


async def a_child_that_is_given_nothing_reads_the_end(runtime, place):
    assert (await place.run(runtime, ("copy",))).output.data == b""
    assert (await place.run(runtime, ("copy",), given=b"")).output.data == b""


async def a_child_need_not_read_what_it_is_given(runtime, place):
    done = await place.run(runtime, ("exit", "3"), given=b"x" * 2000000)
    assert (done.status, done.is_timed_out) == (3, False)


async def bytes_arrive_as_they_are(runtime, place):
    assert (await place.run(runtime, ("bytes",))).output.data == bytes(range(256))


async def a_child_has_the_variables_it_is_given(runtime, place):
    env = dict(place.env)
    env["B"] = "b =→"
    command = place.words("variables")
    done = await runtime.processes.run(command, place.folder, env, timeout_s=LIMIT_S, limit_bytes=1000)
    assert done.output.data.decode().strip() == repr([("B", "b =→")]), done.output.data


async def a_child_has_no_other_variables(runtime, place):
    command = ("/usr/bin/env",)
    for limits in (None, Limits(files=50)):
        done = await runtime.processes.run(
            command, "/", {"A": "ä"}, timeout_s=LIMIT_S, limit_bytes=1000, limits=limits
        )
        assert done.output.data == "A=ä\n".encode(), done.output.data


async def a_child_leads_a_session_in_its_folder_with_nothing_else_open(runtime, place):
    line = "pwd; cut -d' ' -f1,5,6 /proc/$$/stat; exec ls /proc/self/fd"
    for limits in (None, Limits(core_bytes=0)):
        done = await runtime.processes.run(
            ("/bin/sh", "-c", line),
            "/usr",
            {"PATH": "/usr/bin:/bin"},
            timeout_s=LIMIT_S,
            limit_bytes=1000,
            limits=limits,
        )
        lines = done.output.data.decode().split("\n")
        assert lines[0] == "/usr"
        assert len(set(lines[1].split())) == 1, "process, group and session have different numbers"
        assert lines[2:] == ["0", "1", "2", "3", ""], "3 is the folder that ls reads"


async def at_the_timeout_the_child_is_killed_and_its_output_kept(runtime, place):
    done = await place.run(runtime, ("hang",), timeout_s=8.0 if place.is_windows else 3.0)
    assert done.is_timed_out
    assert done.status == -9
    assert done.output.data == b"begun"


async def at_the_timeout_all_of_the_group_is_killed(runtime, place):
    # Were one of them left, it would hold the pipes, and what stands after the wait would be said.
    done = await place.shell(
        runtime,
        "trap '' TERM; (trap '' TERM; echo child; sleep 60; echo late) & echo begun; wait",
        timeout_s=1.0,
    )
    assert done.is_timed_out
    assert done.status == -9
    assert sorted(done.output.data.split()) == [b"begun", b"child"]


async def what_a_child_leaves_behind_does_not_hold_up_its_end(runtime, place):
    done = await place.shell(runtime, "sleep 60 & echo started; exit 4")
    assert (done.status, done.is_timed_out, done.output.data) == (4, False, b"started\n")
    # Also what has left the group, and so is not killed.
    done = await place.shell(runtime, "setsid sleep 5 & echo started")
    assert (done.status, done.is_timed_out, done.output.data) == (0, False, b"started\n")


async def a_child_that_a_signal_ends_has_a_status_below_zero(runtime, place):
    assert (await place.shell(runtime, "kill -15 $$")).status == -15


async def limits_hold(runtime, place):
    done = await place.shell(runtime, "ulimit -n; ulimit -c", limits=Limits(files=50, core_bytes=0))
    assert done.output.data == b"50\n0\n", done.errors.data
    line = "head -c 100000 /dev/zero > big; echo $?; wc -c < big; rm big"
    done = await place.shell(runtime, line, limits=Limits(file_bytes=4096))
    status, size = done.output.data.split()
    assert int(status) != 0
    assert int(size) == 4096
    # Nobody may raise what was set for us, so this is not refused.
    assert (await place.shell(runtime, "exit 5", limits=Limits(files=1 << 40))).status == 5


async def a_limit_on_memory_holds(runtime, place):
    line = "head -c 200000000 /dev/zero | tail -n 1 | wc -c"  # tail keeps a line until its end
    assert (await place.shell(runtime, line)).output.data.strip() == b"200000000"
    done = await place.shell(runtime, line, limits=Limits(memory_bytes=100000000))
    assert done.output.data.strip() == b"0", done.output.data
    assert b"memory" in done.errors.data, done.errors.data


async def a_limit_on_processor_time_holds(runtime, place):
    limited = Limits(cpu_s=1)
    assert (await place.shell(runtime, "exit 5", limits=limited)).status == 5
    done = await place.shell(runtime, "while :; do :; done", limits=limited)
    assert not done.is_timed_out
    assert done.status in (-9, -24), done.status  # SIGKILL, or SIGXCPU where that comes first


async def a_limit_on_processes_holds(runtime, place):
    # It counts all that the user runs, and does not hold for root: so root becomes a user who runs nothing.
    line = "(exit 3); echo $?"
    if (await place.shell(runtime, "id -u")).output.data == b"0\n":
        line = "exec setpriv --reuid 54321 --regid 54321 --clear-groups sh -c '" + line + "'"
    assert (await place.shell(runtime, line)).output.data == b"3\n"
    done = await place.shell(runtime, line, limits=Limits(processes=1))
    assert (done.status, done.output.data) == (2, b""), done.errors.data
    assert b"fork" in done.errors.data


async def what_cannot_be_started_is_refused_with_what_to_do(runtime, place):
    nowhere = place.folder + "/no such thing"
    limited = Limits(files=64)
    for limits in (None, limited):
        message = await refusal(
            runtime.processes.run(
                (nowhere,), place.folder, place.env, timeout_s=9, limit_bytes=9, limits=limits
            )
        )
        assert message.startswith(nowhere + ": cannot be started: "), message
        assert "install it or correct its path" in message
        command = place.words("exit", "0")
        message = await refusal(runtime.processes.open(command, nowhere, place.env, limits=limits))
        assert message.startswith(nowhere + ": cannot be the folder that "), message
    for words in ((), ("weft",), ("./weft", "x")):
        message = await refusal(runtime.processes.open(words, place.folder, place.env))
        assert "expected the absolute path of a program" in message


async def a_server_is_talked_to_line_by_line(runtime, place):
    server = await place.open(runtime, ("serve",), is_joined=False)
    answers = Lines(server.output, 1 << 24, "the server")
    try:
        for number, text in ((1, "hello →"), (2, "x" * 300000)):
            await server.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
            asked = {"jsonrpc": "2.0", "id": number, "method": "echo", "params": {"text": text}}
            await server.write(json_text(asked).encode() + b"\n")
            noise = b""
            while noise.count(b"noise") < 4000:
                noise += await server.errors.read()
            assert noise == b"noise \xff\xfe" * 4000
            notice = json_value((await answers.next() or b"").decode())
            assert notice == {"jsonrpc": "2.0", "method": "notifications/progress"}
            answer = json_value((await answers.next() or b"").decode())
            assert answer == {"jsonrpc": "2.0", "id": number, "result": {"text": text}}
        server.close_input()
        server.close_input()
        assert await server.output.read() == b""
        assert await server.output.read() == b""
        assert await server.wait() == 0
        assert await server.wait() == 0
        assert "its input was closed" in await refusal(server.write(b"x"))
    finally:
        server.close()
    server.close()
    server.terminate()
    assert "was closed" in await refusal(server.output.read())
    assert "was closed" in await refusal(server.wait())


async def a_child_that_is_gone_cannot_be_written_to(runtime, place):
    server = await place.open(runtime, ("exit", "6"))
    try:
        assert await server.wait() == 6
        message = ""
        while not message:  # Windows takes the first bytes before it learns of that
            try:
                await server.write(b"x" * 100000)
            except ProcessError as error:
                message = error.message
        assert "it does not read its input any more" in message, message
    finally:
        server.close()


async def a_child_that_ignores_being_asked_to_end_can_be_killed(runtime, place):
    server = await place.open(runtime, ("deaf",))
    try:
        assert await server.output.read() == b"ready"
        server.terminate()
        if not place.is_windows:  # there is no asking
            assert await server.output.read() == b"heard 15"
            server.kill()
        assert await server.wait() == (-15 if place.is_windows else -9)
        assert await server.output.read() == b""
    finally:
        server.close()


async def reading_goes_on_while_a_write_waits(runtime, place):
    server = await place.open(runtime, ("copy",))
    data = bytes(range(256)) * 8000
    heard = []

    async def write():
        await server.write(data)
        server.close_input()

    async def read():
        piece = await server.output.read()
        while piece:
            heard.append(piece)
            piece = await server.output.read()

    try:
        await runtime.together([write(), read(), server.wait()])
        assert b"".join(heard) == data
    finally:
        server.close()


async def closing_wakes_whoever_waits(runtime, place):
    server = await place.open(runtime, ("sleep",))

    async def close():
        await runtime.clock.sleep(0)
        server.close()

    waits = [refusal(server.output.read()), refusal(server.errors.read()), refusal(server.wait()), close()]
    for message in (await runtime.together(waits))[:3]:
        assert "was closed" in message


async def a_cancelled_run_kills_its_child(runtime, place):
    import asyncio

    pipe = place.folder + "/pipe"
    assert (await place.shell(runtime, 'mkfifo "' + pipe + '"')).status == 0
    env = {"PATH": "/usr/bin:/bin"}
    listener = await runtime.processes.open(("/bin/sh", "-c", 'exec cat < "' + pipe + '"'), place.folder, env)
    try:
        line = 'exec 3> "' + pipe + '"; echo started >&3; sleep 60 & wait'
        running = asyncio.create_task(place.shell(runtime, line))
        assert await listener.output.read() == b"started\n"
        running.cancel()
        # Ends when nobody has the pipe open any more.
        assert await listener.output.read() == b""
        try:
            await running
        except asyncio.CancelledError:
            pass
        else:
            raise AssertionError("it was not cancelled")
    finally:
        listener.close()


async def a_timer_fires_while_a_child_is_silent(runtime, place):
    server = await place.open(runtime, ("copy",))
    events = []

    async def listen():
        events.append((await server.output.read()).decode())

    async def wait():
        await runtime.clock.sleep(0.05)
        events.append("timer")
        await server.write(b"said")

    try:
        await runtime.together([listen(), wait()])
    finally:
        server.close()
    assert events == ["timer", "said"]


async def many_children_leave_nothing_behind(runtime, place):
    for number in range(8):
        assert (await place.run(runtime, ("exit", str(number)))).status == number


SCENARIOS = [
    twenty_megabytes_on_both_pipes_are_drained_and_their_beginnings_kept,
    joined_errors_are_in_the_output,
    a_child_is_given_more_than_a_pipe_holds_while_it_answers,
    a_child_that_is_given_nothing_reads_the_end,
    a_child_need_not_read_what_it_is_given,
    bytes_arrive_as_they_are,
    a_child_has_the_variables_it_is_given,
    at_the_timeout_the_child_is_killed_and_its_output_kept,
    what_cannot_be_started_is_refused_with_what_to_do,
    a_server_is_talked_to_line_by_line,
    a_child_that_is_gone_cannot_be_written_to,
    a_child_that_ignores_being_asked_to_end_can_be_killed,
    many_children_leave_nothing_behind,
]
POSIX = [
    a_child_has_no_other_variables,
    a_child_leads_a_session_in_its_folder_with_nothing_else_open,
    at_the_timeout_all_of_the_group_is_killed,
    what_a_child_leaves_behind_does_not_hold_up_its_end,
    a_child_that_a_signal_ends_has_a_status_below_zero,
    limits_hold,
    a_limit_on_processor_time_holds,
    a_limit_on_processes_holds,
]
UNEMULATED = [a_limit_on_memory_holds]
CONCURRENT = [
    reading_goes_on_while_a_write_waits,
    closing_wakes_whoever_waits,
    a_timer_fires_while_a_child_is_silent,
]
POSIX_CONCURRENT = [a_cancelled_run_kills_its_child]


def scenarios(kind, is_windows, is_emulated=False):
    """Those that a runtime of a kind, "blocking" or "concurrent", runs."""
    chosen = SCENARIOS + ([] if is_windows else POSIX) + ([] if is_windows or is_emulated else UNEMULATED)
    if kind == "concurrent":
        chosen = chosen + CONCURRENT + ([] if is_windows else POSIX_CONCURRENT)
    return chosen


def run_all(host, kind, place, report):
    """Run every scenario; `report` is told the name and the error, None for none, of each."""
    run = host.run_concurrent if kind == "concurrent" else host.run_blocking
    for scenario in scenarios(kind, place.is_windows, place.is_emulated):
        try:
            run(lambda runtime, scenario=scenario: scenario(runtime, place))
        except Exception as error:  # noqa: BLE001 - it is reported
            report(scenario.__name__, error)
        else:
            report(scenario.__name__, None)

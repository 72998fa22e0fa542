"""How a child is run to its end and talked to, over scripted children: time passes only where something waits."""

import errno

from clawft.core.child import ERRORS, KILL, OUTPUT, TERMINATE
from clawft.core.errors import ProcessError
from clawft.core.fake_processes import FakeChild
from clawft.core.lines import Lines
from clawft.core.process_run import LINGER_S
from clawft.core.processes import Command, Limits, not_started

ARGV = ("/bin/tool", "a word")


async def finished(runtime, child, **options):
    runtime.processes.children.append(child)
    given = {"timeout_s": 10.0, "limit_bytes": 8}
    given.update(options)
    return await runtime.processes.run(ARGV, "/folder", {"A": "b"}, **given)


async def refusal(work):
    try:
        await work
    except ProcessError as error:
        return error.message
    raise AssertionError("it was not refused")


async def test_a_child_that_ends_gives_its_status_and_all_it_said(runtime):
    child = FakeChild([b"one ", b"two"], [b"err"], 3)
    done = await finished(runtime, child)
    assert (done.status, done.is_timed_out) == (3, False)
    assert (done.output.data, done.output.total_bytes, done.output.is_cut) == (b"one two", 7, False)
    assert (done.errors.data, done.errors.is_cut) == (b"err", False)
    assert child.is_closed
    assert runtime.clock.monotonic_s() == 0.0
    command = runtime.processes.commands[0]
    assert (command.argv, command.cwd, command.env) == (ARGV, "/folder", {"A": "b"})
    assert (command.has_input, command.is_joined, command.limits.pairs()) == (False, False, ())


async def test_past_the_limit_bytes_are_counted_and_dropped(runtime):
    done = await finished(runtime, FakeChild([b"12345", b"67890", b"x" * 100], [b"12345678"]))
    assert (done.output.data, done.output.total_bytes, done.output.is_cut) == (b"12345678", 110, True)
    assert (done.errors.data, done.errors.total_bytes, done.errors.is_cut) == (b"12345678", 8, False)
    done = await finished(runtime, FakeChild([b"1"]), limit_bytes=0)
    assert (done.output.data, done.output.total_bytes, done.output.is_cut) == (b"", 1, True)


async def test_at_the_timeout_the_child_is_killed_and_what_it_said_kept(runtime):
    child = FakeChild([b"begun"], status=None, is_stubborn=True)
    done = await finished(runtime, child)
    assert (done.status, done.is_timed_out, done.output.data) == (-KILL, True, b"begun")
    assert runtime.clock.monotonic_s() == 10.0
    assert child.signals == [KILL]
    assert child.is_closed


async def test_pipes_that_something_left_behind_holds_are_left_soon_after_the_end(runtime):
    child = FakeChild([b"said"], [], 0, lingering=(OUTPUT, ERRORS))
    done = await finished(runtime, child)
    assert (done.status, done.is_timed_out, done.output.data) == (0, False, b"said")
    assert runtime.clock.monotonic_s() == LINGER_S
    assert child.signals == [KILL]


async def test_what_is_given_arrives_and_ends_the_input(runtime):
    child = FakeChild(answer=lambda data: [data])
    data = b"x" * 200000
    done = await finished(runtime, child, given=data, limit_bytes=len(data), is_joined=True)
    assert child.given == done.output.data == data
    assert child.is_input_closed
    assert runtime.processes.commands[0].has_input
    assert runtime.processes.commands[0].is_joined
    child = FakeChild(answer=lambda data: [])
    await finished(runtime, child, given=b"")
    assert child.is_input_closed


async def test_a_server_is_talked_to_and_ends_with_its_input(runtime):
    child = FakeChild([b"hello\nwor"], [b"noise"], 5, answer=lambda data: [b"ld: " + data, b"\n"])
    runtime.processes.children.append(child)
    server = await runtime.processes.open(ARGV, "/", {}, limits=Limits(files=9))
    lines = Lines(server.output, 100, "the server")
    assert await lines.next() == b"hello"
    await server.write(b"asked")
    assert await lines.next() == b"world: asked"
    assert await server.errors.read() == b"noise"
    server.close_input()
    assert await lines.next() is None
    assert await server.errors.read() == b""
    assert await server.wait() == 5
    assert runtime.processes.commands[0].limits.pairs() == (("files", 9),)
    server.close()
    assert child.is_closed
    for work in (server.output.read(), server.wait(), server.write(b"x")):
        assert "/bin/tool: was closed" in await refusal(work)


async def test_a_server_is_asked_to_end_then_killed(runtime):
    child = FakeChild(status=None, is_stubborn=True)
    runtime.processes.children.append(child)
    server = await runtime.processes.open(ARGV, "/", {})
    server.terminate()
    server.kill()
    assert await server.wait() == -KILL
    assert child.signals == [TERMINATE, KILL]
    message = await refusal(server.write(b"x"))
    assert message.startswith("/bin/tool: cannot be written to: it does not read its input any more")


def refused(words, cwd="/", env=None, *, is_windows=False):
    try:
        Command(words, cwd, env if env is not None else {}).check(is_windows=is_windows)
    except ProcessError as error:
        return error.message
    return ""


def test_a_program_must_be_named_by_its_absolute_path():
    for words in ((), ("",), ("ls",), ("./ls",), ("bin/ls",)):
        assert "expected the absolute path of a program" in refused(words), words
    assert refused(("/bin/ls", "", "-l")) == ""
    assert "absolute" in refused(("C:/tool.exe",))
    for path in ("C:\\tool.exe", "c:/a b/tool.exe", "\\\\server\\share\\tool.exe"):
        assert refused((path,), is_windows=True) == "", path
    for path in ("tool.exe", "C:tool.exe", "\\tool.exe", "/tool.exe", "a:"):
        assert "absolute" in refused((path,), is_windows=True), path


def test_batch_files_are_not_started():
    for name in ("run.bat", "run.CMD", "run.cmd. ."):
        assert "it is a batch file" in refused(("C:\\" + name,), is_windows=True), name
        assert refused(("/" + name,)) == ""
    assert refused(("C:\\bat.exe", "run.bat"), is_windows=True) == ""


def test_words_folders_and_variables_that_no_system_can_take_are_refused():
    assert "NUL" in refused(("/bin/ls", "a\0b"))
    assert "NUL" in refused(("/bin/ls",), cwd="/\0")
    assert "NUL" in refused(("/bin/ls",), env={"A": "\0"})
    assert "a variable's name" in refused(("/bin/ls",), env={"A=B": ""})
    assert "a variable's name" in refused(("/bin/ls",), env={"": "x"})
    assert refused(("/bin/ls",), env={"A": "=x", "B": ""}) == ""


def test_a_failed_start_says_what_failed_and_what_to_do():
    command = Command(ARGV, "/folder", {})
    error = OSError(errno.ENOENT, "No such file or directory")
    assert not_started(command, "folder", error).message == (
        "/folder: cannot be the folder that /bin/tool runs in: No such file or directory; "
        "make that folder or name another"
    )
    assert not_started(command, "program", error).message == (
        "/bin/tool: cannot be started: No such file or directory; install it or correct its path; "
        "for a script, that of the interpreter in its first line"
    )
    assert not_started(command, "limits", OSError(errno.EINVAL, "Invalid argument")).message == (
        "/bin/tool: is not started: its limits cannot be set: Invalid argument"
    )


def test_limits_are_those_that_are_set():
    assert Limits().pairs() == ()
    limits = Limits(cpu_s=1, memory_bytes=2, file_bytes=3, files=4, processes=5, core_bytes=0)
    assert dict(limits.pairs()) == {
        "cpu_s": 1,
        "memory_bytes": 2,
        "file_bytes": 3,
        "files": 4,
        "processes": 5,
        "core_bytes": 0,
    }


async def test_standard_input_and_signals_follow_their_script(runtime):
    runtime.standard_input.pieces = [b"one\ntw", b"o", ValueError("broken")]
    lines = Lines(runtime.standard_input)
    assert await lines.next() == b"one"
    try:
        await lines.next()
    except ValueError:
        pass
    else:
        assert False, "it was not raised"
    assert await lines.next() == b"two"
    assert await lines.next() is None
    runtime.signals.names = ["terminate", "interrupt"]
    assert await runtime.signals.next() == "terminate"
    assert await runtime.signals.next() == "interrupt"

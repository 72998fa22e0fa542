"""The shipped fakes keep the contracts of the interfaces they stand in for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clawft.core.errors import FileChanged, StorageError, ToolError, TransportError
from clawft.core.fakes import FakeTerminal, run
from clawft.core.interfaces import Request

if TYPE_CHECKING:
    from clawft.core.fakes import FakeRuntime

PATH = "/home/user/notes.txt"


def test_a_missing_file_reads_as_none(runtime: FakeRuntime) -> None:
    assert runtime.files.read(PATH) is None
    assert runtime.files.stat(PATH) is None
    assert runtime.files.list("/nowhere") == []
    assert runtime.files.remove(PATH) is False


def test_a_file_written_is_read_back_with_its_facts(runtime: FakeRuntime) -> None:
    runtime.clock.advance(5)
    runtime.files.write_atomic(PATH, b"hello")
    facts = runtime.files.stat(PATH)
    assert runtime.files.read(PATH) == b"hello"
    assert facts is not None
    assert (facts.kind, facts.size_bytes, facts.modified_s) == ("file", 5, runtime.clock.now_s())
    assert runtime.files.read_range(PATH, 1, 3) == b"ell"
    assert runtime.files.read_range(PATH, 9, 3) == b""
    assert runtime.files.list("/home/user") == ["notes.txt"]
    assert runtime.files.calls == [("write_atomic", PATH)]


def test_a_new_file_never_replaces_one(runtime: FakeRuntime) -> None:
    runtime.files.write_atomic(PATH, b"first", is_new=True)
    try:
        runtime.files.write_atomic(PATH, b"second", is_new=True)
    except FileChanged as error:
        assert error.size_bytes == 5
    else:
        raise AssertionError("it was replaced")
    assert runtime.files.read(PATH) == b"first"


async def test_an_append_counts_bytes_and_refuses_a_file_that_grew(runtime: FakeRuntime) -> None:
    files = runtime.files
    assert await files.append_durable(PATH, b"one\n", 0) == 4
    assert await files.append_durable(PATH, b"two\n", 4) == 8
    files.add(PATH, b"one\ntwo\nother\n")
    try:
        await files.append_durable(PATH, b"three\n", 8)
    except FileChanged as error:
        assert error.size_bytes == 14
    else:
        raise AssertionError("it appended to a file it did not know")
    assert files.read(PATH) == b"one\ntwo\nother\n"


async def test_an_append_to_a_missing_file_that_should_have_bytes_is_refused(runtime: FakeRuntime) -> None:
    try:
        await runtime.files.append_durable(PATH, b"x", 3)
    except FileChanged as error:
        assert error.size_bytes == 0
    else:
        raise AssertionError("it was appended")
    assert runtime.files.read(PATH) is None


def test_a_file_is_cut_and_renamed_but_never_over_another(runtime: FakeRuntime) -> None:
    files = runtime.files
    files.write_atomic(PATH, b"whole torn")
    files.cut(PATH, 5, 10)
    assert files.read(PATH) == b"whole"
    files.add("/home/user/taken", b"t")
    for is_rename in (False, True):
        try:
            if is_rename:
                files.rename(PATH, "/home/user/taken")
            else:
                files.cut(PATH, 1, 10)
        except FileChanged:
            pass
        else:
            raise AssertionError("it was done")
    files.rename(PATH, "/home/user/aside")
    assert files.list("/home/user") == ["aside", "taken"]


def test_a_missing_folder_and_a_folder_in_the_way_are_errors(runtime: FakeRuntime) -> None:
    for path in ("/home/user/none/x", "/home/user", "relative"):
        try:
            runtime.files.write_atomic(path, b"")
        except StorageError as error:
            assert path in str(error)
        else:
            raise AssertionError(path)


def test_a_scripted_failure_happens_once(runtime: FakeRuntime) -> None:
    runtime.files.fail_next("write_atomic", StorageError("disk full"))
    try:
        runtime.files.write_atomic(PATH, b"x")
    except StorageError as error:
        assert str(error) == "disk full"
    else:
        raise AssertionError("it was written")
    runtime.files.write_atomic(PATH, b"x")


def test_nothing_leads_out_of_a_folder(runtime: FakeRuntime) -> None:
    runtime.files.add("/home/user/secret", b"s")
    folder = runtime.files.folder("/home/user/work")
    folder.write("a/b.txt", b"inside")
    assert folder.read("a/./b.txt", 10) == b"inside"
    assert [name for name, _ in folder.list("")] == ["a"]
    assert folder.stat("a").kind == "folder"
    for path in ("../secret", "a/../../secret", "/home/user/secret", "missing", "a", "a/b.txt/c", "x\0y"):
        try:
            folder.read(path, 10)
        except ToolError as error:
            assert str(error) == path + ": no such file in the workspace"
        else:
            raise AssertionError(path)
    for path in ("../out", "/out", "a", "a/b.txt/c"):
        try:
            folder.write(path, b"")
        except ToolError:
            pass
        else:
            raise AssertionError(path)
    assert runtime.files.read("/home/user/out") is None


def test_a_file_over_the_limit_is_refused_with_its_size(runtime: FakeRuntime) -> None:
    folder = runtime.files.folder("/home/user/work")
    folder.write("big", b"12345")
    assert folder.read("big", 5) == b"12345"
    try:
        folder.read("big", 4)
    except ToolError as error:
        assert "5 bytes" in str(error)
    else:
        raise AssertionError("it was read")


async def test_sleeping_takes_no_time_and_moves_both_clocks(runtime: FakeRuntime) -> None:
    before = (runtime.clock.now_s(), runtime.clock.monotonic_s())
    await runtime.clock.sleep(1.5)
    await runtime.clock.sleep(-1)
    assert (runtime.clock.now_s() - before[0], runtime.clock.monotonic_s() - before[1]) == (1.5, 1.5)
    assert runtime.clock.sleeps == [1.5, -1]


async def test_replies_are_given_in_order_and_requests_kept(runtime: FakeRuntime) -> None:
    runtime.replies = [
        (200, [("X-Kind", "a")], [b"he", b"", b"llo"]),
        TransportError("connect", "refused"),
    ]
    response = await runtime.http(Request("GET", "http://a/", []))
    assert (response.status, response.headers) == (200, [("x-kind", "a")])
    assert (await response.read(), await response.read(), await response.read()) == (b"he", b"llo", b"")
    await response.close()
    assert runtime.responses[0].is_closed
    try:
        await runtime.http(Request("GET", "http://b/", []))
    except TransportError as error:
        assert error.phase == "connect"
    else:
        raise AssertionError("it answered")
    assert [request.url for request in runtime.requests] == ["http://a/", "http://b/"]


async def test_a_body_can_fail_in_the_middle(runtime: FakeRuntime) -> None:
    runtime.answer = lambda request: (200, [], [request.body, TransportError("body", "cut", sent=True)])
    response = await runtime.http(Request("POST", "http://a/", [], b"echo"))
    assert await response.read() == b"echo"
    try:
        await response.read()
    except TransportError as error:
        assert (error.phase, error.sent) == ("body", True)
    else:
        raise AssertionError("it ended well")


async def test_names_resolve_from_the_table_and_addresses_to_themselves(runtime: FakeRuntime) -> None:
    runtime.addresses["api.example"] = ("192.0.2.1", "192.0.2.2")
    assert await runtime.resolve("api.example", 443) == ("192.0.2.1", "192.0.2.2")
    assert await runtime.resolve("192.0.2.9", 443) == ("192.0.2.9",)
    assert await runtime.resolve("::1", 443) == ("::1",)
    try:
        await runtime.resolve("unknown.example", 443)
    except TransportError as error:
        assert error.phase == "resolve"
    else:
        raise AssertionError("it resolved")


async def test_work_done_together_gives_its_results_in_order(runtime: FakeRuntime) -> None:
    async def one(value: int) -> int:
        await runtime.clock.sleep(10 - value)
        return value

    assert await runtime.together([one(1), one(2), one(3)]) == [1, 2, 3]


def test_random_bytes_are_the_same_in_every_run(runtime: FakeRuntime) -> None:
    assert runtime.random_bytes(4) == bytes([108, 130, 165, 98])
    assert len(runtime.random_bytes(16)) == 16


def test_the_terminal_reads_its_script_and_keeps_what_is_written() -> None:
    terminal = FakeTerminal(["one", KeyboardInterrupt()])
    assert terminal.read_line("> ") == "one"
    try:
        terminal.read_line("> ")
    except KeyboardInterrupt:
        pass
    else:
        raise AssertionError("no interrupt")
    assert terminal.read_line("> ") is None
    terminal.write("out")
    terminal.write_error("err")
    assert (terminal.output, terminal.errors, terminal.prompts) == ("out", "err", ["> "] * 3)
    assert FakeTerminal(["a", "b"]).read_all() == "a\nb\n"


def test_a_coroutine_that_really_waits_is_a_failure() -> None:
    class Never:
        def __await__(self):
            yield

        __iter__ = __await__  # MicroPython awaits through __iter__

    async def waits() -> None:
        await Never()

    try:
        run(waits())
    except AssertionError as error:
        assert "waited" in str(error)
    else:
        raise AssertionError("it ended")


async def test_a_websocket_receives_its_script_and_keeps_what_is_sent(runtime: FakeRuntime) -> None:
    from clawft.core.fake_network import FakeWebSocket

    scripted = FakeWebSocket(["one", b"two", TransportError("body", "cut")], 1001, "bye")
    runtime.websockets = [scripted, TransportError("connect", "nobody there")]
    request = Request("GET", "wss://a.test/", [])
    socket = await runtime.websocket(request)
    assert scripted.request is request
    await socket.send("hello")
    await socket.ping(b"p")
    assert [await socket.receive(), await socket.receive()] == ["one", b"two"]
    try:
        await socket.receive()
    except TransportError as error:
        assert error.phase == "body"
    else:
        raise AssertionError("no error")
    assert await socket.receive() is None
    assert (socket.close_code, socket.close_reason) == (1001, "bye")
    await socket.close(4000, "done")
    assert (scripted.sent, scripted.pings, scripted.closed_with) == (["hello"], [b"p"], (4000, "done"))
    try:
        await socket.send("late")
    except TransportError as error:
        assert error.phase == "send"
    else:
        raise AssertionError("it was sent")
    try:
        await runtime.websocket(request)
    except TransportError as error:
        assert error.phase == "connect"
    else:
        raise AssertionError("it opened")


async def test_a_listener_accepts_the_connections_of_its_script(runtime: FakeRuntime) -> None:
    from clawft.core.fake_network import FakeConnection

    client = FakeConnection([b"a", b"b"], "192.0.2.7")
    runtime.connections = [client]
    listener = await runtime.listen("127.0.0.1", 0)
    connection = await listener.accept()
    assert (listener.port, connection.peer) == (49152, "192.0.2.7")
    assert [await connection.read(), await connection.read(1.0), await connection.read()] == [b"a", b"b", b""]
    await connection.write(b"x")
    await connection.write(b"y", 1.0)
    await connection.close()
    assert (client.written, client.is_closed) == (b"xy", True)
    try:
        await connection.write(b"z")
    except TransportError as error:
        assert error.phase == "send"
    else:
        raise AssertionError("it was written")


def test_what_may_stand_in_control_frames_is_checked() -> None:
    from clawft.core.sockets import close_data, ping_data, read_close

    assert close_data(1000, "") == b"\x03\xe8"
    assert close_data(4999, "x" * 123) == b"\x13\x87" + b"x" * 123
    assert read_close(b"") == (1005, "")
    assert read_close(b"\x03\xe9ok") == (1001, "ok")
    for wrong in (
        lambda: close_data(1005, ""),
        lambda: close_data(999, ""),
        lambda: close_data(5000, ""),
        lambda: close_data(1000, "x" * 124),
        lambda: ping_data(bytes(126)),
        lambda: read_close(b"\x03"),
        lambda: read_close(b"\x03\xee"),
        lambda: read_close(b"\x03\xe8\xff"),
    ):
        try:
            wrong()
        except ValueError:
            pass
        else:
            raise AssertionError("it was taken")

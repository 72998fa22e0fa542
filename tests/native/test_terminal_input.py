"""One wait point for everything: standard input, terminals, timers, children and streams of the network at once."""

from __future__ import annotations

import ast
import http.server
import os
import subprocess
import threading

import pytest

from tests.native.process import LIMIT_S, Scripts

STREAMS = 16


@pytest.fixture
def scripts(test_build, tmp_path):
    return Scripts(test_build, tmp_path)


def ended(process):
    """Output and errors of a process whose input is closed now."""
    try:
        output, errors = process.communicate(timeout=LIMIT_S)
    finally:
        process.kill()
    assert process.returncode == 0, errors.decode()
    return output.decode().split("\n"), errors.decode()


def test_a_timer_fires_on_time_while_standard_input_and_a_child_are_silent(scripts):
    lines = """
given = _weft.standard_input()
process, _, output, errors = _weft.spawn(CHILD + ("sleep",), None, None, 0, ())
result = []
for length_ms in (0, 1, 50, 300):
    start = _weft.monotonic_ms()
    ready = _weft.wait(length_ms, (given, process, output, errors))
    result.append((ready, length_ms, _weft.monotonic_ms() - start))
_weft.close(process)
print(repr(result))
"""
    process = scripts.start(lines)
    line = process.stdout.readline()  # standard input stays open until then
    ended(process)
    for ready, length_ms, passed_ms in ast.literal_eval(line.decode()):
        assert ready == ()
        assert length_ms - 20 <= passed_ms < length_ms + 5000


def test_input_arrives_in_the_pieces_it_is_written_in_and_then_ends(scripts):
    lines = """
given = _weft.standard_input()
print("ready")
while True:
    assert _weft.wait(ALL, (given,)) == (given,)
    piece = _weft.read(given, 100)
    if piece is not None:
        print(repr(piece))
    if piece == b"":
        break
# The end stays the end, and stays something to read.
assert _weft.wait(ALL, (given,)) == (given,)
assert _weft.read(given, 100) == b""
"""
    process = scripts.start(lines)
    assert process.stdout.readline().strip() == b"ready"
    for piece in (b"a", b"line\r\n", b"\x00\x1a\xff", "é→".encode()):
        process.stdin.write(piece)
        process.stdin.flush()
        assert process.stdout.readline().strip() == repr(piece).encode()
    output, _ = ended(process)
    assert output[0].strip() == "b''"


def test_more_input_than_a_pipe_holds_arrives_whole(scripts):
    lines = """
given = _weft.standard_input()
size = total = 0
while True:
    piece = _weft.read(given, 65536)
    if piece is None:
        assert _weft.wait(ALL, (given,))
    elif piece:
        size += len(piece)
        total += sum(piece)
    else:
        break
print(size, total)
"""
    data = bytes(range(256)) * 4000
    process = scripts.start(lines)
    output, _ = process.communicate(data, timeout=LIMIT_S)
    assert output.split() == [str(len(data)).encode(), str(sum(data)).encode()]


@pytest.mark.parametrize(
    ("words", "given"), [(["agent"], b"hi\n"), (["agent", "--jsonl"], b'{"message": "hi"}\n')]
)
def test_the_agent_answers_what_is_piped_to_it(executable, tmp_path, words, given):
    home = executable.inside(tmp_path)
    done = subprocess.run(
        [*executable.command, *words],
        env=executable.environment(HOME=home, USERPROFILE=home),
        cwd=tmp_path,
        input=given,
        capture_output=True,
        check=False,
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr
    assert b"without a model" in done.stdout


@pytest.fixture
def held_streams():
    """A server whose answers begin at once and end when `go_on` is set; `begun` counts them."""
    go_on = threading.Event()
    begun = threading.Semaphore(0)

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"first,")
            begun.release()
            assert go_on.wait(LIMIT_S)
            self.wfile.write(self.path.encode())

        def log_message(self, *_):
            """Says nothing."""

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = STREAMS

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1], begun, go_on
        go_on.set()
        server.shutdown()
        thread.join()


def test_input_children_and_sixteen_streams_are_waited_for_at_once(scripts, held_streams):
    port, begun, go_on = held_streams
    lines = f"""
LIMITS = (ALL, ALL, ALL, ALL)
heard = {{}}
names = {{}}
for number in range({STREAMS}):
    handle = _weft.http("GET", "http://127.0.0.1:{port}/%d" % number, (), b"", None, LIMITS, None)
    names[handle] = "stream %d" % number
given = _weft.standard_input()
names[given] = "input"
process, feeding, output, errors = _weft.spawn(CHILD + ("copy",), None, None, _weft.SPAWN_INPUT, ())
names[output] = "child"
open_ones = list(names)
heads = {{}}
while open_ones:
    ready = _weft.wait(ALL, tuple(open_ones))
    assert ready, "nothing more comes"
    for handle in ready:
        name = names[handle]
        if name.startswith("stream") and handle not in heads:
            head = _weft.http_head(handle)
            if head is None:
                continue
            heads[handle] = head[0]
        piece = _weft.read(handle, 1000)
        if piece is None:
            continue
        if piece == b"":
            open_ones.remove(handle)
            if name == "input":
                _weft.close(feeding)
            continue
        heard[name] = heard.get(name, b"") + piece
        if name == "input":
            assert _weft.write(feeding, piece) == len(piece)
        if name == "child":
            print("child")
print(repr((sorted(heard.items()), sorted(heads.values()))))
"""
    process = scripts.start(lines)
    for _ in range(STREAMS):
        assert begun.acquire(timeout=LIMIT_S)
    process.stdin.write(b"typed")
    process.stdin.flush()
    # While sixteen streams are open, what was typed has gone through the child.
    assert process.stdout.readline().strip() == b"child"
    go_on.set()
    output, _ = ended(process)
    heard, statuses = ast.literal_eval(output[0])
    assert statuses == [200] * STREAMS
    streams = {f"stream {number}": f"first,/{number}".encode() for number in range(STREAMS)}
    assert dict(heard) == {"input": b"typed", "child": b"typed"} | streams


@pytest.fixture
def terminal(scripts):
    """Runs lines on a pseudo-terminal, and gives our end of it."""
    if scripts.is_windows:
        pytest.skip("wine has no console without a window")
    pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")
    termios = pytest.importorskip("termios")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)  # a program changes it as soon as it runs
    started = []

    def start(lines):
        process = subprocess.Popen(
            scripts.argv(lines),
            env=scripts.environment(),
            stdin=theirs,
            stdout=theirs,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        started.append(process)
        return process, ours, theirs, before

    yield start
    for process in started:
        process.kill()
        process.communicate()
    os.close(ours)
    os.close(theirs)


def read_until(descriptor, end):
    data = b""
    while not data.endswith(end):
        data += os.read(descriptor, 1000)
    return data


def test_keys_arrive_one_by_one_in_raw_mode_and_the_terminal_is_put_back_at_the_end(terminal):
    termios = pytest.importorskip("termios")
    lines = """
given = _weft.standard_input()
_weft.raw_mode(True)
_weft.write_fd(1, b"%d %d %d." % (_weft.is_terminal(0), _weft.is_terminal(2), _weft.width()))
for _ in range(3):
    assert _weft.wait(ALL, (given,)) == (given,)
    _weft.write_fd(1, repr(_weft.read(given, 100)).encode() + b".")
raise ValueError("an end nobody planned")
"""
    process, ours, theirs, before = terminal(lines)
    termios.tcsetwinsize(theirs, (24, 57))
    assert read_until(ours, b".") in (b"1 0 57.", b"1 0 80.")
    assert termios.tcgetattr(theirs) != before
    for key in (b"a", b"\x1b[A", b"\x04"):
        os.write(ours, key)
        assert read_until(ours, b".") == repr(key).encode() + b"."
    assert process.wait(LIMIT_S) == 1
    assert termios.tcgetattr(theirs) == before


def test_a_stream_that_is_no_terminal_has_the_usual_width(scripts):
    lines = "result = [_weft.is_terminal(fd) for fd in (0, 1, 2)], _weft.width()"
    assert scripts.result(lines) == ([False] * 3, 80)

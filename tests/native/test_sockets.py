"""Server sockets and name look-ups of the executables."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.native.network import Python

ECHO = """
listener = _weft.listen("127.0.0.1", 0)
print(_weft.port(listener))
connections = {}
heard = 0
is_over = False
while not is_over:
    ready = _weft.wait(ALL)
    assert ready, "nobody's data ended the wait"
    for handle in ready:
        if handle == listener:
            accepted = _weft.accept(listener)
            if accepted is not None:
                connections[accepted] = b""
                peer = _weft.peer(accepted)
            continue
        waiting = connections[handle]
        if not waiting:
            data = _weft.read(handle, 65536)
            if data is None:
                continue
            if not data:
                _weft.close(handle)
                del connections[handle]
                is_over = not connections
                continue
            waiting = data
            heard += len(data)
        waiting = waiting[_weft.write(handle, waiting):]
        connections[handle] = waiting
        _weft.want_write(handle, bool(waiting))
        _weft.want_read(handle, not waiting)
result = heard, peer
"""


@pytest.fixture
def python(test_build, tmp_path):
    return Python(test_build, tmp_path)


def test_an_echo_server_serves_several_clients_at_once(python):
    process = python.start(ECHO)
    port = int(process.stdout.readline())
    clients = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
    for index, client in enumerate(clients):
        client.sendall(bytes([index]) * 1000)
    for index, client in reversed(list(enumerate(clients))):
        data = b""
        while len(data) < 1000:
            data += client.recv(1000)
        assert data == bytes([index]) * 1000
    big = bytes(range(256)) * 20_000
    sender = threading.Thread(target=clients[0].sendall, args=(big,), daemon=True)
    sender.start()
    received = clients[0].makefile("rb").read(len(big))
    sender.join()
    assert received == big
    for client in clients:
        client.close()
    assert python.result(process) == (5000 + len(big), "127.0.0.1")


def test_nobody_waiting_is_no_error_and_a_used_port_is(python):
    script = """
listener = _weft.listen("127.0.0.1", 0)
result = [_weft.accept(listener), _weft.wait(0)]
try:
    _weft.listen("127.0.0.1", _weft.port(listener))
except OSError as error:
    import errno
    result.append(error.args[0] == errno.EADDRINUSE)
try:
    _weft.listen("localhost", 0)
except ValueError:
    result.append("an address")
"""
    assert python(script) == [None, (), True, "an address"]


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("127.0.0.1", ("127.0.0.1",)),
        ("::1", ("::1",)),
        ("localhost", ("127.0.0.1", "::1")),
        ("a.localhost", ("127.0.0.1", "::1")),
    ],
)
def test_addresses_and_local_names_need_no_name_server(python, host, addresses):
    script = (
        f"handle = _weft.resolve({host!r}, 80)\nresult = _weft.resolved(handle), _weft.wait(0) == (handle,)"
    )
    assert python(script) == (addresses, True)


def test_a_name_that_has_no_address_is_an_error_of_the_look_up(python):
    script = """
handle = _weft.resolve("no-such-name.invalid", 80)
left_behind = _weft.resolve("another.invalid", 80)
_weft.close(left_behind)
try:
    while _weft.resolved(handle) is None:
        _weft.wait(ALL)
except _weft.TransportError as error:
    result = error.args
"""
    phase, message, is_sent = python(script)
    assert (phase, is_sent) == ("resolve", False)
    assert "no-such-name.invalid" in message


@pytest.mark.parametrize("host", ["", "b\xfccher.test", "a b", "a\0b", "a" * 256])
def test_a_name_that_is_none_is_refused(python, host):
    script = f"""
try:
    _weft.resolve({host!r}, 80)
except _weft.TransportError as error:
    result = error.args[0]
"""
    assert python(script) == "resolve"


def test_a_silent_name_server_cannot_hold_threads_without_end(python, target):
    if "linux" not in target:
        pytest.skip("threads are counted in /proc")
    script = """
result = 0
for _ in range(200):
    try:
        _weft.close(_weft.resolve("no-such-name.invalid", 80))
    except _weft.TransportError as error:
        assert error.args[0] == "resolve"
    with open("/proc/self/status") as status:
        for line in status:
            if line.startswith("Threads:"):
                result = max(result, int(line.split()[1]))
"""
    assert 1 <= python(script) <= 64 + 8  # the program's own, and an emulator's

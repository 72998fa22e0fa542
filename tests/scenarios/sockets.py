"""What programs do with a runtime's sockets: the same portable coroutines on CPython and in the executables.

Each is given a runtime, and `tell`, which hands a line to the test at once. `programs.py` runs them.
"""

from __future__ import annotations

from clawft.core.errors import ListenError, TransportError
from clawft.core.interfaces import Request, Timeouts

LIMIT_S = 60.0  # what a test is not about


async def echo_server(runtime, tell, address, count):
    """Serve `count` clients at once; after a client's end it is sent how many bytes came. How each went, sorted."""
    listener = await runtime.listen(address, 0)
    tell(listener.port)
    connections = []
    while len(connections) < count:
        connections.append(await listener.accept())
    tell("accepted")
    outcomes = await runtime.together([_echo(connection) for connection in connections])
    await listener.close()
    return sorted(outcomes)


async def _echo(connection):
    heard_bytes = 0
    try:
        data = await connection.read(LIMIT_S)
        while data:
            heard_bytes += len(data)
            await connection.write(data, LIMIT_S)
            data = await connection.read(LIMIT_S)
        await connection.write(b"<%d>" % heard_bytes, LIMIT_S)
        outcome = "end"
    except TransportError as error:
        outcome = error.phase
    await connection.close()
    await connection.close()
    return connection.peer, outcome, heard_bytes


async def quiet_client(runtime, tell):
    """A client that neither sends nor reads: both limits, then what a closed connection says."""
    listener = await runtime.listen("127.0.0.1", 0)
    tell(listener.port)
    connection = await listener.accept()
    found = []
    found.append(await _failure(lambda: connection.read(0.02)))
    found.append(await _failure(lambda: _fill(connection)))
    await connection.close()
    found.append(await _failure(connection.read))
    found.append(await _failure(lambda: connection.write(b"x")))
    await listener.close()
    return found


async def _fill(connection):
    while True:
        await connection.write(bytes(1 << 20), 0.02)


async def two_ways(runtime, tell):
    """One task reads while another writes more than fits; closing wakes both."""
    listener = await runtime.listen("127.0.0.1", 0)
    tell(listener.port)
    connection = await listener.accept()

    async def read():
        found = b""
        while not found.endswith(b"!"):
            found += await connection.read()
        await connection.close()
        return found

    async def write():
        return await _failure(lambda: connection.write(bytes(64 << 20)))

    found = await runtime.together([read(), write(), _failing_read(connection, listener)])
    await listener.close()
    return found[:2]


async def _failing_read(connection, listener):
    """Nothing: the third task shows that the loop goes on while the other two wait."""
    return connection.peer, listener.port


async def refused_addresses(runtime, tell):
    """The kinds of errors for a used port, one that is not ours, and what is no address of this machine."""
    listener = await runtime.listen("127.0.0.1", 0)
    found = []
    for address, port in (("127.0.0.1", listener.port), ("localhost", 0), ("192.0.2.1", 0), ("127.0.0.1", 1)):
        try:
            second = await runtime.listen(address, port)
        except ListenError as error:
            found.append((error.kind, str(error)))
        else:
            await second.close()
            found.append(None)
    port = listener.port
    await listener.close()
    again = await runtime.listen("127.0.0.1", port)
    await again.close()
    return port, found


def _request(url, headers=(), addresses=None, first_byte_s=LIMIT_S):
    limits = Timeouts(LIMIT_S, first_byte_s, LIMIT_S, LIMIT_S)
    return Request("GET", url, list(headers), addresses=addresses, timeouts=limits)


async def talk(runtime, tell, url, steps, **options):
    """Open a WebSocket and do what each step says; what they gave, an error as (phase, message, was it sent)."""
    found = []
    try:
        socket = await runtime.websocket(_request(url, **options))
    except TransportError as error:
        return [(error.phase, error.message, error.sent)]
    for step in steps:
        try:
            if step[0] == "receive_size":
                found.append(len(await socket.receive()))
            else:
                found.append(await getattr(socket, step[0])(*step[1:]))
        except TransportError as error:
            found.append((error.phase, error.message, error.sent))
    found.append((socket.close_code, socket.close_reason))
    await socket.close()
    return found


async def close_while_another_receives(runtime, tell, url):
    """One task receives, the other closes: what the receiver got."""
    socket = await runtime.websocket(_request(url))

    async def receive():
        return [await socket.receive(), await socket.receive()]

    async def close():
        await socket.close(1001, "gone")

    found = await runtime.together([receive(), close()])
    return found[0], await _failure(lambda: socket.send("late"))


async def many_senders(runtime, tell, url):
    """Several tasks send at once, more than a socket takes: every message arrives whole."""
    socket = await runtime.websocket(_request(url))

    async def send(index):
        await socket.send(bytes([index]) * 300_000)

    await runtime.together([send(index) for index in range(8)])
    await socket.close()


async def _failure(work):
    try:
        return await work()
    except TransportError as error:
        return error.phase, error.message

"""Tests of `Runtime.listen`, for every runtime that a `program` fixture gives: loopback clients against a scenario."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct

import pytest

from tests.scenarios.programs import LIMIT_S

BIG = bytes(range(256)) * 256


def connect(running, count, address="127.0.0.1"):
    port = int(running.told())
    clients = [socket.create_connection((address, port), LIMIT_S) for _ in range(count)]
    assert running.told() == "accepted"
    return clients


def received(client, size):
    data = b""
    while len(data) < size:
        piece = client.recv(65536)
        assert piece, "the server has ended the connection"
        data += piece
    return data


def finish(client, heard):
    """End our half; the server says what it heard and ends the other."""
    client.shutdown(socket.SHUT_WR)
    said = b"<%d>" % heard
    assert received(client, len(said)) == said
    assert client.recv(1) == b""
    client.close()


def fill(client):
    """Send until neither side takes any more, since we do not read."""
    client.setblocking(False)
    sent = bytearray()
    while True:
        _, writable, _ = select.select([], [client], [], 0.5)
        if not writable:
            break
        with contextlib.suppress(BlockingIOError):
            sent += BIG[: client.send(BIG)]
    client.settimeout(LIMIT_S)
    return bytes(sent)


@pytest.mark.parametrize("count", [16, 64])
def test_many_clients_are_served_at_once_and_in_any_order(program, count):
    if not program.is_concurrent:
        pytest.skip("nothing is concurrent there")
    running = program.start("echo_server", "127.0.0.1", count)
    clients = connect(running, count)
    for round_ in range(3):
        for index, client in enumerate(clients):
            client.sendall(bytes([index, round_]) * 500)
        for index, client in reversed(list(enumerate(clients))):
            assert received(client, 1000) == bytes([index, round_]) * 500
    for client in clients[::2] + clients[1::2]:
        finish(client, 3000)
    assert running.result() == [("127.0.0.1", "end", 3000)] * count


def test_a_client_that_does_not_read_waits_alone(program):
    if not program.is_concurrent:
        pytest.skip("nothing is concurrent there")
    running = program.start("echo_server", "127.0.0.1", 16)
    slow, *others = connect(running, 16)
    sent = fill(slow)
    for client in others:
        client.sendall(BIG)
    for client in others:
        assert received(client, len(BIG)) == BIG
        finish(client, len(BIG))
    assert received(slow, len(sent)) == sent
    finish(slow, len(sent))
    outcomes = [("127.0.0.1", "end", len(BIG))] * 15 + [("127.0.0.1", "end", len(sent))]
    assert running.result() == sorted(outcomes)


def test_a_client_that_breaks_off_is_an_error_of_its_own_only(program):
    if not program.is_concurrent:
        pytest.skip("nothing is concurrent there")
    running = program.start("echo_server", "127.0.0.1", 3)
    reset, vanished, good = connect(running, 3)
    for client in reset, vanished, good:
        client.sendall(b"abc")
        assert received(client, 3) == b"abc"
    reset.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    reset.close()
    vanished.close()
    finish(good, 3)
    peer = "127.0.0.1"
    # Under wine a reset reads as an end, and only the answer to it fails.
    broken = "send" if program.is_windows else "body"
    assert running.result() == sorted([(peer, broken, 3), (peer, "end", 3), (peer, "end", 3)])


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_one_client_is_served_in_every_runtime(program, address):
    running = program.start("echo_server", address, 1)
    [client] = connect(running, 1, address)
    client.sendall(BIG[:1000])
    assert received(client, 1000) == BIG[:1000]
    finish(client, 1000)
    assert running.result() == [(address, "end", 1000)]


def test_waits_have_limits_and_what_is_closed_says_so(program):
    running = program.start("quiet_client")
    client = socket.create_connection(("127.0.0.1", int(running.told())), LIMIT_S)
    assert running.result() == [
        ("body", "127.0.0.1: nothing came within 0.02 s"),
        ("send", "127.0.0.1: does not read what is sent to it, for 0.02 s"),
        ("body", "127.0.0.1: the connection is closed"),
        ("send", "127.0.0.1: the connection is closed"),
    ]
    client.close()


def test_one_task_reads_while_another_writes_and_closing_wakes_it(program):
    if not program.is_concurrent:
        pytest.skip("nothing is concurrent there")
    running = program.start("two_ways")
    client = socket.create_connection(("127.0.0.1", int(running.told())), LIMIT_S)
    for byte in b"abc!":
        client.sendall(bytes([byte]))
    read, (phase, message) = running.result()
    assert (read, phase) == (b"abc!", "send")
    assert message.startswith("127.0.0.1: ")
    client.close()


def test_what_cannot_be_listened_on_says_what_to_do(program):
    port, (used, name, foreign, privileged) = program("refused_addresses")
    # Windows calls a port that another keeps for itself forbidden.
    assert used[0] in (("in_use", "not_permitted") if program.is_windows else ("in_use",))
    assert f"127.0.0.1:{port}: cannot listen: " in used[1]
    assert "choose" in used[1]
    assert name == ("other", "cannot listen on localhost: expected an IP address, as 127.0.0.1 or ::1")
    assert foreign[0] == "other"
    assert "192.0.2.1" in foreign[1]
    if not program.is_windows and os.geteuid() != 0:
        assert privileged[0] == "not_permitted"

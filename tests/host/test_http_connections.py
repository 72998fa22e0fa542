"""Which connections are used again, and what happens when one is gone."""

from __future__ import annotations

import pytest

from clawft.core.errors import TransportError
from clawft.core.interfaces import Clock, Request, Timeouts
from clawft.host import asynchronous, blocking, http
from tests.fakes.raw_server import REQUEST, RESET, STALL, RawServer
from tests.host.exchange import in_runtime, whole

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


def several(kind, server, count, **request):
    async def work(runtime):
        return [
            await whole(runtime, Request("POST", server.url(), [], b"x", **request)) for _ in range(count)
        ]

    return [status for status, _, _ in in_runtime(kind, work)]


def test_a_connection_serves_one_request_after_another(kind):
    with RawServer([[REQUEST, OK, REQUEST, CHUNKED, REQUEST, OK]]) as server:
        assert several(kind, server, 3) == [200, 200, 200]
        assert (server.connections, len(server.requests)) == (1, 3)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        OK + b"unasked bytes",
    ],
)
def test_a_connection_that_is_over_or_holds_unasked_bytes_is_not_used_again(kind, answer):
    with RawServer([[REQUEST, answer, STALL], [REQUEST, OK]]) as server:
        assert several(kind, server, 2) == [200, 200]
        assert server.connections == 2


def test_an_unread_answer_costs_its_connection(kind):
    async def work(runtime):
        await (await runtime.http(Request("GET", server.url(), []))).close()
        return await whole(runtime, Request("GET", server.url(), []))

    with RawServer([[REQUEST, OK, STALL], [REQUEST, OK]]) as server:
        assert in_runtime(kind, work)[2] == b"hello"
        assert server.connections == 2


def test_a_connection_that_the_server_ended_meanwhile_is_seen_before_it_is_used(kind):
    async def work(runtime):
        first = await whole(runtime, Request("GET", server.url(), []))
        kept = next(iter(runtime._http._idle.values()))[0]
        while not kept.stream.is_readable():
            pass
        return first[0], (await whole(runtime, Request("GET", server.url(), [])))[0]

    with RawServer([[REQUEST, OK], [REQUEST, OK]]) as server:
        assert in_runtime(kind, work) == (200, 200)
        assert (server.connections, len(server.requests)) == (2, 2)


@pytest.mark.parametrize("end", [[], [RESET]])
def test_a_used_connection_that_dies_without_an_answer_is_replaced_once(kind, end):
    with RawServer([[REQUEST, OK, REQUEST, *end], [REQUEST, OK]]) as server:
        assert several(kind, server, 2) == [200, 200]
        assert (server.connections, len(server.requests)) == (2, 3)


def test_a_used_connection_that_dies_in_the_answer_is_not_tried_again(kind):
    with (
        RawServer([[REQUEST, OK, REQUEST, b"H"], [REQUEST, OK]]) as server,
        pytest.raises(TransportError) as caught,
    ):
        several(kind, server, 2)
    assert (caught.value.phase, caught.value.sent) == ("first_byte", True)
    assert server.connections == 1


def test_a_new_connection_that_dies_is_not_tried_again(kind):
    with RawServer([[REQUEST], [REQUEST, OK]]) as server, pytest.raises(TransportError) as caught:
        several(kind, server, 1)
    assert (caught.value.phase, caught.value.sent, server.connections) == ("first_byte", True, 1)


def test_a_used_connection_that_is_silent_is_not_tried_again(kind):
    with (
        RawServer([[REQUEST, OK, REQUEST, STALL], [REQUEST, OK]]) as server,
        pytest.raises(TransportError) as caught,
    ):
        several(kind, server, 2, timeouts=Timeouts(first_byte_s=0.05))
    assert (caught.value.phase, server.connections) == ("first_byte", 1)


def test_pinned_addresses_do_not_share_connections_with_others(kind):
    async def work(runtime):
        for addresses in (None, ("127.0.0.1",), ("127.0.0.1",), ("127.0.0.1", "127.0.0.2")):
            await whole(runtime, Request("GET", server.url(), [], addresses=addresses))

    with RawServer([[REQUEST, OK, REQUEST, OK]] * 3) as server:
        in_runtime(kind, work)
        assert (server.connections, len(server.requests)) == (3, 4)


class SetClock(Clock):
    """A clock that a test sets."""

    time_s = 0.0

    def monotonic_s(self):
        return self.time_s


def test_a_connection_that_was_idle_for_long_is_dropped(kind):
    async def work(_):
        clock = SetClock()
        network = (
            blocking.BlockingRuntime({}, "/").network()
            if kind == "blocking"
            else asynchronous.AsyncioNetwork()
        )
        client = http.HttpClient(network, clock, {}, "test")
        for passed_s in (0.0, http.IDLE_S - 1, http.IDLE_S + 1):
            clock.time_s += passed_s
            response = await client.send(Request("GET", server.url(), []))
            while await response.read():
                pass
        client.close()

    with RawServer([[REQUEST, OK, REQUEST, OK, STALL], [REQUEST, OK]]) as server:
        in_runtime(kind, work)
        assert (server.connections, len(server.requests)) == (2, 3)


def test_only_so_many_idle_connections_are_kept():
    async def work(runtime):
        limit = http.IDLE_CONNECTIONS_PER_KEY
        answers = [await runtime.http(Request("GET", server.url(), [])) for _ in range(limit + 2)]
        for answer in answers:
            while await answer.read():
                pass
        return [len(kept) for kept in runtime._http._idle.values()]

    with RawServer([[REQUEST, OK, STALL]] * (http.IDLE_CONNECTIONS_PER_KEY + 2)) as server:
        assert in_runtime("blocking", work) == [http.IDLE_CONNECTIONS_PER_KEY]

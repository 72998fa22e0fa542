"""One HTTP exchange in a runtime of either kind, for the tests of the client."""

from __future__ import annotations

import pytest

from clawft.core.errors import TransportError
from clawft.host import asynchronous, blocking


def in_runtime(kind, work, environment=None):
    """Run `work(runtime)` in a fresh runtime of a kind."""
    if kind == "asyncio":
        return asynchronous.run(asynchronous.AsyncioRuntime(environment or {}, "/nowhere"), work)
    runtime = blocking.BlockingRuntime(environment or {}, "/nowhere")
    try:
        return blocking.run(work(runtime))
    finally:
        runtime.close()


async def whole(runtime, request):
    response = await runtime.http(request)
    pieces = []
    while piece := await response.read():
        pieces.append(piece)
    return response.status, response.headers, b"".join(pieces)


def fetch(kind, request, environment=None):
    return in_runtime(kind, lambda runtime: whole(runtime, request), environment)


def failure(kind, request, environment=None):
    with pytest.raises(TransportError) as caught:
        fetch(kind, request, environment)
    return caught.value

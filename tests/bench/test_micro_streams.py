"""What requests and streamed replies cost: bytes a second. Run by bench/micro.py in pairs with an older checkout.

Asserts no time. `extra_info` says how many bytes one call takes.
"""

from __future__ import annotations

import pytest

from bench.model_replies import stream_events, whole_body
from clawft.core.messages import Message, ModelCall, ToolSchema
from clawft.providers.anthropic import AnthropicMessages
from clawft.providers.openai_chat import OpenAiChat
from clawft.providers.sse import SseParser

WIRES = {"openai": OpenAiChat, "anthropic": AnthropicMessages}
STEP = {"text": " ".join(f"word-{number}" for number in range(100))}
PACKET_BYTES = 1400
TOOLS = tuple(
    ToolSchema(
        f"tool_{number}", "What it does.", {"type": "object", "properties": {"path": {"type": "string"}}}
    )
    for number in range(10)
)
MESSAGES = [Message(("user", "assistant")[number % 2], "x" * 100) for number in range(49)]


def packets(stream):
    return [stream[at : at + PACKET_BYTES] for at in range(0, len(stream), PACKET_BYTES)]


def test_take_a_stream_apart(benchmark):
    stream = b"".join(stream_events("openai", STEP, "m", 4000, with_usage=True))
    pieces = packets(stream)
    benchmark.extra_info["bytes"] = len(stream)

    def events():
        parser = SseParser()
        return sum(len(parser.feed(piece)) for piece in pieces)

    assert benchmark(events) > 100


@pytest.mark.parametrize("wire", WIRES)
def test_read_a_streamed_reply(benchmark, wire):
    stream = b"".join(stream_events(wire, STEP, "m", 4000, with_usage=True))
    pieces = packets(stream)
    protocol = WIRES[wire]("p")
    benchmark.extra_info["bytes"] = len(stream)

    def reply():
        reader = protocol.reader()
        for piece in pieces:
            reader.feed(piece)
        return reader.finish()

    assert benchmark(reply).text == STEP["text"]


@pytest.mark.parametrize("wire", WIRES)
def test_read_a_whole_reply(benchmark, wire):
    body = whole_body(wire, STEP, "m", 4000)
    protocol = WIRES[wire]("p")
    benchmark.extra_info["bytes"] = len(body)
    assert benchmark(protocol.parse_response, body).text == STEP["text"]


@pytest.mark.parametrize("wire", WIRES)
def test_build_a_request(benchmark, wire):
    protocol = WIRES[wire]("p")
    call = ModelCall("m", MESSAGES, tools=TOOLS, stream=True)
    request = benchmark(protocol.build_request, call, "http://127.0.0.1/v1", "key", [])
    benchmark.extra_info["bytes"] = len(request.body)
    assert len(request.body) > 5000
